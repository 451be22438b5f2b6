//! Push channels: what is refused, what is sent, and when a channel ends.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{EVENTS, MANAGER, add, harness, reason, sign_in, timed};
use crate::harness::Harness;
use crate::probe::{Got, Receiver};

const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;

fn channel(url: &str) -> Value {
    json!({ "id": "channel-1", "type": "web_hook", "address": url, "token": "secret" })
}

async fn watch(harness: &Harness, token: &str, body: Value) -> Got {
    harness.post(&format!("{EVENTS}/watch"), token, body).await
}

#[tokio::test]
async fn a_channel_says_sync_then_exists_until_it_is_stopped() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let receiver = Receiver::open().await;
    let made = watch(&harness, &token, channel(&receiver.url)).await.good();
    assert_eq!(made["kind"], "api#channel");
    let ends: i64 = made["expiration"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
    let left_ms = ends - harness.sandbox.kit().clock.now_ms();
    assert!((WEEK_MS - 60_000..=WEEK_MS).contains(&left_ms), "a week unless asked otherwise, not {left_ms} ms");
    harness.sandbox.kit().webhooks.flush().await;
    add(&harness, MANAGER, timed("One", "2026-02-01T09:00:00Z", "2026-02-01T10:00:00Z")).await;
    harness.sandbox.kit().webhooks.flush().await;
    let came = receiver.take();
    let states: Vec<&str> = came.iter().map(|one| one.header("x-goog-resource-state")).collect();
    assert_eq!(states, ["sync", "exists"]);
    assert_eq!(came[1].header("x-goog-message-number"), "2");
    assert_eq!(came[1].header("x-goog-channel-id"), "channel-1");
    assert_eq!(came[1].header("x-goog-channel-token"), "secret");
    assert_eq!(came[1].header("x-goog-resource-id"), made["resourceId"].as_str().unwrap_or_default());
    assert_eq!(came[1].header("x-goog-resource-uri"), made["resourceUri"].as_str().unwrap_or_default());
    assert_eq!(came[1].text(), "");

    let stop = |resource: Value| json!({ "id": "channel-1", "resourceId": resource });
    let wrong = harness.post("/calendar/v3/channels/stop", &token, stop(json!("other"))).await;
    assert_eq!((wrong.status, reason(&wrong).as_str()), (StatusCode::NOT_FOUND, "notFound"));
    let stopped = harness.post("/calendar/v3/channels/stop", &token, stop(made["resourceId"].clone())).await;
    assert_eq!(stopped.status, StatusCode::NO_CONTENT);
    add(&harness, MANAGER, timed("Two", "2026-02-02T09:00:00Z", "2026-02-02T10:00:00Z")).await;
    harness.sandbox.kit().webhooks.flush().await;
    assert_eq!(receiver.take().len(), 0);
    assert_eq!(harness.effects().iter().map(|(action, _)| action.as_str()).collect::<Vec<_>>(), ["channel.watch", "channel.stop"]);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_channel_ends_by_itself_and_is_not_renewed() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let receiver = Receiver::open().await;
    let now = harness.sandbox.kit().clock.now_ms();
    let mut asked = channel(&receiver.url);
    asked["expiration"] = json!((now + 10 * WEEK_MS).to_string());
    let made = watch(&harness, &token, asked).await.good();
    let ends: i64 = made["expiration"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
    assert!(ends <= harness.sandbox.kit().clock.now_ms() + WEEK_MS, "never longer than a week");
    harness.sandbox.kit().webhooks.flush().await;
    harness.advance(7 * 24 * 3600 + 1);
    add(&harness, MANAGER, timed("Late", "2026-02-01T09:00:00Z", "2026-02-01T10:00:00Z")).await;
    harness.sandbox.kit().webhooks.flush().await;
    assert_eq!(receiver.take().len(), 1, "only the sync message at its beginning");
}

#[tokio::test]
async fn channels_that_google_refuses_are_refused() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let good = channel("http://127.0.0.1:9/hook");
    watch(&harness, &token, good.clone()).await.good();
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body["id"] = json!("channel-2");
        body[name] = value;
        body
    };
    for (body, why) in [
        (good.clone(), "channelIdNotUnique"),
        (with("id", json!("a b")), "channelIdInvalid"),
        (with("id", json!("x".repeat(65))), "channelIdInvalid"),
        (with("type", json!("email")), "push.channelTypeNotSupported"),
        (with("address", json!("http://hub.example/hook")), "push.webhookUrlNotHttps"),
        (with("expiration", json!("1000")), "invalid"),
    ] {
        let answer = watch(&harness, &token, body).await;
        assert_eq!((answer.status, reason(&answer).as_str()), (StatusCode::BAD_REQUEST, why));
    }
    assert_eq!(watch(&harness, "", good).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_push_may_come_for_nothing_and_is_tried_again_after_an_error() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let receiver = Receiver::open().await;
    watch(&harness, &token, channel(&receiver.url)).await.good();
    harness.sandbox.kit().webhooks.flush().await;
    receiver.answer(503);
    let told = harness.control("POST", &format!("/calendars/{MANAGER}/push"), json!({})).await.good();
    assert_eq!(told["channels"], 1);
    harness.sandbox.kit().webhooks.flush().await;
    receiver.answer(200);
    harness.sandbox.kit().webhooks.flush().await;
    let numbers: Vec<String> = receiver.take().iter().map(|one| one.header("x-goog-message-number").to_owned()).collect();
    assert_eq!(numbers, ["1", "2", "2"]);
}
