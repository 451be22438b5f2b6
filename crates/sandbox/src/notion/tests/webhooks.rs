//! Webhooks: the token, signed and thin events, redelivery.

use serde_json::{Value, json};

use super::{harness, row, title};
use crate::harness::Harness;
use crate::kit::hmac_sha256_hex;
use crate::mailbox::Mailbox;
use crate::probe::{Received, Receiver};

async fn verified(harness: &Harness, mailbox: &Mailbox) -> String {
    harness.control("POST", "/subscription", json!({ "url": mailbox.address("/hooks") })).await.good();
    let first: Value = serde_json::from_slice(&mailbox.letters()[0].body).unwrap();
    let token = first["verification_token"].as_str().unwrap().to_owned();
    harness.control("POST", "/subscription/verify", json!({ "token": token })).await.good();
    token
}

#[tokio::test]
async fn nothing_is_told_until_the_token_was_brought_back() {
    let harness = harness();
    let mailbox = Mailbox::open().await.unwrap();
    harness.control("POST", "/subscription", json!({ "url": mailbox.address("/hooks") })).await.good();
    let first = mailbox.letters().remove(0);
    assert!(!first.headers.contains_key("x-notion-signature"));
    row(&harness, "Unheard").await;
    assert!(harness.control("POST", "/subscription/verify", json!({ "token": "secret_guess" })).await.status.is_client_error());
    row(&harness, "Unheard too").await;
    harness.sandbox.kit().webhooks.flush().await;
    assert_eq!(mailbox.letters().len(), 1);
    assert_eq!(harness.control("GET", "/subscription", json!({})).await.good()["verified"], false);
    let elsewhere = harness.control("POST", "/subscription", json!({ "url": "https://hub.example/hooks" })).await;
    assert!(elsewhere.status.is_client_error());
}

#[tokio::test]
async fn what_happens_is_told_signed_and_thin() {
    let harness = harness();
    let mailbox = Mailbox::open().await.unwrap();
    let token = verified(&harness, &mailbox).await;
    let id = row(&harness, "Told").await;
    harness.control("PATCH", &format!("/pages/{id}"), json!({ "Status": { "status": { "name": "Done" } } })).await.good();
    harness.control("POST", &format!("/pages/{id}/blocks"), json!({ "text": "My own words" })).await.good();
    harness.control("DELETE", &format!("/pages/{id}"), json!({})).await.good();
    harness.control("POST", &format!("/pages/{id}/restore"), json!({})).await.good();
    harness.control("POST", "/pages", json!({ "source": "Salaries", "properties": { "Name": title("Not shared") } })).await.good();
    harness.sandbox.kit().webhooks.flush().await;
    let letters = mailbox.letters();
    let told: Vec<Value> = letters[1..].iter().map(|letter| serde_json::from_slice(&letter.body).unwrap()).collect();
    let kinds: Vec<&str> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["page.created", "page.properties_updated", "page.content_updated", "page.deleted", "page.undeleted"]);
    for (letter, event) in letters[1..].iter().zip(&told) {
        assert_eq!(letter.headers["x-notion-signature"], format!("sha256={}", hmac_sha256_hex(token.as_bytes(), &letter.body)));
        assert_eq!((&event["entity"], &event["attempt_number"]), (&json!({ "id": id, "type": "page" }), &json!(1)));
        assert!(!String::from_utf8_lossy(&letter.body).contains("My own words"));
    }
}

#[tokio::test]
async fn a_delivery_that_is_not_taken_comes_again_under_the_same_id() {
    let harness = harness();
    let receiver = Receiver::open().await;
    harness.control("POST", "/subscription", json!({ "url": receiver.url })).await.good();
    let token = receiver.take()[0].json()["verification_token"].clone();
    harness.control("POST", "/subscription/verify", json!({ "token": token })).await.good();
    receiver.answer(500);
    row(&harness, "Nobody there").await;
    let kit = harness.sandbox.kit();
    kit.webhooks.flush().await;
    receiver.answer(200);
    assert_eq!(kit.webhooks.deliver_due().await, 0, "not before its time");
    harness.advance(60);
    assert_eq!(kit.webhooks.deliver_due().await, 1);
    let told: Vec<Value> = receiver.take().iter().map(Received::json).collect();
    assert_eq!((told[0]["id"].clone(), &told[1]["attempt_number"]), (told[1]["id"].clone(), &json!(2)));
}
