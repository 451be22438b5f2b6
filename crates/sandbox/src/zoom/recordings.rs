//! Cloud recordings: the list of a user, and the files of one meeting.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use serde::Deserialize;
use serde_json::{Value, json};

use super::oauth::{self, Visitor};
use super::world::{File, FileKind, Meeting};
use super::{Zoom, answers};
use crate::kit::Refusal;

#[derive(Deserialize)]
pub(super) struct ListQuery {
    from: Option<Date>,
    to: Option<Date>,
    page_size: Option<usize>,
    next_page_token: Option<String>,
    trash: Option<bool>,
}

pub(super) async fn of_user(
    State(zoom): State<Arc<Zoom>>,
    Path(user): Path<String>,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let visitor = zoom.admit(&headers, oauth::LIST_RECORDINGS)?;
    let host = zoom.resolve(&visitor, &user)?;
    let today = zoom.kit.clock.now().to_zoned(TimeZone::UTC).date();
    let from = query.from.unwrap_or(today);
    let to = query.to.or_else(|| from.tomorrow().ok()).unwrap_or(from);
    check_range(from, to)?;
    let trash = query.trash.unwrap_or(false);
    let mut found: Vec<Meeting> = {
        let world = zoom.world();
        let of_host = world.meetings.iter().filter(|meeting| meeting.host.id == host.id && meeting.trashed == trash);
        of_host.filter(|meeting| (from..=to).contains(&meeting.start.to_zoned(TimeZone::UTC).date())).cloned().collect()
    };
    found.sort_by_key(|meeting| std::cmp::Reverse(meeting.start));
    let key = format!("{}&{from}&{to}&{trash}", host.id);
    let page = zoom.pages.page(&zoom.kit, found, &key, query.page_size, query.next_page_token.as_deref())?;
    let body = json!({
        "from": from.to_string(),
        "to": to.to_string(),
        "page_count": page.total_records.div_ceil(page.size),
        "page_size": page.size,
        "total_records": page.total_records,
        "next_page_token": page.next_page_token,
        "meetings": page.items.iter().map(|meeting| zoom.recording(meeting)).collect::<Vec<_>>(),
    });
    Ok((visitor.headers, Json(body)).into_response())
}

/// "The maximum range can be a month."
fn check_range(from: Date, to: Date) -> Result<(), Refusal> {
    let latest = from.checked_add(1.month()).unwrap_or(from);
    if to < from || to > latest {
        let message = "The date range must be one month at most, and from must not be after to.";
        return Err(answers::error(StatusCode::BAD_REQUEST, 300, message));
    }
    Ok(())
}

#[derive(Deserialize)]
pub(super) struct FilesQuery {
    include_fields: Option<String>,
    ttl: Option<i64>,
}

/// The longest life of a `download_access_token`: a week, also the default.
const LONGEST_TTL: i64 = 604_800;

pub(super) async fn of_meeting(
    State(zoom): State<Arc<Zoom>>,
    Path(meeting): Path<String>,
    Query(query): Query<FilesQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let visitor = zoom.admit(&headers, oauth::RECORDING_FILES)?;
    let meeting = zoom.find(&visitor, &meeting, answers::no_recording)?;
    if meeting.trashed {
        return Err(answers::no_recording());
    }
    let mut body = zoom.recording(&meeting);
    if query.include_fields.as_deref() == Some("download_access_token") {
        let life = SignedDuration::from_secs(query.ttl.unwrap_or(LONGEST_TTL));
        body["download_access_token"] = json!(zoom.download_token(&meeting.uuid, life));
    }
    Ok((visitor.headers, Json(body)).into_response())
}

impl Zoom {
    /// The meeting that a path segment names, if the visitor may see it.
    ///
    /// axum has decoded the segment once. A UUID with `/` at its start or `//` in it must come encoded twice; otherwise the slash
    /// would have split the path at Zoom, and the endpoint would not be recognized.
    pub(super) fn find(&self, visitor: &Visitor, segment: &str, missing: fn() -> Refusal) -> Result<Meeting, Refusal> {
        if segment.starts_with('/') || segment.contains("//") {
            return Err(Refusal::from(answers::unknown_endpoint()));
        }
        let reference = decode(segment);
        let world = self.world();
        let meeting = world.meeting(&reference).filter(|meeting| visitor.may_see(&meeting.host.id));
        meeting.cloned().ok_or_else(missing)
    }

    /// A meeting with its files, as the API and the webhooks show it.
    pub(super) fn recording(&self, meeting: &Meeting) -> Value {
        let base = self.kit.base(super::ID);
        let files: Vec<Value> = meeting.files.iter().map(|file| file_json(&base, meeting, file)).collect();
        json!({
            "uuid": meeting.uuid,
            "id": meeting.id,
            "account_id": meeting.host.tenant,
            "host_id": meeting.host.id,
            "topic": meeting.topic,
            "type": "2",
            "start_time": second(meeting.start),
            "duration": meeting.minutes(),
            "total_size": meeting.files.iter().map(|file| file.bytes.len()).sum::<usize>(),
            "recording_count": meeting.files.len(),
            "recording_files": files,
        })
    }
}

fn file_json(base: &str, meeting: &Meeting, file: &File) -> Value {
    let (file_type, extension, recording_type) = match file.kind {
        FileKind::Video => ("MP4", "MP4", "shared_screen_with_speaker_view"),
        FileKind::Audio => ("M4A", "M4A", "audio_only"),
        FileKind::Transcript => ("TRANSCRIPT", "VTT", "audio_transcript"),
    };
    json!({
        "id": file.id,
        "meeting_id": meeting.uuid,
        "recording_start": second(meeting.start),
        "recording_end": second(meeting.end()),
        "file_type": file_type,
        "file_extension": extension,
        "file_size": file.bytes.len(),
        "play_url": format!("{base}/rec/play/{}", file.id),
        "download_url": format!("{base}/rec/download/{}", file.id),
        "status": "completed",
        "recording_type": recording_type,
    })
}

/// Zoom writes whole seconds.
pub(super) fn second(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn decode(segment: &str) -> String {
    let pair = format!("v={}", segment.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
