//! Google Calendar against its emulator: its stand for the contract that every connector keeps, and what is Google's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::contract::{self, Announces, Arrangement, Bench, Delivery, Editor, Proof, Reading, Secrets, SignIn, Stand};
use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{
    CalendarSource, Connector, Cursor, Entry, ErrorKind, Page, PullRequest, Secret, Session, Source, Subscription, WebhookSource,
    async_trait,
};
use jiff::{SignedDuration, Timestamp};
use model::connection::Capability;
use model::meeting::Meeting;
use model::settings::Destination;
use sandbox::mailbox::Mailbox;
use serde_json::{Value, json};
use url::Url;

use super::GoogleCalendar;
use crate::emulator::{Addresses, Emulator, delivery};

const WHO: &str = "project.manager@demo.example";
const ADDRESSES: Addresses = Addresses { base: "/calendar/v3", authorize: "/o/oauth2/v2/auth", token: "/token", revoke: Some("/revoke") };

async fn start() -> (Bench, Arc<Emulator>, Session) {
    let emulator = Emulator::start("google-calendar", ADDRESSES).await;
    let bench = emulator.sign_in(GoogleCalendar, SignIn::CODE).await;
    let session = bench.session();
    (bench, emulator, session)
}

/// Google Calendar on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator, _) = start().await;
    let reading = Reading {
        capability: Capability::Calendar,
        source: &GoogleCalendar,
        destination: None,
        path: "/events",
        editor: Box::new(Organiser(Arc::clone(&emulator))),
        more_than_a_page: 5,
    };
    Stand {
        bench,
        identify: "/calendarList",
        token_life: SignedDuration::from_hours(1),
        fewest: Some(&["https://www.googleapis.com/auth/calendar.calendarlist.readonly"]),
        reads: vec![Box::new(reading)],
        writes: Vec::new(),
        announces: Some(Box::new(Organiser(emulator))),
    }
}

/// Somebody who keeps a calendar.
struct Organiser(Arc<Emulator>);

#[async_trait]
impl Editor for Organiser {
    async fn make(&self, count: usize) -> Vec<String> {
        self.0.put("/paging", json!({"most": 2, "empty_first": true})).await;
        let ids: Vec<String> = (10..).take(count).map(|number| format!("event{number}")).collect();
        for (days, id) in (1..).zip(&ids) {
            add(&self.0, id, days, json!({})).await;
        }
        ids
    }

    async fn change(&self, id: &str) -> bool {
        self.0.patch(&format!("/calendars/{WHO}/events/{id}"), json!({"summary": "Renamed"})).await;
        true
    }

    async fn remove(&self, id: &str) -> bool {
        self.0.delete(&format!("/calendars/{WHO}/events/{id}")).await;
        true
    }
}

#[async_trait]
impl Announces for Organiser {
    fn proof(&self) -> Proof {
        Proof::Token { header: "x-goog-channel-token" }
    }

    fn wakes(&self) -> &'static [Capability] {
        &[Capability::Calendar]
    }

    async fn deliver(&self, bench: &Bench) -> Delivery {
        let mailbox = Mailbox::open().await.unwrap();
        watch(&bench.session(), &mailbox).await;
        add(&self.0, "aaaaa", 1, json!({})).await;
        delivery(&mailbox.wait_for(2).await[1], Secrets { app: None, subscription: Some(Secret::from(TOKEN)) })
    }
}

/// The channel's token.
const TOKEN: &str = "a-secret-of-ours";

/// Opens a channel to the mailbox.
async fn watch(session: &Session, mailbox: &Mailbox) -> Subscription {
    let (callback, secret): (Url, Secret) = (mailbox.address("/hooks").parse().unwrap(), Secret::from(TOKEN));
    let id = uuid::Uuid::new_v4();
    let request = SubscriptionRequest { callback: &callback, secret: &secret, id, destination: None, now: session.now() };
    GoogleCalendar.subscribe(session, &request).await.unwrap().unwrap()
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
async fn a_service_account_reads_in_the_name_of_the_person_it_acts_for() {
    let emulator = Emulator::start("google-calendar", ADDRESSES).await;
    add(&emulator, "aaaaa", 1, json!({})).await;
    let fields = emulator.service_account(WHO).await;
    let bench = emulator.sign_in(GoogleCalendar, SignIn::App { name: "service_account", fields }).await;
    assert_eq!(GoogleCalendar.identify(&bench.session()).await.unwrap().id, WHO);
    assert_eq!(present(&drain(&bench, None).await.0).len(), 1);
    emulator.advance(SignedDuration::from_mins(61));
    GoogleCalendar.identify(&bench.session()).await.unwrap();
    assert_eq!(bench.renewals(), 1, "by the key again");
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
async fn f25_a_spent_quota_is_a_rate_limit_with_403_as_with_429() {
    let (bench, emulator, session) = start().await;
    pull(&session, None).await.unwrap();
    for too_many in [false, true] {
        emulator.put("/quota", json!({"burst": 0, "too_many": too_many})).await;
        assert_eq!(pull(&session, None).await.unwrap_err().kind, ErrorKind::RateLimited);
    }
    bench.close();
}

#[tokio::test]
async fn a_channel_announces_changes_until_it_is_stopped() {
    let (bench, emulator, session) = start().await;
    let mailbox = Mailbox::open().await.unwrap();
    let subscription = watch(&session, &mailbox).await;
    let life = subscription.expires.unwrap().duration_since(session.now());
    assert!(life > SignedDuration::from_hours(6 * 24) && life <= SignedDuration::from_hours(7 * 24));

    add(&emulator, "aaaaa", 1, json!({})).await;
    let secrets = Secrets { app: None, subscription: subscription.secret.clone() };
    let deliveries: Vec<Delivery> = mailbox.wait_for(2).await.iter().map(|letter| delivery(letter, secrets.clone())).collect();
    let [opened, changed] = [0, 1].map(|at| GoogleCalendar.receive(&deliveries[at].hook(session.now())).unwrap());
    assert!(deliveries[0].body.is_empty() && opened.wake.is_empty(), "that a channel opened is no change");
    assert_eq!(changed.wake, [Capability::Calendar]);
    assert!(changed.delivery.is_some() && changed.delivery != opened.delivery);

    GoogleCalendar.unsubscribe(&session, &subscription).await.unwrap();
    GoogleCalendar.unsubscribe(&session, &subscription).await.unwrap();
    assert_eq!(emulator.get("/channels").await, json!([]));
    bench.close();
}
