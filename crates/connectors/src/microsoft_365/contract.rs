//! Microsoft 365 against its emulator: its stand for the contract that every connector keeps, and what is Graph's own.

mod bad_input;
mod reading;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::contract::{self, Announces, Arrangement, Bench, Delivery, Editor, Proof, Reading, Secrets, SignIn, Stand};
use connector_kit::request::segment;
use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{
    CalendarSource, Connector, Cursor, Entry, Page, PullRequest, Secret, Session, Subscription, WebhookSource, async_trait,
};
use jiff::SignedDuration;
use model::connection::Capability;
use model::meeting::Meeting;
use model::settings::Destination;
use sandbox::mailbox::{Letter, Mailbox};
use serde_json::{Value, json};

use super::Microsoft365;
use crate::emulator::{Addresses, Emulator, delivery, handshake};

const WHO: &str = "project.manager@demo.example";
const ADDRESSES: Addresses =
    Addresses { base: "/v1.0", authorize: "/common/oauth2/v2.0/authorize", token: "/common/oauth2/v2.0/token", revoke: None };
/// The `clientState` of a test's subscription.
const STATE: &str = "a-secret-of-ours";

async fn start() -> (Bench, Arc<Emulator>, Session) {
    let emulator = Emulator::start("microsoft-365", ADDRESSES).await;
    let bench = emulator.sign_in(Microsoft365, SignIn::CODE).await;
    let session = bench.session();
    (bench, emulator, session)
}

/// An application that reads this mailbox.
async fn start_as_application(mailbox: &str) -> (Bench, Arc<Emulator>, Session) {
    let emulator = Emulator::start("microsoft-365", ADDRESSES).await;
    let fields = [
        ("tenant", "demo.example"),
        ("client_id", "harmony-sandbox"),
        ("client_secret", "sandbox-secret-microsoft-365"),
        ("mailbox", mailbox),
    ];
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let bench = emulator.sign_in(Microsoft365, SignIn::App { name: "client_credentials", fields }).await;
    let session = bench.session();
    (bench, emulator, session)
}

/// Microsoft 365 on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator, _) = start().await;
    let reading = Reading {
        capability: Capability::Calendar,
        source: &Microsoft365,
        destination: None,
        path: "/calendarView/delta",
        editor: Box::new(Organiser(Arc::clone(&emulator))),
        more_than_a_page: 5,
    };
    Stand {
        bench,
        identify: "/me",
        token_life: SignedDuration::from_hours(1),
        fewest: Some(&["User.Read"]),
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
        let mut ids = Vec::new();
        for days in (1..).take(count) {
            ids.push(add(&self.0, days, json!({})).await);
        }
        ids
    }

    async fn change(&self, id: &str) -> bool {
        self.0.patch(&event(id), json!({"subject": "Renamed"})).await;
        true
    }

    async fn remove(&self, id: &str) -> bool {
        self.0.delete(&event(id)).await;
        true
    }
}

#[async_trait]
impl Announces for Organiser {
    fn proof(&self) -> Proof {
        Proof::InBody { pointer: "/value/0/clientState" }
    }

    fn wakes(&self) -> &'static [Capability] {
        &[Capability::Calendar]
    }

    async fn deliver(&self, bench: &Bench) -> Delivery {
        let mailbox = mailbox(bench.now()).await;
        let subscription = subscribe(&bench.session(), &mailbox).await;
        add(&self.0, 1, json!({})).await;
        delivery(&mailbox.wait_for(2).await[1], secrets(&subscription))
    }
}

fn secrets(subscription: &Subscription) -> Secrets {
    Secrets { app: None, subscription: subscription.secret.clone() }
}

/// A mailbox that answers handshakes in the connector's name.
async fn mailbox(now: jiff::Timestamp) -> Mailbox {
    let reader = move |letter: &Letter| {
        let asked = delivery(letter, Secrets::default());
        handshake(Microsoft365.receive(&asked.hook(now)).ok().and_then(|hints| hints.answer))
    };
    Mailbox::with_reader(Arc::new(reader)).await.unwrap()
}

/// Subscribes for the mailbox.
async fn subscribe(session: &Session, mailbox: &Mailbox) -> Subscription {
    let (callback, secret) = (mailbox.address("/hooks").parse().unwrap(), Secret::from(STATE));
    let request =
        SubscriptionRequest { callback: &callback, secret: &secret, id: uuid::Uuid::nil(), destination: None, now: session.now() };
    Microsoft365.subscribe(session, &request).await.unwrap().unwrap()
}

/// The control route of an event.
fn event(id: &str) -> String {
    format!("/mailboxes/{WHO}/events/{}", segment(id))
}

/// Times of half an hour, so many days from now.
fn times(emulator: &Emulator, days: i64, zone: &str) -> Value {
    let zone_here = jiff::tz::TimeZone::get(crate::microsoft::zones::iana(zone).unwrap()).unwrap();
    let start = (Arrangement::now(emulator) + SignedDuration::from_hours(24 * days)).to_zoned(zone_here).datetime();
    let moment = |minutes| {
        let local = start.checked_add(SignedDuration::from_mins(minutes)).unwrap();
        json!({"dateTime": local.strftime("%Y-%m-%dT%H:%M:%S").to_string(), "timeZone": zone})
    };
    json!({"start": moment(0), "end": moment(30)})
}

/// An event, so many days from now; its immutable id.
async fn add(emulator: &Emulator, days: i64, more: Value) -> String {
    let mut event = times(emulator, days, "GMT Standard Time");
    event["subject"] = json!(format!("Meeting {days}"));
    event.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    emulator.post(&format!("/mailboxes/{WHO}/events"), event).await["id"].as_str().unwrap().to_owned()
}

async fn pull_at(session: &Session, cursor: Option<&Cursor>, now: jiff::Timestamp) -> connector_kit::Result<Page<Meeting>> {
    use connector_kit::Source;
    let since = session.now() - SignedDuration::from_hours(90 * 24);
    Microsoft365.pull(session, &PullRequest { cursor, destination: None, since, now }).await
}

async fn pull(session: &Session, cursor: Option<&Cursor>) -> connector_kit::Result<Page<Meeting>> {
    pull_at(session, cursor, session.now()).await
}

/// Reads from a cursor to the end; a whole reading also from every page's edge.
async fn drain(bench: &Bench, destination: Option<&Destination>, cursor: Option<&Cursor>) -> (Vec<Entry<Meeting>>, Cursor) {
    let since = bench.now() - SignedDuration::from_hours(90 * 24);
    let walk = match cursor {
        None => contract::pages_end_and_resume(bench, &Microsoft365, destination, since).await,
        Some(_) => contract::reads_from(bench, &Microsoft365, destination, since, cursor).await,
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
async fn the_account_and_its_own_calendars_are_known() {
    let (bench, emulator, session) = start().await;
    let account = Microsoft365.identify(&session).await.unwrap();
    assert_eq!(account.name, WHO);
    emulator.put("/paging", json!({"most": 1})).await;
    let calendars = Microsoft365.calendars(&session).await.unwrap();
    let names: Vec<&str> = calendars.iter().map(|calendar| calendar.name.as_str()).collect();
    assert_eq!(names, ["Calendar", "Team"], "page by page, and none that somebody else shares");
    bench.close();
}

#[tokio::test]
async fn an_application_reads_for_the_mailbox_it_was_pointed_to() {
    let (bench, emulator, session) = start_as_application(WHO).await;
    let person = emulator.sign_in(Microsoft365, SignIn::CODE).await;
    let account = Microsoft365.identify(&session).await.unwrap();
    assert_eq!(Microsoft365.identify(&person.session()).await.unwrap(), account, "the same account, whoever signs in");
    let series = json!({"recurrence": {"pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2026-01-01", "numberOfOccurrences": 2}}});
    add(&emulator, 1, series).await;
    let (entries, cursor) = drain(&bench, None, None).await;
    assert_eq!(present(&entries).len(), 2);
    assert_eq!(drain(&bench, None, Some(&cursor)).await.0, []);
    assert_eq!(Microsoft365.calendars(&session).await.unwrap().len(), 2);

    let mailbox = mailbox(bench.now()).await;
    let subscription = subscribe(&session, &mailbox).await;
    assert_eq!(subscription.resource.as_deref(), Some("users/project.manager%40demo.example/events"));
    let renewed = Microsoft365.renew(&session, &subscription).await.unwrap();
    assert_eq!(renewed.map(|one| one.id), Some(subscription.id.clone()));
    Microsoft365.unsubscribe(&session, &subscription).await.unwrap();

    emulator.put("/consent", json!([])).await;
    assert_eq!(pull(&session, None).await.unwrap_err().kind, connector_kit::ErrorKind::Forbidden, "the administrator took it back");
    person.close();
    bench.close();
}

#[tokio::test]
async fn a_mailbox_that_is_not_there_is_no_empty_one() {
    let (bench, _emulator, session) = start_as_application("nobody@demo.example").await;
    for error in [Microsoft365.identify(&session).await.unwrap_err(), pull(&session, None).await.unwrap_err()] {
        assert_eq!(error.kind, connector_kit::ErrorKind::Forbidden, "{error}");
    }
    bench.close();
}
