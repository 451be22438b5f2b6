//! Exchange against its emulator: its stand for the contract that every connector keeps, and what is Exchange's own.

mod series;
mod trouble;

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::contract::{self, Arrangement, Bench, Editor, Reading, SignIn, Stand};
use connector_kit::{CalendarSource, Connector, Cursor, Entry, ErrorKind, Page, PullRequest, Session, Source, async_trait};
use jiff::{SignedDuration, Timestamp};
use model::connection::Capability;
use model::meeting::Meeting;
use serde_json::{Value, json};

use super::Exchange;
use crate::emulator::{Addresses, Emulator};

const WHO: &str = "project.manager@demo.example";
const OTHER: &str = "marketing@demo.example";
const ADDRESSES: Addresses =
    Addresses { base: "/EWS/Exchange.asmx", authorize: "/adfs/oauth2/authorize", token: "/adfs/oauth2/token", revoke: None };
const BACKFILL: SignedDuration = SignedDuration::from_hours(90 * 24);

fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn by_consent() -> SignIn {
    SignIn::CodeWith { fields: fields(&[("server", "mail.demo.example"), ("mailbox", WHO), ("sign_in", "sts.demo.example")]) }
}

fn by_password(name: &'static str, whose: (&str, &str), user: &str, password: &str) -> SignIn {
    let pairs = [("server", "mail.demo.example"), whose, ("user", user), ("password", password)];
    SignIn::App { name, fields: fields(&pairs) }
}

async fn start() -> (Bench, Arc<Emulator>) {
    let emulator = Emulator::start("exchange", ADDRESSES).await;
    let bench = emulator.sign_in(Exchange, by_consent()).await;
    (bench, emulator)
}

/// Exchange on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator) = start().await;
    let reading = Reading {
        capability: Capability::Calendar,
        source: &Exchange,
        destination: None,
        path: "/EWS",
        editor: Box::new(Organiser(emulator)),
        more_than_a_page: 5,
    };
    Stand {
        bench,
        identify: "/EWS",
        token_life: SignedDuration::from_hours(1),
        fewest: None,
        reads: vec![Box::new(reading)],
        writes: Vec::new(),
        announces: None,
    }
}

/// Somebody who keeps a calendar.
struct Organiser(Arc<Emulator>);

#[async_trait]
impl Editor for Organiser {
    async fn make(&self, count: usize) -> Vec<String> {
        self.0.put("/paging", json!({"most": 2})).await;
        let mut ids = Vec::new();
        for days in (1..).take(count) {
            ids.push(add(&self.0, days, json!({})).await);
        }
        ids
    }

    async fn change(&self, id: &str) -> bool {
        self.0.patch(&item(id), json!({"subject": "Renamed"})).await;
        true
    }

    async fn remove(&self, id: &str) -> bool {
        self.0.delete(&item(id)).await;
        true
    }
}

fn item(id: &str) -> String {
    format!("/items/{id}")
}

/// A meeting, or a series, so many days from now. Answers its id.
async fn add(emulator: &Emulator, days: i64, more: Value) -> String {
    let mut body = json!({"subject": "Review", "start": at(emulator.now(), days)});
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    let made = emulator.post(&format!("/mailboxes/{WHO}/items"), body).await;
    made["id"].as_str().unwrap().to_owned()
}

/// A whole second so many days away.
fn at(now: Timestamp, days: i64) -> Timestamp {
    Timestamp::from_second(now.as_second() + days * 86_400).unwrap()
}

fn since(now: Timestamp) -> Timestamp {
    now.saturating_sub(BACKFILL).unwrap()
}

async fn pull_at(session: &Session, cursor: Option<&Cursor>, now: Timestamp) -> connector_kit::Result<Page<Meeting>> {
    Exchange.pull(session, &PullRequest { cursor, destination: None, since: since(session.now()), now }).await
}

async fn pull(session: &Session, cursor: Option<&Cursor>) -> connector_kit::Result<Page<Meeting>> {
    pull_at(session, cursor, session.now()).await
}

/// Reads from a cursor to the end; a whole reading also from every page's edge.
async fn drain(bench: &Bench, cursor: Option<&Cursor>) -> (Vec<Entry<Meeting>>, Cursor) {
    let walk = match cursor {
        None => contract::pages_end_and_resume(bench, &Exchange, None, since(bench.now())).await,
        Some(_) => contract::reads_from(bench, &Exchange, None, since(bench.now()), cursor).await,
    };
    let end = walk.end().clone();
    (walk.entries, end)
}

fn present(entries: &[Entry<Meeting>]) -> BTreeMap<&str, &Meeting> {
    let present = entries.iter().filter_map(|entry| if let Entry::Present(one) = entry { Some((&*one.id, &one.item)) } else { None });
    present.collect()
}

fn gone(entries: &[Entry<Meeting>]) -> Vec<&str> {
    entries.iter().filter_map(|entry| if let Entry::Gone { id } = entry { Some(id.as_str()) } else { None }).collect()
}

fn titles(entries: &[Entry<Meeting>]) -> Vec<&str> {
    let mut titles: Vec<&str> = present(entries).values().map(|meeting| meeting.title.as_str()).collect();
    titles.sort_unstable();
    titles
}

#[tokio::test]
async fn the_account_and_its_calendars_are_known() {
    let (bench, emulator) = start().await;
    let session = bench.session();
    let account = Exchange.identify(&session).await.unwrap();
    assert_eq!(account.name, WHO);
    let calendars = Exchange.calendars(&session).await.unwrap();
    assert_eq!(calendars.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Calendar", "Projects"]);

    add(&emulator, 1, json!({"subject": "Planning", "calendar": "Projects"})).await;
    let walk = contract::pages_end_and_resume(&bench, &Exchange, Some(&calendars[1]), since(bench.now())).await;
    assert_eq!(titles(&walk.entries), ["Planning"]);
    assert_eq!(titles(&drain(&bench, None).await.0), [""; 0]);
    let other = PullRequest { cursor: Some(walk.end()), destination: None, since: session.now(), now: session.now() };
    assert_eq!(Exchange.pull(&session, &other).await.unwrap_err().kind, ErrorKind::CursorExpired);
    bench.close();
}

#[tokio::test]
async fn a_password_and_a_service_account_read_whom_they_may() {
    let emulator = Emulator::start("exchange", ADDRESSES).await;
    add(&emulator, 1, json!({"subject": "Mine"})).await;
    let read = async |sign_in: SignIn| {
        let bench = emulator.sign_in(Exchange, sign_in).await;
        let account = Exchange.identify(&bench.session()).await;
        let page = match &account {
            Ok(_) => titles(&drain(&bench, None).await.0).join(","),
            Err(_) => String::new(),
        };
        bench.close();
        (account, page)
    };
    let service = "DEMO\\service.account";
    let (own, page) = read(by_password("password", ("mailbox", WHO), "DEMO\\project.manager", "sandbox")).await;
    assert_eq!(page, "Mine");
    let (acting, page) = read(by_password("service_account", ("impersonated", WHO), service, "sandbox")).await;
    assert_eq!((acting.unwrap(), page.as_str()), (own.unwrap(), "Mine"), "the same mailbox, whoever opens it");
    for (sign_in, kind) in [
        (by_password("password", ("mailbox", WHO), WHO, "wrong"), ErrorKind::Unauthorized),
        (by_password("password", ("mailbox", OTHER), WHO, "sandbox"), ErrorKind::Forbidden),
        (by_password("password", ("mailbox", "nobody@demo.example"), WHO, "sandbox"), ErrorKind::NotFound),
        (by_password("service_account", ("impersonated", OTHER), WHO, "sandbox"), ErrorKind::Forbidden),
        (by_password("service_account", ("impersonated", "nobody@demo.example"), service, "sandbox"), ErrorKind::NotFound),
        (by_password("password", ("mailbox", "<&\"'>@demo.example"), WHO, "sandbox"), ErrorKind::NotFound),
    ] {
        assert_eq!(read(sign_in.clone()).await.0.unwrap_err().kind, kind, "{sign_in:?}");
    }
    emulator.post(&format!("/mailboxes/{OTHER}/delegates"), json!({"email": WHO})).await;
    let (theirs, _) = read(by_password("password", ("mailbox", OTHER), WHO, "sandbox")).await;
    assert_eq!(theirs.unwrap().name, OTHER);
}

#[tokio::test]
async fn a_calendar_is_read_in_full_and_then_only_what_changed() {
    let (bench, emulator) = start().await;
    let mut ids = Vec::new();
    for (subject, days) in [("Old", -100), ("Past", -10), ("Next", 1), ("Far", 170), ("Farther", 200)] {
        ids.push(add(&emulator, days, json!({"subject": subject})).await);
    }
    let (entries, cursor) = drain(&bench, None).await;
    assert_eq!(titles(&entries), ["Far", "Next", "Past"], "the window holds");
    let (nothing, cursor) = drain(&bench, Some(&cursor)).await;
    assert_eq!(nothing, []);

    emulator.patch(&item(&ids[2]), json!({"subject": "Renamed"})).await;
    emulator.patch(&item(&ids[3]), json!({"cancelled": true})).await;
    emulator.delete(&item(&ids[1])).await;
    let (changes, _) = drain(&bench, Some(&cursor)).await;
    assert_eq!(titles(&changes), ["Renamed"]);
    let mut lost = gone(&changes);
    lost.sort_unstable();
    let mut wanted = [ids[1].as_str(), ids[3].as_str()];
    wanted.sort_unstable();
    assert_eq!(lost, wanted, "a meeting that was cancelled is over, though it stands in the calendar");
    bench.close();
}
