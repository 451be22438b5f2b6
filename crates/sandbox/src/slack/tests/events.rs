//! Signed events: the handshake, what is told, retries, and the vendor's own signature vector.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::super::events::signature;
use super::{Bench, specs};
use crate::kit::DeliveryState;

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

/// A receiver on this machine; it echoes challenges and answers events with the next of its statuses, 200 when there are none.
#[derive(Default)]
struct Receiver {
    seen: Mutex<Vec<(HeaderMap, Value)>>,
    statuses: Mutex<Vec<StatusCode>>,
    deaf: bool,
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let timestamp = headers["x-slack-request-timestamp"].to_str().unwrap();
    assert_eq!(headers["x-slack-signature"], signature(SECRET, timestamp, &body));
    let event: Value = serde_json::from_slice(&body).unwrap();
    if event["type"] == "url_verification" {
        let echo = if receiver.deaf { String::new() } else { event["challenge"].as_str().unwrap().to_owned() };
        return (StatusCode::OK, echo);
    }
    receiver.seen.lock().unwrap().push((headers, event));
    (receiver.statuses.lock().unwrap().pop().unwrap_or(StatusCode::OK), String::new())
}

async fn listen(tasks: &mut JoinSet<()>, receiver: Receiver) -> (String, Arc<Receiver>) {
    let receiver = Arc::new(receiver);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    let router = Router::new().route("/events", post(receive)).with_state(Arc::clone(&receiver));
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, receiver)
}

async fn subscribed(bench: &Bench, tasks: &mut JoinSet<()>) -> Arc<Receiver> {
    let (url, receiver) = listen(tasks, Receiver::default()).await;
    let answer = bench.control("slack/events", json!({ "url": url, "signing_secret": SECRET })).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    receiver
}

async fn person_says(bench: &Bench, channel: &str, text: &str) {
    let posting = json!({ "channel": channel, "user": "marketing@demo.example", "text": text });
    assert_eq!(bench.control("slack/messages", posting).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_url_must_echo_the_challenge() {
    let (bench, mut tasks) = (Bench::new().await, JoinSet::new());
    let (url, _) = listen(&mut tasks, Receiver { deaf: true, ..Receiver::default() }).await;
    let answer = bench.control("slack/events", json!({ "url": url, "signing_secret": SECRET })).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = bench.control("slack/events", json!({ "url": "http://192.0.2.1/events", "signing_secret": SECRET })).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    person_says(&bench, "meetings", "Hello").await;
    assert!(bench.sandbox.kit().webhooks.record().is_empty());
}

#[tokio::test]
async fn the_app_hears_what_happens_where_it_is_a_member() {
    let (bench, mut tasks) = (Bench::new().await, JoinSet::new());
    let receiver = subscribed(&bench, &mut tasks).await;
    let channel = bench.id("meetings").await;
    person_says(&bench, "meetings", "Hello").await;
    person_says(&bench, "general", "The app is not here").await;
    let ts = bench.json("chat.postMessage", json!({ "channel": channel, "text": "One" })).await.ok()["ts"].clone();
    bench.json("chat.update", json!({ "channel": channel, "ts": ts, "text": "Two" })).await.ok();
    bench.json("chat.delete", json!({ "channel": channel, "ts": ts })).await.ok();
    assert_eq!(bench.sandbox.kit().webhooks.flush().await, 4);
    let seen = receiver.seen.lock().unwrap();
    let events: Vec<&Value> = seen.iter().map(|(_, body)| &body["event"]).collect();
    assert_eq!(
        (&events[0]["text"], &events[0]["channel"], &events[0]["channel_type"]),
        (&json!("Hello"), &json!(channel), &json!("channel"))
    );
    assert!(events[0].get("bot_id").is_none() && events[1]["bot_id"].is_string());
    assert_eq!((&events[2]["subtype"], &events[2]["message"]["text"]), (&json!("message_changed"), &json!("Two")));
    assert_eq!((&events[3]["subtype"], &events[3]["deleted_ts"]), (&json!("message_deleted"), &ts));
    let ids: std::collections::BTreeSet<&str> = seen.iter().map(|(_, body)| body["event_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 4);
    if let Some(folder) = specs() {
        let schema = std::fs::read_to_string(folder.join("slack/event_wrapper.schema.json")).unwrap();
        let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        for (_, body) in seen.iter() {
            assert!(schema.is_valid(body), "{body}");
        }
    }
}

#[tokio::test]
async fn a_failed_delivery_is_tried_three_times_more() {
    let (bench, mut tasks) = (Bench::new().await, JoinSet::new());
    let receiver = subscribed(&bench, &mut tasks).await;
    *receiver.statuses.lock().unwrap() = vec![StatusCode::INTERNAL_SERVER_ERROR; 4];
    person_says(&bench, "meetings", "Hello").await;
    let kit = bench.sandbox.kit();
    for wait in [0, 0, 60, 300] {
        kit.clock.advance(SignedDuration::from_secs(wait));
        kit.webhooks.deliver_due().await;
    }
    let record = &kit.webhooks.record()[0];
    assert_eq!((record.attempts, record.state), (4, DeliveryState::GivenUp));
    let seen = receiver.seen.lock().unwrap();
    let retries: Vec<Option<&str>> =
        seen.iter().map(|(headers, _)| headers.get("x-slack-retry-num").map(|value| value.to_str().unwrap())).collect();
    assert_eq!(retries, [None, Some("1"), Some("2"), Some("3")]);
    assert_eq!(seen[1].0["x-slack-retry-reason"], "http_error");
    assert!(seen.iter().all(|(_, body)| body["event_id"] == seen[0].1["event_id"]));
}

#[tokio::test]
async fn the_end_of_the_app_is_told() {
    let (bench, mut tasks) = (Bench::new().await, JoinSet::new());
    let receiver = subscribed(&bench, &mut tasks).await;
    bench.control("slack/uninstall", json!({})).await;
    bench.sandbox.kit().webhooks.flush().await;
    let seen = receiver.seen.lock().unwrap();
    let kinds: Vec<&str> = seen.iter().map(|(_, body)| body["event"]["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["app_uninstalled", "tokens_revoked"]);
    assert_eq!(seen[1].1["event"]["tokens"]["bot"].as_array().unwrap().len(), 1);
}
