//! Tests of the emulated Google Calendar, by what they are about. The way to a token and the usual calls are here.

mod channels;
mod listing;
mod oauth;
mod series;
mod sync;

use serde_json::{Value, json};

use crate::harness::{Harness, Tokens};

const AUTHORIZE: &str = "/o/oauth2/v2/auth";
const TOKEN: &str = "/token";
const OFFLINE: [(&str, &str); 3] = [("response_type", "code"), ("access_type", "offline"), ("prompt", "consent")];
const SCOPES: &str = "openid https://www.googleapis.com/auth/userinfo.email \
    https://www.googleapis.com/auth/calendar.events.readonly https://www.googleapis.com/auth/calendar.calendarlist.readonly";
const MANAGER: &str = "project.manager@demo.example";
const DESIGNER: &str = "industrial.designer@demo.example";
const EVENTS: &str = "/calendar/v3/calendars/primary/events";

fn harness() -> Harness {
    Harness::new("google-calendar", super::tool)
}

async fn sign_in(harness: &Harness, email: &str) -> Tokens {
    let query = [OFFLINE.as_slice(), &[("scope", SCOPES)]].concat();
    let led_to = harness.consent(AUTHORIZE, &query, email, &[]).await;
    harness.tokens(TOKEN, &led_to).await
}

fn timed(summary: &str, start: &str, end: &str) -> Value {
    json!({ "summary": summary, "start": { "dateTime": start }, "end": { "dateTime": end } })
}

async fn add(harness: &Harness, calendar: &str, event: Value) -> Value {
    harness.control("POST", &format!("/calendars/{calendar}/events"), event).await.good()
}

async fn list(harness: &Harness, token: &str, query: &str) -> Value {
    harness.get(&format!("{EVENTS}?{query}"), token).await.good()
}

fn ids(answer: &Value) -> Vec<String> {
    let items = answer["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()).collect()
}

fn reason(answer: &crate::probe::Got) -> String {
    answer.json()["error"]["errors"][0]["reason"].as_str().unwrap_or_default().to_owned()
}
