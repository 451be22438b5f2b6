//! Zoom against its emulator: its stand for the contract that every connector keeps, and what is Zoom's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::contract::{Announces, Arrangement, Bench, Delivery, Editor, Fault, Proof, Reading, Secrets, SignIn, Stand};
use connector_kit::{
    Connector, Cursor, Entry, ErrorKind, Page, PullRequest, RecordingSource, Remote, Result, Secret, Session, Source, WebhookSource,
    async_trait,
};
use futures::StreamExt;
use jiff::SignedDuration;
use model::When;
use model::connection::Capability;
use model::recording::RecordedMeeting;
use sandbox::mailbox::Mailbox;
use serde_json::{Value, json};

use super::Zoom;
use crate::emulator::{Addresses, Emulator, delivery, handshake};

const WHO: &str = "project.manager@demo.example";
const ADDRESSES: Addresses = Addresses { base: "/v2", authorize: "/oauth/authorize", token: "/oauth/token", revoke: Some("/oauth/revoke") };

async fn start() -> (Bench, Arc<Emulator>, Session) {
    let emulator = Emulator::start("zoom", ADDRESSES).await;
    // The real limits are of the clock, and these tests are faster than people.
    emulator.post("/limits", json!({ "light": 10_000, "medium": 10_000 })).await;
    let bench = emulator.sign_in(Zoom, SignIn::CODE).await;
    let session = bench.session();
    (bench, emulator, session)
}

/// Zoom on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator, _) = start().await;
    let reading = Reading {
        capability: Capability::Recordings,
        source: &Zoom,
        destination: None,
        path: "/recordings",
        editor: Box::new(Host(Arc::clone(&emulator))),
        more_than_a_page: 35,
    };
    Stand {
        bench,
        identify: "/users/me",
        token_life: SignedDuration::from_hours(1),
        fewest: Some(&["user:read:user"]),
        reads: vec![Box::new(reading)],
        writes: Vec::new(),
        announces: Some(Box::new(Host(emulator))),
    }
}

/// Somebody who holds recorded meetings in Zoom.
struct Host(Arc<Emulator>);

#[async_trait]
impl Editor for Host {
    async fn make(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for hours in (20..).take(count) {
            ids.push(meeting(&self.0, hours, json!({ "fire": false, "transcript_ready": false })).await);
        }
        ids
    }

    /// The transcript comes.
    async fn change(&self, id: &str) -> bool {
        self.0.post("/meetings/transcript", json!({ "uuid": id })).await;
        true
    }

    async fn remove(&self, id: &str) -> bool {
        self.0.post("/meetings/trash", json!({ "uuid": id })).await;
        true
    }
}

/// The secret token of the app.
const SECRET: &str = "secret token of the app";

impl Host {
    /// Lets Zoom send the app's webhooks to a mailbox, which proves itself by what the connector answers.
    async fn open_mailbox(&self) -> Mailbox {
        let clock = Arc::clone(&self.0);
        let mailbox = Mailbox::with_reader(Arc::new(move |letter| {
            let answer = Zoom.receive(&delivery(letter, secrets()).hook(clock.now())).ok().and_then(|hints| hints.answer);
            handshake(answer)
        }));
        let mailbox = mailbox.await.unwrap();
        let subscription = json!({ "url": mailbox.address("/hooks/zoom/1"), "secret": SECRET });
        assert_eq!(self.0.post("/webhook", subscription).await["valid"], true, "our address proves itself");
        mailbox
    }
}

fn secrets() -> Secrets {
    Secrets { app: Some(Secret::from(SECRET)), subscription: None }
}

#[async_trait]
impl Announces for Host {
    fn proof(&self) -> Proof {
        Proof::Signature { header: "x-zm-signature", time: Some("x-zm-request-timestamp") }
    }

    fn wakes(&self) -> &'static [Capability] {
        &[Capability::Recordings]
    }

    async fn deliver(&self, _bench: &Bench) -> Delivery {
        let mailbox = self.open_mailbox().await;
        meeting(&self.0, 1, json!({})).await;
        delivery(&mailbox.wait_for(2).await[1], secrets())
    }
}

/// A meeting that began so many hours ago.
async fn meeting(emulator: &Emulator, hours: i64, extra: Value) -> String {
    let start = emulator.now().checked_sub(SignedDuration::from_hours(hours)).unwrap();
    let mut body = json!({
        "topic": "Weekly design review",
        "start": start.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "duration_s": 1800,
        "participants": [{ "name": "Project Manager", "email": WHO }, { "name": "Guest of a customer" }],
        "turns": [
            { "speaker": "Project Manager", "start_ms": 0, "end_ms": 4200, "text": "Shall we begin?" },
            { "speaker": "Marketing", "start_ms": 4200, "end_ms": 9100, "text": "Yes, the numbers\nare in." },
        ],
    });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    emulator.post("/meetings", body).await["uuid"].as_str().unwrap().to_owned()
}

async fn pull(emulator: &Emulator, session: &Session, cursor: Option<&Cursor>) -> Result<Page<RecordedMeeting>> {
    let now = emulator.now();
    let since = now.checked_sub(SignedDuration::from_hours(24 * 90)).unwrap();
    Zoom.pull(session, &PullRequest { cursor, destination: None, since, now }).await
}

/// A whole round; each page from a cursor that was saved and read, as after a crash.
async fn round(emulator: &Emulator, session: &Session, from: Option<Cursor>) -> (Vec<Entry<RecordedMeeting>>, Cursor) {
    let (mut cursor, mut entries) = (from, Vec::new());
    for _ in 0..40 {
        let page = pull(emulator, session, cursor.as_ref()).await.unwrap();
        entries.extend(page.entries);
        cursor = Some(Cursor(page.cursor.0.clone()));
        if !page.more {
            return (entries, page.cursor);
        }
    }
    panic!("the pages do not end");
}

fn present(entries: &[Entry<RecordedMeeting>]) -> Vec<&Remote<RecordedMeeting>> {
    entries.iter().filter_map(|entry| if let Entry::Present(remote) = entry { Some(remote) } else { None }).collect()
}

fn gone(entries: &[Entry<RecordedMeeting>]) -> Vec<&str> {
    entries.iter().filter_map(|entry| if let Entry::Gone { id } = entry { Some(id.as_str()) } else { None }).collect()
}

async fn bytes(session: &Session, remote: &Remote<RecordedMeeting>, offset: u64) -> Result<Vec<u8>> {
    let mut stream = Zoom.open(session, &remote.item.recordings[0], offset).await?;
    let mut all = Vec::new();
    while let Some(chunk) = stream.next().await {
        all.extend_from_slice(&chunk?);
    }
    Ok(all)
}

#[tokio::test]
async fn the_account_is_that_of_the_person_who_signed_in() {
    let (bench, emulator, session) = start().await;
    let account = Zoom.identify(&session).await.unwrap();
    let people = emulator.get("/people").await;
    assert_eq!((json!(account.id), account.name.as_str()), (people["people"][0]["id"].clone(), WHO));
    emulator.post("/deauthorize", json!({ "email": WHO })).await;
    assert_eq!(Zoom.identify(&session).await.unwrap_err().kind, ErrorKind::Unauthorized);
    bench.close();
}

#[tokio::test]
async fn a_meeting_comes_with_words_people_summary_and_files() {
    let (bench, emulator, session) = start().await;
    let summary = json!({ "overview": "The numbers are in.", "next_steps": ["Write them down"] });
    // The hardest of UUIDs: encoded once, Zoom takes its slashes for its own.
    let uuid = meeting(&emulator, 30, json!({ "uuid": "/ajXp11//muoKj4854875==", "summary": summary })).await;
    let (entries, _) = round(&emulator, &session, None).await;
    let [remote] = present(&entries)[..] else { panic!("{entries:?}") };
    assert_eq!(remote.id, uuid);
    let RecordedMeeting { meeting, transcript, recordings } = &remote.item;
    assert_eq!((meeting.title.as_str(), meeting.summary.as_deref()), ("Weekly design review", Some("The numbers are in.")));
    let When::Timed { start, end, .. } = meeting.when else { panic!("{:?}", meeting.when) };
    assert_eq!(end.duration_since(start), SignedDuration::from_mins(30));
    assert_eq!(meeting.organizer.as_ref().unwrap().email.as_deref(), Some(WHO));
    assert_eq!(meeting.participants.len(), 2);
    assert!(meeting.participants.iter().all(|one| one.attended && !one.invited));
    let number = meeting.identity.conference_id.clone().unwrap();
    assert_eq!(meeting.join_url, Some(format!("https://zoom.us/j/{number}")));
    let turns = &transcript.as_ref().unwrap().turns;
    assert_eq!((turns[1].speaker.as_deref(), turns[1].text.as_str()), (Some("Marketing"), "Yes, the numbers are in."));
    let kinds: Vec<&str> = recordings.iter().map(|file| file.content_type.as_str()).collect();
    assert_eq!((kinds, recordings[0].duration_ms), (vec!["video/mp4", "audio/mp4"], Some(1_800_000)));
    bench.close();
}

#[tokio::test]
async fn f70_a_file_goes_on_from_a_byte_by_a_fresh_link() {
    let (bench, emulator, session) = start().await;
    meeting(&emulator, 30, json!({})).await;
    let (entries, _) = round(&emulator, &session, None).await;
    let remote = present(&entries)[0];
    let whole = bytes(&session, remote, 0).await.unwrap();
    assert_eq!(&whole[4..8], b"ftyp");
    emulator.advance(SignedDuration::from_mins(3));
    assert_eq!(bytes(&session, remote, 1_000).await.unwrap(), whole[1_000..]);
    emulator.post("/meetings/trash", json!({ "uuid": remote.id })).await;
    assert_eq!(bytes(&session, remote, 0).await.unwrap_err().kind, ErrorKind::NotFound);
    bench.close();
}

#[tokio::test]
async fn every_meeting_of_every_window_comes_once_though_the_page_token_dies() {
    let (bench, emulator, session) = start().await;
    emulator.post("/limits", json!({ "light": 10_000, "medium": 10_000 })).await;
    let mut wanted = Vec::new();
    for number in 0..45 {
        wanted.push(meeting(&emulator, 20 + number, json!({ "fire": false, "turns": [] })).await);
    }
    wanted.push(meeting(&emulator, 24 * 40, json!({ "fire": false })).await);
    wanted.push(meeting(&emulator, 24 * 80, json!({ "fire": false })).await);
    let (mut cursor, mut entries, mut slept) = (None, Vec::new(), false);
    loop {
        let page = pull(&emulator, &session, cursor.as_ref()).await.unwrap();
        entries.extend(page.entries);
        cursor = Some(page.cursor);
        if !slept && cursor.as_ref().unwrap().0.contains("\"token\":\"") {
            slept = true;
            emulator.advance(SignedDuration::from_mins(16));
        }
        if !page.more {
            break;
        }
    }
    assert!(slept, "no page ended with a token");
    let mut told: Vec<&str> = present(&entries).iter().map(|remote| remote.id.as_str()).collect();
    told.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(told, wanted);
    bench.close();
}

#[tokio::test]
async fn an_unchanged_meeting_costs_nothing_and_a_late_transcript_is_told() {
    let (bench, emulator, session) = start().await;
    let uuid = meeting(&emulator, 60, json!({ "transcript_ready": false })).await;
    let (entries, cursor) = round(&emulator, &session, None).await;
    assert_eq!(present(&entries)[0].item.transcript, None);
    let version = present(&entries)[0].version.clone();
    let before = session.calls();
    let (entries, cursor) = round(&emulator, &session, Some(cursor)).await;
    assert_eq!((entries.len(), session.calls() - before), (0, 2), "the list and the trash");
    emulator.post("/meetings/transcript", json!({ "uuid": uuid })).await;
    let (entries, cursor) = round(&emulator, &session, Some(cursor)).await;
    assert!(present(&entries)[0].item.transcript.is_some() && present(&entries)[0].version != version);
    assert!(round(&emulator, &session, Some(cursor)).await.0.is_empty());
    bench.close();
}

#[tokio::test]
async fn a_transcript_that_could_not_be_had_is_tried_again() {
    let (bench, emulator, session) = start().await;
    meeting(&emulator, 60, json!({})).await;
    emulator.strike("/rec/download", Fault::Status { status: 404, retry_after: None }, Some(1));
    let (entries, cursor) = round(&emulator, &session, None).await;
    assert_eq!(present(&entries)[0].item.transcript, None);
    let (entries, cursor) = round(&emulator, &session, Some(cursor)).await;
    assert!(present(&entries)[0].item.transcript.is_some());
    assert!(round(&emulator, &session, Some(cursor)).await.0.is_empty());
    bench.close();
}

#[tokio::test]
async fn a_summary_that_comes_late_is_told() {
    let (bench, emulator, session) = start().await;
    meeting(&emulator, 30, json!({ "summary": { "overview": "The numbers are in." } })).await;
    emulator.strike("/meeting_summary", Fault::Status { status: 404, retry_after: None }, Some(1));
    // Two windows may share its day: then the first round tells both states.
    let (mut entries, cursor) = round(&emulator, &session, None).await;
    let (later, cursor) = round(&emulator, &session, Some(cursor)).await;
    entries.extend(later);
    let [before, after] = present(&entries)[..] else { panic!("{entries:?}") };
    assert!(before.item.meeting.summary.is_none() && after.item.meeting.summary.is_some());
    assert_ne!(before.version, after.version);
    assert!(round(&emulator, &session, Some(cursor)).await.0.is_empty());
    bench.close();
}

#[tokio::test]
async fn what_is_in_the_trash_is_gone_by_zooms_word_alone() {
    let (bench, emulator, session) = start().await;
    let kept = meeting(&emulator, 60, json!({})).await;
    let trashed = meeting(&emulator, 24 * 20, json!({})).await;
    let (entries, cursor) = round(&emulator, &session, None).await;
    assert_eq!((present(&entries).len(), gone(&entries).len()), (2, 0), "{kept}");
    emulator.post("/meetings/trash", json!({ "uuid": trashed })).await;
    let (entries, cursor) = round(&emulator, &session, Some(cursor)).await;
    assert_eq!((present(&entries).len(), gone(&entries)), (0, vec![trashed.as_str()]));
    assert!(round(&emulator, &session, Some(cursor)).await.0.is_empty(), "told once");
    bench.close();
}

#[tokio::test]
async fn f39_a_cursor_of_another_shape_has_expired() {
    let (bench, emulator, session) = start().await;
    let error = pull(&emulator, &session, Some(&Cursor("{}".into()))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::CursorExpired);
    bench.close();
}

const WITHOUT_FILES: &[&str] = &["user:read:user", "cloud_recording:read:list_user_recordings", "meeting:read:list_past_participants"];

#[tokio::test]
async fn f29_a_missing_scope_is_named() {
    let (bench, emulator, _) = start().await;
    bench.close();
    meeting(&emulator, 60, json!({})).await;
    let bench = emulator.sign_in(Zoom, SignIn::Only { scopes: WITHOUT_FILES.to_vec() }).await;
    let session = bench.session();
    let (entries, _) = round(&emulator, &session, None).await;
    let remote = present(&entries)[0];
    assert!(remote.item.transcript.is_some() && remote.item.meeting.summary.is_none(), "without the summary's scope there is none");
    let error = bytes(&session, remote, 0).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Forbidden, Some("4711")));
    assert!(error.message.contains("cloud_recording:read:list_recording_files"), "{}", error.message);
    bench.close();
}

#[tokio::test]
async fn every_event_wakes_recordings_and_a_removed_app_ends_the_own_sign_in_alone() {
    let (bench, emulator, session) = start().await;
    let myself = Zoom.identify(&session).await.unwrap();
    let mailbox = Host(Arc::clone(&emulator)).open_mailbox().await;
    meeting(&emulator, 1, json!({ "summary": { "overview": "The numbers are in." } })).await;
    let letters = mailbox.wait_for(5).await;
    assert_eq!(letters.len(), 5, "the handshake, the meeting's end, its recording, its transcript, its summary");
    let of = |letter| Zoom.receive(&delivery(letter, secrets()).hook(bench.now())).unwrap();
    for letter in &letters[1..] {
        let hints = of(letter);
        assert_eq!((hints.account.as_deref(), hints.revoked), (Some(myself.id.as_str()), false));
        assert_eq!(hints.wake, [Capability::Recordings]);
    }
    emulator.post("/deauthorize", json!({ "email": "marketing@demo.example" })).await;
    emulator.post("/deauthorize", json!({ "email": WHO })).await;
    let letters = mailbox.wait_for(7).await;
    let (colleague, own) = (of(&letters[5]), of(&letters[6]));
    assert!(
        colleague.revoked && colleague.account.is_some_and(|account| account != myself.id),
        "a colleague's leaving ends no other's sign-in"
    );
    assert!(own.revoked && own.account == Some(myself.id));
    bench.close();
}

#[tokio::test]
async fn a_server_to_server_app_reads_by_its_own_credentials() {
    let emulator = Emulator::start("zoom", ADDRESSES).await;
    meeting(&emulator, 60, json!({})).await;
    let account = emulator.get("/people").await["people"][0]["tenant"].as_str().unwrap().to_owned();
    let fields = [("account_id", account.as_str()), ("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-zoom")];
    let fields: BTreeMap<String, String> = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let bench = emulator.sign_in(Zoom, SignIn::App { name: "server_to_server", fields }).await;
    let session = bench.session();
    Zoom.identify(&session).await.unwrap();
    let (entries, _) = round(&emulator, &session, None).await;
    assert!(present(&entries)[0].item.transcript.is_some());
    emulator.advance(SignedDuration::from_mins(61));
    Zoom.identify(&session).await.unwrap();
    assert_eq!(bench.renewals(), 1, "by the credentials again");
    bench.close();
}
