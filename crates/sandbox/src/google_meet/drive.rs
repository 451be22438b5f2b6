//! Drive, as far as Meet saves there: a file's metadata or bytes with ranges, and the export of a document as text.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::Meet;
use super::access::{CONTENT, FILES};
use super::errors::{drive, no_file};
use super::world::File;
use crate::kit::{Caller, Refusal};

/// A Google document has no bytes of its own; it is exported.
pub(super) const DOCUMENT: &str = "application/vnd.google-apps.document";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileQuery {
    alt: Option<String>,
    mime_type: Option<String>,
}

impl Meet {
    /// Files of other people are not found.
    fn file(&self, caller: &Caller, id: &str) -> Result<File, Refusal> {
        let world = self.world();
        world.files.get(id).filter(|file| file.owner == caller.account.email).cloned().ok_or_else(|| no_file(id))
    }
}

pub(super) async fn get(
    State(meet): State<Arc<Meet>>,
    Path(id): Path<String>,
    Query(query): Query<FileQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let media = query.alt.as_deref() == Some("media");
    let caller = meet.caller(&headers, if media { CONTENT } else { FILES })?;
    let file = meet.file(&caller, &id)?;
    if !media {
        let facts = json!({ "kind": "drive#file", "id": id, "name": file.name, "mimeType": file.media_type });
        return Ok(Json(facts).into_response());
    }
    if file.media_type == DOCUMENT {
        let message = "Only files with binary content can be downloaded. Use Export with Docs Editors files.";
        return Err(drive(StatusCode::FORBIDDEN, "fileNotDownloadable", message));
    }
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    Ok(part(range, file.media_type, &file.bytes))
}

/// The bytes, or those of one range (RFC 9110 section 14).
fn part(range: Option<&str>, media_type: &'static str, bytes: &[u8]) -> Response {
    let kind = [(header::CONTENT_TYPE, media_type)];
    let total = bytes.len();
    let Some(range) = range else { return (kind, bytes.to_vec()).into_response() };
    let first = range.strip_prefix("bytes=").and_then(|rest| rest.strip_suffix('-')).and_then(|first| first.parse::<usize>().ok());
    match first.filter(|first| *first < total) {
        Some(first) => {
            let place = [(header::CONTENT_RANGE, format!("bytes {first}-{}/{total}", total - 1))];
            (StatusCode::PARTIAL_CONTENT, kind, place, bytes[first..].to_vec()).into_response()
        }
        None => (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, format!("bytes */{total}"))]).into_response(),
    }
}

pub(super) async fn export(
    State(meet): State<Arc<Meet>>,
    Path(id): Path<String>,
    Query(query): Query<FileQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let caller = meet.caller(&headers, CONTENT)?;
    let file = meet.file(&caller, &id)?;
    if file.media_type != DOCUMENT {
        return Err(drive(StatusCode::FORBIDDEN, "fileNotExportable", "Export only supports Docs Editors files."));
    }
    if query.mime_type.as_deref() != Some("text/plain") {
        return Err(drive(StatusCode::BAD_REQUEST, "badRequest", "The requested conversion is not supported."));
    }
    // Plain text begins with a byte order mark and ends its lines as Windows does.
    let text = format!("\u{feff}{}", String::from_utf8_lossy(&file.bytes).replace('\n', "\r\n"));
    Ok(([(header::CONTENT_TYPE, "text/plain")], text).into_response())
}
