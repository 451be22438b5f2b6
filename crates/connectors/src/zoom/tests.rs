//! Zoom's maps, errors, windows and signatures, from hand-made fixtures in the form of the official description.

use std::collections::BTreeMap;

use connector_kit::page::Cursor;
use connector_kit::signature::hmac_hex;
use connector_kit::{Connector, ErrorKind, Handshake, Hints, InboundHook, Reply, Retry, Secret, WebhookSource};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::captions;
use model::connection::Capability;
use serde_json::{Value, json};

use super::details::{Details, reference};
use super::place::{List, Place, Told, day};
use super::wire::{Participants, Recorded, RecordingList, Summary, SummaryDetail, User};
use super::{Zoom, map};

fn meetings() -> Vec<Recorded> {
    serde_json::from_str::<RecordingList>(include_str!("fixtures/recordings.json")).unwrap().meetings
}

fn details() -> Details {
    let people: Participants = serde_json::from_str(include_str!("fixtures/participants.json")).unwrap();
    let transcript = captions::vtt("WEBVTT\r\n\r\n1\r\n00:00:00.000 --> 00:00:04.200\r\nProject Manager: Shall we begin?\r\n").ok();
    let summary = Summary { content: Some("The numbers are in.".into()), ..Summary::default() };
    Details { transcript, attendees: people.participants, summary: Some(summary) }
}

fn host() -> User {
    let body = json!({
        "id": "_0ctZtY0REqWalTmwvrdIw", "account_id": "Cx3wERazSgup7ZWRHQM8-w", "type": 2,
        "email": "project.manager@demo.example", "first_name": "Project", "last_name": "Manager",
    });
    serde_json::from_value(body).unwrap()
}

#[test]
fn a_recording_with_its_details_becomes_a_meeting() {
    let remote = map::recorded(&meetings()[0], Some(&host()), details()).unwrap();
    assert_eq!(remote.id, "/ajXp112QmuoKj4854875==");
    assert_eq!(remote.url.as_deref(), Some("https://example.zoom.us/rec/play/one"));
    insta::assert_json_snapshot!(remote.item);
}

#[test]
fn a_recording_of_which_little_is_known_is_a_meeting_all_the_same() {
    let remote = map::recorded(&meetings()[1], Some(&host()), Details::default()).unwrap();
    insta::assert_json_snapshot!(remote.item);
}

#[test]
fn the_version_tells_every_change_and_nothing_else() {
    let version = |meeting: &Recorded, details| map::recorded(meeting, None, details).unwrap().version.unwrap();
    let meeting = &meetings()[0];
    let first = version(meeting, details());
    assert_eq!(version(meeting, details()), first);
    let late = |change: fn(&mut Details)| {
        let mut details = details();
        change(&mut details);
        version(meeting, details)
    };
    assert_ne!(late(|details| details.transcript = None), first);
    assert_ne!(late(|details| details.attendees.clear()), first);
    assert_ne!(late(|details| details.summary.as_mut().unwrap().last_modified = Some("2026-11-02T11:00:00Z".into())), first);
    let mut longer = meeting.clone();
    longer.recording_files[0].size = Some(2_001.0);
    assert_ne!(version(&longer, details()), first);
    longer.recording_files.pop();
    assert_eq!(map::state(&longer), map::state(&meeting_with_more_bytes()), "a file in the making does not count");
}

fn meeting_with_more_bytes() -> Recorded {
    let mut meeting = meetings().remove(0);
    meeting.recording_files[0].size = Some(2_001.0);
    meeting
}

#[test]
fn an_older_summary_is_put_together() {
    let detail = |label: Option<&str>, words: &str| SummaryDetail { label: label.map(Into::into), summary: Some(words.into()) };
    let summary = Summary {
        overview: Some("Overview.".into()),
        details: Some(vec![detail(Some("Budget"), "Agreed."), detail(None, "Other."), detail(Some("Empty"), " ")]),
        next_steps: Some(vec!["Write it down".into()]),
        ..Summary::default()
    };
    assert_eq!(map::summary_text(&summary).unwrap(), "Overview.\n\nBudget: Agreed.\n\nOther.\n\nNext steps:\n- Write it down");
    assert_eq!(map::summary_text(&Summary::default()), None);
}

#[test]
fn a_uuid_with_slashes_is_encoded_twice_where_zoom_wants_it() {
    assert_eq!(reference("/ab=="), "%252Fab%253D%253D");
    assert_eq!(reference("a//b"), "a%252F%252Fb");
    assert_eq!(reference("a/b+c"), "a%2Fb%2Bc");
}

#[test]
fn files_are_named_with_their_meeting() {
    assert_eq!(map::file_parts("/a/b==#72576a1f"), Some(("/a/b==", "72576a1f")));
    assert!(map::file_parts("72576a1f").is_none() && map::file_parts("#x").is_none() && map::file_parts("x#").is_none());
}

#[test]
fn errors_are_told_apart() {
    let of = |status, body: Value| Zoom.classify(&Reply { status, headers: BTreeMap::new(), body: body.to_string().into() });
    let cases = [
        (401, 124, ErrorKind::Unauthorized),
        (400, 4700, ErrorKind::Forbidden),
        (400, 4711, ErrorKind::Forbidden),
        (400, 200, ErrorKind::Forbidden),
        (403, 2305, ErrorKind::Forbidden),
        (400, 300, ErrorKind::Invalid),
        (404, 1001, ErrorKind::NotFound),
        (400, 3001, ErrorKind::NotFound),
        (404, 3301, ErrorKind::NotFound),
        (400, 12702, ErrorKind::NotFound),
        (404, 2300, ErrorKind::Protocol),
        (403, 99_999, ErrorKind::Forbidden),
    ];
    for (status, code, kind) in cases {
        let error = of(status, json!({ "code": code, "message": "canary" })).unwrap();
        assert_eq!((error.kind, error.code), (kind, Some(code.to_string())), "{code}");
        assert!(!error.message.contains("canary"));
    }
    let scope = of(400, json!({ "code": 4711, "message": "Invalid access token, does not contain scopes:[meeting:read:summary]." }));
    assert!(scope.unwrap().message.contains("meeting:read:summary"));
    assert!(of(200, json!({ "code": 300 })).is_none() && of(503, json!({})).is_none() && of(404, json!("?")).is_none());
}

#[test]
fn f25_the_limits_tell_how_long_to_wait() {
    let of = |headers: &[(&str, &str)]| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Zoom.classify(&Reply { status: 429, headers, body: "{\"code\":429,\"message\":\"x\"}".into() })
    };
    let wait = |headers| match of(headers).unwrap().retry {
        Retry::After(wait) => wait.as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(wait(&[("x-ratelimit-type", "Per-second-limit")]), 1);
    assert_eq!(wait(&[("x-ratelimit-type", "Daily-limit")]), 3_600);
    assert!(of(&[("retry-after", "2026-11-03T00:00:00Z")]).is_none(), "the kit reads it");
}

fn place(since: Date) -> Place {
    Place::begin(since)
}

#[test]
fn windows_cover_every_day_then_the_trash_then_the_last_days() {
    let today = date(2026, 11, 23);
    let mut place = place(date(2026, 8, 31));
    let mut seen = Vec::new();
    loop {
        let window = place.current(today);
        assert!(window.to <= window.from.checked_add(jiff::Span::new().months(1)).unwrap());
        seen.push((window.list, window.from.to_string(), window.to.to_string()));
        place = Cursor::of(&place).read().unwrap();
        if !place.go_on(&window, String::new(), today) {
            break;
        }
    }
    let of = |list, from: &str, to: &str| (list, from.to_owned(), to.to_owned());
    let wanted = [
        of(List::Kept, "2026-08-31", "2026-09-29"),
        of(List::Kept, "2026-09-29", "2026-10-28"),
        of(List::Kept, "2026-10-28", "2026-11-23"),
        of(List::Trash, "2026-10-24", "2026-11-23"),
    ];
    assert_eq!(seen, wanted);
    let next = place.current(date(2026, 11, 24));
    assert_eq!((next.from, next.to), (date(2026, 11, 19), date(2026, 11, 24)));
    let late = place.current(date(2027, 3, 1));
    assert_eq!((late.from, late.to), (date(2026, 11, 19), date(2026, 12, 18)), "a long rest leaves no gap");
}

#[test]
fn a_page_token_stays_in_the_cursor_until_the_window_ends() {
    let today = date(2026, 11, 23);
    let mut place = place(date(2026, 11, 20));
    let window = place.current(today);
    assert!(place.go_on(&window, "second".into(), today));
    let read: Place = Cursor::of(&place).read().unwrap();
    let window = read.current(today);
    assert_eq!((window.token.as_deref(), window.from), (Some("second"), date(2026, 11, 20)));
    assert!(place.go_on(&window, "second".into(), today), "a token that does not move on ends the window");
    assert_eq!(place.current(today).list, List::Trash);
    assert_eq!(place.current(date(2026, 11, 25)).to, today, "a window that has begun keeps its days");
}

#[test]
fn a_clock_that_went_back_ends_nothing() {
    let mut place = place(date(2026, 11, 20));
    let window = place.current(date(2026, 11, 18));
    assert_eq!((window.from, window.to), (date(2026, 11, 20), date(2026, 11, 20)));
    assert!(place.go_on(&window, String::new(), date(2026, 11, 18)));
    assert_eq!(place.from, date(2026, 11, 20), "nothing before `since` is wanted");
}

#[test]
fn a_cursor_stays_below_64_kilobytes() {
    let today = date(2026, 11, 23);
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let mut place = place(date(2026, 11, 20));
    for number in 0..5_000 {
        let uuid = format!("{number:022}==");
        let at = now.as_second() - number;
        place.told.insert(uuid.clone(), Told { at, state: "12f123456789012b1790000000".into(), awaits: true });
        place.trashed.insert(uuid, at);
    }
    let window = place.current(today);
    place.go_on(&window, String::new(), today);
    assert!(place.told.contains_key(&format!("{:022}==", 0)), "the newest are kept");
    assert!(Cursor::of(&place).0.len() < 64_000, "{}", Cursor::of(&place).0.len());
}

const SECRET: &str = "the app's secret token";

fn hook(body: &str, stamp: &str, sign: impl FnOnce(String) -> String) -> connector_kit::Result<Hints> {
    let secret = Secret::from(SECRET);
    let right = format!("v0={}", hmac_hex(&secret, &[format!("v0:{stamp}:{body}").as_bytes()]));
    let headers = BTreeMap::from([("x-zm-request-timestamp".to_owned(), stamp.to_owned()), ("x-zm-signature".to_owned(), sign(right))]);
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    Zoom.receive(&InboundHook {
        method: "POST",
        url: "https://hub.example/hooks/zoom",
        headers: &headers,
        body: body.as_bytes(),
        now,
        app_secret: Some(&secret),
        subscription_secret: None,
    })
}

fn proven(body: &Value) -> Hints {
    hook(&body.to_string(), "1790000000", |right| right).unwrap()
}

#[test]
fn the_handshake_is_answered_with_the_encrypted_token() {
    let hints =
        proven(&json!({ "event": "endpoint.url_validation", "event_ts": 1, "payload": { "plainToken": "qgg8vlvZRS6UYooatFL8Aw" } }));
    let Some(Handshake::Body(kind, text)) = hints.answer else { panic!("{hints:?}") };
    let answer: Value = serde_json::from_str(&text).unwrap();
    let encrypted = hmac_hex(&Secret::from(SECRET), &[b"qgg8vlvZRS6UYooatFL8Aw"]);
    assert_eq!((kind, answer), ("application/json", json!({ "plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": encrypted })));
}

#[test]
fn events_wake_the_recordings_of_their_account() {
    let of = |event: &str| {
        proven(
            &json!({ "event": event, "payload": { "account_id": "A1", "user_id": "U1", "object": { "host_id": "U1" } }, "download_token": "x" }),
        )
    };
    for event in ["recording.completed", "recording.transcript_completed", "meeting.ended", "meeting.summary_completed"] {
        let hints = of(event);
        assert_eq!((hints.wake, hints.account.as_deref(), hints.revoked), (vec![Capability::Recordings], Some("U1"), false), "{event}");
    }
    let ended = of("app_deauthorized");
    assert!(ended.revoked && ended.account.as_deref() == Some("U1"));
    assert_eq!(of("user.created"), Hints { account: Some("U1".into()), ..Hints::default() });
}

#[test]
fn forged_and_stale_webhooks_are_refused() {
    let body = json!({ "event": "meeting.ended", "payload": { "account_id": "A1" } }).to_string();
    let kind = |result: connector_kit::Result<Hints>| result.unwrap_err().kind;
    assert!(hook(&body, "1790000300", |right| right).is_ok() && hook(&body, "1789999700", |right| right).is_ok());
    for stamp in ["1790000301", "1789999699", "soon", ""] {
        assert_eq!(kind(hook(&body, stamp, |right| right)), ErrorKind::Unauthorized, "{stamp}");
    }
    assert_eq!(kind(hook(&body, "1790000000", |right| right.replace("v0=", ""))), ErrorKind::Unauthorized);
    assert_eq!(kind(hook(&body, "1790000000", |_| String::new())), ErrorKind::Unauthorized);
    assert_eq!(kind(hook("no JSON", "1790000000", |right| right)), ErrorKind::Invalid);
}

#[test]
fn the_last_days_are_looked_at_again_even_if_the_last_window_was_short() {
    let today = date(2026, 11, 23);
    let mut place = place(date(2026, 10, 23));
    while place.go_on(&place.current(today), String::new(), today) {}
    assert_eq!(place.from, date(2026, 11, 19));
}

#[test]
fn what_the_last_days_show_again_is_remembered_wherever_the_windows_meet() {
    for ahead in 0..62 {
        let today = date(2026, 10, 1) + ahead.days();
        let mut place = place(today - 90.days());
        let met = day(today.to_zoned(TimeZone::UTC).unwrap().timestamp() - SignedDuration::from_hours(60));
        let at = met.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
        loop {
            let window = place.current(today);
            if window.list == List::Kept && window.from <= met && met <= window.to {
                place.told.insert("m".into(), Told { at, state: String::new(), awaits: false });
            }
            if !place.go_on(&window, String::new(), today) {
                break;
            }
        }
        assert!(place.told.contains_key("m"), "forgotten on {today}");
    }
}
