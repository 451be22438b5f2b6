//! Talkdesk against its emulator: its stand for the contract that every connector keeps, and what is Talkdesk's own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use connector_kit::contract::{Arrangement, Bench, Editor, Reading, SignIn, Stand};
use connector_kit::page::{Cursor, Entry, PullRequest, Remote};
use connector_kit::{ErrorKind, RecordingSource, Session, Source, async_trait};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use model::Recording;
use model::connection::Capability;
use model::recording::RecordedMeeting;
use serde_json::json;

use super::Talkdesk;
use crate::emulator::{Addresses, Emulator};

const ADDRESSES: Addresses = Addresses { base: "/api", authorize: "", token: "/oauth/token", revoke: None };
const FIELDS: [(&str, &str); 4] =
    [("account", "demo"), ("region", ".com"), ("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-talkdesk")];

async fn start() -> (Bench, Arc<Emulator>, Session) {
    let emulator = Emulator::start("talkdesk", ADDRESSES).await;
    let fields: BTreeMap<String, String> = FIELDS.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let bench = emulator.sign_in(Talkdesk, SignIn::App { name: "client_credentials", fields }).await;
    let session = bench.session();
    (bench, emulator, session)
}

/// Talkdesk on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator, _) = start().await;
    let reading = Reading {
        capability: Capability::Recordings,
        source: &Talkdesk,
        destination: None,
        // All of its API: after a 401 the connector looks whether the token still opens the account.
        path: "/api/",
        editor: Box::new(Agents(emulator)),
        more_than_a_page: 30,
    };
    Stand {
        bench,
        identify: "/api/account",
        token_life: SignedDuration::from_secs(599),
        // An application's credentials hold the scopes that were given to it in Talkdesk.
        fewest: None,
        reads: vec![Box::new(reading)],
        writes: Vec::new(),
        announces: None,
    }
}

/// People who take calls.
struct Agents(Arc<Emulator>);

#[async_trait]
impl Editor for Agents {
    async fn make(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for minutes in (30..).take(count) {
            ids.push(call(&self.0, minutes, 0).await);
        }
        ids
    }

    /// What was recorded stays as it is.
    async fn change(&self, _id: &str) -> bool {
        false
    }

    /// The retention policy takes the audio, but the report still has the call.
    async fn remove(&self, _id: &str) -> bool {
        false
    }
}

/// Adds a call that ended some minutes ago; gives its id.
async fn call(emulator: &Emulator, minutes_ago: i64, ready_in_seconds: i64) -> String {
    let start = emulator.now() - SignedDuration::from_mins(minutes_ago);
    let call = json!({
        "agent": "marketing@demo.example",
        "customer_number": "+12025550103",
        "direction": "inbound",
        "start": start,
        "duration_seconds": 20,
        "recordings": 2,
        "ready_in_seconds": ready_in_seconds,
    });
    emulator.post("/calls", call).await["call_id"].as_str().unwrap().to_owned()
}

/// Pulls until the source rests; gives what it told, and in how many pages.
async fn pull(emulator: &Emulator, session: &Session, cursor: &mut Option<Cursor>) -> (Vec<Remote<RecordedMeeting>>, usize) {
    let mut told = Vec::new();
    for pages in 1..200 {
        let now = emulator.now();
        let since = now - SignedDuration::from_hours(90 * 24);
        let request = PullRequest { cursor: cursor.as_ref(), destination: None, since, now };
        let page = Talkdesk.pull(session, &request).await.unwrap();
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
async fn recorded_calls_of_ninety_days_come_once_each_and_then_the_new_ones() {
    let (bench, emulator, session) = start().await;
    let mut calls = BTreeSet::new();
    for number in 0..60 {
        calls.insert(call(&emulator, 30 + number * 60 * 24, 0).await);
    }
    let mut cursor = None;
    let (told, pages) = pull(&emulator, &session, &mut cursor).await;
    assert_eq!((ids(&told), told.len()), (calls.iter().map(String::as_str).collect(), 60));
    assert!(pages > 8, "four reports, and three looks at each");
    let meeting = &told[0].item.meeting;
    assert_eq!(meeting.title, "Call from +12025550103");
    assert_eq!(meeting.organizer.as_ref().and_then(|agent| agent.email.as_deref()), Some("marketing@demo.example"));
    assert_eq!(told[0].item.recordings.len(), 2);

    assert!(pull(&emulator, &session, &mut cursor).await.0.is_empty(), "nothing is told twice");
    let new = call(&emulator, 5, 0).await;
    emulator.advance(SignedDuration::from_mins(1));
    assert_eq!(ids(&pull(&emulator, &session, &mut cursor).await.0), BTreeSet::from([new.as_str()]));
    bench.close();
}

#[tokio::test]
async fn f70_a_recording_is_read_from_any_byte() {
    let (bench, emulator, session) = start().await;
    call(&emulator, 30, 0).await;
    let (told, _) = pull(&emulator, &session, &mut None).await;
    let recording: &Recording = &told[0].item.recordings[1];
    let read = async |offset: u64| -> Vec<u8> {
        let stream = Talkdesk.open(&session, recording, offset).await.unwrap();
        stream.map(|chunk| chunk.unwrap()).collect::<Vec<_>>().await.concat()
    };
    let whole = read(0).await;
    assert!(whole.len() > 70_000);
    assert_eq!(read(65_537).await, whole[65_537..]);

    emulator.delete(&format!("/recordings/{}/media", recording.file)).await;
    let error = Talkdesk.open(&session, recording, 0).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::NotFound);
    bench.close();
}

#[tokio::test]
async fn late_recordings_are_waited_for() {
    let (bench, emulator, session) = start().await;
    let late = call(&emulator, 3, 240).await;
    let mut cursor = None;
    assert!(pull(&emulator, &session, &mut cursor).await.0.is_empty());
    emulator.advance(SignedDuration::from_mins(5));
    let (told, _) = pull(&emulator, &session, &mut cursor).await;
    assert_eq!((ids(&told), told[0].item.recordings.len()), (BTreeSet::from([late.as_str()]), 2));
    bench.close();
}

#[tokio::test]
async fn a_report_that_failed_is_ordered_again() {
    let (bench, emulator, session) = start().await;
    let known = call(&emulator, 30, 0).await;
    let now: Timestamp = emulator.now();
    let request = PullRequest { cursor: None, destination: None, since: now - SignedDuration::from_hours(2), now };
    let page = Talkdesk.pull(&session, &request).await.unwrap();
    let job = emulator.effects()[0].object.clone();
    emulator.post(&format!("/jobs/{job}/fail"), json!(null)).await;
    let mut cursor = Some(page.cursor);
    assert!(pull(&emulator, &session, &mut cursor).await.0.is_empty());
    assert_eq!(ids(&pull(&emulator, &session, &mut cursor).await.0), BTreeSet::from([known.as_str()]));
    bench.close();
}

#[tokio::test]
async fn f29_a_scope_that_is_not_active_yet_is_no_refused_sign_in() {
    let (bench, emulator, session) = start().await;
    emulator.post("/scopes", json!({ "scope": "data-reports:write", "active_in_seconds": 300 })).await;
    let now = emulator.now();
    let request = PullRequest { cursor: None, destination: None, since: now - SignedDuration::from_hours(2), now };
    let error = Talkdesk.pull(&session, &request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden, "{error:?}");
    emulator.advance(SignedDuration::from_mins(6));
    Talkdesk.pull(&session, &request).await.unwrap();
    bench.close();
}
