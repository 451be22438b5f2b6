//! Full readings: pages, filters, parameters that are refused, calendars, quota.

use axum::http::StatusCode;
use serde_json::json;

use super::{DESIGNER, EVENTS, MANAGER, add, harness, ids, list, reason, sign_in, timed};

#[tokio::test]
async fn pages_are_followed_to_the_sync_token() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    for number in 0..7 {
        let (start, end) = (format!("2026-02-0{}T09:00:00Z", number + 1), format!("2026-02-0{}T10:00:00Z", number + 1));
        add(&harness, MANAGER, timed(&format!("Meeting {number}"), &start, &end)).await;
    }
    let mut seen = Vec::new();
    let mut query = "maxResults=3".to_owned();
    let last = loop {
        let answer = list(&harness, &token, &query).await;
        seen.extend(ids(&answer));
        let Some(next) = answer["nextPageToken"].as_str() else { break answer };
        assert!(answer.get("nextSyncToken").is_none());
        query = format!("maxResults=3&pageToken={next}");
    };
    assert!(last["nextSyncToken"].is_string());
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!((seen.len(), once.len()), (7, 7));
    harness.assert_answers_fit();
}

#[tokio::test]
async fn pages_may_be_short_or_empty() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    add(&harness, MANAGER, timed("One", "2026-02-01T09:00:00Z", "2026-02-01T10:00:00Z")).await;
    add(&harness, MANAGER, timed("Two", "2026-02-02T09:00:00Z", "2026-02-02T10:00:00Z")).await;
    harness.control("PUT", "/paging", json!({ "most": 1, "empty_first": true })).await;
    let first = list(&harness, &token, "").await;
    assert_eq!(ids(&first).len(), 0);
    let next = first["nextPageToken"].as_str().expect("an empty page with a next one");
    let second = list(&harness, &token, &format!("pageToken={next}")).await;
    assert_eq!(ids(&second).len(), 1);
    assert!(second["nextPageToken"].is_string());
}

#[tokio::test]
async fn a_page_token_belongs_to_its_request() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    add(&harness, MANAGER, timed("One", "2026-02-01T09:00:00Z", "2026-02-01T10:00:00Z")).await;
    add(&harness, MANAGER, timed("Two", "2026-02-02T09:00:00Z", "2026-02-02T10:00:00Z")).await;
    let next = list(&harness, &token, "maxResults=1").await["nextPageToken"].as_str().expect("two pages").to_owned();
    let changed = format!("{}x", &next[..next.len() - 1]);
    for query in [format!("pageToken={next}&singleEvents=true"), "pageToken=nonsense".to_owned(), format!("pageToken={changed}")] {
        let answer = harness.get(&format!("{EVENTS}?{query}"), &token).await;
        assert_eq!((answer.status, reason(&answer).as_str()), (StatusCode::BAD_REQUEST, "invalid"), "{query}");
    }
}

#[tokio::test]
async fn times_bound_ends_and_starts_and_words_match() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let early = add(&harness, MANAGER, timed("Early planning", "2026-02-01T09:00:00Z", "2026-02-01T10:00:00Z")).await;
    let late = add(&harness, MANAGER, timed("Late review", "2026-02-02T09:00:00Z", "2026-02-02T10:00:00Z")).await;
    let found = |query: &'static str| {
        let (harness, token) = (&harness, &token);
        async move { ids(&list(harness, token, query).await) }
    };
    let id = |event: &serde_json::Value| event["id"].as_str().unwrap_or_default().to_owned();
    assert_eq!(found("timeMin=2026-02-01T10:00:00Z").await, [id(&late)]);
    assert_eq!(found("timeMin=2026-02-01T09:59:59Z&timeMax=2026-02-02T09:00:00Z").await, [id(&early)]);
    assert_eq!(found("q=PLANNING").await, [id(&early)]);
    assert_eq!(found("singleEvents=true&orderBy=startTime").await, [id(&early), id(&late)]);
    assert_eq!(ids(&list(&harness, &token, &format!("iCalUID={}%40google.com", id(&late))).await), [id(&late)]);
    assert!(list(&harness, &token, "q=planning").await.get("nextSyncToken").is_none(), "a search is not a synchronization");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn parameters_are_held_to_the_description() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    for (query, why) in
        [("orderBy=startTime", "badRequest"), ("timeMin=2026-02-02T00:00:00Z&timeMax=2026-02-01T00:00:00Z", "timeRangeEmpty")]
    {
        let answer = harness.get(&format!("{EVENTS}?{query}"), &token).await;
        assert_eq!((answer.status, reason(&answer).as_str()), (StatusCode::BAD_REQUEST, why), "{query}");
    }
    for query in ["maxResults=0", "singleEvents=maybe", "orderBy=name", "timeMin=2026-02-01T00:00:00", "timeZone=Mars/Base"] {
        assert_eq!(harness.get(&format!("{EVENTS}?{query}"), &token).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let old = harness.get(&format!("{EVENTS}?updatedMin=2020-01-01T00:00:00Z"), &token).await;
    assert_eq!((old.status, reason(&old).as_str()), (StatusCode::GONE, "updatedMinTooLongAgo"));
    if harness.sandbox.kit().options.specs.is_some() {
        assert_eq!(harness.get(&format!("{EVENTS}?pagesize=3"), &token).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(harness.get("/calendar/v3/nowhere", &token).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn times_are_answered_in_the_zone_asked_for_and_days_without_one() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let mut event = timed("Call", "2026-07-01T09:00:00Z", "2026-07-01T10:00:00Z");
    event["start"]["timeZone"] = json!("America/New_York");
    let id = add(&harness, MANAGER, event).await["id"].as_str().unwrap_or_default().to_owned();
    let own = harness.get(&format!("{EVENTS}/{id}"), &token).await.good();
    assert_eq!(own["start"], json!({ "dateTime": "2026-07-01T10:00:00+01:00", "timeZone": "America/New_York" }));
    let asked = harness.get(&format!("{EVENTS}/{id}?timeZone=Asia%2FTokyo"), &token).await.good();
    assert_eq!(asked["start"]["dateTime"], "2026-07-01T18:00:00+09:00");
    let day = json!({ "summary": "Holiday", "start": { "date": "2026-07-04" }, "end": { "date": "2026-07-05" } });
    let day = add(&harness, MANAGER, day).await;
    assert_eq!((&day["start"], &day["end"]), (&json!({ "date": "2026-07-04" }), &json!({ "date": "2026-07-05" })));
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_guest_sees_the_event_until_uninvited() {
    let harness = harness();
    let manager = sign_in(&harness, MANAGER).await.access;
    let designer = sign_in(&harness, DESIGNER).await.access;
    let mut event = timed("Kick-off", "2026-02-01T09:00:00Z", "2026-02-01T10:00:00Z");
    event["attendees"] =
        json!([{ "email": MANAGER, "responseStatus": "accepted" }, { "email": DESIGNER, "responseStatus": "needsAction" }]);
    event["meet"] = json!(true);
    let event = add(&harness, MANAGER, event).await;
    let id = event["id"].as_str().unwrap_or_default();
    assert_eq!(event["hangoutLink"], event["conferenceData"]["entryPoints"][0]["uri"]);
    assert_eq!(event["organizer"], json!({ "email": MANAGER, "self": true }));
    let copy = &list(&harness, &designer, "").await["items"][0];
    assert_eq!((&copy["id"], &copy["iCalUID"]), (&event["id"], &event["iCalUID"]));
    assert_eq!(copy["attendees"][1]["self"], true);
    assert!(copy["organizer"].get("self").is_none());
    let few = harness.get(&format!("{EVENTS}/{id}?maxAttendees=1"), &designer).await.good();
    assert_eq!((few["attendees"].as_array().map(Vec::len), &few["attendeesOmitted"]), (Some(1), &json!(true)));
    harness.control("PATCH", &format!("/calendars/{MANAGER}/events/{id}"), json!({ "attendees": [{ "email": MANAGER }] })).await.good();
    assert_eq!(ids(&list(&harness, &designer, "").await).len(), 0);
    assert_eq!(ids(&list(&harness, &manager, "").await).len(), 1);
    assert_eq!(harness.get(&format!("{EVENTS}/{id}"), &designer).await.good()["status"], "cancelled");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn the_calendar_list_pages_and_syncs() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    let path = "/calendar/v3/users/me/calendarList";
    let first = harness.get(&format!("{path}?maxResults=1"), &token).await.good();
    assert_eq!((&first["items"][0]["primary"], &first["items"][0]["id"]), (&json!(true), &json!(MANAGER)));
    let next = first["nextPageToken"].as_str().expect("two calendars");
    let second = harness.get(&format!("{path}?maxResults=1&pageToken={next}"), &token).await.good();
    assert_eq!(second["items"][0]["summary"], "Team");
    let sync = second["nextSyncToken"].as_str().expect("the last page").to_owned();
    let nothing = harness.get(&format!("{path}?syncToken={sync}"), &token).await.good();
    assert_eq!(ids(&nothing).len(), 0);
    let share = json!({ "id": "rooms@demo.example", "summary": "Rooms", "timeZone": "Europe/London", "roles": { MANAGER: "reader" } });
    assert_eq!(harness.control("POST", "/calendars", share).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ids(&harness.get(&format!("{path}?syncToken={sync}"), &token).await.good()), ["rooms@demo.example"]);
    let both = harness.get(&format!("{path}?syncToken={sync}&minAccessRole=owner"), &token).await;
    assert_eq!(both.status, StatusCode::BAD_REQUEST);
    harness.control("POST", "/expire-sync-tokens", json!({})).await;
    let gone = harness.get(&format!("{path}?syncToken={sync}"), &token).await;
    assert_eq!((gone.status, reason(&gone).as_str()), (StatusCode::GONE, "fullSyncRequired"));
    let strange = harness.get("/calendar/v3/calendars/marketing%40demo.example/events", &token).await;
    assert_eq!((strange.status, reason(&strange).as_str()), (StatusCode::NOT_FOUND, "notFound"));
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_spent_quota_is_403_or_429() {
    let harness = harness();
    let token = sign_in(&harness, MANAGER).await.access;
    harness.control("PUT", "/quota", json!({ "burst": 2 })).await;
    list(&harness, &token, "").await;
    list(&harness, &token, "").await;
    let spent = harness.get(EVENTS, &token).await;
    assert_eq!((spent.status, reason(&spent).as_str()), (StatusCode::FORBIDDEN, "rateLimitExceeded"));
    assert_eq!(spent.json()["error"]["errors"][0]["domain"], "usageLimits");
    harness.control("PUT", "/quota", json!({ "burst": 2, "too_many": true })).await;
    assert_eq!(harness.get(EVENTS, &token).await.status, StatusCode::TOO_MANY_REQUESTS);
    harness.advance(60);
    list(&harness, &token, "").await;
}
