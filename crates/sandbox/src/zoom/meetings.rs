//! Past meetings, who was there, the transcript's state, and the AI summary.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::oauth;
use super::recordings::second;
use super::world::{FileKind, Meeting, Participant};
use super::{Zoom, answers};
use crate::kit::Refusal;

fn no_such_meeting() -> Refusal {
    answers::no_meeting("the meeting of this id or UUID")
}

pub(super) async fn past(State(zoom): State<Arc<Zoom>>, Path(meeting): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let visitor = zoom.admit(&headers, oauth::PAST_MEETING)?;
    let meeting = zoom.find(&visitor, &meeting, no_such_meeting)?;
    let people = meeting.participants.len();
    let body = json!({
        "uuid": meeting.uuid,
        "id": meeting.id,
        "host_id": meeting.host.id,
        "type": 2,
        "topic": meeting.topic,
        "user_name": meeting.host.name,
        "user_email": meeting.host.email,
        "start_time": second(meeting.start),
        "end_time": second(meeting.end()),
        "duration": meeting.minutes(),
        "total_minutes": meeting.minutes() * i64::try_from(people).unwrap_or(0),
        "participants_count": people,
        "dept": "",
        "source": "Zoom",
    });
    Ok((visitor.headers, Json(body)).into_response())
}

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page_size: Option<usize>,
    next_page_token: Option<String>,
}

pub(super) async fn participants(
    State(zoom): State<Arc<Zoom>>,
    Path(meeting): Path<String>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let visitor = zoom.admit(&headers, oauth::PARTICIPANTS)?;
    let meeting = zoom.find(&visitor, &meeting, no_such_meeting)?;
    // "The API doesn't return results if there's only one participant in a meeting."
    let people = if meeting.participants.len() > 1 { meeting.participants.clone() } else { Vec::new() };
    let page = zoom.pages.page(&zoom.kit, people, &meeting.uuid, query.page_size, query.next_page_token.as_deref())?;
    let body = json!({
        "page_count": page.total_records.div_ceil(page.size),
        "page_size": page.size,
        "total_records": page.total_records,
        "next_page_token": page.next_page_token,
        "participants": page.items.iter().map(|one| participant(&meeting, one)).collect::<Vec<_>>(),
    });
    Ok((visitor.headers, Json(body)).into_response())
}

fn participant(meeting: &Meeting, one: &Participant) -> Value {
    json!({
        "id": one.id,
        "user_id": one.user_id.to_string(),
        "name": one.name,
        "user_email": one.email,
        "join_time": second(meeting.start),
        "leave_time": second(meeting.end()),
        "duration": meeting.duration.as_secs(),
        "registrant_id": "",
        "failover": false,
        "status": "in_meeting",
        "internal_user": !one.id.is_empty(),
    })
}

/// Newer than the description; fields as public clients of it read them (`can_download`, `download_restriction_reason`).
pub(super) async fn transcript(
    State(zoom): State<Arc<Zoom>>,
    Path(meeting): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let visitor = zoom.admit(&headers, oauth::TRANSCRIPT)?;
    let meeting = zoom.find(&visitor, &meeting, answers::no_recording)?;
    let file = meeting.files.iter().find(|file| file.kind == FileKind::Transcript);
    let mut body = json!({
        "meeting_id": meeting.uuid,
        "account_id": meeting.host.tenant,
        "meeting_topic": meeting.topic,
        "host_id": meeting.host.id,
        "can_download": file.is_some() && !meeting.trashed,
        "auto_delete": false,
    });
    match (file, meeting.trashed) {
        (_, true) => body["download_restriction_reason"] = json!("DELETED_OR_TRASHED"),
        (None, false) if meeting.turns.is_empty() => body["download_restriction_reason"] = json!("NO_TRANSCRIPT_DATA"),
        (None, false) => body["download_restriction_reason"] = json!("NOT_READY"),
        (Some(file), false) => {
            let base = zoom.kit.base(super::ID);
            body["download_url"] = json!(format!("{base}/rec/download/{}", file.id));
            body["transcript_created_time"] = json!(meeting.transcript_at.map(second));
        }
    }
    Ok((visitor.headers, Json(body)).into_response())
}

pub(super) async fn summary(State(zoom): State<Arc<Zoom>>, Path(meeting): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let visitor = zoom.admit(&headers, oauth::SUMMARY)?;
    let meeting = zoom.find(&visitor, &meeting, no_such_meeting)?;
    let body = summary_json(&meeting).ok_or_else(no_such_meeting)?;
    Ok((visitor.headers, Json(body)).into_response())
}

/// The summary as the API and the webhook show it; `None` when the AI companion wrote none.
pub(super) fn summary_json(meeting: &Meeting) -> Option<Value> {
    let summary = meeting.summary.as_ref()?;
    let details: Vec<Value> = summary.details.iter().map(|one| json!({ "label": one.label, "summary": one.summary })).collect();
    let end = second(meeting.end());
    Some(json!({
        "meeting_host_id": meeting.host.id,
        "meeting_host_email": meeting.host.email,
        "meeting_uuid": meeting.uuid,
        "meeting_id": meeting.id,
        "meeting_topic": meeting.topic,
        "meeting_start_time": second(meeting.start),
        "meeting_end_time": end,
        "summary_start_time": second(meeting.start),
        "summary_end_time": end,
        "summary_created_time": end,
        "summary_last_modified_time": end,
        "summary_title": format!("Meeting summary for {}", meeting.topic),
        "summary_overview": summary.overview,
        "summary_details": details,
        "next_steps": summary.next_steps,
        "summary_content": summary.overview,
    }))
}
