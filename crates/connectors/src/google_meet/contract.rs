//! Google Meet against its emulator: its stand for the contract that every connector keeps, and what is Meet's own.

mod events;
mod files;

use std::sync::Arc;

use connector_kit::contract::{Announces, Arrangement, Bench, Delivery, Editor, Fault, Proof, Reading, Secrets, SignIn, Stand};
use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{
    Connector, Cursor, Entry, ErrorKind, Page, PullRequest, Remote, Result, Secret, Session, Source, Subscription, WebhookSource,
    async_trait,
};
use jiff::SignedDuration;
use model::When;
use model::connection::Capability;
use model::recording::RecordedMeeting;
use sandbox::mailbox::Mailbox;
use serde_json::{Value, json};
use url::Url;

use super::GoogleMeet;
use crate::emulator::{Addresses, Emulator, delivery};

const WHO: &str = "project.manager@demo.example";
const ADDRESSES: Addresses = Addresses { base: "", authorize: "/o/oauth2/v2/auth", token: "/token", revoke: Some("/revoke") };
const TOPIC: &str = "projects/harmony-demo/topics/google-meet";
/// In whose name Pub/Sub pushes.
const PUSHER: &str = "pusher@harmony-demo.iam.gserviceaccount.com";

async fn start() -> (Bench, Arc<Emulator>, Session) {
    let emulator = emulator().await;
    let bench = emulator.sign_in(GoogleMeet, SignIn::CODE).await;
    let session = bench.session();
    (bench, emulator, session)
}

async fn emulator() -> Arc<Emulator> {
    let emulator = Emulator::start_with("google-meet", ADDRESSES, &[("topic", TOPIC)]).await;
    // The real quota is of the clock, and these tests are faster than people.
    emulator.put("/quota", json!({ "burst": 1_000_000 })).await;
    emulator
}

/// Google Meet on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator, _) = start().await;
    let reading = Reading {
        capability: Capability::Recordings,
        source: &GoogleMeet,
        destination: None,
        path: "/conferenceRecords",
        editor: Box::new(Host(Arc::clone(&emulator))),
        more_than_a_page: 30,
    };
    Stand {
        bench,
        identify: "/userinfo",
        token_life: SignedDuration::from_hours(1),
        fewest: Some(&["https://www.googleapis.com/auth/userinfo.email"]),
        reads: vec![Box::new(reading)],
        writes: Vec::new(),
        announces: Some(Box::new(Host(emulator))),
    }
}

/// Somebody who holds conferences.
struct Host(Arc<Emulator>);

#[async_trait]
impl Editor for Host {
    async fn make(&self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        for hours in (20..).take(count) {
            names.push(conference(&self.0, hours, json!({ "fire": false, "state": "ENDED" })).await);
        }
        names
    }

    /// The transcript is finished.
    async fn change(&self, name: &str) -> bool {
        make(&self.0, name, "transcript", "FILE_GENERATED").await;
        true
    }

    async fn remove(&self, _: &str) -> bool {
        false
    }
}

#[async_trait]
impl Announces for Host {
    fn proof(&self) -> Proof {
        Proof::Caller { header: "authorization" }
    }

    fn wakes(&self) -> &'static [Capability] {
        &[Capability::Recordings]
    }

    async fn deliver(&self, bench: &Bench) -> Delivery {
        let mailbox = topic(&self.0, PUSHER).await;
        subscribe(&bench.session()).await.unwrap().unwrap();
        conference(&self.0, 1, json!({})).await;
        delivery(&mailbox.wait_for(1).await[0], secrets())
    }
}

fn secrets() -> Secrets {
    Secrets { app: Some(Secret::from(PUSHER)), subscription: None }
}

/// The operator's topic, whose pushes come to a mailbox.
async fn topic(emulator: &Emulator, pusher: &str) -> Mailbox {
    let mailbox = Mailbox::open().await.unwrap();
    let endpoint = mailbox.address("/hooks/google-meet");
    emulator.put("/topics", json!({ "topic": TOPIC, "endpoint": endpoint, "service_account": pusher })).await;
    mailbox
}

async fn subscribe(session: &Session) -> Result<Option<Subscription>> {
    let callback: Url = "https://hub.example/hooks/google-meet/con_1".parse().unwrap();
    let secret = Secret::from("unused");
    let id = uuid::Uuid::from_u128(1);
    let request = SubscriptionRequest { callback: &callback, secret: &secret, id, destination: None, now: session.now() };
    GoogleMeet.subscribe(session, &request).await
}

/// A conference of half an hour that began so many hours ago; answers its name.
async fn conference(emulator: &Emulator, hours: i64, extra: Value) -> String {
    let start = emulator.now() - SignedDuration::from_hours(hours);
    let mut body = json!({
        "start": start, "duration_s": 1_800, "recorded": true,
        "people": [
            { "name": "Project Manager", "email": WHO, "twice": true },
            { "name": "Marketing", "email": "marketing@demo.example" },
            { "name": "Guest of a customer" },
        ],
        "turns": [
            { "speaker": "Project Manager", "start_ms": 0, "end_ms": 4_200, "text": "Shall we begin?" },
            { "speaker": "Guest of a customer", "start_ms": 4_200, "end_ms": 9_100, "text": "Yes, the numbers\nare in." },
        ],
    });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let made = emulator.post("/conferences", body).await;
    format!("conferenceRecords/{}", made["id"].as_str().unwrap())
}

async fn make(emulator: &Emulator, name: &str, kind: &str, state: &str) {
    let id = name.trim_start_matches("conferenceRecords/");
    emulator.post("/artifacts", json!({ "id": id, "kind": kind, "state": state })).await;
}

async fn pull(emulator: &Emulator, session: &Session, cursor: Option<&Cursor>) -> Result<Page<RecordedMeeting>> {
    let now = emulator.now();
    let since = now - SignedDuration::from_hours(24 * 90);
    GoogleMeet.pull(session, &PullRequest { cursor, destination: None, since, now }).await
}

/// A whole round; each page from a cursor that was saved and read, as after a crash.
async fn round(emulator: &Emulator, session: &Session, from: Option<Cursor>) -> (Vec<Remote<RecordedMeeting>>, Cursor) {
    let (mut cursor, mut entries) = (from, Vec::new());
    for _ in 0..40 {
        let page = pull(emulator, session, cursor.as_ref()).await.unwrap();
        entries.extend(page.entries);
        cursor = Some(Cursor(page.cursor.0.clone()));
        if !page.more {
            let present = entries.into_iter().map(|entry| match entry {
                Entry::Present(remote) => remote,
                Entry::Gone { id } => panic!("{id} is gone"),
            });
            return (present.collect(), page.cursor);
        }
    }
    panic!("the pages do not end");
}

#[tokio::test]
async fn the_account_is_known_by_its_id() {
    let (bench, emulator, session) = start().await;
    let account = GoogleMeet.identify(&session).await.unwrap();
    let people = emulator.get("/people").await;
    assert_eq!((json!(account.id), account.name.as_str()), (people["people"][0]["id"].clone(), WHO));
    bench.close();
}

#[tokio::test]
async fn a_conference_comes_with_people_words_notes_and_film() {
    let (bench, emulator, session) = start().await;
    let name = conference(&emulator, 30, json!({ "code": "abc-mnop-xyz", "notes": "Decided\nThe numbers are in." })).await;
    let (told, _) = round(&emulator, &session, None).await;
    let [remote] = &told[..] else { panic!("{told:?}") };
    assert_eq!(remote.id, name);
    let RecordedMeeting { meeting, transcript, recordings } = &remote.item;
    assert_eq!(meeting.summary.as_deref(), Some("Decided\nThe numbers are in."));
    assert_eq!(meeting.identity.conference_id.as_deref(), Some("abc-mnop-xyz"));
    assert_eq!(meeting.join_url.as_deref(), Some("https://meet.google.com/abc-mnop-xyz"));
    let When::Timed { start, end, .. } = meeting.when else { panic!("{:?}", meeting.when) };
    assert_eq!(end.duration_since(start), SignedDuration::from_mins(30));
    let mut people: Vec<_> =
        meeting.participants.iter().map(|one| (one.person.name.as_deref().unwrap(), one.person.email.as_deref())).collect();
    people.sort_unstable();
    assert_eq!(people, [("Guest of a customer", None), ("Marketing", None), ("Project Manager", Some(WHO))]);
    let transcript = transcript.as_ref().unwrap();
    assert_eq!(transcript.language.as_deref(), Some("en-US"));
    let turn = &transcript.turns[1];
    assert_eq!((turn.speaker.as_deref(), turn.text.as_str()), (Some("Guest of a customer"), "Yes, the numbers\nare in."));
    assert_eq!((turn.start_ms, turn.end_ms), (Some(4_200), Some(9_100)));
    assert_eq!((recordings.len(), recordings[0].duration_ms), (1, Some(1_800_000)));
    assert!(remote.url.as_ref().unwrap().contains(&recordings[0].file));
    bench.close();
}

#[tokio::test]
async fn a_long_transcript_and_a_crowd_come_whole_though_the_pages_are_short() {
    let (bench, emulator, session) = start().await;
    emulator.put("/paging", json!({ "most": 3 })).await;
    let turns: Vec<Value> = (0..11)
        .map(|at| json!({ "speaker": format!("Person {at}"), "start_ms": at * 1000, "end_ms": at * 1000 + 900, "text": format!("{at}") }))
        .collect();
    conference(&emulator, 30, json!({ "turns": turns })).await;
    let (told, _) = round(&emulator, &session, None).await;
    let texts: Vec<&str> = told[0].item.transcript.as_ref().unwrap().turns.iter().map(|turn| turn.text.as_str()).collect();
    assert_eq!(texts, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    assert_eq!(told[0].item.meeting.participants.len(), 14);
    bench.close();
}

#[tokio::test]
async fn a_conference_is_told_when_it_is_over_and_again_as_it_grows() {
    let (bench, emulator, session) = start().await;
    let name = conference(&emulator, 1, json!({ "duration_s": null, "state": "STARTED", "notes": "Agreed." })).await;
    let (told, cursor) = round(&emulator, &session, None).await;
    assert!(told.is_empty(), "it goes on");
    emulator.post("/conferences/end", json!({ "id": name.trim_start_matches("conferenceRecords/") })).await;
    let (told, mut cursor) = round(&emulator, &session, Some(cursor)).await;
    let item = &told[0].item;
    assert!(item.transcript.is_none() && item.recordings.is_empty() && item.meeting.summary.is_none());
    let mut versions = vec![told[0].version.clone()];
    for kind in ["transcript", "smartNote", "recording"] {
        make(&emulator, &name, kind, "ENDED").await;
        let (told, next) = round(&emulator, &session, Some(cursor)).await;
        assert!(told.is_empty(), "an end is no file");
        make(&emulator, &name, kind, "FILE_GENERATED").await;
        let (told, next) = round(&emulator, &session, Some(next)).await;
        versions.push(told[0].version.clone());
        cursor = next;
    }
    versions.sort();
    versions.dedup();
    assert_eq!(versions.len(), 4, "each state has its version");
    bench.close();
}

#[tokio::test]
async fn what_is_settled_costs_nothing_more() {
    let (bench, emulator, session) = start().await;
    conference(&emulator, 10, json!({})).await;
    let (told, cursor) = round(&emulator, &session, None).await;
    assert_eq!(told.len(), 1);
    let before = session.calls();
    let (told, cursor) = round(&emulator, &session, Some(cursor)).await;
    assert_eq!((told.len(), session.calls() - before), (0, 1), "the list alone");
    emulator.advance(SignedDuration::from_hours(24 * 5));
    assert!(round(&emulator, &session, Some(cursor)).await.0.is_empty());
    bench.close();
}

#[tokio::test]
async fn a_conference_is_kept_in_view_for_its_whole_life_and_its_end_takes_nothing_away() {
    let (bench, emulator, session) = start().await;
    let name = conference(&emulator, 3, json!({ "state": "ENDED" })).await;
    let (told, cursor) = round(&emulator, &session, None).await;
    assert!(told[0].item.transcript.is_none());
    emulator.advance(SignedDuration::from_hours(24 * 20));
    conference(&emulator, 3, json!({})).await;
    let (told, cursor) = round(&emulator, &session, Some(cursor)).await;
    assert_eq!(told.len(), 1, "weeks later the first is still waited for, and not told again");
    assert_ne!(told[0].id, name);
    emulator.advance(SignedDuration::from_hours(24 * 8));
    let (told, cursor) = round(&emulator, &session, Some(cursor)).await;
    assert_eq!(told[0].id, name);
    assert_eq!(told[0].item.transcript.as_ref().unwrap().turns.len(), 2, "before its 30 days end, what was said is copied");
    emulator.advance(SignedDuration::from_hours(24 * 3));
    assert!(round(&emulator, &session, Some(cursor)).await.0.is_empty());
    assert_eq!(GoogleMeet.is_gone(&session, &name, None).await, Ok(false), "Google's forgetting is no deletion");
    bench.close();
}

#[tokio::test]
async fn every_conference_comes_once_though_the_page_tokens_die() {
    let (bench, emulator, session) = start().await;
    emulator.put("/paging", json!({ "most": 2 })).await;
    let mut wanted = Vec::new();
    for hours in 0..7 {
        wanted.push(conference(&emulator, 20 + hours * 30, json!({ "fire": false, "turns": [] })).await);
    }
    let page = pull(&emulator, &session, None).await.unwrap();
    assert!(page.more);
    emulator.post("/expire-page-tokens", json!({})).await;
    let (rest, _) = round(&emulator, &session, Some(page.cursor)).await;
    let mut told: Vec<String> = page.entries.iter().map(|entry| entry.id().to_owned()).collect();
    told.extend(rest.into_iter().map(|remote| remote.id));
    told.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(told, wanted);
    bench.close();
}

#[tokio::test]
async fn f26_a_spent_quota_is_a_rate_limit() {
    let (bench, emulator, session) = start().await;
    emulator.put("/quota", json!({ "burst": 1 })).await;
    pull(&emulator, &session, None).await.unwrap();
    assert_eq!(pull(&emulator, &session, None).await.unwrap_err().kind, ErrorKind::RateLimited);
    bench.close();
}

#[tokio::test]
async fn f34_notes_that_come_as_a_web_page_are_asked_for_again() {
    let (bench, emulator, session) = start().await;
    conference(&emulator, 30, json!({ "notes": "Agreed." })).await;
    emulator.strike("/export", Fault::Garbage, Some(1));
    let (told, cursor) = round(&emulator, &session, None).await;
    assert_eq!(told[0].item.meeting.summary, None);
    let (told, cursor) = round(&emulator, &session, Some(cursor)).await;
    assert_eq!(told[0].item.meeting.summary.as_deref(), Some("Agreed."));
    assert!(round(&emulator, &session, Some(cursor)).await.0.is_empty());
    bench.close();
}

#[tokio::test]
async fn f38_pages_that_do_not_end_are_left_and_the_place_stays() {
    let (bench, emulator, session) = start().await;
    conference(&emulator, 30, json!({})).await;
    for odd in ["repeat", "endless"] {
        emulator.put("/paging", json!({ "odd": odd })).await;
        assert_eq!(pull(&emulator, &session, None).await.unwrap_err().kind, ErrorKind::Protocol, "{odd}");
    }
    emulator.put("/paging", json!({})).await;
    assert_eq!(round(&emulator, &session, None).await.0.len(), 1);
    bench.close();
}

#[tokio::test]
async fn f39_a_cursor_of_another_shape_has_expired() {
    let (bench, emulator, session) = start().await;
    let error = pull(&emulator, &session, Some(&Cursor("{}".into()))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::CursorExpired);
    bench.close();
}
