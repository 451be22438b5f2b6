//! The connector against the emulated Zoom, which refuses what Zoom refuses.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::guard::Reach;
use connector_kit::manifest::Auth;
use connector_kit::oauth::{Endpoints, Overrides, TokenEndpoint};
use connector_kit::session::SessionParts;
use connector_kit::{
    AccessToken, Budget, Connector, Cursor, Entry, Error, ErrorKind, InboundHook, Network, Page, PullRequest, RecordingSource, Remote,
    Result, RetryPolicy, Secret, Session, Source, TokenSource, WebhookSource, async_trait,
};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use model::When;
use model::env::Simulated;
use model::recording::RecordedMeeting;
use sandbox::kit::Fault;
use serde_json::{Value, json};

use super::Zoom;
use crate::emulated::{Emulated, Receiver};

const WHO: &str = "project.manager@demo.example";
const PAGES: [&str; 2] = ["/oauth/authorize", "/oauth/token"];

async fn start() -> (Emulated, Session) {
    let emulated = Emulated::start(Arc::new(Zoom)).await;
    let session = emulated.sign_in(WHO, "/v2", PAGES, |_| true).await;
    (emulated, session)
}

/// A meeting that began so many hours ago.
async fn meeting(emulated: &Emulated, hours: i64, extra: Value) -> String {
    let start = emulated.sandbox.kit().clock.now().checked_sub(SignedDuration::from_hours(hours)).unwrap();
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
    emulated.control("POST", "/zoom/meetings", &body).await["uuid"].as_str().unwrap().to_owned()
}

async fn pull(emulated: &Emulated, session: &Session, cursor: Option<&Cursor>) -> Result<Page<RecordedMeeting>> {
    let now = emulated.sandbox.kit().clock.now();
    let since = now.checked_sub(SignedDuration::from_hours(24 * 90)).unwrap();
    Zoom.pull(session, &PullRequest { cursor, destination: None, since, now }).await
}

/// A whole round; each page from a cursor that was saved and read, as after a crash.
async fn round(emulated: &Emulated, session: &Session, from: Option<Cursor>) -> (Vec<Entry<RecordedMeeting>>, Cursor) {
    let (mut cursor, mut entries) = (from, Vec::new());
    for _ in 0..40 {
        let page = pull(emulated, session, cursor.as_ref()).await.unwrap();
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
    let (emulated, session) = start().await;
    let account = Zoom.identify(&session).await.unwrap();
    let people = emulated.control("GET", "/zoom/people", &Value::Null).await;
    assert_eq!((json!(account.id), account.name.as_str()), (people["people"][0]["tenant"].clone(), WHO));
    for _ in 0..2 {
        emulated.sandbox.kit().clock.advance(SignedDuration::from_mins(61));
        assert_eq!(Zoom.identify(&session).await.unwrap(), account, "refreshed, each time by the newest refresh token");
    }
    emulated.control("POST", "/zoom/deauthorize", &json!({ "email": WHO })).await;
    assert_eq!(Zoom.identify(&session).await.unwrap_err().kind, ErrorKind::Unauthorized);
    emulated.finish();
}

#[tokio::test]
async fn a_meeting_comes_with_words_people_summary_and_files() {
    let (emulated, session) = start().await;
    let summary = json!({ "overview": "The numbers are in.", "next_steps": ["Write them down"] });
    // The hardest of UUIDs: encoded once, Zoom takes its slashes for its own.
    let uuid = meeting(&emulated, 30, json!({ "uuid": "/ajXp11//muoKj4854875==", "summary": summary })).await;
    let (entries, _) = round(&emulated, &session, None).await;
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
    emulated.finish();
}

#[tokio::test]
async fn f70_a_file_goes_on_from_a_byte_by_a_fresh_link() {
    let (emulated, session) = start().await;
    meeting(&emulated, 30, json!({})).await;
    let (entries, _) = round(&emulated, &session, None).await;
    let remote = present(&entries)[0];
    let whole = bytes(&session, remote, 0).await.unwrap();
    assert_eq!(&whole[4..8], b"ftyp");
    emulated.sandbox.kit().clock.advance(SignedDuration::from_mins(3));
    assert_eq!(bytes(&session, remote, 1_000).await.unwrap(), whole[1_000..]);
    emulated.control("POST", "/zoom/meetings/trash", &json!({ "uuid": remote.id })).await;
    assert_eq!(bytes(&session, remote, 0).await.unwrap_err().kind, ErrorKind::NotFound);
    emulated.finish();
}

#[tokio::test]
async fn every_meeting_of_every_window_comes_once_though_the_page_token_dies() {
    let (emulated, session) = start().await;
    emulated.control("POST", "/zoom/limits", &json!({ "light": 10_000, "medium": 10_000 })).await;
    let mut wanted = Vec::new();
    for number in 0..45 {
        // 45 on three days, and one in each of the months before.
        wanted.push(meeting(&emulated, 20 + number, json!({ "fire": false, "turns": [] })).await);
    }
    wanted.push(meeting(&emulated, 24 * 40, json!({ "fire": false })).await);
    wanted.push(meeting(&emulated, 24 * 80, json!({ "fire": false })).await);
    let (mut cursor, mut entries, mut waited) = (None, Vec::new(), false);
    loop {
        let page = pull(&emulated, &session, cursor.as_ref()).await.unwrap();
        entries.extend(page.entries);
        cursor = Some(page.cursor);
        if !waited && cursor.as_ref().unwrap().0.contains("\"token\":\"") {
            waited = true;
            emulated.sandbox.kit().clock.advance(SignedDuration::from_mins(16));
        }
        if !page.more {
            break;
        }
    }
    assert!(waited, "no page ended with a token");
    let mut told: Vec<&str> = present(&entries).iter().map(|remote| remote.id.as_str()).collect();
    told.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(told, wanted);
    emulated.finish();
}

#[tokio::test]
async fn an_unchanged_meeting_costs_nothing_and_a_late_transcript_is_told() {
    let (emulated, session) = start().await;
    let uuid = meeting(&emulated, 60, json!({ "transcript_ready": false })).await;
    let (entries, cursor) = round(&emulated, &session, None).await;
    assert_eq!(present(&entries)[0].item.transcript, None);
    let version = present(&entries)[0].version.clone();
    let before = session.calls();
    let (entries, cursor) = round(&emulated, &session, Some(cursor)).await;
    assert_eq!((entries.len(), session.calls() - before), (0, 2), "the list and the trash");
    emulated.control("POST", "/zoom/meetings/transcript", &json!({ "uuid": uuid })).await;
    let (entries, cursor) = round(&emulated, &session, Some(cursor)).await;
    assert!(present(&entries)[0].item.transcript.is_some() && present(&entries)[0].version != version);
    assert!(round(&emulated, &session, Some(cursor)).await.0.is_empty());
    emulated.finish();
}

#[tokio::test]
async fn a_transcript_that_could_not_be_had_is_tried_again() {
    let (emulated, session) = start().await;
    meeting(&emulated, 60, json!({})).await;
    emulated.fault("/rec/download", Fault::Status { status: 404, retry_after: None, body: None });
    let (entries, cursor) = round(&emulated, &session, None).await;
    assert_eq!(present(&entries)[0].item.transcript, None);
    let (entries, cursor) = round(&emulated, &session, Some(cursor)).await;
    assert!(present(&entries)[0].item.transcript.is_some());
    assert!(round(&emulated, &session, Some(cursor)).await.0.is_empty());
    emulated.finish();
}

#[tokio::test]
async fn what_is_in_the_trash_is_gone_by_zooms_word_alone() {
    let (emulated, session) = start().await;
    let kept = meeting(&emulated, 60, json!({})).await;
    let trashed = meeting(&emulated, 24 * 20, json!({})).await;
    let (entries, cursor) = round(&emulated, &session, None).await;
    assert_eq!((present(&entries).len(), gone(&entries).len()), (2, 0), "{kept}");
    emulated.control("POST", "/zoom/meetings/trash", &json!({ "uuid": trashed })).await;
    let (entries, cursor) = round(&emulated, &session, Some(cursor)).await;
    assert_eq!((present(&entries).len(), gone(&entries)), (0, vec![trashed.as_str()]));
    assert!(round(&emulated, &session, Some(cursor)).await.0.is_empty(), "told once");
    emulated.finish();
}

#[tokio::test]
async fn errors_of_the_tool_are_of_their_kind() {
    let emulated = Emulated::start(Arc::new(Zoom)).await;
    meeting(&emulated, 60, json!({})).await;
    let own = ["user:read:user", "cloud_recording:read:list_user_recordings", "meeting:read:list_past_participants"];
    let session = emulated.sign_in_with(WHO, "/v2", PAGES, &own).await;
    let (entries, _) = round(&emulated, &session, None).await;
    let remote = present(&entries)[0];
    assert!(remote.item.transcript.is_some() && remote.item.meeting.summary.is_none(), "without the summary's scope there is none");
    let error = bytes(&session, remote, 0).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Forbidden, Some("4711")));
    assert!(error.message.contains("cloud_recording:read:list_recording_files"), "{}", error.message);
    let session = emulated.sign_in_with(WHO, "/v2", PAGES, &own[..1]).await;
    assert_eq!(pull(&emulated, &session, None).await.unwrap_err().kind, ErrorKind::Forbidden);
    let session = emulated.sign_in(WHO, "/v2", PAGES, |_| true).await;
    let status = |status| Fault::Status { status, retry_after: None, body: None };
    for (fault, kind) in [
        (status(403), ErrorKind::Forbidden),
        (status(429), ErrorKind::RateLimited),
        (status(500), ErrorKind::Unavailable),
        (Fault::Cut, ErrorKind::Unavailable),
        (Fault::Garbage, ErrorKind::Protocol),
    ] {
        emulated.fault("/users/me/recordings", fault);
        assert_eq!(pull(&emulated, &session, None).await.unwrap_err().kind, kind);
    }
    assert_eq!(pull(&emulated, &session, Some(&Cursor("{}".into()))).await.unwrap_err().kind, ErrorKind::CursorExpired);
    emulated.finish();
}

#[tokio::test]
async fn the_tools_own_webhooks_are_proven_and_forged_ones_are_not() {
    let (emulated, session) = start().await;
    let account = Zoom.identify(&session).await.unwrap();
    let secret = Secret::from("secret token of the app");
    let receiver = Receiver::start().await;
    let clock = emulated.sandbox.kit().clock.clone();
    let receive = |headers: &BTreeMap<String, String>, body: &[u8], secret: &Secret, now: Timestamp| {
        let url = receiver.url.as_str();
        Zoom.receive(&InboundHook { method: "POST", url, headers, body, now, app_secret: Some(secret), subscription_secret: None })
    };
    let subscription = json!({ "url": receiver.url, "secret": secret.expose() });
    let answered = receiver.next(|headers, body| receive(headers, body, &secret, clock.now()).unwrap().answer.unwrap().1);
    let (valid, _) = tokio::join!(emulated.control("POST", "/zoom/webhook", &subscription), answered);
    assert_eq!(valid["valid"], true);
    meeting(&emulated, 1, json!({ "summary": { "overview": "The numbers are in." } })).await;
    for _ in 0..4 {
        let (headers, body) = receiver.next(|_, _| String::new()).await;
        let hints = receive(&headers, &body, &secret, clock.now()).unwrap();
        assert_eq!((hints.account.as_deref(), hints.wake.len(), hints.revoked), (Some(account.id.as_str()), 1, false));
        let late = clock.now().checked_add(SignedDuration::from_secs(301)).unwrap();
        for refused in [
            receive(&headers, &body, &Secret::from("another"), clock.now()),
            receive(&headers, &[&body[..], b" "].concat(), &secret, clock.now()),
            receive(&headers, &body, &secret, late),
        ] {
            assert_eq!(refused.unwrap_err().kind, ErrorKind::Unauthorized);
        }
    }
    emulated.control("POST", "/zoom/deauthorize", &json!({ "email": WHO })).await;
    let (headers, body) = receiver.next(|_, _| String::new()).await;
    let hints = receive(&headers, &body, &secret, clock.now()).unwrap();
    assert!(hints.revoked && hints.account == Some(account.id));
    emulated.finish();
}

struct Fixed(Secret);

#[async_trait]
impl TokenSource for Fixed {
    async fn current(&self) -> Result<AccessToken> {
        Ok(AccessToken { value: self.0.clone(), prefix: "Bearer " })
    }

    async fn renewed(&self, _: &AccessToken) -> Result<AccessToken> {
        Err(Error::new(ErrorKind::Unauthorized, "the tool refused the token"))
    }
}

#[tokio::test]
async fn a_server_to_server_app_reads_by_its_own_credentials() {
    let emulated = Emulated::start(Arc::new(Zoom)).await;
    meeting(&emulated, 60, json!({})).await;
    let account_id = emulated.control("GET", "/zoom/people", &Value::Null).await["people"][0]["tenant"].as_str().unwrap().to_owned();
    let auth = Zoom.manifest().auth("server_to_server").unwrap();
    let Auth::App { flow, .. } = auth else { panic!("{auth:?}") };
    let at = |path: &str| Some(format!("{}zoom{path}", emulated.base));
    let overrides = Overrides { base_url: at("/v2"), authorize_url: None, token_url: at(PAGES[1]), revoke_url: None };
    let endpoints = Endpoints::resolve(Zoom.manifest(), auth, &overrides, &BTreeMap::new()).unwrap();
    let (network, env) = (Network::new().unwrap(), Arc::new(Simulated::new(emulated.sandbox.kit().clock.now(), 7)));
    let endpoint = TokenEndpoint { network: &network, reach: Reach::Private, endpoints: &endpoints, env: env.as_ref() };
    let fields = |account: &str, secret: &str| {
        let pairs = [("account_id", account), ("client_id", "harmony-sandbox"), ("client_secret", secret)];
        pairs.map(|(name, text)| (name.to_owned(), Secret::from(text))).into_iter().collect::<BTreeMap<_, _>>()
    };
    assert!(endpoint.grant(flow, &fields("another account", "sandbox-secret-zoom")).await.is_err());
    assert!(endpoint.grant(flow, &fields(&account_id, "wrong")).await.is_err());
    let tokens = endpoint.grant(flow, &fields(&account_id, "sandbox-secret-zoom")).await.unwrap();
    assert!(tokens.refresh.is_none() && tokens.expires.is_some());
    let session = Session::new(SessionParts {
        connector: Arc::new(Zoom),
        network: network.clone(),
        reach: Reach::Private,
        base_url: endpoints.base_url.clone(),
        tokens: Arc::new(Fixed(tokens.access)),
        budget: Arc::new(Budget::new(&[])),
        fields: BTreeMap::from([("account_id".to_owned(), account_id.clone())]),
        env,
        policy: RetryPolicy::default(),
    });
    assert_eq!(Zoom.identify(&session).await.unwrap().id, account_id);
    let (entries, _) = round(&emulated, &session, None).await;
    assert!(present(&entries)[0].item.transcript.is_some());
    emulated.finish();
}
