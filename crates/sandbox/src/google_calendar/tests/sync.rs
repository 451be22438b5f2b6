//! Incremental readings by sync token.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{EVENTS, MANAGER, add, harness, ids, list, reason, sign_in, timed};
use crate::harness::Harness;

async fn sync_token(harness: &Harness, token: &str, query: &str) -> String {
    list(harness, token, query).await["nextSyncToken"].as_str().expect("a sync token").to_owned()
}

fn id(event: &Value) -> String {
    event["id"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn only_what_changed_comes_and_deletions_always() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let one = add(&harness, MANAGER, timed("One", "2026-02-01T09:00:00Z", "2026-02-01T10:00:00Z")).await;
    let two = add(&harness, MANAGER, timed("Two", "2026-02-02T09:00:00Z", "2026-02-02T10:00:00Z")).await;
    let first = sync_token(&harness, &token, "").await;
    assert_eq!(ids(&list(&harness, &token, &format!("syncToken={first}")).await).len(), 0);
    let path = format!("/calendars/{MANAGER}/events/{}", id(&one));
    harness.control("PATCH", &path, json!({ "summary": "One, renamed" })).await.good();
    harness.control("DELETE", &format!("/calendars/{MANAGER}/events/{}", id(&two)), json!({})).await;
    let changes = list(&harness, &token, &format!("syncToken={first}")).await;
    assert_eq!(changes["items"][0]["summary"], "One, renamed");
    let gone = &changes["items"][1];
    assert_eq!((&gone["id"], &gone["status"]), (&two["id"], &json!("cancelled")));
    assert!(gone.get("summary").is_none(), "of a deleted event only the id is promised");
    let next = changes["nextSyncToken"].as_str().unwrap_or_default();
    assert_eq!(ids(&list(&harness, &token, &format!("syncToken={next}")).await).len(), 0);
    assert_eq!(ids(&list(&harness, &token, "").await), [id(&one)]);
    assert_eq!(ids(&list(&harness, &token, "showDeleted=true").await).len(), 2);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_change_between_two_pages_is_told_by_the_next_reading() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let one = add(&harness, MANAGER, timed("One", "2026-02-01T09:00:00Z", "2026-02-01T10:00:00Z")).await;
    add(&harness, MANAGER, timed("Two", "2026-02-02T09:00:00Z", "2026-02-02T10:00:00Z")).await;
    let page = list(&harness, &token, "maxResults=1").await;
    let path = format!("/calendars/{MANAGER}/events/{}", id(&one));
    harness.control("PATCH", &path, json!({ "summary": "changed meanwhile" })).await.good();
    let next = page["nextPageToken"].as_str().expect("two pages");
    let last = list(&harness, &token, &format!("maxResults=1&pageToken={next}")).await;
    let sync = last["nextSyncToken"].as_str().expect("the last page");
    assert_eq!(ids(&list(&harness, &token, &format!("syncToken={sync}")).await), [id(&one)]);
}

#[tokio::test]
async fn an_expired_token_is_gone_and_a_broken_one_invalid() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let sync = sync_token(&harness, &token, "").await;
    harness.control("POST", &format!("/calendars/{MANAGER}/expire-sync-tokens"), json!({})).await;
    let answer = harness.get(&format!("{EVENTS}?syncToken={sync}"), &token).await;
    assert_eq!((answer.status, reason(&answer).as_str()), (StatusCode::GONE, "fullSyncRequired"));
    assert_eq!(answer.json()["error"]["errors"][0]["location"], "syncToken");
    assert_eq!(answer.json()["error"]["code"], 410);
    let answer = harness.get(&format!("{EVENTS}?syncToken=broken"), &token).await;
    assert_eq!((answer.status, reason(&answer).as_str()), (StatusCode::BAD_REQUEST, "invalid"));
    let team = "/calendar/v3/calendars/team.demo%40group.calendar.google.com/events";
    let other = harness.get(team, &token).await.good()["nextSyncToken"].as_str().expect("a token").to_owned();
    assert_eq!(harness.get(&format!("{EVENTS}?syncToken={other}"), &token).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn parameters_must_fit_the_first_reading() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let sync = sync_token(&harness, &token, "singleEvents=true&timeMin=2026-01-01T00:00:00Z").await;
    list(&harness, &token, &format!("singleEvents=true&syncToken={sync}")).await;
    for query in [
        "iCalUID=x",
        "orderBy=updated",
        "privateExtendedProperty=a%3Db",
        "q=x",
        "sharedExtendedProperty=a%3Db",
        "timeMin=2026-01-01T00:00:00Z",
        "timeMax=2026-01-01T00:00:00Z",
        "updatedMin=2026-01-01T00:00:00Z",
        "showDeleted=false",
    ] {
        let answer = harness.get(&format!("{EVENTS}?singleEvents=true&syncToken={sync}&{query}"), &token).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let other = harness.get(&format!("{EVENTS}?syncToken={sync}"), &token).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST, "singleEvents was true at first");
    assert!(list(&harness, &token, "orderBy=updated").await.get("nextSyncToken").is_none());
}
