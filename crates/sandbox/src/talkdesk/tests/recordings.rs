//! Recordings and their audio: redirects, ranges, links that expire, versions, retention.

use axum::http::{Method, header};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Answer, Bench};

/// Ten seconds are 278 frames of 36 ms and 144 bytes.
const LEN: usize = 278 * 144;

async fn recorded(bench: &Bench, more: Value) -> (String, String) {
    let call = bench.add_call("2026-11-02T10:00:00Z", more).await;
    (call["call_id"].as_str().unwrap().to_owned(), call["recording_ids"][0].as_str().unwrap().to_owned())
}

async fn audio(bench: &Bench, id: &str, query: &str) -> Answer {
    let redirect = bench.get(&format!("/recordings/{id}/media{query}")).await;
    assert_eq!(redirect.status, 302);
    bench.open(&redirect.location(), &[]).await
}

#[tokio::test]
async fn a_call_leads_to_its_recordings() {
    let bench = Bench::new().await;
    let (call, recording) = recorded(&bench, json!({ "recordings": 2 })).await;
    let list = bench.get(&format!("/calls/{call}/recordings")).await.ok();
    assert_eq!((&list["total"], &list["count"], &list["page"], &list["per_page"]), (&json!(2), &json!(2), &json!(1), &json!(20)));
    let first = &list["_embedded"]["recordings"][0];
    assert_eq!((&first["id"], &first["call_id"], &first["index"]), (&json!(recording), &json!(call), &json!(0)));
    assert_eq!((&first["duration"], &first["type"]), (&json!(10), &json!("conversation")));
    assert_eq!(first["agents"]["channel_1"][0]["participant_type"], "AGENT");
    assert_eq!(&bench.get(&format!("/recordings/{recording}")).await.ok(), first);
    let second = bench.get(&format!("/calls/{call}/recordings?page=2&per_page=1")).await.ok();
    assert_eq!((&second["_embedded"]["recordings"][0]["index"], second["_links"].get("next")), (&json!(1), None));
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let bench = Bench::new().await;
    let (call, recording) = recorded(&bench, json!({ "ready_in_seconds": 60 })).await;
    let silent = bench.add_call("2026-11-02T11:00:00Z", json!({ "recordings": 0 })).await;
    let silent = silent["call_id"].as_str().unwrap();
    for (path, status, code) in [
        (format!("/calls/{call}/recordings"), 404, "0050005"),
        (format!("/calls/{silent}/recordings"), 404, "0050005"),
        ("/calls/none/recordings".into(), 404, "0050005"),
        (format!("/recordings/{recording}"), 404, "0050000"),
        (format!("/recordings/{recording}/media"), 404, "0050000"),
        ("/recordings/none?redacted=maybe".into(), 400, "0050001"),
        ("/recordings/none?format=wav".into(), 400, "0050001"),
    ] {
        assert_eq!(bench.get(&path).await.problem(), (status, code.to_owned()), "{path}");
    }
    bench.kit().clock.advance(SignedDuration::from_secs(60));
    bench.get(&format!("/calls/{call}/recordings")).await.ok();
    let gone = bench.control(Method::DELETE, &format!("talkdesk/recordings/{recording}/media"), json!({})).await;
    assert_eq!(gone.status, 204);
    bench.get(&format!("/recordings/{recording}")).await.ok();
    assert_eq!(bench.get(&format!("/recordings/{recording}/media")).await.problem(), (410, "0050006".to_owned()));
}

#[tokio::test]
async fn the_audio_is_an_mp3_that_follows_from_the_seed() {
    let (bench, twin) = (Bench::new().await, Bench::new().await);
    let (_, recording) = recorded(&bench, json!({})).await;
    let file = audio(&bench, &recording, "").await;
    assert_eq!((file.status.as_u16(), file.bytes.len()), (200, LEN));
    assert_eq!(file.headers["content-type"], "audio/mpeg");
    assert_eq!(file.headers["accept-ranges"], "bytes");
    // Every frame starts with the same header, and nothing else looks like one.
    assert!(file.bytes.chunks(144).all(|frame| frame[..4] == [0xFF, 0xFB, 0x18, 0xC0] && !frame[4..].contains(&0xFF)));
    let (_, same) = recorded(&twin, json!({})).await;
    assert_eq!(audio(&twin, &same, "").await.bytes, file.bytes);
    let (_, other) = recorded(&bench, json!({})).await;
    assert_ne!(audio(&bench, &other, "").await.bytes, file.bytes);
}

#[tokio::test]
async fn ranges_resume_a_download() {
    let bench = Bench::new().await;
    let (_, recording) = recorded(&bench, json!({})).await;
    let link = bench.get(&format!("/recordings/{recording}/media")).await.location();
    let whole = bench.open(&link, &[]).await;
    let etag = whole.headers["etag"].to_str().unwrap().to_owned();
    let ask = async |range: &str| bench.open(&link, &[(header::RANGE, range)]).await;
    for (range, from, to) in
        [("bytes=0-99", 0, 100), ("bytes=30000-", 30_000, LEN), ("bytes=-32", LEN - 32, LEN), ("bytes=40000-99999", 40_000, LEN)]
    {
        let part = ask(range).await;
        assert_eq!((part.status.as_u16(), &part.bytes[..]), (206, &whole.bytes[from..to]), "{range}");
        assert_eq!(part.headers["content-range"], format!("bytes {from}-{}/{LEN}", to - 1));
    }
    let beyond = ask("bytes=99999-").await;
    assert_eq!((beyond.status.as_u16(), &beyond.headers["content-range"]), (416, &format!("bytes */{LEN}").parse().unwrap()));
    for range in ["bytes=5-1", "lines=0-1", "bytes=0-1,5-6"] {
        assert_eq!(ask(range).await.status, 200, "{range}");
    }
    let same = [(header::RANGE, "bytes=0-9"), (header::IF_RANGE, etag.as_str())];
    assert_eq!(bench.open(&link, &same).await.status, 206);
    let other = [(header::RANGE, "bytes=0-9"), (header::IF_RANGE, "\"other\"")];
    assert_eq!(bench.open(&link, &other).await.bytes.len(), LEN);
}

#[tokio::test]
async fn a_link_expires_in_the_middle_and_a_fresh_one_goes_on() {
    let bench = Bench::new().await;
    let (_, recording) = recorded(&bench, json!({})).await;
    let link = bench.get(&format!("/recordings/{recording}/media")).await.location();
    let first = bench.open(&link, &[(header::RANGE, "bytes=0-19999")]).await;
    bench.kit().clock.advance(SignedDuration::from_secs(300));
    assert_eq!(bench.open(&link, &[(header::RANGE, "bytes=20000-")]).await.status, 403);
    let link = bench.get(&format!("/recordings/{recording}/media")).await.location();
    let rest = bench.open(&link, &[(header::RANGE, "bytes=20000-")]).await;
    let whole = bench.open(&link, &[]).await;
    assert_eq!([&first.bytes[..], &rest.bytes[..]].concat(), whole.bytes);
    assert_eq!(bench.open(&link.replace("version=redacted", "version=original"), &[]).await.status, 403);
}

#[tokio::test]
async fn the_redacted_version_comes_unless_the_original_is_asked() {
    let bench = Bench::new().await;
    let (_, recording) = recorded(&bench, json!({ "redacted": true })).await;
    let usual = audio(&bench, &recording, "").await;
    let redacted = audio(&bench, &recording, "?redacted=true").await;
    let original = audio(&bench, &recording, "?redacted=false").await;
    assert_eq!(usual.bytes, redacted.bytes);
    assert_ne!(usual.bytes, original.bytes);
    let (_, plain) = recorded(&bench, json!({})).await;
    assert_eq!(audio(&bench, &plain, "?redacted=true").await.bytes, audio(&bench, &plain, "?redacted=false").await.bytes);
}

#[tokio::test]
async fn who_asks_for_hal_gets_the_link_in_a_document() {
    let bench = Bench::new().await;
    let (_, recording) = recorded(&bench, json!({})).await;
    let path = format!("/talkdesk/api/recordings/{recording}/media");
    let bearer = format!("Bearer {}", bench.probe.token.as_deref().unwrap());
    let answer = bench.open(&path, &[(header::AUTHORIZATION, &bearer), (header::ACCEPT, "application/json+hal")]).await;
    assert_eq!(answer.status, 200);
    let link = answer.body()["_links"]["file"]["href"].as_str().unwrap().strip_prefix(super::HOST).unwrap().to_owned();
    assert_eq!(bench.open(&link, &[]).await.bytes.len(), LEN);
}
