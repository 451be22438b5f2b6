//! Signed events: the handshake, what is told, retries, and the vendor's own signature vector.

use std::collections::BTreeSet;
use std::sync::Mutex;

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::events::signature;
use super::Bench;
use crate::kit::DeliveryState;
use crate::probe::{Received, Receiver, specs};

const SECRET: &str = "sandbox-signing-secret";

/// From the tests of slackapi/python-slack-sdk at ae87985 (MIT), which is also the example of Slack's page on verifying requests.
#[test]
fn the_signature_is_that_of_the_vendors_vector() {
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar\
                &user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
                &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
                &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    let signed = signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body.as_bytes());
    assert_eq!(signed, "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503");
}

/// A receiver on this machine; it checks signatures, echoes challenges and answers events with the next of these statuses, then 200.
async fn listen(statuses: Vec<StatusCode>) -> Receiver {
    let statuses = Mutex::new(statuses);
    Receiver::start(move |received| {
        assert_eq!(received.header("x-slack-signature"), signature(SECRET, received.header("x-slack-request-timestamp"), &received.body));
        let event = received.json();
        if event["type"] == "url_verification" {
            return (StatusCode::OK, event["challenge"].as_str().unwrap().to_owned());
        }
        (statuses.lock().unwrap().pop().unwrap_or(StatusCode::OK), String::new())
    })
    .await
}

async fn subscribe(bench: &Bench, receiver: &Receiver) -> StatusCode {
    bench.control("events", json!({ "url": receiver.url, "signing_secret": SECRET })).await.status
}

/// What came after the challenge.
fn events(receiver: &Receiver) -> Vec<Received> {
    receiver.got().into_iter().filter(|received| received.json()["type"] == "event_callback").collect()
}

async fn person_says(bench: &Bench, channel: &str, text: &str) {
    let posting = json!({ "channel": channel, "user": "marketing@demo.example", "text": text });
    assert_eq!(bench.control("messages", posting).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_url_must_echo_the_challenge() {
    let bench = Bench::new().await;
    let deaf = Receiver::start(|_| (StatusCode::OK, String::new())).await;
    assert_eq!(subscribe(&bench, &deaf).await, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = bench.control("events", json!({ "url": "http://192.0.2.1/events", "signing_secret": SECRET })).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    person_says(&bench, "meetings", "Hello").await;
    assert!(bench.kit().webhooks.record().is_empty());
}

#[tokio::test]
async fn the_app_hears_what_happens_where_it_is_a_member() {
    let (bench, receiver) = (Bench::new().await, listen(Vec::new()).await);
    assert_eq!(subscribe(&bench, &receiver).await, StatusCode::NO_CONTENT);
    let channel = bench.id("meetings").await;
    person_says(&bench, "meetings", "Hello").await;
    person_says(&bench, "general", "The app is not here").await;
    let ts = bench.json("chat.postMessage", json!({ "channel": channel, "text": "One" })).await.ok()["ts"].clone();
    bench.json("chat.update", json!({ "channel": channel, "ts": ts, "text": "Two" })).await.ok();
    bench.json("chat.delete", json!({ "channel": channel, "ts": ts })).await.ok();
    assert_eq!(bench.kit().webhooks.flush().await, 4);
    let seen: Vec<Value> = events(&receiver).iter().map(Received::json).collect();
    let events: Vec<&Value> = seen.iter().map(|body| &body["event"]).collect();
    assert_eq!(
        (&events[0]["text"], &events[0]["channel"], &events[0]["channel_type"]),
        (&json!("Hello"), &json!(channel), &json!("channel"))
    );
    assert!(events[0].get("bot_id").is_none() && events[1]["bot_id"].is_string());
    assert_eq!((&events[2]["subtype"], &events[2]["message"]["text"]), (&json!("message_changed"), &json!("Two")));
    assert_eq!((&events[3]["subtype"], &events[3]["deleted_ts"]), (&json!("message_deleted"), &ts));
    let ids: BTreeSet<&str> = seen.iter().map(|body| body["event_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 4);
    if let Some(folder) = specs() {
        let schema = std::fs::read_to_string(folder.join("slack/event_wrapper.schema.json")).unwrap();
        let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        for body in &seen {
            assert!(schema.is_valid(body), "{body}");
        }
    }
}

#[tokio::test]
async fn a_failed_delivery_is_tried_three_times_more() {
    let (bench, receiver) = (Bench::new().await, listen(vec![StatusCode::INTERNAL_SERVER_ERROR; 4]).await);
    subscribe(&bench, &receiver).await;
    person_says(&bench, "meetings", "Hello").await;
    let kit = bench.kit();
    for wait in [0, 0, 60, 300] {
        kit.clock.advance(SignedDuration::from_secs(wait));
        kit.webhooks.deliver_due().await;
    }
    let record = &kit.webhooks.record()[0];
    assert_eq!((record.attempts, record.state), (4, DeliveryState::GivenUp));
    let seen = events(&receiver);
    let retries: Vec<Option<&str>> = seen.iter().map(|one| one.headers.get("x-slack-retry-num").map(String::as_str)).collect();
    assert_eq!(retries, [None, Some("1"), Some("2"), Some("3")]);
    assert_eq!(seen[1].header("x-slack-retry-reason"), "http_error");
    assert!(seen.iter().all(|one| one.json()["event_id"] == seen[0].json()["event_id"]));
}

#[tokio::test]
async fn the_end_of_the_app_is_told() {
    let (bench, receiver) = (Bench::new().await, listen(Vec::new()).await);
    subscribe(&bench, &receiver).await;
    bench.control("uninstall", json!({})).await;
    bench.kit().webhooks.flush().await;
    let seen: Vec<Value> = events(&receiver).iter().map(|one| one.json()["event"].clone()).collect();
    let kinds: Vec<&str> = seen.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["app_uninstalled", "tokens_revoked"]);
    assert_eq!(seen[1]["tokens"]["bot"].as_array().unwrap().len(), 1);
}
