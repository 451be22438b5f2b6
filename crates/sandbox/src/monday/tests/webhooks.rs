//! Webhooks: the challenge, what is told to whom, the token of an app's webhook, redelivery.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::webhooks::{signed, signing_secret};
use super::{EVERYTHING, HOOK, probe};
use crate::mailbox::{Letter, Mailbox};
use crate::probe::Probe;

/// Repeats a challenge.
async fn mailbox() -> Mailbox {
    let reader = |letter: &Letter| (200, "application/json", String::from_utf8_lossy(&letter.body).into_owned());
    Mailbox::with_reader(Arc::new(reader)).await.unwrap()
}

async fn subscribed(probe: &Probe, mailbox: &Mailbox, event: &str) -> (String, String) {
    let board = probe.monday_board("Product").await;
    let made = probe.told(HOOK, json!({ "board": board, "event": event, "url": mailbox.address("/hook?key=1") })).await;
    (board, made["create_webhook"]["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_webhook_needs_its_challenge_back() {
    let probe = probe().signed_into_monday(EVERYTHING).await;
    let board = probe.monday_board("Product").await;
    let deaf = Mailbox::open().await.unwrap();
    for url in [deaf.address("/"), "https://hub.example/hook".to_owned(), "ftp://127.0.0.1/".to_owned()] {
        let made = probe.refusal(HOOK, json!({ "board": board, "event": "create_item", "url": url })).await;
        assert_eq!(made, (200, "CreateWebhookException".to_owned()), "{url}");
    }
    assert!(probe.sandbox.kit().ledger.effects(None, None).is_empty());
    let listed = probe.told("query($b: ID!) { webhooks(board_id: $b) { id } }", json!({ "b": board })).await;
    assert_eq!(listed["webhooks"], json!([]));
    let mailbox = mailbox().await;
    let (_, id) = subscribed(&probe, &mailbox, "create_item").await;
    let asked: Value = serde_json::from_slice(&mailbox.letters()[0].body).unwrap();
    assert!(asked["challenge"].as_str().is_some_and(|word| word.len() > 20) && asked.as_object().unwrap().len() == 1, "{asked}");
    let end = "mutation($id: ID!) { delete_webhook(id: $id) { id } }";
    probe.told(end, json!({ "id": id })).await;
    assert_eq!(probe.refusal(end, json!({ "id": id })).await.1, "ResourceNotFoundException");
}

#[tokio::test]
async fn an_apps_webhook_bears_a_token_and_tells_its_own_event_alone() {
    let probe = probe().signed_into_monday(EVERYTHING).await;
    let mailbox = mailbox().await;
    let (board, _) = subscribed(&probe, &mailbox, "change_column_value").await;
    let id = probe.monday_item(&board, "Told", json!({})).await;
    probe.person("/items/edit", json!({ "id": id, "name": "Not asked for" })).await;
    probe.person("/items/edit", json!({ "id": id, "cells": { "Status": { "label": "Done" } } })).await;
    probe.sandbox.kit().webhooks.flush().await;
    let letters = mailbox.letters();
    assert_eq!(letters.len(), 2, "the challenge and one event");
    let event: Value = serde_json::from_slice(&letters[1].body).unwrap();
    assert_eq!((&event["event"]["type"], &event["event"]["columnId"]), (&json!("update_column_value"), &json!("status")));
    assert_eq!(event["event"]["pulseId"].to_string(), id);
    let token = &letters[1].headers["authorization"];
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(*token, signed(&claims, &signing_secret()));
    assert_eq!((&claims["aud"], claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()), (&json!(letters[1].url), 300));
    let account = probe.told("{ account { id } }", json!({})).await["account"]["id"].as_str().unwrap().to_owned();
    assert_eq!(claims["accountId"].to_string(), account);
}

#[tokio::test]
async fn a_personal_tokens_webhook_bears_none_and_comes_again_until_it_is_taken() {
    let mut probe = probe();
    probe.token = probe.person("/token", json!({ "email": "marketing@demo.example" })).await["token"].as_str().map(str::to_owned);
    let mailbox = mailbox().await;
    let (board, _) = subscribed(&probe, &mailbox, "item_deleted").await;
    let id = probe.monday_item(&board, "Soon gone", json!({})).await;
    probe.post("/_sandbox/monday/items/delete", &json!({ "id": id })).await;
    let kit = probe.sandbox.kit();
    assert_eq!(kit.webhooks.flush().await, 1);
    assert!(!mailbox.letters()[1].headers.contains_key("authorization"));
    drop(mailbox);
    let id = probe.monday_item(&board, "Nobody there", json!({})).await;
    probe.post("/_sandbox/monday/items/delete", &json!({ "id": id })).await;
    assert_eq!(kit.webhooks.flush().await, 0);
    kit.clock.advance(jiff::SignedDuration::from_secs(60));
    kit.webhooks.deliver_due().await;
    assert_eq!(kit.webhooks.record()[1].attempts, 2);
}
