//! The connector against the emulated Google Calendar, which refuses what Google refuses.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{
    CalendarSource, Connector, Cursor, Entry, ErrorKind, InboundHook, Page, PullRequest, Secret, Session, Source, WebhookSource,
};
use jiff::{SignedDuration, Timestamp};
use model::connection::Capability;
use model::meeting::Meeting;
use model::settings::Destination;
use sandbox::kit::Fault;
use serde_json::{Value, json};
use url::Url;

use super::GoogleCalendar;
use crate::emulated::{Emulated, Receiver};

const WHO: &str = "project.manager@demo.example";
const PAGES: [&str; 2] = ["/o/oauth2/v2/auth", "/token"];

async fn start() -> (Emulated, Session) {
    let emulated = Emulated::start(Arc::new(GoogleCalendar)).await;
    let session = emulated.sign_in(WHO, "/calendar/v3", PAGES, |_| true).await;
    (emulated, session)
}

/// An event at noon, so many days from now.
async fn add(emulated: &Emulated, id: &str, days: i64, more: Value) {
    let start = emulated.sandbox.kit().clock.now().saturating_add(SignedDuration::from_hours(24 * days)).unwrap();
    let end = start.saturating_add(SignedDuration::from_mins(30)).unwrap();
    let zone = "Europe/London";
    let mut event = json!({"id": id, "summary": format!("Meeting {id}"),
        "start": {"dateTime": start.to_string(), "timeZone": zone}, "end": {"dateTime": end.to_string(), "timeZone": zone}});
    event.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    emulated.control("POST", &format!("/google-calendar/calendars/{WHO}/events"), &event).await;
}

async fn pull_at(session: &Session, cursor: Option<&Cursor>, now: Timestamp) -> connector_kit::Result<Page<Meeting>> {
    let since = session.now().saturating_sub(SignedDuration::from_hours(90 * 24)).unwrap();
    GoogleCalendar.pull(session, &PullRequest { cursor, destination: None, since, now }).await
}

async fn pull(session: &Session, cursor: Option<&Cursor>) -> connector_kit::Result<Page<Meeting>> {
    pull_at(session, cursor, session.now()).await
}

/// Pulls until there is no more; reads every page twice, as after a crash at its edge.
async fn drain(session: &Session, mut cursor: Option<Cursor>) -> (Vec<Entry<Meeting>>, Cursor) {
    let mut entries = Vec::new();
    for _ in 0..100 {
        let page = pull(session, cursor.as_ref()).await.unwrap();
        assert_eq!(pull(session, cursor.as_ref()).await.unwrap().entries, page.entries);
        entries.extend(page.entries);
        if !page.more {
            return (entries, page.cursor);
        }
        cursor = Some(page.cursor);
    }
    panic!("the pages do not end");
}

fn present(entries: &[Entry<Meeting>]) -> BTreeMap<&str, &Meeting> {
    let present =
        entries.iter().filter_map(|entry| if let Entry::Present(remote) = entry { Some((&*remote.id, &remote.item)) } else { None });
    present.collect()
}

fn gone(entries: &[Entry<Meeting>]) -> Vec<&str> {
    entries.iter().filter_map(|entry| if let Entry::Gone { id } = entry { Some(id.as_str()) } else { None }).collect()
}

#[tokio::test]
async fn the_account_and_its_calendars_are_known() {
    let (emulated, session) = start().await;
    let account = GoogleCalendar.identify(&session).await.unwrap();
    assert_eq!(account.id, WHO);
    let calendars = GoogleCalendar.calendars(&session).await.unwrap();
    assert_eq!(calendars[0].id, WHO);
    assert!(calendars.iter().any(|calendar| calendar.name == "Team"));
    emulated.finish();
}

#[tokio::test]
async fn a_calendar_is_read_in_full_and_then_only_what_changed() {
    let (emulated, session) = start().await;
    for (id, days) in [("aaaaa", -100), ("bbbbb", -10), ("ccccc", 1), ("ddddd", 170), ("eeeee", 200)] {
        add(&emulated, id, days, json!({})).await;
    }
    add(&emulated, "homee", 1, json!({"eventType": "workingLocation"})).await;
    let guests = json!({"meet": true, "attendees": [{"email": WHO}, {"email": "marketing@demo.example", "displayName": "Marketing"}]});
    add(&emulated, "guest", 2, guests).await;
    emulated.control("PUT", "/google-calendar/paging", &json!({"most": 2, "empty_first": true})).await;

    let (entries, cursor) = drain(&session, None).await;
    let all = present(&entries);
    assert_eq!(all.keys().copied().collect::<Vec<_>>(), ["bbbbb", "ccccc", "ddddd", "guest"], "the window holds, and no working location");
    assert!(all["guest"].join_url.as_ref().unwrap().ends_with(all["guest"].identity.conference_id.as_ref().unwrap()));
    assert_eq!(all["guest"].participants.len(), 2);

    let (nothing, cursor) = drain(&session, Some(cursor)).await;
    assert_eq!(nothing, []);
    let event = |id: &str| format!("/google-calendar/calendars/{WHO}/events/{id}");
    emulated.control("PATCH", &event("ccccc"), &json!({"summary": "Renamed"})).await;
    emulated.control("DELETE", &event("bbbbb"), &Value::Null).await;
    let (changes, _) = drain(&session, Some(cursor)).await;
    assert_eq!(present(&changes)["ccccc"].title, "Renamed");
    assert_eq!(gone(&changes), ["bbbbb"]);
    emulated.finish();
}

#[tokio::test]
async fn a_series_comes_as_instances_and_each_is_known_by_its_first_place() {
    let (emulated, session) = start().await;
    add(&emulated, "serie", 1, json!({"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]})).await;
    let (entries, cursor) = drain(&session, None).await;
    let instances = present(&entries);
    assert_eq!(instances.len(), 3);
    let names: Vec<_> =
        instances.values().map(|meeting| (meeting.identity.ical_uid.clone(), meeting.identity.recurrence_id.clone())).collect();
    assert!(names.iter().all(|(uid, name)| uid == &names[0].0 && name.is_some()));
    assert!(names[0].1 != names[1].1 && names[1].1 != names[2].1);

    let ids: Vec<String> = instances.keys().map(|id| (*id).to_owned()).collect();
    let event = |id: &str| format!("/google-calendar/calendars/{WHO}/events/{id}");
    emulated.control("DELETE", &event(&ids[0]), &Value::Null).await;
    let start = instances[ids[1].as_str()].when.start();
    let later = |hours| start.saturating_add(SignedDuration::from_hours(hours)).unwrap().to_string();
    let moved =
        json!({"start": {"dateTime": later(2), "timeZone": "Europe/London"}, "end": {"dateTime": later(3), "timeZone": "Europe/London"}});
    emulated.control("PATCH", &event(&ids[1]), &moved).await;
    let (changes, _) = drain(&session, Some(cursor)).await;
    assert_eq!(gone(&changes), [ids[0].as_str()]);
    let instance = present(&changes)[ids[1].as_str()];
    assert_eq!(instance.when.start().to_string(), later(2));
    assert_eq!(instance.identity.recurrence_id, instances[ids[1].as_str()].identity.recurrence_id);
    emulated.finish();
}

#[tokio::test]
async fn f39_an_expired_token_and_another_calendar_start_anew() {
    let (emulated, session) = start().await;
    add(&emulated, "aaaaa", 1, json!({})).await;
    let (_, cursor) = drain(&session, None).await;
    let team = Destination { id: "team.demo@group.calendar.google.com".to_owned(), name: "Team".to_owned() };
    let now = session.now();
    let other = PullRequest { cursor: Some(&cursor), destination: Some(&team), since: now, now };
    assert_eq!(GoogleCalendar.pull(&session, &other).await.unwrap_err().kind, ErrorKind::CursorExpired);
    emulated.control("POST", "/google-calendar/expire-sync-tokens", &Value::Null).await;
    assert_eq!(pull(&session, Some(&cursor)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    assert_eq!(present(&drain(&session, None).await.0).len(), 1);
    let shape = Cursor(r#"{"of":"an older version"}"#.to_owned());
    assert_eq!(pull(&session, Some(&shape)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    emulated.finish();
}

#[tokio::test]
async fn the_window_rolls_on_after_the_last_change() {
    let (emulated, session) = start().await;
    add(&emulated, "aaaaa", 1, json!({})).await;
    add(&emulated, "bbbbb", 200, json!({})).await;
    let (entries, cursor) = drain(&session, None).await;
    assert_eq!(present(&entries).len(), 1);
    let later = session.now().saturating_add(SignedDuration::from_hours(31 * 24)).unwrap();
    let changes = pull_at(&session, Some(&cursor), later).await.unwrap();
    assert!(changes.entries.is_empty() && changes.more, "first what changed, then a new window");
    let window = pull_at(&session, Some(&changes.cursor), later).await.unwrap();
    assert_eq!(present(&window.entries).keys().copied().collect::<Vec<_>>(), ["aaaaa", "bbbbb"]);
    assert!(!window.more && !pull_at(&session, Some(&window.cursor), later).await.unwrap().more);
    emulated.finish();
}

#[tokio::test]
async fn f24_to_f34_each_fault_has_its_kind() {
    let (emulated, session) = start().await;
    let status = |status, body: &str| Fault::Status { status, retry_after: None, body: Some(body.to_owned()) };
    let limit = r#"{"error":{"code":403,"message":"m","errors":[{"domain":"usageLimits","reason":"rateLimitExceeded","message":"m"}]}}"#;
    for (fault, kind) in [
        (status(403, ""), ErrorKind::Forbidden),
        (status(403, limit), ErrorKind::RateLimited),
        (status(429, ""), ErrorKind::RateLimited),
        (status(500, ""), ErrorKind::Unavailable),
        (status(503, "<html>"), ErrorKind::Unavailable),
        (Fault::Cut, ErrorKind::Unavailable),
        (Fault::Lost, ErrorKind::Unavailable),
        (Fault::Garbage, ErrorKind::Protocol),
        (Fault::Empty, ErrorKind::Protocol),
    ] {
        emulated.fault("/events", fault.clone());
        assert_eq!(pull(&session, None).await.unwrap_err().kind, kind, "{fault:?}");
    }
    emulated.fault("/events", status(401, ""));
    assert!(pull(&session, None).await.is_ok(), "f28: one refusal, one refresh, one repetition");
    emulated.control("PUT", "/google-calendar/quota", &json!({"burst": 0})).await;
    assert_eq!(pull(&session, None).await.unwrap_err().kind, ErrorKind::RateLimited);
    emulated.finish();
}

#[tokio::test]
async fn f29_without_the_events_scope_the_right_is_named() {
    let emulated = Emulated::start(Arc::new(GoogleCalendar)).await;
    let session = emulated.sign_in(WHO, "/calendar/v3", PAGES, |_| false).await;
    assert_eq!(GoogleCalendar.identify(&session).await.unwrap().id, WHO);
    let error = pull(&session, None).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Forbidden, Some("insufficientPermissions")));
    emulated.finish();
}

#[tokio::test]
async fn a_channel_announces_changes_until_it_is_stopped() {
    let (emulated, session) = start().await;
    let (receiver, secret) = (Receiver::start().await, Secret::from("a-secret-of-ours"));
    let callback: Url = receiver.url.clone();
    let id = uuid::Uuid::new_v4();
    let request = SubscriptionRequest { callback: &callback, secret: &secret, id, destination: None, now: session.now() };
    let subscription = GoogleCalendar.subscribe(&session, &request).await.unwrap().unwrap();
    let life = subscription.expires.unwrap().duration_since(session.now());
    assert!(life > SignedDuration::from_hours(6 * 24) && life <= SignedDuration::from_hours(7 * 24));

    let read = |headers: &BTreeMap<String, String>, secret: &Secret| {
        let hook = InboundHook {
            method: "POST",
            url: callback.as_str(),
            headers,
            body: b"",
            now: session.now(),
            app_secret: None,
            subscription_secret: Some(secret),
        };
        GoogleCalendar.receive(&hook)
    };
    let (opened, body) = receiver.next(|_, _| String::new()).await;
    assert!(body.is_empty() && read(&opened, &secret).unwrap().wake.is_empty());
    add(&emulated, "aaaaa", 1, json!({})).await;
    let (changed, _) = receiver.next(|_, _| String::new()).await;
    let hints = read(&changed, &secret).unwrap();
    assert_eq!(hints.wake, [Capability::Calendar]);
    assert!(hints.delivery.is_some() && hints.delivery != read(&opened, &secret).unwrap().delivery);
    assert_eq!(read(&changed, &Secret::from("forged")).unwrap_err().kind, ErrorKind::Unauthorized);

    GoogleCalendar.unsubscribe(&session, &subscription).await.unwrap();
    GoogleCalendar.unsubscribe(&session, &subscription).await.unwrap();
    assert_eq!(emulated.control("GET", "/google-calendar/channels", &Value::Null).await, json!([]));
    emulated.finish();
}
