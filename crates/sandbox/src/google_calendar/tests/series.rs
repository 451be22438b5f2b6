//! Series: expansion into instances, exceptions, cancelled and vanished instances.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{EVENTS, MANAGER, add, harness, ids, list, sign_in};
use crate::harness::Harness;

const SERIES: &str = "series00";

async fn weekly(harness: &Harness, rule: &str) -> Value {
    let event = json!({
        "id": SERIES,
        "summary": "Weekly",
        "start": { "dateTime": "2026-03-16T10:00:00", "timeZone": "Europe/London" },
        "end": { "dateTime": "2026-03-16T11:00:00", "timeZone": "Europe/London" },
        "recurrence": [rule],
    });
    add(harness, MANAGER, event).await
}

fn path(id: &str) -> String {
    format!("/calendars/{MANAGER}/events/{id}")
}

#[tokio::test]
async fn instances_keep_their_local_hour_over_daylight_saving() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    weekly(&harness, "RRULE:FREQ=WEEKLY;COUNT=3").await;
    let whole = list(&harness, &token, "").await;
    assert_eq!(ids(&whole), [SERIES]);
    assert_eq!(whole["items"][0]["recurrence"], json!(["RRULE:FREQ=WEEKLY;COUNT=3"]));
    let single = list(&harness, &token, "singleEvents=true&orderBy=startTime").await;
    let expected = ["series00_20260316T100000Z", "series00_20260323T100000Z", "series00_20260330T090000Z"];
    assert_eq!(ids(&single), expected);
    let last = &single["items"][2];
    assert_eq!(last["start"]["dateTime"], "2026-03-30T10:00:00+01:00");
    assert_eq!(last["originalStartTime"], last["start"]);
    assert_eq!(last["recurringEventId"], SERIES);
    assert_eq!(last["iCalUID"], whole["items"][0]["iCalUID"]);
    assert!(last.get("recurrence").is_none());
    assert_eq!(harness.get(&format!("{EVENTS}/{}", expected[1]), &token).await.good()["summary"], "Weekly");
    assert_eq!(harness.get(&format!("{EVENTS}/series00_20260317T100000Z"), &token).await.status, StatusCode::NOT_FOUND);
    let range = list(&harness, &token, "singleEvents=true&timeMin=2026-03-20T00:00:00Z&timeMax=2026-03-30T09:00:00Z").await;
    assert_eq!(ids(&range), [expected[1]]);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn by_day_until_and_exdate_are_understood() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let event = json!({
        "id": "dails",
        "start": { "date": "2026-03-16" },
        "end": { "date": "2026-03-17" },
        "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260325", "EXDATE;VALUE=DATE:20260318"],
    });
    add(&harness, MANAGER, event).await;
    let days = ids(&list(&harness, &token, "singleEvents=true&orderBy=startTime").await);
    assert_eq!(days, ["dails_20260316", "dails_20260323", "dails_20260325"]);
    let wrong = json!({
        "start": { "date": "2026-03-16" },
        "end": { "date": "2026-03-17" },
        "recurrence": ["RRULE:FREQ=HOURLY"],
    });
    let answer = harness.control("POST", &format!("/calendars/{MANAGER}/events"), wrong).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn one_instance_is_moved_and_one_cancelled() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    weekly(&harness, "RRULE:FREQ=WEEKLY;COUNT=3").await;
    let sync = list(&harness, &token, "singleEvents=true").await["nextSyncToken"].as_str().unwrap_or_default().to_owned();
    let moved = "series00_20260323T100000Z";
    harness.control("POST", &format!("{}/move", path(moved)), json!({ "minutes": 90 })).await.good();
    harness.control("DELETE", &path("series00_20260316T100000Z"), json!({})).await;
    let changes = list(&harness, &token, &format!("singleEvents=true&syncToken={sync}")).await;
    assert_eq!(ids(&changes), ["series00_20260316T100000Z", moved], "only the two instances changed");
    let exception = &changes["items"][1];
    assert_eq!(exception["start"]["dateTime"], "2026-03-23T11:30:00Z");
    assert_eq!(exception["originalStartTime"]["dateTime"], "2026-03-23T10:00:00Z");
    let hole = &changes["items"][0];
    assert_eq!((&hole["status"], &hole["recurringEventId"]), (&json!("cancelled"), &json!(SERIES)));
    assert!(hole["originalStartTime"].is_object());
    let whole = list(&harness, &token, "").await;
    assert_eq!(ids(&whole).len(), 3, "the series, its exception and its hole, even without showDeleted");
    assert_eq!(ids(&list(&harness, &token, "singleEvents=true").await).len(), 2);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_changed_rule_leaves_cancelled_instances_behind() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    weekly(&harness, "RRULE:FREQ=WEEKLY;COUNT=3").await;
    let sync = list(&harness, &token, "singleEvents=true").await["nextSyncToken"].as_str().unwrap_or_default().to_owned();
    harness.control("PATCH", &path(SERIES), json!({ "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"] })).await.good();
    let changes = list(&harness, &token, &format!("singleEvents=true&syncToken={sync}")).await;
    let cancelled: Vec<&Value> = changes["items"].as_array().into_iter().flatten().filter(|item| item["status"] == "cancelled").collect();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0]["id"], "series00_20260330T090000Z");
    assert_eq!(ids(&list(&harness, &token, "").await), [SERIES], "the ghost is told to nobody else");
    harness.control("PATCH", &path(SERIES), json!({ "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"] })).await.good();
    assert_eq!(ids(&list(&harness, &token, "singleEvents=true").await).len(), 3, "it comes back with the rule");
}

#[tokio::test]
async fn a_deleted_series_takes_its_instances_along() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    weekly(&harness, "RRULE:FREQ=WEEKLY;COUNT=3").await;
    harness.control("PATCH", &path("series00_20260323T100000Z"), json!({ "summary": "Special" })).await.good();
    let single = list(&harness, &token, "singleEvents=true").await["nextSyncToken"].as_str().unwrap_or_default().to_owned();
    let whole = list(&harness, &token, "").await["nextSyncToken"].as_str().unwrap_or_default().to_owned();
    harness.control("DELETE", &path(SERIES), json!({})).await;
    let changes = list(&harness, &token, &format!("singleEvents=true&syncToken={single}")).await;
    assert_eq!(ids(&changes).len(), 3);
    let all_gone = |answer: &Value| answer["items"].as_array().into_iter().flatten().all(|item| item["status"] == "cancelled");
    assert!(all_gone(&changes));
    let changes = list(&harness, &token, &format!("syncToken={whole}")).await;
    assert!(ids(&changes).contains(&SERIES.to_owned()) && all_gone(&changes));
    assert_eq!(ids(&list(&harness, &token, "").await).len(), 0);
    harness.assert_answers_fit();
}
