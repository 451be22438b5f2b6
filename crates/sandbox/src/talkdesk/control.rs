//! Control routes of the emulated Talkdesk: calls with recordings come in, recordings are deleted, jobs fail, scopes wait to become active.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Talkdesk;
use super::audio::Audio;
use super::directory::is_e164;
use super::world::{Call, Direction, JobState, Recording, new_id};

/// Routes below `/_sandbox/talkdesk`.
pub(super) fn router(talkdesk: Arc<Talkdesk>) -> Router {
    Router::new()
        .route("/account", get(account))
        .route("/calls", post(add_call))
        .route("/recordings/{id}/media", delete(delete_media))
        .route("/jobs/{id}/fail", post(fail_job))
        .route("/scopes", post(delay_scope))
        .with_state(talkdesk)
}

/// Ids of users and contacts.
async fn account(State(talkdesk): State<Arc<Talkdesk>>) -> Json<Value> {
    let world = talkdesk.world();
    let users: Vec<Value> = world.users.iter().map(|user| json!({ "id": user.id, "email": user.email })).collect();
    let contacts: Vec<Value> = world.contacts.iter().map(|contact| json!({ "id": contact.id, "phone": contact.phone })).collect();
    Json(json!({ "account_id": world.account_id, "users": users, "contacts": contacts }))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Inbound,
    Outbound,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCall {
    /// E-mail address.
    agent: String,
    /// E.164.
    customer_number: String,
    direction: Way,
    start: Timestamp,
    duration_seconds: u32,
    notes: Option<String>,
    /// How many recordings the call has.
    #[serde(default = "one")]
    recordings: usize,
    /// From now until the recordings are there.
    #[serde(default)]
    ready_in_seconds: i64,
    /// Are there redacted versions beside the originals?
    #[serde(default)]
    redacted: bool,
    /// What was said, for the Conversations API.
    #[serde(default)]
    messages: Vec<Said>,
}

fn one() -> usize {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    by_agent: bool,
    text: String,
    start_seconds: f64,
    end_seconds: f64,
}

async fn add_call(State(talkdesk): State<Arc<Talkdesk>>, Json(wanted): Json<NewCall>) -> Response {
    let kit = &talkdesk.kit;
    let mut world = talkdesk.world();
    let Some(agent) = world.users.iter().find(|user| user.email.eq_ignore_ascii_case(&wanted.agent)).map(|user| user.id.clone()) else {
        return problem(&format!("no agent {:?}", wanted.agent));
    };
    if !is_e164(&wanted.customer_number) {
        return problem("customer_number is not in E.164 format");
    }
    let Ok(end) = wanted.start.checked_add(SignedDuration::from_secs(wanted.duration_seconds.into())) else {
        return problem("the call ends beyond time");
    };
    let id = new_id(kit);
    let ready_ms = kit.clock.now_ms() + wanted.ready_in_seconds * 1000;
    let audio = || Audio::new(kit.number(u64::MAX), wanted.duration_seconds.into());
    let recordings: Vec<Recording> = (0..wanted.recordings)
        .map(|index| Recording { id: new_id(kit), index, audio: audio(), redacted: wanted.redacted.then(audio), ready_ms, deleted: false })
        .collect();
    let recording = recordings.first().map(|recording| recording.id.clone()).unwrap_or_default();
    let messages: Vec<Value> =
        (0..).zip(&wanted.messages).map(|(index, said)| message(&agent, &recording, index, said, wanted.start)).collect();
    let answer = json!({ "call_id": id, "recording_ids": recordings.iter().map(|one| &one.id).collect::<Vec<_>>() });
    let direction = match wanted.direction {
        Way::Inbound => Direction::Inbound,
        Way::Outbound => Direction::Outbound,
    };
    world.calls.push(Call {
        id,
        direction,
        agent,
        contact_phone: wanted.customer_number,
        start: wanted.start,
        end,
        notes: wanted.notes,
        recordings,
        messages,
    });
    (StatusCode::CREATED, Json(answer)).into_response()
}

/// A message of speech to text, as the description's example has it.
fn message(agent: &str, recording: &str, index: u32, said: &Said, start: Timestamp) -> Value {
    let at = SignedDuration::try_from_secs_f64(said.start_seconds).ok().and_then(|after| start.checked_add(after).ok());
    let mut message = json!({
        "message_id": format!("{recording}-{index}"),
        "text": said.text,
        "channel": "VOICE",
        "participant": if said.by_agent { "USER" } else { "CONTACT" },
        "sentiment": "NEUTRAL",
        "start_time": said.start_seconds,
        "end_time": said.end_seconds,
        "transcription_type": "POST_CALL",
        "source_system": "STT",
        "recording_id": recording,
        "recording_index": 0,
        "message_index": index,
        "message_start_at": at.unwrap_or(start),
    });
    if said.by_agent {
        message["agent_id"] = json!(agent);
    }
    message
}

/// The retention policy takes the audio; what is known of the recording stays.
async fn delete_media(State(talkdesk): State<Arc<Talkdesk>>, Path(id): Path<String>) -> Response {
    match talkdesk.world().recording_mut(&id) {
        Some(recording) => {
            recording.deleted = true;
            StatusCode::NO_CONTENT.into_response()
        }
        None => problem(&format!("no recording {id:?}")),
    }
}

async fn fail_job(State(talkdesk): State<Arc<Talkdesk>>, Path(id): Path<String>) -> Response {
    match talkdesk.world().jobs.get_mut(&id) {
        Some(job) => {
            job.state = JobState::Failed;
            StatusCode::NO_CONTENT.into_response()
        }
        None => problem(&format!("no job {id:?}")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delay {
    scope: String,
    active_in_seconds: i64,
}

/// The scope was just added to the client: endpoints that need it answer 401 for a while.
async fn delay_scope(State(talkdesk): State<Arc<Talkdesk>>, Json(delay): Json<Delay>) -> StatusCode {
    let active_ms = talkdesk.kit.clock.now_ms() + delay.active_in_seconds * 1000;
    talkdesk.world().pending_scopes.insert(delay.scope, active_ms);
    StatusCode::NO_CONTENT
}

fn problem(reason: &str) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": reason }))).into_response()
}
