//! Recordings, transcripts and smart notes on their way to a file, and the files in Drive.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use super::{DESIGNER, FILES, MANAGER, RECORDS, harness, hold, sign_in, token};
use crate::harness::Harness;
use crate::probe::{Got, Probe};

async fn artifact(harness: &Harness, token: &str, id: &str, kind: &str) -> Value {
    harness.get(&format!("{RECORDS}/{id}/{kind}"), token).await.good()[kind][0].clone()
}

#[tokio::test]
async fn where_a_file_is_is_told_once_it_is_made() {
    let harness = harness();
    let token = token(&harness, MANAGER).await;
    let id = hold(&harness, json!({ "state": "STARTED" })).await["id"].as_str().unwrap().to_owned();
    for (plural, kind, destination) in [
        ("recordings", "recording", "driveDestination"),
        ("transcripts", "transcript", "docsDestination"),
        ("smartNotes", "smartNote", "docsDestination"),
    ] {
        for state in ["STARTED", "ENDED", "FILE_GENERATED"] {
            harness.control("POST", "/artifacts", json!({ "id": id, "kind": kind, "state": state })).await;
            let one = artifact(&harness, &token, &id, plural).await;
            assert_eq!((&one["state"], one.get(destination).is_some()), (&json!(state), state == "FILE_GENERATED"), "{kind}");
            assert_eq!(harness.get(&format!("/v2/{}", one["name"].as_str().unwrap()), &token).await.good(), one);
        }
    }
    harness.assert_answers_fit();
}

#[tokio::test]
async fn entries_come_in_order_ten_at_a_time_with_their_speakers() {
    let harness = harness();
    let token = token(&harness, MANAGER).await;
    let turns: Vec<Value> = (0..12)
        .map(|at| json!({ "speaker": "Guest", "start_ms": at * 1_000, "end_ms": at * 1_000 + 900, "text": at.to_string() }))
        .collect();
    let id = hold(&harness, json!({ "turns": turns })).await["id"].as_str().unwrap().to_owned();
    let transcript = artifact(&harness, &token, &id, "transcripts").await["name"].as_str().unwrap().to_owned();
    let first = harness.get(&format!("/v2/{transcript}/entries"), &token).await.good();
    let next = first["nextPageToken"].as_str().unwrap();
    let second = harness.get(&format!("/v2/{transcript}/entries?pageToken={next}"), &token).await.good();
    let entries: Vec<Value> =
        [first.clone(), second].iter().flat_map(|page| page["transcriptEntries"].as_array().unwrap().clone()).collect();
    let texts: Vec<&str> = entries.iter().map(|entry| entry["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);
    let speaker = harness.get(&format!("/v2/{}", entries[0]["participant"].as_str().unwrap()), &token).await.good();
    assert_eq!(speaker["anonymousUser"]["displayName"], "Guest");
    harness.assert_answers_fit();
}

async fn range(harness: &Harness, path: &str, token: &str, range: &str) -> Got {
    let request = Request::get(format!("/google-meet{path}")).header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = request.header(header::RANGE, range).body(Body::empty()).unwrap();
    Probe { sandbox: harness.sandbox.clone(), token: None }.send(request).await
}

#[tokio::test]
async fn a_recording_is_had_whole_or_from_a_byte_by_its_owner_alone() {
    let harness = harness();
    let access = token(&harness, MANAGER).await;
    let id = hold(&harness, json!({})).await["id"].as_str().unwrap().to_owned();
    let file = artifact(&harness, &access, &id, "recordings").await["driveDestination"]["file"].as_str().unwrap().to_owned();
    let path = format!("/drive/v3/files/{file}");
    assert_eq!(harness.get(&path, &access).await.good()["mimeType"], "video/mp4");
    let media = format!("{path}?alt=media");
    let whole = harness.get(&media, &access).await;
    assert_eq!((whole.header("content-type"), &whole.body[4..8]), ("video/mp4", &b"ftyp"[..]));
    let part = range(&harness, &media, &access, "bytes=1000-").await;
    assert_eq!((part.status, &part.body[..]), (StatusCode::PARTIAL_CONTENT, &whole.body[1_000..]));
    assert_eq!(range(&harness, &media, &access, "bytes=9999999-").await.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(harness.get(&format!("{path}/export?mimeType=text/plain"), &access).await.status, StatusCode::FORBIDDEN);
    let other = token(&harness, DESIGNER).await;
    assert_eq!(harness.get(&media, &other).await.status, StatusCode::NOT_FOUND);
    harness.control("DELETE", &format!("/files/{file}"), json!({})).await;
    assert_eq!(harness.get(&media, &access).await.status, StatusCode::NOT_FOUND);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn notes_are_exported_as_text_and_have_no_bytes_of_their_own() {
    let harness = harness();
    let access = token(&harness, MANAGER).await;
    let id = hold(&harness, json!({})).await["id"].as_str().unwrap().to_owned();
    let document = artifact(&harness, &access, &id, "smartNotes").await["docsDestination"]["document"].as_str().unwrap().to_owned();
    let path = format!("/drive/v3/files/{document}");
    let files = sign_in(&harness, MANAGER, &[FILES]).await.access;
    let text = harness.get(&format!("{path}/export?mimeType=text/plain"), &files).await;
    assert_eq!((text.header("content-type"), text.text()), ("text/plain", "\u{feff}Agreed.\r\nMore.".to_owned()));
    for (query, status) in [("/export", 400), ("/export?mimeType=text/html", 400), ("?alt=media", 403)] {
        assert_eq!(harness.get(&format!("{path}{query}"), &access).await.status.as_u16(), status, "{query}");
    }
    harness.assert_answers_fit();
}
