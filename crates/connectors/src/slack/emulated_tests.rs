//! The connector against the emulated Slack, which refuses what Slack refuses.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::{
    Connector, Edit, Error, ErrorKind, Hints, InboundHook, Link, Outbound, Receipt, Result, Secret, Session, Sink, WebhookSource,
};
use jiff::SignedDuration;
use model::message::{Block, Message};
use model::settings::Destination;
use model::{Env, Fields, RecordId};
use sandbox::kit::Fault;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Slack;
use crate::emulated::{Emulated, Receiver};

const WHO: &str = "project.manager@demo.example";

async fn start() -> (Emulated, Session) {
    let emulated = Emulated::start(Arc::new(Slack)).await;
    let session = emulated.sign_in(WHO, "/api", ["/oauth/v2/authorize", "/api/oauth.v2.access"], |_| true).await;
    (emulated, session)
}

async fn place(session: &Session, name: &str) -> Destination {
    let all = Slack.destinations(session).await.unwrap();
    all.into_iter().find(|destination| destination.name == name).unwrap_or_else(|| panic!("{name} is not to be chosen"))
}

fn item(destination: &Destination, texts: &[String]) -> Outbound<Message> {
    let blocks = texts.iter().map(|text| Block::Text { text: text.clone() }).collect();
    let env: &dyn Env = &model::env::Simulated::new(jiff::Timestamp::UNIX_EPOCH, 1);
    Outbound {
        key: Uuid::new_v4(),
        record: RecordId::new(model::Kind::Meeting, env),
        item: Message { fallback: "Summary".to_owned(), blocks, about: None },
        link: None,
        edit: Edit::InPlace,
        destination: Some(destination.clone()),
        properties: BTreeMap::new(),
    }
}

async fn push(session: &Session, item: &Outbound<Message>) -> Result<Receipt> {
    let mut results = Slack.push(session, std::slice::from_ref(item)).await;
    assert_eq!(results.len(), 1);
    results.remove(0)
}

/// The item as the engine pushes it next: linked, with another text.
fn next(item: &Outbound<Message>, receipt: &Receipt, texts: &[String]) -> Outbound<Message> {
    let link = Link { id: receipt.id.clone(), version: None, url: receipt.url.clone(), base: Fields::of(&item.item) };
    let blocks = texts.iter().map(|text| Block::Text { text: text.clone() }).collect();
    Outbound { link: Some(link), item: Message { blocks, ..item.item.clone() }, ..item.clone() }
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn long(word: &str, parts: usize) -> Vec<String> {
    (0..parts * 4).map(|n| format!("{word}{n} ").repeat(2_900 / (word.len() + 3))).collect()
}

/// What people see in a channel, replies among the rest.
async fn seen(emulated: &Emulated, receipt: &Receipt) -> Vec<Value> {
    let channel = receipt.id.split('/').next().unwrap();
    let mut answer = emulated.control("GET", &format!("/slack/messages?channel={channel}"), &Value::Null).await;
    answer["messages"].take().as_array().unwrap().clone()
}

fn created(emulated: &Emulated) -> usize {
    emulated.sandbox.kit().ledger.effects(Some("slack"), Some("message.create")).len()
}

#[tokio::test]
async fn the_workspace_is_known_and_a_token_outlives_its_twelve_hours() {
    let (emulated, session) = start().await;
    let account = Slack.identify(&session).await.unwrap();
    let workspace = emulated.control("GET", "/slack/workspace", &Value::Null).await;
    assert_eq!((json!(account.id), account.name.as_str()), (workspace["team_id"].clone(), "Demo Organisation"));
    emulated.sandbox.kit().clock.advance(SignedDuration::from_hours(13));
    assert_eq!(Slack.identify(&session).await.unwrap(), account, "token_expired, refreshed, asked again");
    session.post("/auth.revoke").send().await.unwrap();
    assert_eq!(Slack.identify(&session).await.unwrap_err().kind, ErrorKind::Unauthorized);
    emulated.finish();
}

#[tokio::test]
async fn channels_and_people_are_to_be_chosen_but_no_bots_and_nothing_closed() {
    let (emulated, session) = start().await;
    let names: Vec<String> = Slack.destinations(&session).await.unwrap().into_iter().map(|place| place.name).collect();
    for there in ["#general", "#meetings", "Project Manager", "Marketing"] {
        assert!(names.iter().any(|name| name == there), "{there} of {names:?}");
    }
    for absent in ["#old-project", "#leadership", "Slackbot", "Harmony", "Former Colleague"] {
        assert!(!names.iter().any(|name| name == absent), "{absent}");
    }
    emulated.finish();
}

#[tokio::test]
async fn a_message_is_posted_changed_and_deleted() {
    let (emulated, session) = start().await;
    let general = place(&session, "#general").await;
    let first = item(&general, &texts(&["one & <two>"]));
    let receipt = push(&session, &first).await.unwrap();
    assert!(receipt.url.as_ref().unwrap().contains("/archives/"), "the app joined #general to post there");
    let second = next(&first, &receipt, &texts(&["three"]));
    assert_eq!(push(&session, &second).await.unwrap().id, receipt.id);
    assert_eq!(push(&session, &second).await.unwrap().id, receipt.id, "an update may be repeated");
    let messages = seen(&emulated, &receipt).await;
    assert_eq!((messages.len(), &messages[0]["blocks"][0]["text"]["text"]), (1, &json!("three")));
    assert!(Slack.find(&session, &second).await.unwrap().is_some());
    assert!(Slack.find(&session, &next(&first, &receipt, &texts(&["four"]))).await.unwrap().is_none(), "that form never arrived");
    for _ in 0..2 {
        Slack.delete(&session, &receipt.id).await.unwrap();
    }
    assert!(seen(&emulated, &receipt).await.is_empty());
    assert_eq!(push(&session, &second).await.unwrap_err().kind, ErrorKind::NotFound);
    emulated.finish();
}

#[tokio::test]
async fn f03_a_lost_answer_is_found_by_its_marker() {
    let (emulated, session) = start().await;
    let meetings = place(&session, "#meetings").await;
    for n in 0..12 {
        let talk = json!({"channel": "meetings", "user": WHO, "text": format!("talk {n}")});
        emulated.control("POST", "/slack/messages", &talk).await;
    }
    for fault in [Fault::Lost, Fault::Cut, Fault::Garbage, Fault::Empty] {
        let message = item(&meetings, &texts(&["once"]));
        let before = created(&emulated);
        assert!(Slack.find(&session, &message).await.unwrap().is_none());
        emulated.fault("/chat.postMessage", fault.clone());
        assert!(push(&session, &message).await.unwrap_err().may_have_happened, "{fault:?}");
        let found = Slack.find(&session, &message).await.unwrap().unwrap();
        assert_eq!(created(&emulated) - before, 1);
        assert_eq!(push(&session, &next(&message, &found, &texts(&["twice"]))).await.unwrap().id, found.id);
    }
    let other = item(&place(&session, "#sales").await, &texts(&["never sent"]));
    assert!(Slack.find(&session, &other).await.unwrap().is_none(), "looked for where the app was not before");
    emulated.finish();
}

#[tokio::test]
async fn b26_a_long_message_goes_on_in_its_thread_and_is_completed_changed_and_deleted_whole() {
    let (emulated, session) = start().await;
    let message = item(&place(&session, "#meetings").await, &long("a", 4));
    let parts = super::map::parts(&message.item).len();
    assert!(parts >= 4);
    // The third message of it is refused, the first two are there.
    for _ in 0..2 {
        emulated.fault("/chat.postMessage", Fault::Slow { ms: 0 });
    }
    emulated.fault("/chat.postMessage", Fault::Status { status: 500, retry_after: None, body: None });
    assert!(push(&session, &message).await.unwrap_err().may_have_happened);
    assert_eq!(created(&emulated), 2);
    let receipt = Slack.find(&session, &message).await.unwrap().unwrap();
    assert_eq!(Slack.find(&session, &message).await.unwrap().unwrap(), receipt);
    let messages = seen(&emulated, &receipt).await;
    assert_eq!((messages.len(), created(&emulated)), (parts, parts));
    assert!(messages[1..].iter().all(|reply| reply["thread_ts"] == messages[0]["ts"]));

    let shorter = next(&message, &receipt, &long("b", 2));
    push(&session, &shorter).await.unwrap();
    let left = seen(&emulated, &receipt).await;
    assert_eq!(left.len(), super::map::parts(&shorter.item).len());
    assert!(left.iter().all(|message| message["blocks"][0]["text"]["text"].as_str().unwrap().starts_with('b')));
    let short = next(&shorter, &receipt, &texts(&["c"]));
    push(&session, &short).await.unwrap();
    assert_eq!(seen(&emulated, &receipt).await.len(), 1);
    push(&session, &next(&short, &receipt, &long("d", 3))).await.unwrap();
    Slack.delete(&session, &receipt.id).await.unwrap();
    assert!(seen(&emulated, &receipt).await.is_empty());
    emulated.finish();
}

#[tokio::test]
async fn later_forms_go_into_the_thread_when_asked_and_each_once() {
    let (emulated, session) = start().await;
    let message = item(&place(&session, "#meetings").await, &texts(&["A"]));
    let receipt = push(&session, &message).await.unwrap();
    for (form, count) in [("B", 2), ("B", 2), ("A", 3), ("B", 4)] {
        let edit = Outbound { edit: Edit::InThread, ..next(&message, &receipt, &texts(&[form])) };
        assert_eq!(push(&session, &edit).await.unwrap().id, receipt.id);
        assert!(Slack.find(&session, &edit).await.unwrap().is_some());
        let messages = seen(&emulated, &receipt).await;
        assert_eq!((messages.len(), &messages[count - 1]["blocks"][0]["text"]["text"]), (count, &json!(form)));
    }
    let edit = Outbound { edit: Edit::InThread, ..next(&message, &receipt, &texts(&["C"])) };
    emulated.fault("/chat.postMessage", Fault::Lost);
    assert!(push(&session, &edit).await.unwrap_err().may_have_happened);
    assert!(Slack.find(&session, &edit).await.unwrap().is_some());
    emulated.finish();
}

#[tokio::test]
async fn a_person_is_reached_by_id_and_by_address_in_one_conversation() {
    let (emulated, session) = start().await;
    let by_id = push(&session, &item(&place(&session, "Marketing").await, &texts(&["one"]))).await.unwrap();
    let address = Destination { id: "marketing@demo.example".to_owned(), name: String::new() };
    let by_address = push(&session, &item(&address, &texts(&["two"]))).await.unwrap();
    assert_eq!(by_id.id.split('/').next(), by_address.id.split('/').next());
    let nobody = Destination { id: "nobody@demo.example".to_owned(), name: String::new() };
    assert_eq!(push(&session, &item(&nobody, &texts(&["three"]))).await.unwrap_err().kind, ErrorKind::NotFound);
    emulated.finish();
}

#[tokio::test]
async fn f24_to_f34_each_fault_has_its_kind() {
    let (emulated, session) = start().await;
    let meetings = place(&session, "#meetings").await;
    let status = |status, retry_after: Option<&str>| Fault::Status { status, retry_after: retry_after.map(str::to_owned), body: None };
    for (fault, kind) in [
        (status(403, None), ErrorKind::Forbidden),
        (status(500, None), ErrorKind::Unavailable),
        (Fault::Cut, ErrorKind::Unavailable),
        (Fault::Garbage, ErrorKind::Protocol),
    ] {
        emulated.fault("/auth.test", fault.clone());
        let error: Error = Slack.identify(&session).await.unwrap_err();
        assert_eq!(error.kind, kind, "{fault:?}");
    }
    emulated.fault("/auth.test", status(401, None));
    assert!(Slack.identify(&session).await.is_ok(), "f28: one refusal, one refresh, one repetition");
    emulated.fault("/auth.test", status(429, Some("0")));
    assert_eq!(Slack.identify(&session).await.unwrap_err().kind, ErrorKind::RateLimited);
    emulated.control("POST", "/slack/channels/meetings/archive", &Value::Null).await;
    assert_eq!(push(&session, &item(&meetings, &texts(&["late"]))).await.unwrap_err().kind, ErrorKind::Forbidden);
    emulated.finish();
}

#[tokio::test]
async fn f29_without_scopes_the_missing_one_is_named() {
    let emulated = Emulated::start(Arc::new(Slack)).await;
    let addresses = ["/oauth/v2/authorize", "/api/oauth.v2.access"];
    let session = emulated.sign_in_with(WHO, "/api", addresses, &["channels:read"]).await;
    let error = push(&session, &item(&Destination { id: "C1".to_owned(), name: String::new() }, &texts(&["x"]))).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Forbidden, Some("missing_scope")));
    assert!(error.message.contains("chat:write"));
    emulated.finish();
}

#[tokio::test]
async fn signed_events_are_believed_and_an_uninstalled_app_ends_the_connection() {
    let (emulated, session) = start().await;
    let (receiver, secret) = (Receiver::start().await, Secret::from("signing-secret"));
    let now = || emulated.sandbox.kit().clock.now();
    let read = |headers: &BTreeMap<String, String>, body: &[u8], secret: &Secret, late: i64| -> Result<Hints> {
        Slack.receive(&InboundHook {
            method: "POST",
            url: receiver.url.as_str(),
            headers,
            body,
            now: now().saturating_add(SignedDuration::from_secs(late)).unwrap(),
            app_secret: Some(secret),
            subscription_secret: None,
        })
    };
    let wanted = json!({"url": receiver.url, "signing_secret": secret.expose()});
    let answer = |headers: &BTreeMap<String, String>, body: &[u8]| read(headers, body, &secret, 0).unwrap().answer.unwrap().1;
    tokio::join!(emulated.control("POST", "/slack/events", &wanted), receiver.next(answer));

    push(&session, &item(&place(&session, "#meetings").await, &texts(&["x"]))).await.unwrap();
    let (headers, body) = receiver.next(|_, _| String::new()).await;
    let hints = read(&headers, &body, &secret, 0).unwrap();
    assert_eq!(hints.account, Some(Slack.identify(&session).await.unwrap().id));
    assert!(hints.delivery.is_some() && !hints.revoked && hints.wake.is_empty());
    for (refused, late) in [(&secret, 301), (&secret, -301), (&Secret::from("forged"), 0)] {
        assert_eq!(read(&headers, &body, refused, late).unwrap_err().kind, ErrorKind::Unauthorized);
    }
    assert_eq!(read(&headers, &body[1..], &secret, 0).unwrap_err().kind, ErrorKind::Unauthorized);

    emulated.control("POST", "/slack/uninstall", &Value::Null).await;
    let (headers, body) = receiver.next(|_, _| String::new()).await;
    assert!(read(&headers, &body, &secret, 0).unwrap().revoked);
    assert_eq!(Slack.identify(&session).await.unwrap_err().kind, ErrorKind::Unauthorized);
    emulated.finish();
}
