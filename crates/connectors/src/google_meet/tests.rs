//! Tests of what needs no network: the map, the errors, where the reading stands, what is said of oddities.

use std::collections::BTreeMap;

use connector_kit::{Connector, Cursor, ErrorKind, InboundHook, Reply, Retry, Secret, WebhookSource};
use jiff::{SignedDuration, Timestamp};
use model::When;
use serde_json::{Value, json};

use super::details::{Artifacts, Details};
use super::place::{Place, Round, Told};
use super::wire::{Children, Record, Records, User};
use super::{GoogleMeet, details, map, webhook};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn fixture() -> (Record, Details) {
    let all: Value = serde_json::from_str(include_str!("fixtures/conference.json")).unwrap();
    let children = |name: &str| serde_json::from_value::<Children>(all[name].clone()).unwrap();
    let artifacts =
        Artifacts { recordings: children("recordings").recordings, transcripts: children("transcripts").transcripts, notes: Vec::new() };
    let details = Details {
        space: serde_json::from_value(all["space"].clone()).unwrap(),
        participants: children("participants").participants,
        artifacts,
        entries: children("entries").transcript_entries,
        notes: vec!["Decided: the numbers are in.".to_owned()],
        unread: 0,
    };
    (serde_json::from_value(all["record"].clone()).unwrap(), details)
}

fn user() -> User {
    User { id: "108000000000000000001".to_owned(), email: Some("project.manager@demo.example".to_owned()), name: None }
}

fn record(fields: &Value) -> Record {
    let mut whole = json!({ "name": "conferenceRecords/a" });
    whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

#[test]
fn a_conference_with_its_details_becomes_a_meeting() {
    let (record, details) = fixture();
    let remote = map::recorded(&record, details, Some(&user())).unwrap();
    assert_eq!(remote.id, "conferenceRecords/kRyYx8b7vNDsLpR1tG_cNjFUQBoBRhHI");
    assert_eq!(remote.url.as_deref(), Some("https://drive.google.com/file/d/1kuceFZohVoCh6FulBHxwy6I15Ogpc4hP/view"));
    insta::assert_json_snapshot!(remote.item);
}

#[test]
fn a_conference_of_which_little_is_known_is_a_meeting_all_the_same() {
    let little = record(&json!({ "endTime": "2026-11-02T10:31:40Z" }));
    let remote = map::recorded(&little, Details::default(), None).unwrap();
    insta::assert_json_snapshot!(remote.item);
}

#[test]
fn b16_odd_times_are_read_or_left_out() {
    let when = |start: &str, end: &str| {
        let record = record(&json!({ "startTime": start, "endTime": end }));
        map::recorded(&record, Details::default(), None).map(|remote| remote.item.meeting.when)
    };
    let timed = |start: &str, end: &str| Some(When::Timed { start: at(start), end: at(end), zone: None });
    assert_eq!(when("1582-10-10T00:00:00Z", "1582-10-15T00:00:00Z"), timed("1582-10-10T00:00:00Z", "1582-10-15T00:00:00Z"));
    assert_eq!(when("9999-12-30T00:00:00Z", "9999-12-30T21:59:59Z"), timed("9999-12-30T00:00:00Z", "9999-12-30T21:59:59Z"));
    assert_eq!(when("2026-11-02T10:00:00+14:00", "2026-11-02T10:00:00-12:00"), timed("2026-11-01T20:00:00Z", "2026-11-02T22:00:00Z"));
    let end = "2026-11-02T10:00:00Z";
    assert_eq!(when("2026-11-02T11:00:00Z", end), timed(end, end), "none ends before it begins");
    assert_eq!(when("yesterday", end), timed(end, end));
    assert_eq!(when("2026-11-02T10:00:00Z", "soon"), None);
    let expires = |record: &Record| map::expires(record);
    assert_eq!(expires(&record(&json!({ "endTime": "2026-11-02T10:00:00Z" }))), Some(at("2026-12-02T10:00:00Z")));
    assert_eq!(expires(&record(&json!({ "endTime": "9999-12-30T21:59:59Z" }))), None);
}

#[test]
fn b18_names_of_every_script_are_kept_as_they_are() {
    for name in ["山田", "O'Brien", "Ångström", "محمد", "\u{202e}evil", "👩‍👩‍👧", "NULL", &"x".repeat(65_536)] {
        let people = json!({ "participants": [{ "name": "p", "anonymousUser": { "displayName": name } }] });
        let participants = serde_json::from_value::<Children>(people).unwrap().participants;
        let ended = record(&json!({ "endTime": "2026-11-02T10:00:00Z" }));
        let remote = map::recorded(&ended, Details { participants, ..Details::default() }, None).unwrap();
        assert_eq!(remote.item.meeting.participants[0].person.name.as_deref(), Some(name));
    }
}

#[test]
fn f34_what_does_not_fit_the_description_is_said_and_nothing_more() {
    let parse = |body: &str| Reply { status: 200, headers: BTreeMap::new(), body: body.to_owned().into() }.parse::<Records>();
    for bad in [
        "",
        "<html></html>",
        "null",
        "[]",
        r#"{"conferenceRecords":null}"#,
        r#"{"conferenceRecords":{}}"#,
        r#"{"conferenceRecords":[{}]}"#,
        r#"{"conferenceRecords":[{"name":7}]}"#,
        r#"{"conferenceRecords":[{"name":"conferenceRecords/a","endTime":1}]}"#,
        r#"{"conferenceRecords":[{"name":"conferenceRecords/a"}"#,
        r#"{"nextPageToken":{}}"#,
    ] {
        let error = parse(bad).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol, "{bad}");
        assert!(!error.message.contains("conferenceRecords/a"));
    }
    let good = parse(r#"{"conferenceRecords":[{"name":"conferenceRecords/a","fieldOfTheFuture":{"x":[1]}}],"another":1}"#).unwrap();
    assert_eq!((good.conference_records.len(), good.next_page_token), (1, None));
    assert!(parse("{}").unwrap().conference_records.is_empty());
}

#[test]
fn the_version_tells_every_growth_and_nothing_else() {
    let version = |change: fn(&mut Details)| {
        let (record, mut details) = fixture();
        change(&mut details);
        map::recorded(&record, details, None).unwrap().version.unwrap()
    };
    let first = version(|_| {});
    assert_eq!(version(|_| {}), first);
    assert_ne!(version(|details| details.artifacts.recordings[1].state = Some("FILE_GENERATED".into())), first);
    assert_ne!(version(|details| details.artifacts.transcripts.clear()), first);
    assert_ne!(version(|details| details.notes.clear()), first);
    assert_ne!(version(|details| details.entries.truncate(1)), first);
}

#[test]
fn an_exported_document_is_read_without_its_marks() {
    assert_eq!(map::plain("\u{feff}Decided\r\n\r\nAgreed.\r\n"), Some("Decided\n\nAgreed.".to_owned()));
    assert_eq!(map::plain("\u{feff}\r\n"), None);
}

#[test]
fn b17_a_name_cannot_leave_its_place_in_an_address() {
    assert_eq!(details::path("v2", "conferenceRecords/a_b-c"), "/v2/conferenceRecords/a_b-c");
    assert_eq!(details::path("v2", "spaces/../../drive?x"), "/v2/spaces/%2E%2E/%2E%2E/drive%3Fx");
}

fn failure(status: u16, error: &Value) -> Option<(ErrorKind, Option<String>)> {
    let body = json!({ "error": error }).to_string();
    let error = GoogleMeet.classify(&Reply { status, headers: BTreeMap::new(), body: body.into() })?;
    assert!(!error.message.contains("canary"));
    Some((error.kind, error.code))
}

#[test]
fn errors_are_told_apart_by_their_reason() {
    let detail =
        |reason: &str| json!({ "message": "canary", "status": "PERMISSION_DENIED", "details": [{ "@type": "t" }, { "reason": reason }] });
    let old = |reason: &str| json!({ "message": "canary", "errors": [{ "domain": "global", "reason": reason }] });
    let of = |status, error: &Value, kind: ErrorKind, code: &str| assert_eq!(failure(status, error), Some((kind, Some(code.to_owned()))));
    for code in ["ACCESS_TOKEN_SCOPE_INSUFFICIENT", "SERVICE_DISABLED", "A_REASON_OF_THE_FUTURE"] {
        of(403, &detail(code), ErrorKind::Forbidden, code);
    }
    for code in ["insufficientPermissions", "accessNotConfigured", "domainPolicy", "downloadQuotaExceeded"] {
        of(403, &old(code), ErrorKind::Forbidden, code);
    }
    of(403, &detail("RATE_LIMIT_EXCEEDED"), ErrorKind::RateLimited, "RATE_LIMIT_EXCEEDED");
    of(403, &old("userRateLimitExceeded"), ErrorKind::RateLimited, "userRateLimitExceeded");
    of(404, &json!({ "status": "NOT_FOUND" }), ErrorKind::NotFound, "NOT_FOUND");
    of(409, &json!({ "status": "ALREADY_EXISTS" }), ErrorKind::Conflict, "ALREADY_EXISTS");
    for status in [400, 401, 429, 500, 503] {
        assert_eq!(failure(status, &json!({ "status": "?" })), None, "the status says it all");
    }
    assert_eq!(failure(403, &json!("?")), None);
}

#[test]
fn a_reply_that_is_no_error_is_none() {
    let reply = Reply { status: 200, headers: BTreeMap::new(), body: r#"{"error":{"status":"NOT_FOUND"}}"#.into() };
    assert_eq!(GoogleMeet.classify(&reply), None);
}

#[test]
fn b25_an_operation_that_failed_fails_though_its_status_is_200() {
    let outcome = |body: &str| webhook::outcome(serde_json::from_str(body).unwrap()).map(|made| made.name).map_err(|error| error.kind);
    let made = r#"{"name":"operations/1","done":true,"response":{"@type":"t","name":"subscriptions/a","state":"ACTIVE"}}"#;
    assert_eq!(outcome(made), Ok("subscriptions/a".to_owned()));
    for (body, kind) in [
        (r#"{"done":true,"error":{"code":6,"message":"canary"}}"#, ErrorKind::Conflict),
        (r#"{"done":true,"error":{"code":7}}"#, ErrorKind::Forbidden),
        (r#"{"done":true,"error":{}}"#, ErrorKind::Invalid),
        (r#"{"done":true}"#, ErrorKind::Protocol),
        (r#"{"name":"operations/1"}"#, ErrorKind::Unavailable),
    ] {
        assert_eq!(outcome(body), Err(kind), "{body}");
    }
}

fn told(ended: &str, settled: bool) -> Told {
    Told { ended: at(ended).as_second(), state: "r1/1t1/1n0/0".to_owned(), settled }
}

#[test]
fn a_round_reaches_back_a_day_or_to_what_is_still_in_the_making() {
    let now = at("2026-11-23T12:00:00Z");
    let mut place = Place::begin(at("2026-11-01T00:00:00Z"));
    place.told.insert("settled".into(), told("2026-11-20T00:00:00Z", true));
    assert_eq!(place.go_on(&place.current(now), None), Ok(false));
    assert_eq!((place.from, place.told.len()), (at("2026-11-22T12:00:00Z"), 0), "what no round shows again is forgotten");
    place.told.insert("unsettled".into(), told("2026-11-10T00:00:00Z", false));
    place.told.insert("odd".into(), told("1582-10-15T00:00:00Z", false));
    place.go_on(&place.current(now), None).unwrap();
    assert_eq!(place.from, at("2026-11-01T00:00:00Z"), "nothing before `since` is wanted");
    place.told.remove("odd");
    place.go_on(&place.current(now), None).unwrap();
    assert_eq!(place.from, at("2026-11-10T00:00:00Z"));
}

#[test]
fn a_page_token_stays_in_the_cursor_and_the_round_keeps_its_beginning() {
    let (began, later) = (at("2026-11-23T12:00:00Z"), at("2026-11-23T13:00:00Z"));
    let mut place = Place::begin(at("2026-11-01T00:00:00Z"));
    assert_eq!(place.go_on(&place.current(began), Some("second".into())), Ok(true));
    let place: Place = Cursor::of(&place).read().unwrap();
    let round = place.current(later);
    assert_eq!(round, Round { began, token: Some("second".into()) });
    let error = place.clone().go_on(&round, Some("second".into())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "a token that does not move on has no end");
    let mut place = place;
    assert_eq!(place.go_on(&round, Some(String::new())), Ok(false));
    assert_eq!(place.from, at("2026-11-22T12:00:00Z"));
}

#[test]
fn a_cursor_stays_below_64_kilobytes_and_forgets_the_settled_first() {
    let now = at("2026-11-23T12:00:00Z");
    let mut place = Place::begin(at("2026-11-01T00:00:00Z"));
    for number in 0..5_000_i32 {
        let ended = now - SignedDuration::from_secs(i64::from(number));
        let entry = Told { ended: ended.as_second(), state: "r10/10t10/10n10/10".into(), settled: number != 4_999 };
        place.told.insert(format!("conferenceRecords/{number:042}"), entry);
    }
    place.go_on(&place.current(now), None).unwrap();
    assert!(
        place.told.contains_key(&format!("conferenceRecords/{:042}", 4_999))
            && place.told.contains_key(&format!("conferenceRecords/{:042}", 0))
    );
    assert!(Cursor::of(&place).0.len() < 64_000, "{}", Cursor::of(&place).0.len());
}

#[test]
fn f51_without_googles_keys_nothing_is_believed() {
    let headers = BTreeMap::from([("authorization".to_owned(), "Bearer a.b.c".to_owned())]);
    let secret = Secret::from("pusher@project.iam.gserviceaccount.com");
    let hook = InboundHook {
        method: "POST",
        url: "https://hub.example/hooks/google-meet",
        headers: &headers,
        body: b"{}",
        now: at("2026-01-01T00:00:00Z"),
        app_secret: Some(&secret),
        subscription_secret: None,
    };
    let error = GoogleMeet.receive(&hook).unwrap_err();
    assert_eq!((error.kind, error.retry), (ErrorKind::Unauthorized, Retry::Never));
}
