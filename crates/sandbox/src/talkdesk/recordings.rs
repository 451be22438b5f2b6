//! `/calls/{call_id}/recordings` and `/recordings/{id}`. docs.talkdesk.com/reference/callsidrecordings, /recordingsid

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Talkdesk;
use super::problem::{Api, problem};
use super::query::Query;
use super::world::{Call, Recording};
use crate::kit::Refusal;

const SCOPE: &[&str] = &["recordings:read"];

pub(super) async fn of_call(
    State(talkdesk): State<Arc<Talkdesk>>,
    Path(call): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    talkdesk.admit(&headers, Api::Recordings, SCOPE)?;
    // The file describes no parameters, but its `next` link has `page`.
    let paging = Query::read(Api::Recordings, query.as_deref(), &["page", "per_page"])?.paging(20, 200)?;
    let world = talkdesk.world();
    let now_ms = talkdesk.kit.clock.now_ms();
    let not_found = || problem(StatusCode::NOT_FOUND, "0050005", "Recordings not found");
    let call = world.call(&call).ok_or_else(not_found)?;
    let ready = call.recordings.iter().filter(|recording| recording.ready_ms <= now_ms);
    let recordings: Vec<Value> = ready.map(|recording| recording_object(&talkdesk, call, recording)).collect();
    if recordings.is_empty() {
        return Err(not_found());
    }
    let path = format!("/calls/{}/recordings", call.id);
    let mut frame = paging.frame(&talkdesk, &path, "recordings", &recordings);
    frame["_links"]["page"] = json!({ "templated": true, "href": talkdesk.link(&format!("{path}{{?page,per_page}}")) });
    Ok(Json(frame))
}

/// The example of the file has the recording itself, its schema a `recording` round it; the example is followed, as callers report it so.
pub(super) async fn one(
    State(talkdesk): State<Arc<Talkdesk>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    talkdesk.admit(&headers, Api::Recordings, SCOPE)?;
    Query::read(Api::Recordings, query.as_deref(), &["redacted"])?.flag("redacted")?;
    let world = talkdesk.world();
    let found = world.recording(&id, talkdesk.kit.clock.now_ms());
    let (call, recording) = found.ok_or_else(not_found)?;
    Ok(Json(recording_object(&talkdesk, call, recording)))
}

pub(super) fn not_found() -> Refusal {
    problem(StatusCode::NOT_FOUND, "0050000", "Recording not found")
}

/// `duration` is in seconds.
fn recording_object(talkdesk: &Talkdesk, call: &Call, recording: &Recording) -> Value {
    let path = format!("/recordings/{}", recording.id);
    json!({
        "id": recording.id,
        "call_id": call.id,
        "created_at": seconds(call.end),
        "index": recording.index,
        "duration": call.end.as_second() - call.start.as_second(),
        "type": "conversation",
        "agents": {
            "channel_1": [{ "participant_type": "AGENT", "participant_id": call.agent }],
            "channel_2": [{ "participant_type": "CONTACT" }],
        },
        "_links": {
            "self": { "href": talkdesk.link(&path) },
            "media": { "href": talkdesk.link(&format!("{path}/media")) },
        },
    })
}

/// To the second, as the samples show times.
pub(super) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
