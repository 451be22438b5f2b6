//! Exchange against its emulator: its stand for the contract that every connector keeps, and what is Exchange's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::contract::{self, Arrangement, Bench, Editor, Reading, SignIn, Stand};
use connector_kit::{CalendarSource, Connector, Cursor, Entry, ErrorKind, Page, PullRequest, Retry, Session, Source, async_trait};
use jiff::{SignedDuration, Timestamp};
use model::connection::Capability;
use model::meeting::Meeting;
use model::settings::Destination;
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

/// A weekly series of four that begins so many days from now, and its starts.
async fn series(emulator: &Emulator, days: i64) -> (String, Vec<Timestamp>) {
    let first = at(emulator.now(), days);
    let day = format!("{:?}", first.to_zoned(jiff::tz::TimeZone::UTC).weekday());
    let rule = json!({"weekly": {"interval": 1, "days": [day]}, "count": 4});
    let id = add(emulator, days, json!({"subject": "Weekly", "zone": "UTC", "recurrence": rule})).await;
    (id, (0..4).map(|week| at(first, 7 * week)).collect())
}

#[tokio::test]
async fn a_series_comes_as_occurrences_and_each_is_known_by_its_first_place() {
    let (bench, emulator) = start().await;
    let session = bench.session();
    let (master, starts) = series(&emulator, 1).await;
    let (entries, cursor) = drain(&bench, None).await;
    let ids: Vec<String> = starts.iter().map(|start| format!("{master}|{start}")).collect();
    let occurrences = present(&entries);
    assert_eq!(occurrences.keys().copied().collect::<Vec<_>>(), ids.iter().map(String::as_str).collect::<Vec<_>>());
    let named: Vec<_> = occurrences.values().map(|one| (one.identity.ical_uid.clone(), one.identity.recurrence_id.clone())).collect();
    assert!(named.iter().all(|(uid, _)| uid.is_some() && *uid == named[0].0));
    assert_eq!(named[1].1, Some(starts[1].to_string()));

    let later = at(starts[1], 1);
    emulator
        .patch(
            &format!("{}/occurrences", item(&master)),
            json!({"original": starts[1], "edit": {"start": later, "end": later, "subject": "Moved"}}),
        )
        .await;
    emulator.post(&format!("{}/cancel-occurrence", item(&master)), json!({"original": starts[2]})).await;
    let (changes, cursor) = drain(&bench, Some(&cursor)).await;
    assert_eq!(gone(&changes), [ids[2].as_str()]);
    let moved = present(&changes)[ids[1].as_str()];
    assert_eq!(
        (moved.title.as_str(), moved.when.start(), moved.identity.recurrence_id.clone()),
        ("Moved", later, Some(starts[1].to_string()))
    );
    let (again, _) = drain(&bench, None).await;
    assert_eq!(present(&again), present(&changes), "our own rules say the same as Exchange");

    for (id, is_gone) in ids.iter().zip([false, false, true, false]) {
        assert_eq!(Exchange.is_gone(&session, id, None).await, Ok(is_gone), "{id}");
    }
    let never = format!("{master}|{}", at(starts[0], 1));
    assert_eq!(Exchange.is_gone(&session, &never, None).await, Ok(true), "no occurrence has this place");

    emulator.delete(&item(&master)).await;
    assert_eq!(pull(&session, Some(&cursor)).await.unwrap_err().kind, ErrorKind::CursorExpired, "a series ends by one id");
    assert_eq!(drain(&bench, None).await.0, []);
    assert_eq!(Exchange.is_gone(&session, &ids[0], None).await, Ok(true));
    bench.close();
}

#[tokio::test]
async fn a_series_with_another_pattern_is_read_anew() {
    let (bench, emulator) = start().await;
    let (master, starts) = series(&emulator, 1).await;
    let (_, cursor) = drain(&bench, None).await;
    emulator.patch(&item(&master), json!({"subject": "Renamed"})).await;
    let (changes, cursor) = drain(&bench, Some(&cursor)).await;
    assert_eq!(titles(&changes), ["Renamed"; 4], "another name is no other pattern");
    emulator.patch(&item(&master), json!({"recurrence": {"daily": {"interval": 1}, "count": 2}})).await;
    assert_eq!(pull(&bench.session(), Some(&cursor)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    assert_eq!(present(&drain(&bench, None).await.0).len(), 2);
    assert_eq!(Exchange.is_gone(&bench.session(), &format!("{master}|{}", starts[3]), None).await, Ok(true));
    bench.close();
}

#[tokio::test]
async fn a_server_that_gives_masters_is_read_as_one_that_gives_occurrences() {
    let (bench, emulator) = start().await;
    let weekday = |days| format!("{:?}", at(emulator.now(), days).to_zoned(jiff::tz::TimeZone::UTC).weekday());
    // Over both ends of summer time, east and west of Greenwich, and with a shift of half an hour.
    for (zone, rule) in [
        ("W. Europe Standard Time", json!({"daily": {"interval": 3}})),
        ("Eastern Standard Time", json!({"weekly": {"interval": 2, "days": [weekday(-80), "Friday"]}, "count": 30})),
        ("Lord Howe Standard Time", json!({"monthly": {"interval": 1, "day": 31}})),
        ("India Standard Time", json!({"relative_monthly": {"interval": 1, "day": "Weekday", "index": "Last"}})),
        (
            "UTC",
            json!({"relative_monthly": {"interval": 2, "day": "Tuesday", "index": "Second"}, "until": at(emulator.now(), 100).to_zoned(jiff::tz::TimeZone::UTC).date()}),
        ),
        ("GMT Standard Time", json!({"yearly": {"month": 2, "day": 29}})),
        ("GMT Standard Time", json!({"relative_yearly": {"month": 3, "day": "WeekendDay", "index": "First"}})),
    ] {
        add(&emulator, -80, json!({"subject": format!("{rule}"), "zone": zone, "recurrence": rule})).await;
    }
    let (theirs, _) = drain(&bench, None).await;
    emulator.put("/masters", json!({"on": true})).await;
    let (ours, _) = drain(&bench, None).await;
    assert!(present(&theirs).len() > 100);
    assert_eq!(present(&ours).keys().collect::<Vec<_>>(), present(&theirs).keys().collect::<Vec<_>>());
    for (id, meeting) in present(&theirs) {
        assert_eq!(present(&ours)[id].when, meeting.when, "{id}");
    }
    bench.close();
}

#[tokio::test]
async fn a_zone_that_is_not_known_leaves_the_expansion_to_exchange() {
    let (bench, emulator) = start().await;
    let rule = json!({"daily": {"interval": 1}, "count": 3});
    let more = json!({"subject": "Odd", "custom_zone": "Europe/Berlin", "recurrence": rule});
    let (_, cursor) = drain(&bench, None).await;
    add(&emulator, 1, more).await;
    assert_eq!(pull(&bench.session(), Some(&cursor)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    assert_eq!(titles(&drain(&bench, None).await.0), ["Odd"; 3]);
    bench.close();
}

#[tokio::test]
async fn a_crowded_view_is_read_in_parts() {
    let (bench, emulator) = start().await;
    for minute in 0..110 {
        let start = Timestamp::from_second(at(emulator.now(), 1).as_second() + minute * 3_600).unwrap();
        add(&emulator, 0, json!({"start": start})).await;
    }
    assert_eq!(present(&drain(&bench, None).await.0).len(), 110);
    let same = at(emulator.now(), 20);
    for _ in 0..101 {
        add(&emulator, 0, json!({"start": same})).await;
    }
    let mut outcome = pull(&bench.session(), None).await;
    while let Ok(page) = &outcome
        && page.more
    {
        outcome = pull(&bench.session(), Some(&page.cursor)).await;
    }
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Protocol, "a hundred meetings in a minute are nobody's");
    bench.close();
}

#[tokio::test]
async fn f39_an_expired_state_starts_anew() {
    let (bench, emulator) = start().await;
    add(&emulator, 1, json!({})).await;
    let (_, cursor) = drain(&bench, None).await;
    emulator.post("/expire-sync-states", json!({})).await;
    assert_eq!(pull(&bench.session(), Some(&cursor)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    let shape = Cursor(r#"{"of":"an older version"}"#.to_owned());
    assert_eq!(pull(&bench.session(), Some(&shape)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    assert_eq!(present(&drain(&bench, None).await.0).len(), 1);
    let elsewhere = Destination { id: "none".to_owned(), name: "Deleted".to_owned() };
    let now = bench.now();
    let request = PullRequest { cursor: None, destination: Some(&elsewhere), since: now, now };
    assert_eq!(Exchange.pull(&bench.session(), &request).await.unwrap_err().kind, ErrorKind::NotFound);
    bench.close();
}

#[tokio::test]
async fn the_window_grows_after_the_last_change() {
    let (bench, emulator) = start().await;
    let session = bench.session();
    add(&emulator, 1, json!({"subject": "Near"})).await;
    add(&emulator, 200, json!({"subject": "Far"})).await;
    let (entries, cursor) = drain(&bench, None).await;
    assert_eq!(titles(&entries), ["Near"]);
    let later = at(session.now(), 31);
    let changes = pull_at(&session, Some(&cursor), later).await.unwrap();
    assert!(changes.entries.is_empty() && changes.more, "first what changed, then the new part of the window");
    let mut page = pull_at(&session, Some(&changes.cursor), later).await.unwrap();
    let mut entries = page.entries;
    while page.more {
        page = pull_at(&session, Some(&page.cursor), later).await.unwrap();
        entries.extend(page.entries);
    }
    assert_eq!(titles(&entries), ["Far"], "what was read is not read again");
    assert!(!pull_at(&session, Some(&page.cursor), later).await.unwrap().more);
    bench.close();
}

#[tokio::test]
async fn f25_a_busy_server_says_how_long_in_each_of_its_forms() {
    let (bench, emulator) = start().await;
    pull(&bench.session(), None).await.unwrap();
    for form in ["fault", "message"] {
        emulator.put("/busy", json!({"burst": 1, "form": form})).await;
        let error = pull(&bench.session(), None).await.unwrap_err();
        assert!(matches!(error.retry, Retry::After(pause) if pause > SignedDuration::ZERO), "{error:?}");
        assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::RateLimited, Some("ErrorServerBusy")), "{form}");
    }
    emulator.put("/busy", json!({"burst": 1, "form": "unavailable"})).await;
    assert_eq!(pull(&bench.session(), None).await.unwrap_err().kind, ErrorKind::Unavailable);
    bench.close();
}

/// What stands in an answer's body, as the operation's response of one message.
fn answer(operation: &str, message: &str) -> String {
    format!(
        r#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body><m:{operation}Response><m:ResponseMessages><m:{operation}ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>{message}</m:{operation}ResponseMessage></m:ResponseMessages></m:{operation}Response></s:Body></s:Envelope>"#
    )
}

/// At every stage of a reading, answers that are none, or of another kind: an error of the right kind, and so no cursor that moved.
#[tokio::test]
async fn f33_f34_f38_garbled_answers_move_no_cursor() {
    let (bench, emulator) = start().await;
    add(&emulator, 1, json!({})).await;
    let session = bench.session();
    let state = pull(&session, None).await.unwrap().cursor;
    let (_, changes) = drain(&bench, None).await;
    let good = answer("SyncFolderItems", "<m:SyncState>x</m:SyncState>");
    let mut bad = vec![
        (200, String::new()),
        (200, "<!doctype html><title>Sign in</title>".to_owned()),
        (200, "<html><body>Sign in</body></html>".to_owned()),
        (200, "{\"json\": true}".to_owned()),
        (200, good[..good.len() / 2].to_owned()),
        (200, format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{good}")),
        (200, good.replace(">x<", ">&other;<")),
        (200, good.replace("<m:SyncState>x</m:SyncState>", "<m:SyncState/>")),
        (200, good.replace("SyncFolderItems", "FindPeople")),
        (200, good.replace(" ResponseClass=\"Success\"", "")),
        (200, answer("SyncFolderItems", "<m:SyncState>x</m:SyncState><m:IncludesLastItemInRange>maybe</m:IncludesLastItemInRange>")),
        (200, answer("SyncFolderItems", "<m:SyncState>x</m:SyncState><m:Changes><t:Delete/></m:Changes>")),
        (200, answer("FindItem", "")),
        (200, answer("FindItem", r#"<m:RootFolder IncludesLastItemInRange="2"/>"#)),
        (200, good.replace("Success", "Error").replace("NoError", "ErrorOfTheFuture")),
        (500, "<s:Envelope><s:Body><s:Fault><detail><e:ResponseCode>ErrorOfTheFuture</e:ResponseCode></detail></s:Fault></s:Body></s:Envelope>".to_owned()),
    ];
    bad.push((200, format!("\u{0}{good}")));
    for (stage, cursor) in [("state", None), ("window", Some(&state)), ("changes", Some(&changes))] {
        for (status, body) in &bad {
            let is_others = body.contains("FindItem") != (stage == "window") && body.contains("ResponseMessages");
            if is_others {
                continue;
            }
            emulator.answer_with(*status, body);
            let outcome = pull(&session, cursor).await;
            bench.arrangement.calm();
            assert_eq!(outcome.unwrap_err().kind, ErrorKind::Protocol, "{stage}: {body}");
        }
        pull(&session, cursor).await.unwrap();
    }
    let state_text: Value = serde_json::from_str(&changes.0).unwrap();
    let same = format!(
        "<m:SyncState>{}</m:SyncState><m:IncludesLastItemInRange>false</m:IncludesLastItemInRange>",
        state_text["sync_state"].as_str().unwrap()
    );
    emulator.answer_with(200, &answer("SyncFolderItems", &same));
    assert_eq!(pull(&session, Some(&changes)).await.unwrap_err().kind, ErrorKind::Protocol, "a cursor that leads to itself");
    bench.arrangement.calm();
    let unknown = "<m:SyncState>x</m:SyncState><m:Changes><t:Undo><t:ItemId Id=\"a\"/></t:Undo><t:ReadFlagChange/><t:Create><t:Message><t:ItemId Id=\"b\"/></t:Message></t:Create></m:Changes><m:More/>";
    emulator.answer_with(200, &answer("SyncFolderItems", unknown));
    assert_eq!(pull(&session, Some(&changes)).await.unwrap().entries, [], "what is not known is passed over");
    bench.close();
}
