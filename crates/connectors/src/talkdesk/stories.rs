//! Talkdesk's connector against the emulated Talkdesk: everything that needs more than one call.

use std::collections::BTreeSet;
use std::sync::Arc;

use connector_kit::page::{Cursor, Entry, PullRequest, Remote};
use connector_kit::{Connector, ErrorKind, RecordingSource, Source};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use model::Recording;
use model::recording::RecordedMeeting;
use sandbox::kit::{Fault, Rule};
use serde_json::json;

use super::Talkdesk;
use crate::sandboxed::{House, Site};

async fn house() -> House {
    let site = Site { base: "/api", authorize: "", token: "/oauth/token", revoke: None };
    House::open(Arc::new(Talkdesk), "client_credentials", site, &[("account", "demo"), ("region", ".com")]).await
}

/// Adds a call that ended some minutes ago; gives its id.
async fn call(house: &House, minutes_ago: i64, ready_in_seconds: i64) -> String {
    let start = house.sandbox.kit().clock.now() - SignedDuration::from_mins(minutes_ago);
    let call = json!({
        "agent": "marketing@demo.example",
        "customer_number": "+12025550103",
        "direction": "inbound",
        "start": start,
        "duration_seconds": 20,
        "recordings": 2,
        "ready_in_seconds": ready_in_seconds,
    });
    house.control("POST", "/calls", &call).await["call_id"].as_str().unwrap().to_owned()
}

/// Pulls until the source rests; gives what it told, and in how many pages.
async fn pull(house: &House, cursor: &mut Option<Cursor>) -> (Vec<Remote<RecordedMeeting>>, usize) {
    let mut told = Vec::new();
    for pages in 1..200 {
        let now = house.sandbox.kit().clock.now();
        let since = now - SignedDuration::from_hours(90 * 24);
        let request = PullRequest { cursor: cursor.as_ref(), destination: None, since, now };
        let page = Talkdesk.pull(&house.session, &request).await.unwrap();
        for entry in page.entries {
            match entry {
                Entry::Present(remote) => told.push(remote),
                Entry::Gone { id } => panic!("{id} is not gone"),
            }
        }
        *cursor = Some(page.cursor);
        if !page.more {
            return (told, pages);
        }
    }
    panic!("the pages do not end");
}

fn ids(told: &[Remote<RecordedMeeting>]) -> BTreeSet<&str> {
    told.iter().map(|remote| remote.id.as_str()).collect()
}

#[tokio::test]
async fn the_account_is_known() {
    let house = house().await;
    let account = Talkdesk.identify(&house.session).await.unwrap();
    assert!(!account.id.is_empty() && !account.name.is_empty());
    assert!(house.tokens.refresh.is_none() && house.tokens.expires.is_some());
}

#[tokio::test]
async fn recorded_calls_of_ninety_days_come_once_each_and_then_the_new_ones() {
    let house = house().await;
    let mut calls = BTreeSet::new();
    for number in 0..60 {
        calls.insert(call(&house, 30 + number * 60 * 24, 0).await);
    }
    let mut cursor = None;
    let (told, pages) = pull(&house, &mut cursor).await;
    assert_eq!((ids(&told), told.len()), (calls.iter().map(String::as_str).collect(), 60));
    assert!(pages > 8, "four reports, and three looks at each");
    let meeting = &told[0].item.meeting;
    assert_eq!(meeting.title, "Call from +12025550103");
    assert_eq!(meeting.organizer.as_ref().and_then(|agent| agent.email.as_deref()), Some("marketing@demo.example"));
    assert_eq!(told[0].item.recordings.len(), 2);

    assert!(pull(&house, &mut cursor).await.0.is_empty(), "nothing is told twice");
    let new = call(&house, 5, 0).await;
    house.advance(SignedDuration::from_mins(1));
    assert_eq!(ids(&pull(&house, &mut cursor).await.0), BTreeSet::from([new.as_str()]));
}

#[tokio::test]
async fn f70_a_recording_is_read_from_any_byte() {
    let house = house().await;
    call(&house, 30, 0).await;
    let (told, _) = pull(&house, &mut None).await;
    let recording: &Recording = &told[0].item.recordings[1];
    let read = async |offset: u64| -> Vec<u8> {
        let stream = Talkdesk.open(&house.session, recording, offset).await.unwrap();
        stream.map(|chunk| chunk.unwrap()).collect::<Vec<_>>().await.concat()
    };
    let whole = read(0).await;
    assert!(whole.len() > 70_000);
    assert_eq!(read(65_537).await, whole[65_537..]);

    house.control("DELETE", &format!("/recordings/{}/media", recording.file), &json!(null)).await;
    let error = Talkdesk.open(&house.session, recording, 0).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn late_recordings_are_waited_for() {
    let house = house().await;
    let late = call(&house, 3, 240).await;
    let mut cursor = None;
    assert!(pull(&house, &mut cursor).await.0.is_empty());
    house.advance(SignedDuration::from_mins(5));
    let (told, _) = pull(&house, &mut cursor).await;
    assert_eq!((ids(&told), told[0].item.recordings.len()), (BTreeSet::from([late.as_str()]), 2));
}

#[tokio::test]
async fn every_page_can_be_asked_for_again_after_a_crash() {
    let house = house().await;
    let mut calls = BTreeSet::new();
    for number in 0..40 {
        calls.insert(call(&house, 30 + number, 0).await);
    }
    let mut cursor: Option<Cursor> = None;
    let mut told: BTreeSet<String> = BTreeSet::new();
    for _ in 0..60 {
        let now = house.sandbox.kit().clock.now();
        let request = PullRequest { cursor: cursor.as_ref(), destination: None, since: now - SignedDuration::from_hours(2), now };
        // The first answer is thrown away, as by a crash before it was saved.
        Talkdesk.pull(&house.session, &request).await.unwrap();
        let page = Talkdesk.pull(&house.session, &request).await.unwrap();
        told.extend(page.entries.into_iter().filter_map(|entry| match entry {
            Entry::Present(remote) => Some(remote.id),
            Entry::Gone { .. } => None,
        }));
        cursor = Some(page.cursor);
        if !page.more {
            break;
        }
    }
    assert_eq!(told, calls);
}

#[tokio::test]
async fn a_report_that_failed_is_ordered_again() {
    let house = house().await;
    let known = call(&house, 30, 0).await;
    let now: Timestamp = house.sandbox.kit().clock.now();
    let request = PullRequest { cursor: None, destination: None, since: now - SignedDuration::from_hours(2), now };
    let page = Talkdesk.pull(&house.session, &request).await.unwrap();
    let job = house.sandbox.kit().ledger.effects(Some("talkdesk"), Some("report.create"))[0].object.clone();
    house.control("POST", &format!("/jobs/{job}/fail"), &json!(null)).await;
    let mut cursor = Some(page.cursor);
    assert!(pull(&house, &mut cursor).await.0.is_empty());
    assert_eq!(ids(&pull(&house, &mut cursor).await.0), BTreeSet::from([known.as_str()]));
}

#[tokio::test]
async fn f29_a_scope_that_is_not_active_yet_is_no_refused_sign_in() {
    let house = house().await;
    house.control("POST", "/scopes", &json!({ "scope": "data-reports:write", "active_in_seconds": 300 })).await;
    let now = house.sandbox.kit().clock.now();
    let request = PullRequest { cursor: None, destination: None, since: now - SignedDuration::from_hours(2), now };
    let error = Talkdesk.pull(&house.session, &request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden, "{error:?}");
    house.advance(SignedDuration::from_mins(6));
    Talkdesk.pull(&house.session, &request).await.unwrap();
}

#[tokio::test]
async fn f24_f34_faults_of_every_kind_are_told_apart() {
    let house = house().await;
    let status = |status: u16| Fault::Status { status, retry_after: Some("9".into()), body: None };
    for (fault, kind) in [
        (status(401), ErrorKind::Unauthorized),
        (status(403), ErrorKind::Forbidden),
        (status(503), ErrorKind::Unavailable),
        (Fault::Cut, ErrorKind::Unavailable),
        (Fault::Garbage, ErrorKind::Protocol),
        (Fault::Empty, ErrorKind::Protocol),
        // Last, because the whole account rests after it.
        (status(429), ErrorKind::RateLimited),
    ] {
        house.sandbox.kit().chaos.add(Rule { tool: "talkdesk".into(), method: None, path: None, fault: fault.clone(), times: None });
        let now = house.sandbox.kit().clock.now();
        let request = PullRequest { cursor: None, destination: None, since: now - SignedDuration::from_hours(2), now };
        let error = Talkdesk.pull(&house.session, &request).await.unwrap_err();
        assert_eq!(error.kind, kind, "{fault:?}: {error}");
        house.sandbox.kit().chaos.clear();
    }
}
