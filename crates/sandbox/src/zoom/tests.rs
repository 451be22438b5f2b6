//! Zoom over its router: what it answers, what it refuses, and that every exchange fits the official description.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::Options;
use crate::kit::hmac_sha256_hex;
use crate::probe::{Probe, REDIRECT, Receiver, options, parameter, specs};

const CLIENT: Option<(&str, &str)> = Some(("harmony-sandbox", "sandbox-secret-zoom"));
const OWN: &str = "user:read:user cloud_recording:read:list_user_recordings cloud_recording:read:list_recording_files \
    cloud_recording:read:meeting_transcript meeting:read:summary meeting:read:past_meeting meeting:read:list_past_participants";

fn probe() -> Probe {
    Probe::new(Options { specs: specs(), ..options() }, &[super::tool])
}

impl Probe {
    async fn zoom_tokens(&self, scopes: &str) -> Value {
        let query =
            [("response_type", "code"), ("client_id", "harmony-sandbox"), ("redirect_uri", REDIRECT), ("scope", scopes), ("state", "s1")];
        let sent = self.consent("/zoom/oauth/authorize", &query, "project.manager@demo.example", "allow").await;
        assert_eq!(parameter(&sent, "state").as_deref(), Some("s1"));
        let code = parameter(&sent, "code").unwrap();
        let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
        let got = self.form("/zoom/oauth/token", CLIENT, &fields).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.text());
        got.json()
    }

    async fn signed_in(mut self, scopes: &str) -> Self {
        self.token = Some(self.zoom_tokens(scopes).await["access_token"].as_str().unwrap().to_owned());
        self
    }

    async fn meeting(&self, extra: Value) -> String {
        let mut body = json!({
            "topic": "Weekly design review",
            "start": "2026-11-02T10:00:00Z",
            "duration_s": 1800,
            "participants": [
                { "name": "Project Manager", "email": "project.manager@demo.example" },
                { "name": "Guest of a customer" },
            ],
            "turns": [
                { "speaker": "Project Manager", "start_ms": 0, "end_ms": 4200, "text": "Shall we begin?" },
                { "speaker": "Marketing", "start_ms": 4200, "end_ms": 9100, "text": "Yes, the numbers\nare in." },
            ],
            "summary": { "overview": "The numbers are in.", "next_steps": ["Write them down"] },
        });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let got = self.post("/_sandbox/zoom/meetings", &body).await;
        assert_eq!(got.status, StatusCode::CREATED, "{}", got.text());
        got.json()["uuid"].as_str().unwrap().to_owned()
    }

    fn no_violations(&self) {
        assert!(self.sandbox.kit().checks.violations().is_empty(), "{:#?}", self.sandbox.kit().checks.violations());
    }
}

#[tokio::test]
async fn a_user_reads_the_own_recordings_transcript_participants_and_summary() {
    let probe = probe().signed_in(OWN).await;
    let uuid = probe.meeting(json!({})).await;

    let me = probe.get("/zoom/v2/users/me").await;
    assert_eq!(me.json()["email"], "project.manager@demo.example");
    assert_eq!(me.header("x-ratelimit-category"), "Light");

    let list = probe.get("/zoom/v2/users/me/recordings?from=2026-11-01&to=2026-11-30").await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.text());
    let meeting = list.json()["meetings"][0].clone();
    assert_eq!(meeting["uuid"], uuid.as_str());
    assert_eq!(meeting["start_time"], "2026-11-02T10:00:00Z");
    let kinds: Vec<&str> = meeting["recording_files"].as_array().unwrap().iter().map(|file| file["file_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["MP4", "M4A", "TRANSCRIPT"]);

    let path = uuid.replace('/', "%252F").replace('+', "%252B").replace('=', "%253D");
    let files = probe.get(&format!("/zoom/v2/meetings/{path}/recordings?include_fields=download_access_token&ttl=60")).await;
    assert!(files.json()["download_access_token"].is_string(), "{}", files.text());
    let people = probe.get(&format!("/zoom/v2/past_meetings/{path}/participants")).await.json();
    assert_eq!(people["participants"][0]["user_email"], "project.manager@demo.example");
    assert_eq!(people["participants"][1]["user_email"], "");
    assert_eq!(probe.get(&format!("/zoom/v2/past_meetings/{path}")).await.json()["participants_count"], 2);
    let summary = probe.get(&format!("/zoom/v2/meetings/{path}/meeting_summary")).await.json();
    assert_eq!(summary["summary_overview"], "The numbers are in.");
    let transcript = probe.get(&format!("/zoom/v2/meetings/{path}/transcript")).await.json();
    assert_eq!(transcript["can_download"], true);
    probe.no_violations();
    if specs().is_some() {
        let counts = probe.sandbox.kit().checks.counts()["zoom"];
        assert_eq!((counts.requests_checked, counts.responses_checked, counts.undescribed), (5, 5, 2));
    }
}

#[tokio::test]
async fn a_download_follows_one_redirect_and_carries_the_speakers() {
    let probe = probe().signed_in(OWN).await;
    probe.meeting(json!({})).await;
    let list = probe.get("/zoom/v2/users/me/recordings?from=2026-11-01&to=2026-11-30").await.json();
    let url = list["meetings"][0]["recording_files"][2]["download_url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://127.0.0.1:9400").unwrap();

    let first = probe.get(path).await;
    assert_eq!(first.status, StatusCode::FOUND);
    let second = first.header("location").strip_prefix("http://127.0.0.1:9400").unwrap().to_owned();
    let vtt = probe.get(&second).await;
    assert_eq!(vtt.header("content-type"), "text/vtt");
    assert_eq!(
        vtt.text(),
        "WEBVTT\r\n\r\n1\r\n00:00:00.000 --> 00:00:04.200\r\nProject Manager: Shall we begin?\r\n\r\n\
         2\r\n00:00:04.200 --> 00:00:09.100\r\nMarketing: Yes, the numbers are in.\r\n\r\n"
    );

    let stranger = Probe { sandbox: probe.sandbox.clone(), token: None };
    assert_eq!(stranger.get(path).await.status, StatusCode::UNAUTHORIZED);
    let forged = Probe { sandbox: probe.sandbox.clone(), token: Some("6162.9999999999999.00".into()) };
    assert_eq!(forged.get(path).await.status, StatusCode::UNAUTHORIZED);
    probe.sandbox.kit().clock.advance(SignedDuration::from_secs(121));
    assert_eq!(probe.get(&second).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_range_resumes_a_download() {
    let probe = probe().signed_in(OWN).await;
    probe.meeting(json!({})).await;
    let list = probe.get("/zoom/v2/users/me/recordings?from=2026-11-01&to=2026-11-30").await.json();
    let file = list["meetings"][0]["recording_files"][0].clone();
    let path = file["download_url"].as_str().unwrap().strip_prefix("http://127.0.0.1:9400").unwrap().to_owned();
    let location = probe.get(&path).await.header("location").to_owned();
    let location = location.strip_prefix("http://127.0.0.1:9400").unwrap();
    let whole = probe.get(location).await;
    assert_eq!(whole.body.len(), usize::try_from(file["file_size"].as_u64().unwrap()).unwrap());
    assert_eq!(&whole.body[4..8], b"ftyp");
    let request = axum::http::Request::get(location).header("range", "bytes=1000-").body(axum::body::Body::empty()).unwrap();
    let rest = probe.send(request).await;
    assert_eq!(rest.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(rest.body, whole.body[1000..]);
}

#[tokio::test]
async fn pages_follow_a_token_that_lives_for_fifteen_minutes() {
    let probe = probe().signed_in(OWN).await;
    for day in 2..5 {
        probe.meeting(json!({ "start": format!("2026-11-0{day}T10:00:00Z"), "fire": false })).await;
    }
    let path = "/zoom/v2/users/me/recordings?from=2026-11-01&to=2026-11-30&page_size=2";
    let first = probe.get(path).await.json();
    assert_eq!((first["meetings"].as_array().unwrap().len(), first["total_records"].as_u64()), (2, Some(3)));
    let token = first["next_page_token"].as_str().unwrap().to_owned();
    let second = probe.get(&format!("{path}&next_page_token={token}")).await.json();
    assert_eq!((second["meetings"].as_array().unwrap().len(), second["next_page_token"].as_str()), (1, Some("")));

    let other = "/zoom/v2/users/me/recordings?from=2026-11-02&to=2026-11-30&page_size=2";
    assert_eq!(probe.get(&format!("{other}&next_page_token={token}")).await.json()["code"], 300);
    probe.sandbox.kit().clock.advance(SignedDuration::from_mins(16));
    let late = probe.get(&format!("{path}&next_page_token={token}")).await;
    assert_eq!((late.status, late.json()["code"].as_u64()), (StatusCode::BAD_REQUEST, Some(300)));
    probe.no_violations();
}

#[tokio::test]
async fn what_zoom_refuses() {
    let probe = probe().signed_in(OWN).await;
    let uuid = probe.meeting(json!({ "uuid": "/ajXp112QmuoKj4854875==" })).await;
    let refused = [
        ("/zoom/v2/users/me/recordings?from=2026-10-01&to=2026-11-02", StatusCode::BAD_REQUEST, 300),
        ("/zoom/v2/users/nobody@demo.example/recordings?from=2026-11-01", StatusCode::NOT_FOUND, 1001),
        // Somebody else's recordings need an `:admin` scope.
        ("/zoom/v2/users/marketing@demo.example/recordings?from=2026-11-01", StatusCode::NOT_FOUND, 1001),
        ("/zoom/v2/meetings/12345/recordings", StatusCode::NOT_FOUND, 3301),
        ("/zoom/v2/past_meetings/12345/participants", StatusCode::NOT_FOUND, 3001),
        // A UUID with a leading slash that was encoded once.
        ("/zoom/v2/meetings/%2FajXp112QmuoKj4854875%3D%3D/recordings", StatusCode::NOT_FOUND, 2300),
        ("/zoom/v2/nothing/here", StatusCode::NOT_FOUND, 2300),
    ];
    for (path, status, code) in refused {
        let got = probe.get(path).await;
        assert_eq!((got.status, got.json()["code"].as_u64()), (status, Some(code)), "{path}");
    }
    let twice = "/zoom/v2/meetings/%252FajXp112QmuoKj4854875%253D%253D/recordings";
    assert_eq!(probe.get(twice).await.json()["uuid"], uuid.as_str());
    let trashed = probe.post("/_sandbox/zoom/meetings/trash", &json!({ "uuid": uuid })).await;
    assert_eq!(trashed.status, StatusCode::NO_CONTENT);
    assert_eq!(probe.get(twice).await.json()["code"], 3301);
    if specs().is_some() {
        let got = probe.get("/zoom/v2/users/me/recordings?from=yesterday").await;
        assert_eq!((got.status, got.json()["errors"][0]["field"].as_str()), (StatusCode::BAD_REQUEST, Some("from")));
        let got = probe.get("/zoom/v2/users/me/recordings?page_size=301").await;
        assert_eq!(got.json()["errors"][0]["field"], "page_size");
        let got = probe.get("/zoom/v2/users/me/recordings?sort=up").await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST);
        assert_eq!(probe.sandbox.kit().checks.violations().len(), 4);
    }
}

#[tokio::test]
async fn tokens_expire_rotate_and_die() {
    let mut probe = probe();
    let tokens = probe.zoom_tokens(OWN).await;
    assert_eq!((tokens["expires_in"].as_i64(), tokens["token_type"].as_str()), (Some(3600), Some("bearer")));
    probe.token = Some(tokens["access_token"].as_str().unwrap().to_owned());
    probe.sandbox.kit().clock.advance(SignedDuration::from_secs(3601));
    let got = probe.get("/zoom/v2/users/me").await;
    assert_eq!((got.status, got.json()["message"].as_str()), (StatusCode::UNAUTHORIZED, Some("Access token is expired.")));

    let refresh = tokens["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let fresh = probe.form("/zoom/oauth/token", CLIENT, &fields).await.json();
    probe.token = Some(fresh["access_token"].as_str().unwrap().to_owned());
    assert_eq!(probe.get("/zoom/v2/users/me").await.status, StatusCode::OK);
    let again = probe.form("/zoom/oauth/token", CLIENT, &fields).await;
    assert_eq!((again.status, again.json()), (StatusCode::BAD_REQUEST, json!({ "reason": "Invalid Token!", "error": "invalid_grant" })));

    let in_query = format!("/zoom/oauth/token?grant_type=refresh_token&refresh_token={}", fresh["refresh_token"].as_str().unwrap());
    assert_eq!(probe.form(&in_query, CLIENT, &[]).await.status, StatusCode::BAD_REQUEST, "tokens are not read from an address");
    let wrong = probe.form("/zoom/oauth/token", Some(("harmony-sandbox", "wrong")), &fields).await;
    assert_eq!((wrong.status, wrong.json()["error"].as_str()), (StatusCode::UNAUTHORIZED, Some("invalid_client")));
    let token = probe.token.clone().unwrap();
    let revoked = probe.form("/zoom/oauth/revoke", CLIENT, &[("token", &token)]).await;
    assert_eq!(revoked.json()["status"], "success");
    assert_eq!(probe.get("/zoom/v2/users/me").await.json()["code"], 124);
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let probe = probe().signed_in("user:read:user").await;
    let got = probe.get("/zoom/v2/users/me/recordings?from=2026-11-01").await;
    assert_eq!((got.status, got.json()["code"].as_u64()), (StatusCode::BAD_REQUEST, Some(4711)));
    assert!(got.json()["message"].as_str().unwrap().contains("cloud_recording:read:list_user_recordings"));
}

#[tokio::test]
async fn a_server_to_server_app_sees_the_whole_account() {
    let mut probe = probe();
    let tenant = probe.get("/_sandbox/zoom/people").await.json()["people"][0]["tenant"].as_str().unwrap().to_owned();
    let path = format!("/zoom/oauth/token?grant_type=account_credentials&account_id={tenant}");
    let got = probe.form(&path, CLIENT, &[]).await;
    assert!(got.json().get("refresh_token").is_none(), "{}", got.text());
    probe.token = Some(got.json()["access_token"].as_str().unwrap().to_owned());
    probe.meeting(json!({ "host": "marketing@demo.example" })).await;
    let list = probe.get("/zoom/v2/users/marketing@demo.example/recordings?from=2026-11-01").await;
    assert_eq!(list.json()["total_records"], 1, "{}", list.text());
    let other = probe.form("/zoom/oauth/token?grant_type=account_credentials&account_id=other", CLIENT, &[]).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn calls_above_the_limit_are_refused_with_headers() {
    let probe = probe().signed_in(OWN).await;
    probe.post("/_sandbox/zoom/limits", &json!({ "light": 1, "medium": 1 })).await;
    assert_eq!(probe.get("/zoom/v2/users/me").await.header("x-ratelimit-remaining"), "0");
    let got = probe.get("/zoom/v2/users/me").await;
    assert_eq!((got.status, got.header("x-ratelimit-type")), (StatusCode::TOO_MANY_REQUESTS, "Per-second-limit"));
    probe.sandbox.kit().clock.advance(SignedDuration::from_secs(2));
    assert_eq!(probe.get("/zoom/v2/users/me").await.status, StatusCode::OK);
}

async fn receiver() -> Receiver {
    Receiver::start(|got| {
        let body = got.json();
        let plain = body["payload"]["plainToken"].as_str().unwrap_or_default();
        let proof = json!({ "plainToken": plain, "encryptedToken": hmac_sha256_hex(b"hook-secret", plain.as_bytes()) });
        (StatusCode::OK, proof.to_string())
    })
    .await
}

#[tokio::test]
async fn webhooks_are_validated_signed_and_carry_a_download_token() {
    let probe = probe().signed_in(OWN).await;
    let receiver = receiver().await;
    let subscribed = probe.post("/_sandbox/zoom/webhook", &json!({ "url": receiver.url, "secret": "hook-secret" })).await;
    assert_eq!(subscribed.json()["valid"], true);
    let uuid = probe.meeting(json!({ "transcript_ready": false })).await;
    probe.sandbox.kit().webhooks.flush().await;
    let path = format!("/zoom/v2/meetings/{}/transcript", uuid.replace('/', "%252F").replace('+', "%252B").replace('=', "%253D"));
    assert_eq!(probe.get(&path).await.json()["download_restriction_reason"], "NOT_READY");
    probe.post("/_sandbox/zoom/meetings/transcript", &json!({ "uuid": uuid })).await;
    probe.sandbox.kit().webhooks.flush().await;
    let left = probe.post("/_sandbox/zoom/deauthorize", &json!({ "email": "project.manager@demo.example" })).await;
    assert_eq!(left.json(), json!({ "revoked": 1, "queued": true }));
    probe.sandbox.kit().webhooks.flush().await;

    let got = receiver.got();
    let events: Vec<String> = got.iter().map(|one| one.json()["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        events,
        [
            "endpoint.url_validation",
            "meeting.ended",
            "recording.completed",
            "meeting.summary_completed",
            "recording.transcript_completed",
            "app_deauthorized"
        ]
    );
    for one in &got {
        let message = format!("v0:{}:{}", one.header("x-zm-request-timestamp"), String::from_utf8_lossy(&one.body));
        let signature = format!("v0={}", hmac_sha256_hex(b"hook-secret", message.as_bytes()));
        assert_eq!(one.header("x-zm-signature"), signature);
    }
    let body = got[4].json();
    let file = body["payload"]["object"]["recording_files"][0]["download_url"].as_str().unwrap().to_owned();
    let holder = Probe { sandbox: probe.sandbox.clone(), token: body["download_token"].as_str().map(str::to_owned) };
    let first = holder.get(file.strip_prefix("http://127.0.0.1:9400").unwrap()).await;
    assert_eq!(first.status, StatusCode::FOUND);
    assert_eq!(probe.get("/zoom/v2/users/me").await.status, StatusCode::UNAUTHORIZED);
    probe.sandbox.kit().clock.advance(SignedDuration::from_hours(25));
    assert_eq!(holder.get(file.strip_prefix("http://127.0.0.1:9400").unwrap()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_address_that_cannot_prove_the_secret_gets_no_events() {
    let probe = probe();
    let receiver = receiver().await;
    let body = json!({ "url": receiver.url, "secret": "another-secret" });
    assert_eq!(probe.post("/_sandbox/zoom/webhook", &body).await.json()["valid"], false);
    probe.meeting(json!({})).await;
    assert!(probe.sandbox.kit().webhooks.record().is_empty());
    let outside = json!({ "url": "http://hooks.demo.example/zoom", "secret": "hook-secret" });
    assert_eq!(probe.post("/_sandbox/zoom/webhook", &outside).await.json()["valid"], false);
}

#[tokio::test]
async fn a_failed_delivery_is_repeated_three_times() {
    let probe = probe();
    let failing = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let switch = Arc::clone(&failing);
    let receiver = Receiver::start(move |got| {
        let plain = got.json()["payload"]["plainToken"].as_str().unwrap_or_default().to_owned();
        let proof = json!({ "plainToken": plain, "encryptedToken": hmac_sha256_hex(b"hook-secret", plain.as_bytes()) });
        let down = switch.load(std::sync::atomic::Ordering::SeqCst);
        (if down { StatusCode::BAD_GATEWAY } else { StatusCode::OK }, proof.to_string())
    })
    .await;
    probe.post("/_sandbox/zoom/webhook", &json!({ "url": receiver.url, "secret": "hook-secret" })).await;
    failing.store(true, std::sync::atomic::Ordering::SeqCst);
    let uuid = probe.meeting(json!({ "fire": false })).await;
    let fired = probe.post("/_sandbox/zoom/events", &json!({ "event": "meeting.ended", "uuid": uuid })).await;
    assert_eq!(fired.json()["queued"], true);
    let kit = probe.sandbox.kit();
    for wait in [0, 301, 1801, 5401, 100_000] {
        kit.clock.advance(SignedDuration::from_secs(wait));
        kit.webhooks.deliver_due().await;
    }
    let record = kit.webhooks.record();
    assert_eq!((record[0].attempts, record[0].status), (4, Some(502)));
    assert_eq!(record[0].state, crate::kit::DeliveryState::GivenUp);
}
