//! Talkdesk's maps and errors, from hand-made fixtures in the form of the official pages.

use std::collections::BTreeMap;

use connector_kit::{Connector, ErrorKind, Reply, Retry};
use serde_json::json;

use super::wire::{Call, JobAnswer, JobOrFile, RecordingFile, Recordings};
use super::{Talkdesk, map};

fn report() -> Vec<Call> {
    match serde_json::from_str(include_str!("fixtures/calls_report.json")).unwrap() {
        JobOrFile::File { entries } => entries,
        other => panic!("{other:?}"),
    }
}

fn files() -> Vec<RecordingFile> {
    let answer: Recordings = serde_json::from_str(include_str!("fixtures/recordings.json")).unwrap();
    answer.embedded.unwrap().recordings
}

#[test]
fn calls_become_meetings() {
    let meetings: Vec<_> = report().iter().map(map::meeting).collect();
    insta::assert_json_snapshot!(meetings);
}

#[test]
fn a_calls_recordings_come_in_their_order() {
    let remote = map::recorded(&report()[0], files()).unwrap();
    assert_eq!((remote.id.as_str(), remote.version.as_deref()), ("17378a31cf7546d3acb9621f29a4e883", Some("2")));
    insta::assert_json_snapshot!(remote.item.recordings);
}

#[test]
fn only_what_the_report_calls_recorded_is_followed() {
    let recorded: Vec<bool> = report().iter().map(map::is_recorded).collect();
    assert_eq!(recorded, [true, true, true, false]);
}

#[test]
fn a_job_is_read_wrapped_or_bare_and_told_from_its_file() {
    let wrapped = json!({"job": {"id": "c65186ee", "status": "created", "format": "json"}, "_links": {}});
    let bare = json!({"id": "c65186ee", "status": "processing", "timespan": {}});
    for text in [wrapped.to_string(), bare.to_string()] {
        let (JobAnswer::Wrapped { job } | JobAnswer::Bare(job)) = serde_json::from_str(&text).unwrap();
        assert_eq!(job.id, "c65186ee");
        assert!(!matches!(serde_json::from_str(&text).unwrap(), JobOrFile::File { .. }));
    }
    assert!(matches!(serde_json::from_str("{\"entries\": [], \"total\": 0}").unwrap(), JobOrFile::File { .. }));
}

#[test]
fn errors_are_told_apart() {
    let of = |status, body: serde_json::Value| {
        let reply = Reply { status, headers: BTreeMap::new(), body: serde_json::to_vec(&body).unwrap().into() };
        Talkdesk.classify(&reply)
    };
    let plain = of(401, json!({"code": "0010001", "message": "Unauthorized"})).unwrap();
    assert_eq!((plain.kind, plain.code.as_deref()), (ErrorKind::Unauthorized, Some("0010001")));
    let scope = of(401, json!({"code": "0010002", "message": "Insufficient scope"})).unwrap();
    assert!(scope.kind == ErrorKind::Forbidden && matches!(scope.retry, Retry::After(_)), "{scope:?}");
    assert_eq!(of(403, json!({"code": "x", "message": "Inputs Misconfiguration"})).unwrap().kind, ErrorKind::Forbidden);
    assert_eq!(of(410, json!({})).unwrap().kind, ErrorKind::NotFound);
    assert_eq!(of(400, json!("canary")).unwrap().kind, ErrorKind::Invalid);
    assert!(of(429, json!({})).is_none() && of(503, json!({})).is_none() && of(200, json!({})).is_none());
}

#[test]
fn times_are_read_in_all_forms() {
    for text in ["2026-02-23T10:22:26Z", "2026-02-23 10:22:26", "2026-02-23 10:22:26 UTC", "2026-02-23 11:22:26+01:00"] {
        assert_eq!(map::time(text).map(|at| at.to_string()).as_deref(), Some("2026-02-23T10:22:26Z"), "{text}");
    }
    assert_eq!(map::time("soon"), None);
}
