//! Tests of what needs no network: the map, the errors, the webhooks' proof.

use std::collections::BTreeMap;

use connector_kit::{Connector, Entry, ErrorKind, InboundHook, Reply, Retry, Secret, WebhookSource};
use jiff::Timestamp;
use model::connection::Capability;
use model::meeting::{Meeting, When};

use super::wire::{Event, Events};
use super::{GoogleCalendar, map};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn event(json: &str) -> Event {
    serde_json::from_str(json).unwrap()
}

fn meeting(json: &str, zone: Option<&str>) -> Meeting {
    match map::entry(event(json), zone) {
        Some(Entry::Present(remote)) => remote.item,
        other => panic!("no meeting: {other:?}"),
    }
}

#[test]
fn a_page_of_events_becomes_meetings_and_tombstones() {
    let page: Events = serde_json::from_str(include_str!("fixtures/events.json")).unwrap();
    let zone = page.time_zone;
    let entries: Vec<_> = page.items.into_iter().filter_map(|event| map::entry(event, zone.as_deref())).collect();
    insta::assert_debug_snapshot!(entries);
}

#[test]
fn f42_whole_days_have_no_zone_and_end_on_their_last_day() {
    let day = |json| meeting(json, Some("America/Santiago")).when;
    let one = day(r#"{"id":"a","start":{"date":"2024-02-29"},"end":{"date":"2024-03-01"}}"#);
    assert_eq!(one, When::AllDay { first: "2024-02-29".parse().unwrap(), last: "2024-02-29".parse().unwrap() });
    let unfinished = day(r#"{"id":"a","start":{"date":"2024-02-29"}}"#);
    assert_eq!(unfinished, one);
}

#[test]
fn b16_a_time_without_offset_is_read_in_the_events_zone_and_never_ends_before_it_begins() {
    let json = r#"{"id":"a","start":{"dateTime":"2026-07-01T09:00:00","timeZone":"Australia/Lord_Howe"},"end":{"dateTime":"2026-06-30T00:00:00Z"}}"#;
    let start = at("2026-06-30T22:30:00Z");
    assert_eq!(meeting(json, None).when, When::Timed { start, end: start, zone: Some("Australia/Lord_Howe".to_owned()) });
}

#[test]
fn an_unknown_conference_keeps_its_own_link_and_id() {
    let json = r#"{"id":"a","start":{"date":"2026-01-01"},"location":"https://zoom.us/j/1",
        "conferenceData":{"conferenceId":"x-1","entryPoints":[{"entryPointType":"video","uri":"https://video.demo.example/x-1"}]}}"#;
    let meeting = meeting(json, None);
    assert_eq!(meeting.join_url.as_deref(), Some("https://video.demo.example/x-1"));
    assert_eq!(meeting.identity.conference_id.as_deref(), Some("x-1"));
}

#[test]
fn b06_instances_that_the_window_never_held_are_left_out_but_moved_ones_are_told() {
    let (from, until) = (at("2026-01-01T00:00:00Z"), at("2026-07-01T00:00:00Z"));
    let beyond = |original: &str, start: &str, rest: &str| {
        let json = format!(
            r#"{{"id":"a","recurringEventId":"s","originalStartTime":{{"dateTime":"{original}"}},"start":{{"dateTime":"{start}"}}{rest}}}"#
        );
        map::is_beyond(&event(&json), from, until)
    };
    assert!(beyond("2031-01-01T00:00:00Z", "2031-01-01T00:00:00Z", ""));
    assert!(beyond("2019-01-01T00:00:00Z", "2019-01-01T00:00:00Z", ""));
    assert!(!beyond("2026-06-01T00:00:00Z", "2031-01-01T00:00:00Z", ""), "moved out of the window");
    assert!(!beyond("2031-01-01T00:00:00Z", "2026-06-01T00:00:00Z", ""), "moved into it");
    assert!(!beyond("2031-01-01T00:00:00Z", "2031-01-01T00:00:00Z", r#","status":"cancelled""#), "a tombstone is always told");
    let single = r#"{"id":"a","start":{"dateTime":"2031-01-01T00:00:00Z"}}"#;
    assert!(!map::is_beyond(&event(single), from, until), "a single event may have been moved");
}

fn failure(status: u16, error: &str) -> Option<(ErrorKind, Retry)> {
    let body = format!(r#"{{"error":{{"code":{status},"message":"words",{error}}}}}"#);
    let reply = Reply { status, headers: BTreeMap::new(), body: body.into() };
    GoogleCalendar.classify(&reply).map(|error| (error.kind, error.retry))
}

#[test]
fn f29_403_is_told_apart_by_its_reason() {
    let reason = |reason: &str| failure(403, &format!(r#""errors":[{{"domain":"x","reason":"{reason}","message":"words"}}]"#)).unwrap();
    for limit in ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"] {
        assert_eq!(reason(limit), (ErrorKind::RateLimited, Retry::Backoff), "{limit}");
    }
    assert!(matches!(reason("dailyLimitExceeded"), (ErrorKind::RateLimited, Retry::After(_))));
    for right in ["insufficientPermissions", "accessNotConfigured", "domainPolicy", "forbidden", "aReasonOfTheFuture"] {
        assert_eq!(reason(right), (ErrorKind::Forbidden, Retry::Never), "{right}");
    }
    let detail = failure(403, r#""status":"PERMISSION_DENIED","details":[{"@type":"t","reason":"SERVICE_DISABLED"}]"#);
    assert_eq!(detail.unwrap().0, ErrorKind::Forbidden);
}

#[test]
fn f39_a_token_that_google_no_longer_takes_is_an_expired_cursor() {
    let expired = Some((ErrorKind::CursorExpired, Retry::Never));
    assert_eq!(failure(410, r#""errors":[{"reason":"fullSyncRequired"}]"#), expired);
    assert_eq!(failure(400, r#""errors":[{"reason":"invalid","location":"pageToken","locationType":"parameter"}]"#), expired);
    assert_eq!(failure(400, r#""errors":[{"reason":"invalid","location":"timeMin","locationType":"parameter"}]"#), None);
    assert_eq!(failure(401, r#""errors":[{"reason":"authError"}]"#), None, "the status says it all");
    assert_eq!(failure(503, r#""errors":[{"reason":"backendError"}]"#), None);
}

fn hook(headers: &[(&str, &str)], secret: Option<&str>) -> connector_kit::Result<connector_kit::Hints> {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let secret = secret.map(Secret::from);
    GoogleCalendar.receive(&InboundHook {
        method: "POST",
        url: "https://hub.example/hooks/google-calendar/con_1",
        headers: &headers,
        body: b"",
        now: at("2026-01-01T00:00:00Z"),
        app_secret: None,
        subscription_secret: secret.as_ref(),
    })
}

#[test]
fn f51_only_the_channels_own_token_is_believed() {
    let state = [("x-goog-resource-state", "exists"), ("x-goog-channel-token", "right")];
    assert!(hook(&state, Some("right")).is_ok());
    for (headers, secret) in [(&state[..], Some("other")), (&state[..], None), (&state[..1], Some("right")), (&state[..1], Some(""))] {
        assert_eq!(hook(headers, secret).unwrap_err().kind, ErrorKind::Unauthorized);
    }
}

#[test]
fn f48_a_message_wakes_the_calendar_and_is_known_by_channel_and_number() {
    let headers = |state| {
        [("x-goog-resource-state", state), ("x-goog-channel-token", "t"), ("x-goog-channel-id", "c"), ("x-goog-message-number", "10")]
    };
    let hints = hook(&headers("exists"), Some("t")).unwrap();
    assert_eq!((hints.wake, hints.delivery.as_deref()), (vec![Capability::Calendar], Some("c:10")));
    assert!(hook(&headers("sync"), Some("t")).unwrap().wake.is_empty(), "it only says that the channel is open");
}
