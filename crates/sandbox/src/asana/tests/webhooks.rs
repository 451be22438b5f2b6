//! Webhooks: the handshake, signed and thin events, filters, redelivery.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{EVERYTHING, get, harness, message, post, project, sign_in, task};
use crate::kit::hmac_sha256_hex;
use crate::mailbox::Mailbox;

#[tokio::test]
async fn a_webhook_needs_its_secret_back() {
    let harness = harness();
    let token = sign_in(&harness, EVERYTHING).await;
    let product = project(&harness, &token, "Product").await;
    let deaf = Mailbox::open().await.unwrap();
    let refused = post(&harness, &token, "/webhooks", json!({ "resource": product, "target": deaf.address("/hooks") })).await;
    assert_eq!((refused.status, message(&refused).contains("handshake")), (StatusCode::BAD_REQUEST, true));
    let elsewhere = post(&harness, &token, "/webhooks", json!({ "resource": product, "target": "https://hub.example/hooks" })).await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);

    let mailbox = Mailbox::repeating("x-hook-secret").await.unwrap();
    let new = json!({ "resource": product, "target": mailbox.address("/hooks?own=1") });
    let made = post(&harness, &token, "/webhooks", new.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let letters = mailbox.letters();
    assert_eq!(made.json()["X-Hook-Secret"], json!(letters[0].headers["x-hook-secret"]));
    assert!(letters[0].url.ends_with("/hooks?own=1") && letters[0].body.is_empty());
    assert_eq!(post(&harness, &token, "/webhooks", new).await.status, StatusCode::FORBIDDEN, "a second one of the same");

    let id = made.json()["data"]["gid"].as_str().unwrap().to_owned();
    assert_eq!(get(&harness, &token, &format!("/webhooks/{id}")).await.good()["data"]["resource"]["gid"], product.as_str());
    let workspace = get(&harness, &token, "/workspaces").await.good()["data"][0]["gid"].as_str().unwrap().to_owned();
    assert_eq!(get(&harness, &token, &format!("/webhooks?workspace={workspace}")).await.good()["data"][0]["gid"], id.as_str());
    let path = format!("/api/1.0/webhooks/{id}");
    assert_eq!(harness.call("DELETE", &path, &token, None).await.status, StatusCode::OK);
    assert_eq!(harness.call("DELETE", &path, &token, None).await.status, StatusCode::NOT_FOUND);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn what_passes_the_filters_is_told_signed_and_thin_until_it_is_taken() {
    let harness = harness();
    let token = sign_in(&harness, EVERYTHING).await;
    let product = project(&harness, &token, "Product").await;
    let mailbox = Mailbox::repeating("x-hook-secret").await.unwrap();
    let filters = json!([
        { "resource_type": "task", "action": "changed", "fields": ["completed"] }, { "resource_type": "task", "action": "added" }
    ]);
    let made =
        post(&harness, &token, "/webhooks", json!({ "resource": product, "target": mailbox.address("/"), "filters": filters })).await;
    let secret = made.good()["X-Hook-Secret"].as_str().unwrap().to_owned();
    let id = task(&harness, &token, "Told").await;
    harness.control("PATCH", &format!("/tasks/{id}"), json!({ "name": "Not asked for" })).await;
    harness.control("PATCH", &format!("/tasks/{id}"), json!({ "completed": true, "name": "Both" })).await;
    harness.control("POST", &format!("/tasks/{id}/comments"), json!({})).await;
    harness.control("POST", "/heartbeat", json!({})).await;
    harness.sandbox.kit().webhooks.flush().await;
    let letters = mailbox.letters();
    let bodies: Vec<Value> = letters[1..].iter().map(|letter| serde_json::from_slice(&letter.body).unwrap()).collect();
    for letter in &letters[1..] {
        assert_eq!(letter.headers["x-hook-signature"], hmac_sha256_hex(secret.as_bytes(), &letter.body));
        assert!(!letter.headers.contains_key("x-hook-secret"));
    }
    assert_eq!(bodies.len(), 3, "{bodies:?}");
    assert_eq!(bodies[0]["events"][0]["resource"], json!({ "gid": id, "resource_type": "task" }), "without its name");
    assert_eq!((&bodies[1]["events"][0]["change"]["field"], bodies[1]["events"].as_array().unwrap().len()), (&json!("completed"), 1));
    assert_eq!(bodies[2], json!({ "events": [] }));
}

#[tokio::test]
async fn a_delivery_that_is_not_taken_comes_again() {
    let harness = harness();
    let token = sign_in(&harness, EVERYTHING).await;
    let product = project(&harness, &token, "Product").await;
    let mailbox = Mailbox::repeating("x-hook-secret").await.unwrap();
    post(&harness, &token, "/webhooks", json!({ "resource": product, "target": mailbox.address("/") })).await.good();
    drop(mailbox);
    task(&harness, &token, "Nobody there").await;
    let kit = harness.sandbox.kit();
    assert_eq!(kit.webhooks.flush().await, 0);
    assert_eq!(kit.webhooks.deliver_due().await, 0);
    assert_eq!(kit.webhooks.record()[0].attempts, 1, "not before its time");
    harness.advance(60);
    kit.webhooks.deliver_due().await;
    assert_eq!(kit.webhooks.record()[0].attempts, 2);
}
