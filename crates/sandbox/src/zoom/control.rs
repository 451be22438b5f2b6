//! Control of the emulated Zoom: recorded meetings are added, transcripts finished, recordings trashed, webhooks subscribed and fired.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::events::Event;
use super::world::{File, FileKind, Meeting, Participant, Subscription, Summary, Turn};
use super::{Zoom, media};
use crate::kit::Refusal;

pub(super) fn router(zoom: Arc<Zoom>) -> Router {
    Router::new()
        .route("/people", get(people))
        .route("/meetings", post(add))
        .route("/meetings/transcript", post(finish_transcript))
        .route("/meetings/trash", post(trash))
        .route("/limits", post(limits))
        .route("/webhook", post(subscribe))
        .route("/webhook/validate", post(validate_again))
        .route("/events", post(fire))
        .route("/deauthorize", post(deauthorize))
        .with_state(zoom)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMeeting {
    topic: String,
    start: Timestamp,
    duration_s: i64,
    /// E-mail of the host; the first person of the demo organisation without it.
    host: Option<String>,
    /// Base64 of 16 bytes; drawn without it. One that starts with `/` must be encoded twice in paths.
    uuid: Option<String>,
    #[serde(default)]
    participants: Vec<Person>,
    #[serde(default)]
    turns: Vec<Turn>,
    summary: Option<Summary>,
    /// False: the transcript is still being made (`/meetings/transcript` finishes it).
    #[serde(default = "yes")]
    transcript_ready: bool,
    /// False: no webhooks.
    #[serde(default = "yes")]
    fire: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneMeeting {
    uuid: String,
}

async fn people(State(zoom): State<Arc<Zoom>>) -> Json<Value> {
    Json(json!({ "people": zoom.world().people }))
}

async fn add(State(zoom): State<Arc<Zoom>>, Json(new): Json<NewMeeting>) -> Result<Response, Refusal> {
    let (fire, has_summary) = (new.fire, new.summary.is_some());
    let meeting = zoom.build(new)?;
    zoom.world().meetings.push(meeting.clone());
    if fire {
        let mut events = vec![Event::MeetingEnded, Event::RecordingCompleted];
        events.extend(meeting.transcript_at.map(|_| Event::TranscriptCompleted));
        events.extend(has_summary.then_some(Event::SummaryCompleted));
        for event in events {
            zoom.fire(event, &meeting);
        }
    }
    Ok((StatusCode::CREATED, Json(json!({ "uuid": meeting.uuid, "id": meeting.id }))).into_response())
}

async fn finish_transcript(State(zoom): State<Arc<Zoom>>, Json(one): Json<OneMeeting>) -> Result<StatusCode, Refusal> {
    let meeting = {
        let mut world = zoom.world();
        let meeting = world.meeting_mut(&one.uuid).ok_or_else(missing)?;
        if meeting.transcript_at.is_none() {
            meeting.add_transcript(&zoom.kit);
        }
        meeting.clone()
    };
    zoom.fire(Event::TranscriptCompleted, &meeting);
    Ok(StatusCode::NO_CONTENT)
}

async fn trash(State(zoom): State<Arc<Zoom>>, Json(one): Json<OneMeeting>) -> Result<StatusCode, Refusal> {
    zoom.world().meeting_mut(&one.uuid).ok_or_else(missing)?.trashed = true;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLimits {
    light: u64,
    medium: u64,
}

async fn limits(State(zoom): State<Arc<Zoom>>, Json(new): Json<NewLimits>) -> StatusCode {
    zoom.limits.light.set_burst(new.light);
    zoom.limits.medium.set_burst(new.medium);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSubscription {
    url: String,
    secret: String,
}

/// As in the app's settings: an address counts only after it has answered the validation.
async fn subscribe(State(zoom): State<Arc<Zoom>>, Json(new): Json<NewSubscription>) -> Response {
    let valid = zoom.validate(Subscription { url: new.url, secret: new.secret, valid: false }).await;
    outcome(valid)
}

/// The check that Zoom repeats every 72 hours.
async fn validate_again(State(zoom): State<Arc<Zoom>>) -> Result<Response, Refusal> {
    let subscription = zoom.world().subscription.clone();
    let subscription = subscription.ok_or_else(|| refused("no webhook is subscribed"))?;
    Ok(outcome(zoom.validate(subscription).await))
}

fn outcome(valid: bool) -> Response {
    let status = if valid { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, Json(json!({ "valid": valid }))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FireEvent {
    event: String,
    uuid: String,
}

async fn fire(State(zoom): State<Arc<Zoom>>, Json(wanted): Json<FireEvent>) -> Result<Json<Value>, Refusal> {
    let event = Event::by_name(&wanted.event).ok_or_else(|| refused("no such event"))?;
    let meeting = zoom.world().meeting(&wanted.uuid).cloned().ok_or_else(missing)?;
    Ok(Json(json!({ "queued": zoom.fire(event, &meeting) })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaver {
    email: String,
}

/// The person removes the app: the tokens die, and the app is told.
async fn deauthorize(State(zoom): State<Arc<Zoom>>, Json(leaver): Json<Leaver>) -> Result<Json<Value>, Refusal> {
    let person = zoom.world().person(&leaver.email).cloned().ok_or_else(|| refused("no such person"))?;
    let revoked = zoom.authority.revoke_account(Some(&person.email));
    Ok(Json(json!({ "revoked": revoked, "queued": zoom.fire_deauthorized(&person) })))
}

impl Zoom {
    fn build(&self, new: NewMeeting) -> Result<Meeting, Refusal> {
        let world = self.world();
        let host = match &new.host {
            Some(email) => world.person(email).cloned().ok_or_else(|| refused("the host is not in the account"))?,
            None => world.people.first().cloned().ok_or_else(|| refused("the account is empty"))?,
        };
        let participants = new.participants.into_iter().enumerate().map(|(index, person)| Participant {
            user_id: 16_778_240 + index as u64 * 1024,
            id: world.person(&person.email).map(|known| known.id.clone()).unwrap_or_default(),
            name: person.name,
            email: person.email,
        });
        let participants = participants.collect();
        drop(world);
        let file = |kind, bytes| File { id: self.kit.uuid().to_string(), kind, bytes };
        let mut meeting = Meeting {
            uuid: new.uuid.unwrap_or_else(|| STANDARD.encode(self.kit.uuid().as_bytes())),
            id: 90_000_000_000 + self.kit.number(9_999_999_999),
            host,
            topic: new.topic,
            start: new.start,
            duration: SignedDuration::from_secs(new.duration_s),
            participants,
            turns: new.turns,
            files: vec![
                file(FileKind::Video, media::container(*b"mp42", new.duration_s)),
                file(FileKind::Audio, media::container(*b"M4A ", new.duration_s / 2)),
            ],
            transcript_at: None,
            summary: new.summary,
            trashed: false,
        };
        if new.transcript_ready && !meeting.turns.is_empty() {
            meeting.add_transcript(&self.kit);
        }
        Ok(meeting)
    }
}

fn missing() -> Refusal {
    Refusal::json(StatusCode::NOT_FOUND, json!({ "error": "no such meeting" }))
}

fn refused(reason: &str) -> Refusal {
    Refusal::json(StatusCode::BAD_REQUEST, json!({ "error": reason }))
}
