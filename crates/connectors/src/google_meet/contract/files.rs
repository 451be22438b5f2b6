//! Whose conferences and files are to be had: a service account's, a guest's, without the right to Drive.

use connector_kit::contract::{Arrangement, Fault, SignIn};
use connector_kit::{Connector, ErrorKind, RecordingSource, Remote, Result, Session};
use futures::StreamExt;
use jiff::SignedDuration;
use model::recording::RecordedMeeting;
use serde_json::json;

use super::{conference, emulator, round, start};
use crate::google_meet::GoogleMeet;

async fn bytes(session: &Session, remote: &Remote<RecordedMeeting>, offset: u64) -> Result<Vec<u8>> {
    let mut stream = GoogleMeet.open(session, &remote.item.recordings[0], offset).await?;
    let mut all = Vec::new();
    while let Some(chunk) = stream.next().await {
        all.extend_from_slice(&chunk?);
    }
    Ok(all)
}

#[tokio::test]
async fn a_service_account_reads_in_the_name_of_the_person_it_acts_for() {
    let emulator = emulator().await;
    let colleague = "marketing@demo.example";
    conference(&emulator, 30, json!({ "owner": colleague, "notes": "Agreed." })).await;
    let fields = emulator.service_account(colleague).await;
    let bench = emulator.sign_in(GoogleMeet, SignIn::App { name: "service_account", fields }).await;
    let session = bench.session();
    assert_eq!(GoogleMeet.identify(&session).await.unwrap().name, colleague);
    let (told, _) = round(&emulator, &session, None).await;
    assert_eq!(told[0].item.meeting.summary.as_deref(), Some("Agreed."));
    assert_eq!(&bytes(&session, &told[0], 0).await.unwrap()[4..8], b"ftyp");
    emulator.advance(SignedDuration::from_mins(61));
    GoogleMeet.identify(&session).await.unwrap();
    assert_eq!(bench.renewals(), 1, "by the key again");
    bench.close();
}

#[tokio::test]
async fn f70_a_recording_goes_on_from_a_byte_and_one_that_was_removed_is_not_found() {
    let (bench, emulator, session) = start().await;
    conference(&emulator, 30, json!({})).await;
    let (told, _) = round(&emulator, &session, None).await;
    let whole = bytes(&session, &told[0], 0).await.unwrap();
    assert_eq!(&whole[4..8], b"ftyp");
    assert_eq!(bytes(&session, &told[0], 1_000).await.unwrap(), whole[1_000..]);
    emulator.delete(&format!("/files/{}", told[0].item.recordings[0].file)).await;
    assert_eq!(bytes(&session, &told[0], 0).await.unwrap_err().kind, ErrorKind::NotFound);
    bench.close();
}

#[tokio::test]
async fn f29_without_drive_the_conferences_come_without_notes_and_film() {
    let emulator = emulator().await;
    conference(&emulator, 30, json!({ "notes": "Agreed." })).await;
    let scopes = &["https://www.googleapis.com/auth/userinfo.email", "https://www.googleapis.com/auth/meetings.space.readonly"];
    let bench = emulator.sign_in(GoogleMeet, SignIn::Only { scopes: scopes.to_vec() }).await;
    let session = bench.session();
    let (told, _) = round(&emulator, &session, None).await;
    assert!(told[0].item.transcript.is_some() && told[0].item.meeting.summary.is_none());
    let error = bytes(&session, &told[0], 0).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden);
    bench.close();
}

#[tokio::test]
async fn f29_notes_and_words_that_are_out_of_reach_stop_nothing() {
    let (bench, emulator, session) = start().await;
    conference(&emulator, 30, json!({ "notes": "Agreed." })).await;
    emulator.strike("/smartNotes", Fault::Status { status: 403, retry_after: None }, None);
    emulator.strike("/entries", Fault::Status { status: 404, retry_after: None }, None);
    let (told, _) = round(&emulator, &session, None).await;
    assert_eq!((told[0].item.meeting.participants.len(), told[0].item.recordings.len()), (3, 1));
    assert!(told[0].item.transcript.is_none() && told[0].item.meeting.summary.is_none());
    bench.close();
}

#[tokio::test]
async fn a_guest_sees_the_conference_but_not_the_owners_files() {
    let (bench, emulator, session) = start().await;
    conference(&emulator, 30, json!({ "owner": "marketing@demo.example", "notes": "Agreed." })).await;
    let (told, _) = round(&emulator, &session, None).await;
    assert!(told[0].item.transcript.is_some() && told[0].item.meeting.summary.is_none());
    assert_eq!(bytes(&session, &told[0], 0).await.unwrap_err().kind, ErrorKind::NotFound);
    bench.close();
}
