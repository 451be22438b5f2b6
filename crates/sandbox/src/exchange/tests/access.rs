//! Who is let in, for whom, and what is refused before any operation.

use serde_json::json;

use super::{CALENDAR, MANAGER, MARKETING, all_fit, basic, call, code, envelope, harness, inside, is, send, sync};
use crate::exchange::seed::SERVICE;
use crate::kit::xml;

fn folder(id: &str) -> String {
    format!("<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>{id}</m:FolderIds></m:GetFolder>")
}

fn impersonating(address: &str) -> String {
    format!(
        "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>{address}</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>"
    )
}

#[tokio::test]
async fn a_password_or_a_token_opens_the_door_and_nothing_else() {
    let harness = harness();
    for good in [basic(MANAGER, "sandbox"), basic("DEMO\\project.manager", "sandbox")] {
        assert_eq!(send(&harness, &good, envelope("", &folder(CALENDAR))).await.status, is(200));
    }
    for bad in ["", "Basic", "Basic !!", "Bearer nothing", &basic(MANAGER, "wrong"), &basic("nobody", "sandbox")] {
        let got = send(&harness, bad, envelope("", &folder(CALENDAR))).await;
        assert_eq!((got.status, got.body.len()), (is(401), 0), "{bad}");
        assert!(got.headers.get_all("www-authenticate").iter().any(|way| way == "NTLM"));
    }
    let query = [("response_type", "code"), ("scope", "user_impersonation"), ("resource", "https://mail.demo.example/")];
    let led_to = harness.consent("/adfs/oauth2/authorize", &query, MANAGER, &[]).await;
    let tokens = harness.tokens("/adfs/oauth2/token", &led_to).await;
    let bearer = format!("Bearer {}", tokens.access);
    assert_eq!(send(&harness, &bearer, envelope("", &folder(CALENDAR))).await.status, is(200));
    harness.advance(3_700);
    assert_eq!(send(&harness, &bearer, envelope("", &folder(CALENDAR))).await.status, is(401));
    let again = harness.refresh("/adfs/oauth2/token", &tokens.refresh.unwrap()).await.good();
    assert!(again.get("refresh_token").is_none(), "the refresh token stays");
    all_fit(&harness);
}

#[tokio::test]
async fn only_the_service_account_acts_for_others() {
    let harness = harness();
    let asked = |who: &str, whom: &str| (basic(who, "sandbox"), envelope(&impersonating(whom), &folder(CALENDAR)));
    let (who, text) = asked(SERVICE, MARKETING);
    assert_eq!(code(&inside(&send(&harness, &who, text).await)), "NoError");
    for (who, whom, wanted) in
        [(MANAGER, MARKETING, "ErrorImpersonateUserDenied"), (SERVICE, "nobody@demo.example", "ErrorNonExistentMailbox")]
    {
        let (who, text) = asked(who, whom);
        let got = send(&harness, &who, text).await;
        assert_eq!((got.status, code(&inside(&got))), (is(500), wanted));
    }
    let got = send(&harness, &basic(SERVICE, "sandbox"), envelope("", &folder(CALENDAR))).await;
    assert_eq!(code(&inside(&got)), "ErrorNonExistentMailbox", "it has no mailbox of its own");
    all_fit(&harness);
}

#[tokio::test]
async fn a_mailbox_is_open_to_its_delegates() {
    let harness = harness();
    let theirs = format!(
        r#"<t:DistinguishedFolderId Id="calendar"><t:Mailbox><t:EmailAddress>{MARKETING}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>"#
    );
    assert_eq!(code(&call(&harness, &folder(&theirs)).await), "ErrorAccessDenied");
    harness.control("POST", &format!("/mailboxes/{MARKETING}/delegates"), json!({"email": MANAGER})).await.good();
    assert_eq!(code(&call(&harness, &folder(&theirs)).await), "NoError");
    assert_eq!(code(&call(&harness, &folder(r#"<t:FolderId Id="none"/>"#)).await), "ErrorFolderNotFound");
    assert_eq!(code(&call(&harness, &folder(r#"<t:DistinguishedFolderId Id="inbox"/>"#)).await), "ErrorFolderNotFound");
    all_fit(&harness);
}

#[tokio::test]
async fn what_is_no_described_request_is_refused_and_told() {
    let harness = harness();
    let refused = [
        envelope("", &sync(CALENDAR, "", 513)),
        envelope("", "<m:SyncFolderItems/>"),
        envelope("", "<m:Nothing/>"),
        envelope("", ""),
        envelope("<t:Nothing/>", &sync(CALENDAR, "", 1)),
        "<Envelope/>".to_owned(),
        "no XML".to_owned(),
        format!("<!DOCTYPE a>{}", envelope("", &sync(CALENDAR, "", 1))),
    ];
    let refused = if harness.sandbox.kit().options.specs.is_some() { &refused[..] } else { &refused[3..] };
    for (before, text) in refused.iter().enumerate() {
        if text.contains("<t:Nothing/>") && harness.sandbox.kit().options.specs.is_none() {
            continue;
        }
        let got = send(&harness, &basic(MANAGER, "sandbox"), text.clone()).await;
        assert_eq!((got.status, code(&inside(&got))), (is(500), "ErrorSchemaValidation"), "{text}");
        assert!(harness.sandbox.kit().checks.violations().len() > before.saturating_sub(1));
    }
}

#[tokio::test]
async fn too_many_calls_are_told_in_three_forms() {
    let harness = harness();
    let operation = sync(CALENDAR, "", 1);
    call(&harness, &operation).await;
    let busy = async |form: &str| {
        harness.control("PUT", "/busy", json!({"burst": 1, "form": form})).await.good();
        send(&harness, &basic(MANAGER, "sandbox"), envelope("", &operation)).await
    };
    let fault = busy("fault").await;
    assert_eq!((fault.status, code(&inside(&fault))), (is(500), "ErrorServerBusy"));
    let value = |root: &xml::Element| {
        let inside = root.child("Body").unwrap().children[0].clone();
        let holder = inside.child("detail").cloned().unwrap_or_else(|| super::messages(&inside)[0].clone());
        let value = holder.child("MessageXml").unwrap().child("Value").unwrap().clone();
        (value.attribute("Name").unwrap().to_owned(), value.text.parse::<i64>().unwrap())
    };
    let (name, pause) = value(&xml::read(&fault.text()).unwrap());
    assert!(name == "BackOffMilliseconds" && pause > 0, "{name} {pause}");
    let message = busy("message").await;
    assert_eq!((message.status, code(&inside(&message))), (is(200), "ErrorServerBusy"));
    assert!(value(&xml::read(&message.text()).unwrap()).1 > 0);
    assert_eq!(busy("unavailable").await.status, is(503));
    harness.advance(301);
    assert_eq!(code(&call(&harness, &operation).await), "NoError");
    all_fit(&harness);
}
