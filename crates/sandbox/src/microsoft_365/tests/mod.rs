//! Tests of the emulated Microsoft 365, by what they are about. The way to a token and the usual calls are here.

mod calendar_view;
mod permissions;
mod sign_in;
mod subscriptions;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::harness::{Harness, Tokens};
use crate::probe::{Got, Probe};

const AUTHORIZE: &str = "/common/oauth2/v2.0/authorize";
const TOKEN: &str = "/common/oauth2/v2.0/token";
const SCOPES: &str = "User.Read Calendars.Read offline_access";
const MANAGER: &str = "project.manager@demo.example";
const VIEW: &str = "startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z";

fn harness() -> Harness {
    Harness::new("microsoft-365", super::tool)
}

async fn sign_in(harness: &Harness, scopes: &str) -> Tokens {
    let query = [("response_type", "code"), ("scope", scopes)];
    let led_to = harness.consent(AUTHORIZE, &query, MANAGER, &[]).await;
    harness.tokens(TOKEN, &led_to).await
}

/// A token of the application itself.
async fn application(harness: &Harness) -> Got {
    let fields = [
        ("grant_type", "client_credentials"),
        ("scope", "https://graph.microsoft.com/.default"),
        ("client_id", "harmony-sandbox"),
        ("client_secret", "sandbox-secret-microsoft-365"),
    ];
    harness.form(TOKEN, &fields).await
}

/// GET with preferences; the address is a path below the tool's prefix, or a whole link.
async fn get(harness: &Harness, address: &str, token: &str, prefer: &str) -> Got {
    let path = address.split_once("/microsoft-365").map_or(address, |(_, path)| path);
    let request = Request::get(format!("/microsoft-365{path}")).header("authorization", format!("Bearer {token}")).header("prefer", prefer);
    Probe { sandbox: harness.sandbox.clone(), token: None }.send(request.body(Body::empty()).unwrap()).await
}

async fn add(harness: &Harness, more: Value) -> Value {
    let mut event = json!({
        "subject": "Review",
        "start": { "dateTime": "2026-03-10T09:00:00", "timeZone": "W. Europe Standard Time" },
        "end": { "dateTime": "2026-03-10T09:30:00", "timeZone": "W. Europe Standard Time" },
    });
    event.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    harness.control("POST", &format!("/mailboxes/{MANAGER}/events"), event).await.good()
}

fn id(answer: &Value) -> &str {
    answer["id"].as_str().unwrap()
}

fn rows(answer: &Value) -> &Vec<Value> {
    answer["value"].as_array().unwrap()
}

fn ids(answer: &Value) -> Vec<&str> {
    rows(answer).iter().map(id).collect()
}

/// Reads to the end of a round: all rows, and the delta link.
async fn round(harness: &Harness, token: &str, address: &str) -> (Vec<Value>, String) {
    let (mut all, mut address) = (Vec::new(), address.to_owned());
    for _ in 0..50 {
        let answer = get(harness, &address, token, "IdType=\"ImmutableId\"").await.good();
        all.extend(rows(&answer).clone());
        if let Some(link) = answer["@odata.deltaLink"].as_str() {
            return (all, link.to_owned());
        }
        answer["@odata.nextLink"].as_str().expect("one of the two links").clone_into(&mut address);
    }
    panic!("the round does not end");
}

fn code(got: &Got) -> String {
    got.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}
