//! Zoom against its emulator: the contract that every connector keeps, and what is Zoom's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::contract::{self, Arrangement, Bench, Fault, Secrets, SignIn};
use connector_kit::{
    Connector, Cursor, Entry, ErrorKind, InboundHook, Page, PullRequest, RecordingSource, Remote, Result, Secret, Session, Source,
    WebhookSource,
};
use futures::StreamExt;
use jiff::SignedDuration;
use model::When;
use model::connection::Capability;
use model::recording::RecordedMeeting;
use sandbox::mailbox::{Letter, Mailbox};
use serde_json::{Value, json};

use super::Zoom;
use crate::emulator::{Addresses, Emulator};

const WHO: &str = "project.manager@demo.example";
const ADDRESSES: Addresses = Addresses { base: "/v2", authorize: "/oauth/authorize", token: "/oauth/token", revoke: Some("/oauth/revoke") };

async fn sign_in(emulator: &Arc<Emulator>, sign_in: SignIn) -> Bench {
    let arrangement: Arc<dyn Arrangement> = Arc::clone(emulator) as _;
    Bench::open(Arc::new(Zoom), arrangement, sign_in).await
}

async fn start() -> (Bench, Arc<Emulator>, Session) {
    let emulator = Emulator::start("zoom", ADDRESSES).await;
    // The real limits are of the clock, and these tests are faster than people.
    emulator.post("/limits", json!({ "light": 10_000, "medium": 10_000 })).await;
    let bench = sign_in(&emulator, SignIn::CODE).await;
    let session = bench.session();
    (bench, emulator, session)
}

async fn identify(session: &Session) -> Result<()> {
    Zoom.identify(session).await.map(drop)
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
async fn the_account_is_known_and_a_token_outlives_its_hour() {
    let (bench, emulator, session) = start().await;
    let account = Zoom.identify(&session).await.unwrap();
    let people = emulator.get("/people").await;
    assert_eq!((json!(account.id), account.name.as_str()), (people["people"][0]["id"].clone(), WHO));
    for _ in 0..2 {
        emulator.advance(SignedDuration::from_mins(61));
        assert_eq!(Zoom.identify(&session).await.unwrap(), account, "refreshed, each time by the newest refresh token");
    }
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
async fn f40_pages_end_resume_and_lose_nothing() {
    let (bench, emulator, _) = start().await;
    for number in 0..25 {
        meeting(&emulator, 20 + number, json!({ "fire": false })).await;
    }
    meeting(&emulator, 24 * 40, json!({ "fire": false })).await;
    let since = bench.now() - SignedDuration::from_hours(24 * 60);
    let walk = contract::pages_end_and_resume(&bench, &Zoom, None, since).await;
    assert_eq!(walk.present().len(), 26);
    assert!(
        contract::reads_from(&bench, &Zoom, None, since, Some(walk.end())).await.entries.is_empty(),
        "what did not change is not told again"
    );
    bench.close();
}

#[tokio::test]
async fn f24_f28_f33_f34_failures_have_their_kinds() {
    let (bench, emulator, _) = start().await;
    contract::denial_comes_back_as_denial(&bench).await;
    contract::failures_have_their_kinds(&bench, "/users/me", identify).await;
    let list = async |session: &Session| pull(&emulator, session, None).await.map(drop);
    contract::failures_have_their_kinds(&bench, "/recordings", list).await;
    contract::a_refused_token_is_renewed_once(&bench, "/users/me", identify).await;
    let error = pull(&emulator, &bench.session(), Some(&Cursor("{}".into()))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::CursorExpired);
    bench.close();
}

#[tokio::test]
async fn f31_a_revoked_sign_in_is_unauthorized() {
    let (bench, _emulator, _) = start().await;
    contract::a_revoked_sign_in_is_unauthorized(&bench, Some(SignedDuration::from_mins(61)), identify).await;
    bench.close();
}

const WITHOUT_FILES: &[&str] = &["user:read:user", "cloud_recording:read:list_user_recordings", "meeting:read:list_past_participants"];

#[tokio::test]
async fn f29_a_missing_scope_is_named() {
    let (bench, emulator, _) = start().await;
    bench.close();
    meeting(&emulator, 60, json!({})).await;
    let bench = sign_in(&emulator, SignIn::Only { scopes: WITHOUT_FILES }).await;
    let session = bench.session();
    let (entries, _) = round(&emulator, &session, None).await;
    let remote = present(&entries)[0];
    assert!(remote.item.transcript.is_some() && remote.item.meeting.summary.is_none(), "without the summary's scope there is none");
    let error = bytes(&session, remote, 0).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Forbidden, Some("4711")));
    assert!(error.message.contains("cloud_recording:read:list_recording_files"), "{}", error.message);
    bench.close();
    let bench = sign_in(&emulator, SignIn::Only { scopes: &WITHOUT_FILES[..1] }).await;
    assert_eq!(pull(&emulator, &bench.session(), None).await.unwrap_err().kind, ErrorKind::Forbidden);
    bench.close();
}

#[tokio::test]
async fn f50_f51_webhooks_prove_their_sender() {
    let (bench, emulator, session) = start().await;
    let myself = Zoom.identify(&session).await.unwrap();
    let secret = Secret::from("secret token of the app");
    let secrets = Secrets { app: Some(secret.clone()), subscription: None };
    let now = bench.now();
    let handshake = secrets.clone();
    let mailbox = Mailbox::with_reader(Arc::new(move |letter| {
        let answer = Zoom.receive(&hook(letter, now, &handshake)).ok().and_then(|hints| hints.answer);
        answer.map_or((200, "text/plain", String::new()), |(kind, text)| (200, kind, text))
    }))
    .await
    .unwrap();
    let subscription = json!({ "url": mailbox.address("/hooks/zoom/1"), "secret": secret.expose() });
    assert_eq!(emulator.post("/webhook", subscription).await["valid"], true, "our address proves itself");
    meeting(&emulator, 1, json!({ "summary": { "overview": "The numbers are in." } })).await;
    let letters = mailbox.wait_for(5).await;
    assert_eq!(letters.len(), 5, "the handshake, the meeting's end, its recording, its transcript, its summary");
    for letter in &letters[1..] {
        let hints = contract::webhooks_prove_their_sender(&Zoom, &hook(letter, bench.now(), &secrets), "x-zm-signature");
        assert_eq!((hints.account.as_deref(), hints.revoked), (Some(myself.id.as_str()), false));
        assert_eq!(hints.wake, [Capability::Recordings]);
    }
    emulator.post("/deauthorize", json!({ "email": "marketing@demo.example" })).await;
    emulator.post("/deauthorize", json!({ "email": WHO })).await;
    let letters = mailbox.wait_for(7).await;
    let of = |letter| Zoom.receive(&hook(letter, bench.now(), &secrets)).unwrap();
    let (colleague, own) = (of(&letters[5]), of(&letters[6]));
    assert!(
        colleague.revoked && colleague.account.is_some_and(|account| account != myself.id),
        "a colleague's leaving ends no other's sign-in"
    );
    assert!(own.revoked && own.account == Some(myself.id));
    bench.close();
}

fn hook<'a>(letter: &'a Letter, now: jiff::Timestamp, secrets: &'a Secrets) -> InboundHook<'a> {
    InboundHook {
        method: &letter.method,
        url: &letter.url,
        headers: &letter.headers,
        body: &letter.body,
        now,
        app_secret: secrets.app.as_ref(),
        subscription_secret: None,
    }
}

#[tokio::test]
async fn a_server_to_server_app_reads_by_its_own_credentials() {
    let emulator = Emulator::start("zoom", ADDRESSES).await;
    meeting(&emulator, 60, json!({})).await;
    let account = emulator.get("/people").await["people"][0]["tenant"].as_str().unwrap().to_owned();
    let fields = [("account_id", account.as_str()), ("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-zoom")];
    let fields: BTreeMap<String, String> = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let bench = sign_in(&emulator, SignIn::App { name: "server_to_server", fields }).await;
    let session = bench.session();
    Zoom.identify(&session).await.unwrap();
    let (entries, _) = round(&emulator, &session, None).await;
    assert!(present(&entries)[0].item.transcript.is_some());
    contract::a_refused_token_is_renewed_once(&bench, "/users/me", identify).await;
    bench.close();
}
