//! Tests of what needs no network: the maps, the rules of recurrence, the errors.

use std::collections::BTreeMap;

use connector_kit::locate::Locator;
use connector_kit::{Connector, Entry, ErrorKind, Reply, Retry};
use jiff::{SignedDuration, Timestamp};
use model::meeting::{Meeting, When};

use super::wire::{CalendarItem, Envelope, Pattern, Range, Recurrence};
use super::{Exchange, error, map, recurrence, xml};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn reply(status: u16, body: impl Into<String>) -> Reply {
    Reply { status, headers: BTreeMap::new(), body: body.into().into() }
}

/// One item, from what stands in it besides its id.
fn item(inside: &str) -> CalendarItem {
    let text = format!("<CalendarItem><ItemId Id=\"a\"/>{inside}</CalendarItem>");
    xml::read(&reply(200, text)).unwrap()
}

fn meeting(inside: &str) -> Option<Meeting> {
    match map::entry(&item(inside), "a".to_owned(), None)? {
        Entry::Present(remote) => Some(remote.item),
        Entry::Gone { .. } => None,
    }
}

#[test]
fn answers_become_meetings_and_tombstones() {
    let envelope: Envelope = xml::read(&reply(200, include_str!("fixtures/items.xml"))).unwrap();
    let messages = envelope.body.response.unwrap().messages.list;
    let told: Vec<_> = messages
        .into_iter()
        .map(|message| {
            if let Some(error) = error::failed(&message) {
                return Err(error.to_string());
            }
            let item = message.items.unwrap().list.swap_remove(0);
            let original = item.original_start.is_some().then(|| map::original(&item)).flatten();
            Ok(map::entry(&item, item.item_id.id.clone(), original))
        })
        .collect();
    insta::assert_debug_snapshot!(told);
}

#[test]
fn f42_whole_days_are_those_of_the_items_zone() {
    let day = |zone: &str, start: &str, end: &str| {
        let zone = if zone.is_empty() { String::new() } else { format!("<StartTimeZone Id=\"{zone}\"/>") };
        meeting(&format!("<Start>{start}</Start><End>{end}</End><IsAllDayEvent>true</IsAllDayEvent>{zone}")).unwrap().when
    };
    let days = |first: &str, last: &str| When::AllDay { first: first.parse().unwrap(), last: last.parse().unwrap() };
    assert_eq!(day("W. Europe Standard Time", "2024-02-28T23:00:00Z", "2024-02-29T23:00:00Z"), days("2024-02-29", "2024-02-29"));
    assert_eq!(day("Pacific SA Standard Time", "2024-09-08T04:00:00Z", "2024-09-09T03:00:00Z"), days("2024-09-08", "2024-09-08"));
    assert_eq!(day("", "2024-02-28T23:00:00Z", "2024-03-01T23:00:00Z"), days("2024-02-29", "2024-03-01"), "the nearest midnight");
    assert_eq!(day("Nowhere", "2024-02-29T05:00:00Z", "2024-02-29T05:00:00Z"), days("2024-02-29", "2024-02-29"));
}

#[test]
fn b16_times_that_are_odd_or_missing_are_no_reason_to_fail() {
    let when = |inside: &str| meeting(inside).map(|meeting| meeting.when);
    let timed = |start: &str, end: &str| Some(When::Timed { start: at(start), end: at(end), zone: None });
    assert_eq!(when("<Start>2026-01-01T10:00:00Z</Start>"), timed("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"));
    let backwards = "<Start>2026-01-01T10:00:00+02:00</Start><End>2025-01-01T10:00:00Z</End>";
    assert_eq!(when(backwards), timed("2026-01-01T08:00:00Z", "2026-01-01T08:00:00Z"));
    assert_eq!(when("<Start>2026-01-01T10:00:00</Start>"), timed("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"));
    let old = "<Start>1582-10-10T00:00:00Z</Start><End>9999-12-31T23:59:59Z</End>";
    assert_eq!(when(old), timed("1582-10-10T00:00:00Z", "1582-10-10T00:00:00Z"));
    for unreadable in ["", "<Start/>", "<Start>soon</Start>", "<Start>9999-12-31T23:59:59Z</Start>", "<Start>2026-13-01T00:00:00Z</Start>"]
    {
        assert_eq!(when(unreadable), None, "{unreadable}");
    }
}

#[test]
fn names_in_every_script_and_odd_addresses_are_kept_or_left_out() {
    let who = |name: &str, address: &str| {
        let attendee = format!("<Attendee><Mailbox><Name>{name}</Name><EmailAddress>{address}</EmailAddress></Mailbox></Attendee>");
        let found = meeting(&format!("<Start>2026-01-01T10:00:00Z</Start><RequiredAttendees>{attendee}</RequiredAttendees>")).unwrap();
        found.participants.into_iter().next().map(|one| (one.person.name.unwrap_or_default(), one.person.email.unwrap_or_default()))
    };
    let kept = |name: &str, address: &str| Some((name.to_owned(), address.to_owned()));
    assert_eq!(who("שם 名前 имя ชื่อ 👩🏽‍💻", "a@demo.example"), kept("שם 名前 имя ชื่อ 👩🏽‍💻", "a@demo.example"));
    assert_eq!(who("Room", "/o=Demo/cn=room"), kept("Room", ""));
    assert_eq!(who("", ""), None);
    let nobody = meeting("<Start>2026-01-01T10:00:00Z</Start><RequiredAttendees/><Organizer><Mailbox/></Organizer>").unwrap();
    assert!(nobody.participants.is_empty() && nobody.organizer.is_none());
}

#[test]
fn values_of_another_kind_are_an_error_that_does_not_repeat_them() {
    for wrong in
        ["<IsCancelled>secret words</IsCancelled>", "<IsAllDayEvent>secret words</IsAllDayEvent>", "<Subject><b>secret words</b></Subject>"]
    {
        let text = format!("<CalendarItem><ItemId Id=\"a\"/>{wrong}</CalendarItem>");
        let error = xml::read::<CalendarItem>(&reply(200, text)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol);
        assert!(!error.message.contains("secret"), "{}", error.message);
    }
}

fn master(zone: &str, start: &str, recurrence: Recurrence) -> CalendarItem {
    let zone = format!("<StartTimeZone Id=\"{zone}\"/>");
    CalendarItem { recurrence: Some(recurrence), ..item(&format!("<Start>{start}</Start><End>{start}</End>{zone}")) }
}

fn weekly(days: &str, first_day: Option<&str>, interval: i32) -> Pattern {
    let first_day_of_week = first_day.map(str::to_owned);
    Pattern { interval: Some(interval), days_of_week: Some(days.to_owned()), first_day_of_week, ..Pattern::default() }
}

fn no_end() -> Range {
    Range { start_date: Some("2026-01-01Z".to_owned()), ..Range::default() }
}

fn days(master: &CalendarItem, until: &str) -> Option<Vec<String>> {
    recurrence::starts(master, at(until)).map(|starts| starts.iter().map(|start| start.to_string()[5..16].to_owned()).collect())
}

#[test]
fn the_first_day_of_the_week_decides_which_weeks_are_every_other() {
    // RFC 5545 section 3.3.10 has this very case: every other week on Tuesday and Sunday.
    let every_other =
        |first_day| Recurrence { weekly: Some(weekly("Sunday Tuesday", first_day, 2)), no_end: Some(no_end()), ..Recurrence::default() };
    let from_monday = master("UTC", "2026-01-06T09:00:00Z", every_other(Some("Monday")));
    assert_eq!(days(&from_monday, "2026-01-26T00:00:00Z").unwrap(), ["01-06T09:00", "01-11T09:00", "01-20T09:00", "01-25T09:00"]);
    for first_day in [Some("Sunday"), None] {
        let from_sunday = master("UTC", "2026-01-06T09:00:00Z", every_other(first_day));
        assert_eq!(days(&from_sunday, "2026-01-26T00:00:00Z").unwrap(), ["01-06T09:00", "01-18T09:00", "01-20T09:00"]);
    }
}

#[test]
fn f42_a_series_keeps_its_time_of_day_and_passes_over_what_is_no_time() {
    let daily = Recurrence {
        daily: Some(Pattern { interval: Some(1), ..Pattern::default() }),
        end_date: Some(Range { end_date: Some("2026-03-30+02:00".to_owned()), ..Range::default() }),
        ..Recurrence::default()
    };
    let berlin = master("W. Europe Standard Time", "2026-03-28T01:30:00Z", daily);
    assert_eq!(
        days(&berlin, "2027-01-01T00:00:00Z").unwrap(),
        ["03-28T01:30", "03-29T01:30", "03-30T00:30"],
        "half past two is no time on the 29th"
    );
}

#[test]
fn what_is_not_understood_gives_nothing_rather_than_something_wrong() {
    let daily = |interval| Some(Pattern { interval: Some(interval), ..Pattern::default() });
    let good = Recurrence { daily: daily(1), no_end: Some(no_end()), ..Recurrence::default() };
    assert!(days(&master("UTC", "2026-01-01T09:00:00Z", good.clone()), "2026-01-03T00:00:00Z").is_some());
    let with = |change: fn(&mut Recurrence)| {
        let mut other = good.clone();
        change(&mut other);
        master("UTC", "2026-01-01T09:00:00Z", other)
    };
    for bad in [
        master("Customized Time Zone", "2026-01-01T09:00:00Z", good.clone()),
        master("UTC", "never", good.clone()),
        with(|one| one.no_end = None),
        with(|one| one.daily = None),
        with(|one| one.daily = Some(Pattern { interval: Some(0), ..Pattern::default() })),
        with(|one| one.daily = Some(Pattern::default())),
        with(|one| (one.daily, one.weekly) = (None, Some(weekly("Someday", None, 1)))),
        with(|one| (one.daily, one.weekly) = (None, Some(weekly("", None, 1)))),
        with(|one| one.end_date = Some(Range::default())),
    ] {
        assert_eq!(days(&bad, "2027-01-01T00:00:00Z"), None, "{bad:?}");
    }
    let endless = days(&master("UTC", "2026-01-01T09:00:00Z", good), "9999-01-01T00:00:00Z").unwrap();
    assert_eq!(endless.len(), 20_000, "a series is not followed for ever");
}

fn fault(code: &str, values: &str) -> (ErrorKind, Retry, Option<String>) {
    let detail = format!("<detail><e:ResponseCode xmlns:e=\"urn:e\">{code}</e:ResponseCode>{values}</detail>");
    let body =
        format!("<s:Envelope xmlns:s=\"urn:s\"><s:Body><s:Fault><faultcode>a:{code}</faultcode>{detail}</s:Fault></s:Body></s:Envelope>");
    let error = Exchange.classify(&reply(500, body)).unwrap();
    (error.kind, error.retry, error.code)
}

#[test]
fn f25_a_fault_says_how_long_to_wait_and_is_not_believed_beyond_an_hour() {
    let value = |ms: &str| format!("<t:MessageXml xmlns:t=\"urn:t\"><t:Value Name=\"BackOffMilliseconds\">{ms}</t:Value></t:MessageXml>");
    let pause = |ms: &str| fault("ErrorServerBusy", &value(ms)).1;
    assert_eq!(pause("25000"), Retry::After(SignedDuration::from_secs(25)));
    assert_eq!(pause("-1"), Retry::After(SignedDuration::ZERO));
    assert_eq!(pause("999999999999"), Retry::After(SignedDuration::from_hours(1)));
    for odd in ["", "soon", "99999999999999999999"] {
        assert_eq!(pause(odd), Retry::Backoff, "{odd}");
    }
    assert_eq!(fault("ErrorServerBusy", "").1, Retry::Backoff);
}

#[test]
fn f29_codes_are_told_apart_and_only_words_of_the_schema_are_repeated() {
    for (code, kind) in [
        ("ErrorServerBusy", ErrorKind::RateLimited),
        ("ErrorInvalidSyncStateData", ErrorKind::CursorExpired),
        ("ErrorAccessDenied", ErrorKind::Forbidden),
        ("ErrorImpersonateUserDenied", ErrorKind::Forbidden),
        ("ErrorNonExistentMailbox", ErrorKind::NotFound),
        ("ErrorPasswordExpired", ErrorKind::Unauthorized),
        ("ErrorMailboxMoveInProgress", ErrorKind::Unavailable),
        ("ErrorSchemaValidation", ErrorKind::Invalid),
        ("ErrorOfTheFuture", ErrorKind::Protocol),
    ] {
        assert_eq!((fault(code, "").0, fault(code, "").2.as_deref()), (kind, Some(code)));
    }
    assert_eq!(fault("words of a person", "").2, None);
    for other in [reply(500, ""), reply(503, "Fault"), reply(500, "<html>Fault</html>"), reply(200, "<a>\"Error\"</a>")] {
        assert_eq!(Exchange.classify(&other), None, "the status, or the reading, says it all");
    }
}

fn asked(pairs: &[(&str, &str)]) -> Vec<String> {
    let fields = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Exchange.addresses(&fields)
}

#[test]
fn b10_autodiscover_asks_the_named_server_then_the_mail_domain_and_nobody_else() {
    let address = |host: &str| format!("https://{host}/autodiscover/autodiscover.json/v1.0/a%40demo.example?Protocol=EWS");
    let both = [address("mail.demo.example"), address("autodiscover.demo.example")];
    assert_eq!(asked(&[("server", "mail.demo.example"), ("mailbox", "a@demo.example")]), both);
    assert_eq!(asked(&[("server", "mail.demo.example"), ("impersonated", "a@demo.example")]), both);
    assert_eq!(asked(&[("server", "evil.example/?"), ("mailbox", "a@evil.example/x")]), [""; 0]);
    assert_eq!(asked(&[("server", "mail.demo.example")]), [""; 0]);
}

#[test]
fn b10_only_an_https_address_of_the_usual_form_is_taken() {
    let read =
        |url: &str| Exchange.read(&reply(200, format!(r#"{{"Protocol":"Ews","Url":"{url}"}}"#))).map(|found| found["server"].clone());
    assert_eq!(read("https://mail.demo.example/ews/exchange.asmx").as_deref(), Some("mail.demo.example"));
    for other in [
        "http://mail.demo.example/EWS/Exchange.asmx",
        "https://mail.demo.example:8443/EWS/Exchange.asmx",
        "https://mail.demo.example/else",
        "https://10.0.0.1/EWS/Exchange.asmx",
        "file:///EWS/Exchange.asmx",
        "",
    ] {
        assert_eq!(read(other), None, "{other}");
    }
    for other in ["{}", "[]", "", r#"{"Protocol":"REST","Url":"https://mail.demo.example/EWS/Exchange.asmx"}"#, r#"{"Protocol":1,"Url":2}"#]
    {
        assert_eq!(Exchange.read(&reply(200, other)), None, "{other}");
    }
}
