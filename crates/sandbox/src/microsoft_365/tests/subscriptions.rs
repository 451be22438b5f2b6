//! Subscriptions: the handshake, notifications, bounds, renewal, and what Graph says of them.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{SCOPES, add, code, harness, id, sign_in};
use crate::harness::Harness;
use crate::mailbox::{Letter, Mailbox};

/// A mailbox that gives the token back.
async fn mailbox() -> Mailbox {
    let reader = |letter: &Letter| {
        let url = url::Url::parse(&letter.url).unwrap();
        let token = url.query_pairs().find(|(name, _)| name == "validationToken").map(|(_, token)| token.into_owned());
        (200, "text/plain", token.unwrap_or_default())
    };
    Mailbox::with_reader(Arc::new(reader)).await.unwrap()
}

fn wanted(harness: &Harness, mailbox: &Mailbox, minutes: i64) -> Value {
    let expires = harness.sandbox.kit().clock.now() + jiff::SignedDuration::from_mins(minutes);
    json!({
        "changeType": "created,updated,deleted", "notificationUrl": mailbox.address("/hook"),
        "lifecycleNotificationUrl": mailbox.address("/hook"), "resource": "me/events",
        "expirationDateTime": expires.to_string(), "clientState": "a secret",
    })
}

fn told(letter: &Letter) -> Value {
    let body: Value = serde_json::from_slice(&letter.body).unwrap();
    body["value"][0].clone()
}

#[tokio::test]
async fn a_subscription_is_made_after_its_handshake_and_announces_changes() {
    let (harness, mailbox) = (harness(), mailbox().await);
    let token = sign_in(&harness, SCOPES).await.access;
    let made = harness.post("/v1.0/subscriptions", &token, wanted(&harness, &mailbox, 4_230)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert!(mailbox.letters()[0].url.contains("validationToken="));
    add(&harness, json!({})).await;
    harness.sandbox.kit().webhooks.flush().await;
    let letters = mailbox.wait_for(2).await;
    let one = told(&letters[1]);
    assert_eq!((&one["clientState"], &one["changeType"]), (&json!("a secret"), &json!("created")));
    assert_eq!(one["subscriptionId"], made.json()["id"]);
    assert_eq!(harness.get("/v1.0/subscriptions", &token).await.good()["value"].as_array().unwrap().len(), 1);
    let path = format!("/v1.0/subscriptions/{}", id(&made.json()));
    assert_eq!(harness.call("DELETE", &path, &token, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(harness.call("DELETE", &path, &token, None).await.status, StatusCode::NOT_FOUND);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn what_graph_does_not_take_is_refused() {
    let (harness, mailbox) = (harness(), mailbox().await);
    let token = sign_in(&harness, SCOPES).await.access;
    let with = |name: &str, value: Value| {
        let mut body = wanted(&harness, &mailbox, 60);
        body[name] = value;
        body
    };
    let deaf = Mailbox::open().await.unwrap();
    for (what, body) in [
        ("too long a life", wanted(&harness, &mailbox, 10_081)),
        ("the past", wanted(&harness, &mailbox, -1)),
        ("another address than https", with("notificationUrl", json!("http://hub.example/hook"))),
        ("an address that does not answer the handshake", with("notificationUrl", json!(deaf.address("/hook")))),
        ("an unknown change", with("changeType", json!("created,read"))),
        ("an unknown resource", with("resource", json!("me/messages"))),
        ("a calendar of its own", with("resource", json!("me/calendars/x/events"))),
        ("too long a state", with("clientState", json!("x".repeat(129)))),
        ("an unknown property", with("colour", json!("red"))),
        ("a number for a text", with("clientState", json!(7))),
    ] {
        assert_eq!(harness.post("/v1.0/subscriptions", &token, body).await.status, StatusCode::BAD_REQUEST, "{what}");
    }
    assert_eq!(harness.control("GET", "/subscriptions", json!(null)).await.good(), json!([]));
    let poor = sign_in(&harness, "User.Read").await.access;
    let refused = harness.post("/v1.0/subscriptions", &poor, wanted(&harness, &mailbox, 60)).await;
    assert_eq!((refused.status, code(&refused)), (StatusCode::FORBIDDEN, "ErrorAccessDenied".to_owned()));
}

#[tokio::test]
async fn a_subscription_ends_unless_it_is_renewed_and_rests_until_it_is_authorized() {
    let (harness, mailbox) = (harness(), mailbox().await);
    let token = sign_in(&harness, SCOPES).await.access;
    let made = harness.post("/v1.0/subscriptions", &token, wanted(&harness, &mailbox, 60)).await.good();
    let path = format!("/v1.0/subscriptions/{}", id(&made));
    harness.advance(30 * 60);
    let later = wanted(&harness, &mailbox, 1)["expirationDateTime"].clone();
    let renewed = harness.call("PATCH", &path, &token, Some(&json!({ "expirationDateTime": later }))).await.good();
    assert_ne!(renewed["expirationDateTime"], later, "less than 45 minutes become 45");

    let lifecycle = async |event: &str| {
        let path = format!("/subscriptions/{}/lifecycle", id(&made));
        harness.control("POST", &path, json!({ "event": event })).await.good();
        harness.sandbox.kit().webhooks.flush().await;
        told(mailbox.letters().last().unwrap())
    };
    assert_eq!(lifecycle("reauthorizationRequired").await["lifecycleEvent"], json!("reauthorizationRequired"));
    let before = mailbox.letters().len();
    add(&harness, json!({})).await;
    harness.sandbox.kit().webhooks.flush().await;
    assert_eq!(mailbox.letters().len(), before, "it rests");
    assert_eq!(harness.call("POST", &format!("{path}/reauthorize"), &token, None).await.status, StatusCode::NO_CONTENT);
    add(&harness, json!({})).await;
    harness.sandbox.kit().webhooks.flush().await;
    assert_eq!(mailbox.letters().len(), before + 1);
    assert_eq!(lifecycle("missed").await["lifecycleEvent"], json!("missed"));
    assert_eq!(lifecycle("subscriptionRemoved").await["lifecycleEvent"], json!("subscriptionRemoved"));
    let gone = harness.call("PATCH", &path, &token, Some(&json!({ "expirationDateTime": later }))).await;
    assert_eq!((gone.status, code(&gone)), (StatusCode::NOT_FOUND, "ResourceNotFound".to_owned()));
    harness.assert_answers_fit();
}
