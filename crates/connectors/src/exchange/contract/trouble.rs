//! What goes wrong: expired states, busy servers, answers that are none; and servers that have to be found.

use std::collections::BTreeMap;

use connector_kit::contract::Arrangement;
use connector_kit::guard::Reach;
use connector_kit::locate::{Locator, locate};
use connector_kit::{Cursor, ErrorKind, Network, PullRequest, Reply, Retry, Source};
use jiff::SignedDuration;
use model::settings::Destination;
use serde_json::{Value, json};

use super::{ADDRESSES, Exchange, WHO, add, drain, fields, present, pull, start};
use crate::emulator::Emulator;

#[tokio::test]
async fn f39_an_expired_state_starts_anew() {
    let (bench, emulator) = start().await;
    add(&emulator, 1, json!({})).await;
    let (_, cursor) = drain(&bench, None).await;
    emulator.post("/expire-sync-states", json!({})).await;
    assert_eq!(pull(&bench.session(), Some(&cursor)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    let shape = Cursor(r#"{"of":"an older version"}"#.to_owned());
    assert_eq!(pull(&bench.session(), Some(&shape)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    assert_eq!(present(&drain(&bench, None).await.0).len(), 1);
    let elsewhere = Destination { id: "none".to_owned(), name: "Deleted".to_owned() };
    let now = bench.now();
    let request = PullRequest { cursor: None, destination: Some(&elsewhere), since: now, now };
    assert_eq!(Exchange.pull(&bench.session(), &request).await.unwrap_err().kind, ErrorKind::NotFound);
    bench.close();
}

#[tokio::test]
async fn f25_a_busy_server_says_how_long_in_each_of_its_forms() {
    let (bench, emulator) = start().await;
    pull(&bench.session(), None).await.unwrap();
    for form in ["fault", "message"] {
        emulator.put("/busy", json!({"burst": 1, "form": form})).await;
        let error = pull(&bench.session(), None).await.unwrap_err();
        assert!(matches!(error.retry, Retry::After(pause) if pause > SignedDuration::ZERO), "{error:?}");
        assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::RateLimited, Some("ErrorServerBusy")), "{form}");
    }
    emulator.put("/busy", json!({"burst": 1, "form": "unavailable"})).await;
    assert_eq!(pull(&bench.session(), None).await.unwrap_err().kind, ErrorKind::Unavailable);
    bench.close();
}

/// What stands in an answer's body, as the operation's response of one message.
fn answer(operation: &str, message: &str) -> String {
    format!(
        r#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body><m:{operation}Response><m:ResponseMessages><m:{operation}ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>{message}</m:{operation}ResponseMessage></m:ResponseMessages></m:{operation}Response></s:Body></s:Envelope>"#
    )
}

/// At every stage of a reading, answers that are none, or of another kind: an error of the right kind, and so no cursor that moved.
#[tokio::test]
async fn f33_f34_f38_garbled_answers_move_no_cursor() {
    let (bench, emulator) = start().await;
    add(&emulator, 1, json!({})).await;
    let session = bench.session();
    let state = pull(&session, None).await.unwrap().cursor;
    let (_, changes) = drain(&bench, None).await;
    let good = answer("SyncFolderItems", "<m:SyncState>x</m:SyncState>");
    let mut bad = vec![
        (200, String::new()),
        (200, "<!doctype html><title>Sign in</title>".to_owned()),
        (200, "<html><body>Sign in</body></html>".to_owned()),
        (200, "{\"json\": true}".to_owned()),
        (200, good[..good.len() / 2].to_owned()),
        (200, format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{good}")),
        (200, good.replace(">x<", ">&other;<")),
        (200, good.replace("<m:SyncState>x</m:SyncState>", "<m:SyncState/>")),
        (200, good.replace("SyncFolderItems", "FindPeople")),
        (200, good.replace(" ResponseClass=\"Success\"", "")),
        (200, answer("SyncFolderItems", "<m:SyncState>x</m:SyncState><m:IncludesLastItemInRange>maybe</m:IncludesLastItemInRange>")),
        (200, answer("SyncFolderItems", "<m:SyncState>x</m:SyncState><m:Changes><t:Delete/></m:Changes>")),
        (200, answer("FindItem", "")),
        (200, answer("FindItem", r#"<m:RootFolder IncludesLastItemInRange="2"/>"#)),
        (200, good.replace("Success", "Error").replace("NoError", "ErrorOfTheFuture")),
        (500, "<s:Envelope><s:Body><s:Fault><detail><e:ResponseCode>ErrorOfTheFuture</e:ResponseCode></detail></s:Fault></s:Body></s:Envelope>".to_owned()),
    ];
    bad.push((200, format!("\u{0}{good}")));
    for (stage, cursor) in [("state", None), ("window", Some(&state)), ("changes", Some(&changes))] {
        for (status, body) in &bad {
            let is_others = body.contains("FindItem") != (stage == "window") && body.contains("ResponseMessages");
            if is_others {
                continue;
            }
            emulator.answer_with(*status, body);
            let outcome = pull(&session, cursor).await;
            bench.arrangement.calm();
            assert_eq!(outcome.unwrap_err().kind, ErrorKind::Protocol, "{stage}: {body}");
        }
        pull(&session, cursor).await.unwrap();
    }
    let state_text: Value = serde_json::from_str(&changes.0).unwrap();
    let same = format!(
        "<m:SyncState>{}</m:SyncState><m:IncludesLastItemInRange>false</m:IncludesLastItemInRange>",
        state_text["sync_state"].as_str().unwrap()
    );
    emulator.answer_with(200, &answer("SyncFolderItems", &same));
    assert_eq!(pull(&session, Some(&changes)).await.unwrap_err().kind, ErrorKind::Protocol, "a cursor that leads to itself");
    bench.arrangement.calm();
    let unknown = "<m:SyncState>x</m:SyncState><m:Changes><t:Undo><t:ItemId Id=\"a\"/></t:Undo><t:ReadFlagChange/><t:Create><t:Message><t:ItemId Id=\"b\"/></t:Message></t:Create></m:Changes><m:More/>";
    emulator.answer_with(200, &answer("SyncFolderItems", unknown));
    assert_eq!(pull(&session, Some(&changes)).await.unwrap().entries, [], "what is not known is passed over");
    bench.close();
}

/// Asks the emulator in place of the servers that Exchange would ask.
struct Nearby(Vec<String>);

impl Locator for Nearby {
    fn addresses(&self, _fields: &BTreeMap<String, String>) -> Vec<String> {
        self.0.clone()
    }

    fn read(&self, reply: &Reply) -> Option<BTreeMap<String, String>> {
        Exchange.read(reply)
    }
}

#[tokio::test]
async fn autodiscover_finds_the_server_and_else_leaves_what_was_typed() {
    let emulator = Emulator::start("exchange", ADDRESSES).await;
    let base = emulator.overrides().base_url.unwrap();
    let near = |mailbox: &str| {
        format!("{}/autodiscover/autodiscover.json/v1.0/{mailbox}?Protocol=EWS", base.trim_end_matches("/EWS/Exchange.asmx"))
    };
    let network = Network::new().unwrap();
    let ask = async |addresses: &[String], reach| {
        let mut typed = fields(&[("server", "demo.example"), ("mailbox", WHO)]);
        locate(&Nearby(addresses.to_vec()), &network, reach, &mut typed).await;
        typed["server"].clone()
    };
    let (unknown, known) = (near("nobody@demo.example"), near(WHO));
    assert_eq!(ask(&[unknown.clone(), "not an address".to_owned(), known.clone()], Reach::Private).await, "mail.demo.example");
    assert_eq!(ask(&[unknown], Reach::Private).await, "demo.example");
    assert_eq!(
        ask(std::slice::from_ref(&known), Reach::Public).await,
        "demo.example",
        "the inside is not asked unless the operator allows it"
    );
    emulator.answer_with(200, "<!doctype html><title>Sign in</title>");
    assert_eq!(ask(&[known], Reach::Private).await, "demo.example");
}
