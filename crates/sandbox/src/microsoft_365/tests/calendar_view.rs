//! `calendarView/delta`: windows, pages, links, series, zones, ids.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{MANAGER, SCOPES, VIEW, add, code, get, harness, id, ids, round, rows, sign_in};

fn weekly(count: u64) -> Value {
    json!({
        "pattern": { "type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"] },
        "range": { "type": "numbered", "startDate": "2026-03-10", "numberOfOccurrences": count },
    })
}

fn event(id: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/mailboxes/{MANAGER}/events/{id}")
}

#[tokio::test]
async fn a_window_is_read_in_pages_and_then_what_changed() {
    let harness = harness();
    let token = sign_in(&harness, SCOPES).await.access;
    let mut made = Vec::new();
    for day in 10..15 {
        let when = |minute| json!({ "dateTime": format!("2026-03-{day}T09:{minute}:00"), "timeZone": "UTC" });
        made.push(id(&add(&harness, json!({ "start": when("00"), "end": when("30") })).await).to_owned());
    }
    let outside =
        add(&harness, json!({ "start": { "dateTime": "2026-05-01T09:00:00" }, "end": { "dateTime": "2026-05-01T10:00:00" } })).await;
    let page = get(&harness, &format!("/v1.0/me/calendarView/delta?{VIEW}"), &token, "odata.maxpagesize=2, IdType=\"ImmutableId\"").await;
    assert_eq!(ids(&page.good()), made[..2]);
    let (all, link) = round(&harness, &token, &format!("/v1.0/me/calendarView/delta?{VIEW}")).await;
    assert_eq!(all.iter().map(id).collect::<Vec<_>>(), made);
    let (none, link) = round(&harness, &token, &link).await;
    assert_eq!(none, [] as [Value; 0]);

    harness.control("PATCH", &event(&made[0]), json!({ "subject": "Renamed" })).await.good();
    harness.control("DELETE", &event(&made[1]), json!({})).await.good();
    harness.control("PATCH", &event(id(&outside)), json!({ "subject": "Beyond" })).await.good();
    let (news, _) = round(&harness, &token, &link).await;
    assert_eq!(news.iter().map(id).collect::<Vec<_>>(), [made[0].as_str(), made[1].as_str(), id(&outside)]);
    assert_eq!(news[0]["subject"], json!("Renamed"));
    assert_eq!(news[1]["@removed"], json!({ "reason": "deleted" }));
    assert!(news[2]["@removed"].is_object(), "what changes outside of the window is told as removed, and is there all the same");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn an_instance_has_its_place_alone_and_an_exception_says_everything() {
    let harness = harness();
    let token = sign_in(&harness, SCOPES).await.access;
    let series = add(&harness, json!({ "recurrence": weekly(3), "attendees": [{ "emailAddress": { "address": "a@b.example" } }] })).await;
    let (all, link) = round(&harness, &token, &format!("/v1.0/me/calendarView/delta?{VIEW}")).await;
    assert_eq!(all.len(), 3);
    let names: Vec<&str> = all[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["@odata.etag", "@odata.type", "end", "id", "seriesMasterId", "start", "type"]);
    assert!(all.iter().all(|row| row["seriesMasterId"] == series["id"] && row["type"] == json!("occurrence")));
    assert_eq!(all[0]["start"]["dateTime"], json!("2026-03-10T08:00:00.0000000"));
    assert_eq!(all[2]["start"]["dateTime"], json!("2026-03-24T08:00:00.0000000"));

    let moved = json!({ "start": { "dateTime": "2026-03-17T15:00:00" }, "end": { "dateTime": "2026-03-17T15:30:00" } });
    harness.control("PATCH", &event(id(&all[1])), moved).await.good();
    harness.control("DELETE", &event(id(&all[2])), json!({})).await.good();
    let (news, _) = round(&harness, &token, &link).await;
    assert_eq!(news.iter().map(id).collect::<Vec<_>>(), [id(&all[1]), id(&all[2])]);
    assert_eq!((&news[0]["type"], &news[0]["originalStart"]), (&json!("exception"), &json!("2026-03-17T08:00:00Z")));
    assert_eq!(news[0]["subject"], json!("Review"));
    assert!(news[1]["@removed"].is_object());
    let master = get(&harness, &format!("/v1.0/me/events/{}", id(&series)), &token, "IdType=\"ImmutableId\"").await.good();
    assert_eq!(master["type"], json!("seriesMaster"));
    assert_ne!(master["iCalUId"], news[0]["iCalUId"], "each instance has an id of its own");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn times_come_in_the_zone_asked_for_and_whole_days_at_midnight() {
    let harness = harness();
    let token = sign_in(&harness, SCOPES).await.access;
    add(&harness, json!({})).await;
    let day = |text: &str| json!({ "dateTime": format!("{text}T00:00:00"), "timeZone": "Pacific SA Standard Time" });
    add(&harness, json!({ "isAllDay": true, "start": day("2026-03-12"), "end": day("2026-03-13") })).await;
    let view = format!("/v1.0/me/calendarView/delta?{VIEW}");
    let answer = get(&harness, &view, &token, "outlook.timezone=\"India Standard Time\"").await.good();
    assert_eq!(rows(&answer)[0]["start"], json!({ "dateTime": "2026-03-10T13:30:00.0000000", "timeZone": "India Standard Time" }));
    assert_eq!(rows(&answer)[1]["start"]["dateTime"], json!("2026-03-12T00:00:00.0000000"));
    assert_eq!(rows(&answer)[0]["originalStartTimeZone"], json!("W. Europe Standard Time"));
    let odd = get(&harness, &view, &token, "outlook.timezone=\"Nowhere\"").await;
    assert_eq!((odd.status, code(&odd)), (StatusCode::BAD_REQUEST, "TimeZoneNotSupportedException".to_owned()));
}

#[tokio::test]
async fn the_usual_id_changes_when_an_event_is_moved_and_the_immutable_one_stays() {
    let harness = harness();
    let token = sign_in(&harness, SCOPES).await.access;
    let made = add(&harness, json!({})).await;
    let team = harness.get("/v1.0/me/calendars", &token).await.good();
    let team = rows(&team).iter().find(|one| one["name"] == json!("Team")).cloned().unwrap();
    harness.control("POST", &format!("{}/move", event(id(&made))), json!({ "calendar": team["id"] })).await.good();
    let at = |id: &str| format!("/v1.0/me/events/{id}");
    assert_eq!(code(&get(&harness, &at(made["usual"].as_str().unwrap()), &token, "").await), "ErrorItemNotFound");
    let found = get(&harness, &at(id(&made)), &token, "").await.good();
    assert_ne!(found["id"], made["usual"], "the usual id is asked for, and is another one now");
    let default = format!("/v1.0/me/calendar/events/{}", id(&made));
    assert_eq!(get(&harness, &default, &token, "").await.status, StatusCode::NOT_FOUND);
    let within = format!("/v1.0/me/calendars/{}/events/{}", id(&team), id(&made));
    assert_eq!(get(&harness, &within, &token, "").await.status, StatusCode::OK);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn what_a_delta_cannot_do_is_refused() {
    let harness = harness();
    let token = sign_in(&harness, SCOPES).await.access;
    let refused = async |query: &str| {
        let got = get(&harness, &format!("/v1.0/me/calendarView/delta?{query}"), &token, "").await;
        (got.status, code(&got))
    };
    let bad = |code: &str| (StatusCode::BAD_REQUEST, code.to_owned());
    assert_eq!(refused(&format!("{VIEW}&$select=subject")).await, bad("ErrorInvalidUrlQuery"));
    assert_eq!(refused("startDateTime=2026-03-01T00:00:00Z").await, bad("ErrorInvalidParameter"));
    assert_eq!(refused("startDateTime=2026-03-01&endDateTime=yesterday").await, bad("ErrorInvalidParameter"));
    assert_eq!(refused("startDateTime=2020-01-01T00:00:00Z&endDateTime=2026-01-01T00:00:00Z").await, bad("ErrorCalendarViewRangeTooBig"));
    assert_eq!(refused("$deltatoken=tampered").await, bad("BadRequest"));
    assert_eq!(refused(&format!("{VIEW}&colour=red")).await.0, StatusCode::BAD_REQUEST);
    let (_, link) = round(&harness, &token, &format!("/v1.0/me/calendarView/delta?{VIEW}")).await;
    harness.control("POST", "/expire-sync-states", json!({})).await.good();
    let gone = get(&harness, &link, &token, "").await;
    assert_eq!((gone.status, code(&gone)), (StatusCode::GONE, "SyncStateNotFound".to_owned()));
}

#[tokio::test]
async fn a_spent_quota_says_how_long_to_wait() {
    let harness = harness();
    let token = sign_in(&harness, SCOPES).await.access;
    harness.control("PUT", "/quota", json!({ "burst": 1 })).await.good();
    harness.get("/v1.0/me", &token).await.good();
    let refused = harness.get("/v1.0/me", &token).await;
    assert_eq!((refused.status, code(&refused)), (StatusCode::TOO_MANY_REQUESTS, "ApplicationThrottled".to_owned()));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
}
