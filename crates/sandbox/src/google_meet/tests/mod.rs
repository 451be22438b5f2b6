//! Tests of the emulated Google Meet, by what they are about. The way to a token and the usual calls are here.

mod events;
mod files;
mod records;
mod sign_in;

use serde_json::{Value, json};

use crate::harness::{Harness, Tokens};

const AUTHORIZE: &str = "/o/oauth2/v2/auth";
const TOKEN: &str = "/token";
const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
const READ: &str = "https://www.googleapis.com/auth/meetings.space.readonly";
const FILES: &str = "https://www.googleapis.com/auth/drive.meet.readonly";
const MANAGER: &str = "project.manager@demo.example";
const DESIGNER: &str = "industrial.designer@demo.example";
const RECORDS: &str = "/v2/conferenceRecords";

fn harness() -> Harness {
    Harness::new("google-meet", super::tool)
}

async fn sign_in(harness: &Harness, email: &str, scopes: &[&str]) -> Tokens {
    let scopes = scopes.join(" ");
    let query = [("response_type", "code"), ("access_type", "offline"), ("prompt", "consent"), ("scope", scopes.as_str())];
    let led_to = harness.consent(AUTHORIZE, &query, email, &[]).await;
    harness.tokens(TOKEN, &led_to).await
}

async fn token(harness: &Harness, email: &str) -> String {
    sign_in(harness, email, &[EMAIL, READ, FILES]).await.access
}

/// A conference that ended an hour ago, or as `extra` says; answers what the control route does.
async fn hold(harness: &Harness, extra: Value) -> Value {
    let start = harness.sandbox.kit().clock.now() - jiff::SignedDuration::from_mins(90);
    let mut body = json!({
        "start": start, "duration_s": 1_800, "recorded": true, "notes": "Agreed.\nMore.",
        "people": [
            { "name": "Project Manager", "email": MANAGER, "twice": true },
            { "name": "Guest" },
            { "name": "+1 415-***-**23", "phone": true },
        ],
        "turns": [
            { "speaker": "Project Manager", "start_ms": 0, "end_ms": 4_000, "text": "Shall we begin?" },
            { "speaker": "Guest", "start_ms": 4_000, "end_ms": 9_000, "text": "Yes." },
        ],
    });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    harness.control("POST", "/conferences", body).await.good()
}

fn names(answer: &Value, list: &str) -> Vec<String> {
    let items = answer[list].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
}
