//! What proves a webhook of monday.com, and what does not.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use connector_kit::signature::hmac_sha256;
use connector_kit::{ErrorKind, Handshake, Hints, InboundHook, Result, Secret, WebhookSource};
use jiff::Timestamp;
use model::connection::Capability;
use serde_json::{Value, json};

use super::super::Monday;

const URL: &str = "https://hub.example/hooks/monday/con_1?key=a-secret-of-ours";
const NOW: i64 = 1_767_607_200;

fn token(header: &Value, claims: &Value, secret: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(hmac_sha256(&Secret::from(secret), &[signed.as_bytes()]));
    format!("{signed}.{signature}")
}

fn claims() -> Value {
    json!({ "accountId": 10_000_001, "userId": 7, "aud": URL, "iat": NOW, "exp": NOW + 300, "shortLivedToken": "x" })
}

fn receive(url: &str, authorization: Option<String>, body: &[u8], app: Option<&str>, own: Option<&str>) -> Result<Hints> {
    let headers: BTreeMap<String, String> = authorization.map(|token| ("authorization".to_owned(), token)).into_iter().collect();
    let (app, own) = (app.map(Secret::from), own.map(Secret::from));
    let now = Timestamp::from_second(NOW + 10).unwrap();
    let hook =
        InboundHook { method: "POST", url, headers: &headers, body, now, app_secret: app.as_ref(), subscription_secret: own.as_ref() };
    Monday.receive(&hook)
}

fn with_claims(change: impl FnOnce(&mut Value)) -> Result<Hints> {
    let mut changed = claims();
    change(&mut changed);
    receive(URL, Some(token(&json!({ "alg": "HS256" }), &changed, "signing")), b"{}", Some("signing"), None)
}

fn refused(outcome: Result<Hints>) {
    assert_eq!(outcome.map_err(|error| error.kind), Err(ErrorKind::Unauthorized));
}

#[test]
fn a_token_binds_account_address_and_time() {
    let good = with_claims(|_| {}).unwrap();
    assert_eq!((good.wake, good.account.as_deref()), (vec![Capability::Tasks], Some("10000001")));
    assert_eq!(with_claims(|claims| claims["accountId"] = json!("10000001")).unwrap().account.as_deref(), Some("10000001"));
    refused(with_claims(|claims| claims["exp"] = json!(NOW)));
    refused(with_claims(|claims| claims["iat"] = json!(NOW - 6 * 60)));
    refused(with_claims(|claims| claims["iat"] = json!(i64::MAX)));
    refused(with_claims(|claims| claims["aud"] = json!("https://elsewhere.example/hooks/monday/con_1")));
    refused(with_claims(|claims| *claims = json!({ "accountId": 1 })));
    refused(with_claims(|claims| *claims = json!("text")));
}

#[test]
fn b13_a_token_cannot_choose_how_it_is_proven() {
    let unsigned = token(&json!({ "alg": "none" }), &claims(), "");
    let (rest, _) = unsigned.rsplit_once('.').unwrap();
    refused(receive(URL, Some(format!("{rest}.")), b"{}", Some("signing"), None));
    refused(receive(URL, Some(token(&json!({ "alg": "none" }), &claims(), "other")), b"{}", Some("signing"), None));
    refused(receive(URL, Some("Bearer".into()), b"{}", Some("signing"), Some("a-secret-of-ours")));
}

#[test]
fn without_a_token_the_secret_in_the_address_proves_it() {
    let hints = receive(URL, None, b"{\"event\":{}}", Some("signing"), Some("a-secret-of-ours")).unwrap();
    assert_eq!((hints.wake, hints.account), (vec![Capability::Tasks], None));
    for url in [
        "https://hub.example/hooks/monday/con_1",
        "https://hub.example/hooks/monday/con_1?key=",
        "https://hub.example/?key=other",
        "no address",
    ] {
        refused(receive(url, None, b"{}", None, Some("a-secret-of-ours")));
    }
    refused(receive("https://hub.example/hooks/monday/con_1?key=", None, b"{}", None, Some("")));
    refused(receive(URL, None, b"{}", None, None));
}

#[test]
fn a_challenge_comes_back_as_it_came_and_nothing_else_does() {
    let body = json!({ "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P" });
    let hints = receive(URL, None, body.to_string().as_bytes(), None, None).unwrap();
    assert_eq!(hints.answer, Some(Handshake::Body("application/json", body.to_string())));
    assert_eq!((hints.wake, hints.account), (Vec::new(), None));
    for body in [
        json!({ "challenge": "" }),
        json!({ "challenge": 7 }),
        json!({ "challenge": "a b" }),
        json!({ "challenge": "x", "event": {} }),
        json!({ "challenge": "x".repeat(600) }),
    ] {
        refused(receive(URL, None, body.to_string().as_bytes(), None, None));
    }
}
