//! Google Calendar against its emulator: the contract that every connector keeps, and what is Google's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::contract::{self, Arrangement, Bench, SignIn};
use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{
    CalendarSource, Connector, Cursor, Entry, ErrorKind, InboundHook, Page, PullRequest, Secret, Session, Source, WebhookSource,
};
use jiff::{SignedDuration, Timestamp};
use model::connection::Capability;
use model::meeting::Meeting;
use model::settings::Destination;
use sandbox::mailbox::Mailbox;
use serde_json::{Value, json};
use url::Url;

use super::GoogleCalendar;
use crate::emulator::{Addresses, Emulator};

const WHO: &str = "project.manager@demo.example";
const ADDRESSES: Addresses = Addresses { base: "/calendar/v3", authorize: "/o/oauth2/v2/auth", token: "/token", revoke: Some("/revoke") };

async fn start() -> (Bench, Arc<Emulator>, Session) {
    let emulator = Emulator::start("google-calendar", ADDRESSES).await;
    let arrangement: Arc<dyn Arrangement> = Arc::clone(&emulator) as _;
    let bench = Bench::open(Arc::new(GoogleCalendar), arrangement, SignIn::CODE).await;
    let session = bench.session();
    (bench, emulator, session)
}

async fn identify(session: &Session) -> connector_kit::Result<()> {
    GoogleCalendar.identify(session).await.map(drop)
}

/// An event at noon, so many days from now.
async fn add(emulator: &Emulator, id: &str, days: i64, more: Value) {
    let start = emulator.now().saturating_add(SignedDuration::from_hours(24 * days)).unwrap();
    let end = start.saturating_add(SignedDuration::from_mins(30)).unwrap();
    let zone = "Europe/London";
    let mut event = json!({"id": id, "summary": format!("Meeting {id}"),
        "start": {"dateTime": start.to_string(), "timeZone": zone}, "end": {"dateTime": end.to_string(), "timeZone": zone}});
    event.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    emulator.post(&format!("/calendars/{WHO}/events"), event).await;
}

async fn pull_at(session: &Session, cursor: Option<&Cursor>, now: Timestamp) -> connector_kit::Result<Page<Meeting>> {
    let since = session.now().saturating_sub(SignedDuration::from_hours(90 * 24)).unwrap();
    GoogleCalendar.pull(session, &PullRequest { cursor, destination: None, since, now }).await
}

async fn pull(session: &Session, cursor: Option<&Cursor>) -> connector_kit::Result<Page<Meeting>> {
    pull_at(session, cursor, session.now()).await
}

/// Reads from a cursor to the end; a whole reading also from every page's edge.
async fn drain(bench: &Bench, cursor: Option<&Cursor>) -> (Vec<Entry<Meeting>>, Cursor) {
    let since = bench.now().saturating_sub(SignedDuration::from_hours(90 * 24)).unwrap();
    let walk = match cursor {
        None => contract::pages_end_and_resume(bench, &GoogleCalendar, None, since).await,
        Some(_) => contract::reads_from(bench, &GoogleCalendar, None, since, cursor).await,
    };
    let end = walk.end().clone();
    (walk.entries, end)
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
    let (bench, _emulator, session) = start().await;
    let account = GoogleCalendar.identify(&session).await.unwrap();
    assert_eq!(account.id, WHO);
    let calendars = GoogleCalendar.calendars(&session).await.unwrap();
    assert_eq!(calendars[0].id, WHO);
    assert!(calendars.iter().any(|calendar| calendar.name == "Team"));
    bench.close();
}

#[tokio::test]
async fn a_calendar_is_read_in_full_and_then_only_what_changed() {
    let (bench, emulator, _session) = start().await;
    for (id, days) in [("aaaaa", -100), ("bbbbb", -10), ("ccccc", 1), ("ddddd", 170), ("eeeee", 200)] {
        add(&emulator, id, days, json!({})).await;
    }
    add(&emulator, "homee", 1, json!({"eventType": "workingLocation"})).await;
    let guests = json!({"meet": true, "attendees": [{"email": WHO}, {"email": "marketing@demo.example", "displayName": "Marketing"}]});
    add(&emulator, "guest", 2, guests).await;
    emulator.put("/paging", json!({"most": 2, "empty_first": true})).await;

    let (entries, cursor) = drain(&bench, None).await;
    let all = present(&entries);
    assert_eq!(all.keys().copied().collect::<Vec<_>>(), ["bbbbb", "ccccc", "ddddd", "guest"], "the window holds, and no working location");
    assert!(all["guest"].join_url.as_ref().unwrap().ends_with(all["guest"].identity.conference_id.as_ref().unwrap()));
    assert_eq!(all["guest"].participants.len(), 2);

    let (nothing, cursor) = drain(&bench, Some(&cursor)).await;
    assert_eq!(nothing, []);
    let event = |id: &str| format!("/calendars/{WHO}/events/{id}");
    emulator.patch(&event("ccccc"), json!({"summary": "Renamed"})).await;
    emulator.delete(&event("bbbbb")).await;
    let (changes, _) = drain(&bench, Some(&cursor)).await;
    assert_eq!(present(&changes)["ccccc"].title, "Renamed");
    assert_eq!(gone(&changes), ["bbbbb"]);
    bench.close();
}

#[tokio::test]
async fn a_series_comes_as_instances_and_each_is_known_by_its_first_place() {
    let (bench, emulator, _session) = start().await;
    add(&emulator, "serie", 1, json!({"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]})).await;
    let (entries, cursor) = drain(&bench, None).await;
    let instances = present(&entries);
    assert_eq!(instances.len(), 3);
    let names: Vec<_> =
        instances.values().map(|meeting| (meeting.identity.ical_uid.clone(), meeting.identity.recurrence_id.clone())).collect();
    assert!(names.iter().all(|(uid, name)| uid == &names[0].0 && name.is_some()));
    assert!(names[0].1 != names[1].1 && names[1].1 != names[2].1);

    let ids: Vec<String> = instances.keys().map(|id| (*id).to_owned()).collect();
    let event = |id: &str| format!("/calendars/{WHO}/events/{id}");
    emulator.delete(&event(&ids[0])).await;
    let start = instances[ids[1].as_str()].when.start();
    let later = |hours| start.saturating_add(SignedDuration::from_hours(hours)).unwrap().to_string();
    let moved =
        json!({"start": {"dateTime": later(2), "timeZone": "Europe/London"}, "end": {"dateTime": later(3), "timeZone": "Europe/London"}});
    emulator.patch(&event(&ids[1]), moved).await;
    let (changes, _) = drain(&bench, Some(&cursor)).await;
    assert_eq!(gone(&changes), [ids[0].as_str()]);
    let instance = present(&changes)[ids[1].as_str()];
    assert_eq!(instance.when.start().to_string(), later(2));
    assert_eq!(instance.identity.recurrence_id, instances[ids[1].as_str()].identity.recurrence_id);
    bench.close();
}

#[tokio::test]
async fn f39_an_expired_token_and_another_calendar_start_anew() {
    let (bench, emulator, session) = start().await;
    add(&emulator, "aaaaa", 1, json!({})).await;
    let (_, cursor) = drain(&bench, None).await;
    let team = Destination { id: "team.demo@group.calendar.google.com".to_owned(), name: "Team".to_owned() };
    let now = session.now();
    let other = PullRequest { cursor: Some(&cursor), destination: Some(&team), since: now, now };
    assert_eq!(GoogleCalendar.pull(&session, &other).await.unwrap_err().kind, ErrorKind::CursorExpired);
    emulator.post("/expire-sync-tokens", json!({})).await;
    assert_eq!(pull(&session, Some(&cursor)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    assert_eq!(present(&drain(&bench, None).await.0).len(), 1);
    let shape = Cursor(r#"{"of":"an older version"}"#.to_owned());
    assert_eq!(pull(&session, Some(&shape)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    bench.close();
}

#[tokio::test]
async fn the_window_rolls_on_after_the_last_change() {
    let (bench, emulator, session) = start().await;
    add(&emulator, "aaaaa", 1, json!({})).await;
    add(&emulator, "bbbbb", 200, json!({})).await;
    let (entries, cursor) = drain(&bench, None).await;
    assert_eq!(present(&entries).len(), 1);
    let later = session.now().saturating_add(SignedDuration::from_hours(31 * 24)).unwrap();
    let changes = pull_at(&session, Some(&cursor), later).await.unwrap();
    assert!(changes.entries.is_empty() && changes.more, "first what changed, then a new window");
    let window = pull_at(&session, Some(&changes.cursor), later).await.unwrap();
    assert_eq!(present(&window.entries).keys().copied().collect::<Vec<_>>(), ["aaaaa", "bbbbb"]);
    assert!(!window.more && !pull_at(&session, Some(&window.cursor), later).await.unwrap().more);
    bench.close();
}

#[tokio::test]
async fn f24_f28_f33_f34_failures_have_their_kinds() {
    let (bench, emulator, session) = start().await;
    contract::denial_comes_back_as_denial(&bench).await;
    contract::failures_have_their_kinds(&bench, "/calendarList", identify).await;
    contract::failures_have_their_kinds(&bench, "/events", async |session: &Session| pull(session, None).await.map(drop)).await;
    contract::a_refused_token_is_renewed_once(&bench, "/calendarList", identify).await;
    for too_many in [false, true] {
        emulator.put("/quota", json!({"burst": 0, "too_many": too_many})).await;
        assert_eq!(pull(&session, None).await.unwrap_err().kind, ErrorKind::RateLimited, "with 403 as with 429");
    }
    bench.close();
}

#[tokio::test]
async fn f31_a_revoked_sign_in_is_unauthorized() {
    let (bench, _emulator, _session) = start().await;
    contract::a_revoked_sign_in_is_unauthorized(&bench, Some(SignedDuration::from_mins(61)), identify).await;
    bench.close();
}

#[tokio::test]
async fn a_channel_announces_changes_until_it_is_stopped() {
    let (bench, emulator, session) = start().await;
    let (mailbox, secret) = (Mailbox::open().await.unwrap(), Secret::from("a-secret-of-ours"));
    let callback: Url = mailbox.address("/hooks").parse().unwrap();
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
    let opened = mailbox.wait_for(1).await[0].clone();
    let (opened, body) = (opened.headers, opened.body);
    assert!(body.is_empty() && read(&opened, &secret).unwrap().wake.is_empty());
    add(&emulator, "aaaaa", 1, json!({})).await;
    let changed = mailbox.wait_for(2).await[1].headers.clone();
    let hints = read(&changed, &secret).unwrap();
    assert_eq!(hints.wake, [Capability::Calendar]);
    assert!(hints.delivery.is_some() && hints.delivery != read(&opened, &secret).unwrap().delivery);
    assert_eq!(read(&changed, &Secret::from("forged")).unwrap_err().kind, ErrorKind::Unauthorized);

    GoogleCalendar.unsubscribe(&session, &subscription).await.unwrap();
    GoogleCalendar.unsubscribe(&session, &subscription).await.unwrap();
    assert_eq!(emulator.get("/channels").await, json!([]));
    bench.close();
}
