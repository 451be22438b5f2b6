//! `/recordings/{id}/media`, which leads to a link that expires, and the store behind that link, which knows ranges.
//!
//! docs.talkdesk.com/reference/recordingsidmedia; support.talkdesk.com, "Storage and Retention": a "time-bounded signed URL".

use std::ops::Range;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use serde_json::json;
use url::form_urlencoded;

use super::Talkdesk;
use super::audio::Audio;
use super::problem::{Api, problem};
use super::query::Query;
use super::recordings::not_found;
use crate::kit::{Refusal, hmac_sha256_hex};

/// How long a link lives. The real time is not established.
const LINK_SECONDS: i64 = 300;

/// Bytes that are made and sent at a time.
const PIECE: u64 = 64 * 1024;

/// A redirect to the audio; or a HAL document with the link, for callers who ask for HAL.
pub(super) async fn begin(
    State(talkdesk): State<Arc<Talkdesk>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    talkdesk.admit(&headers, Api::Recordings, &["recordings:read"])?;
    let original = Query::read(Api::Recordings, query.as_deref(), &["redacted"])?.flag("redacted")? == Some(false);
    {
        let world = talkdesk.world();
        let (_, recording) = world.recording(&id, talkdesk.kit.clock.now_ms()).ok_or_else(not_found)?;
        if recording.deleted {
            return Err(problem(StatusCode::GONE, "0050006", "Recording's media file deleted"));
        }
    }
    let path = format!("/files/audio/{id}");
    let version = if original { "original" } else { "redacted" };
    let target = talkdesk.signed(&path, version);
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The file spells it application/json+hal.
    if accept.contains("hal") {
        let links = json!({ "self": { "href": talkdesk.link(&format!("/recordings/{id}/media")) }, "file": { "href": target } });
        return Ok(([(header::CONTENT_TYPE, "application/hal+json")], Json(json!({ "_links": links }))).into_response());
    }
    Ok((StatusCode::FOUND, [(header::LOCATION, target)]).into_response())
}

/// The store: no token of the API, only the signature in the link.
pub(super) async fn stream(
    State(talkdesk): State<Arc<Talkdesk>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let version = talkdesk.check_signed(&format!("/files/audio/{id}"), query.as_deref())?;
    let world = talkdesk.world();
    let (_, recording) = world.recording(&id, talkdesk.kit.clock.now_ms()).filter(|(_, one)| !one.deleted).ok_or_else(not_found)?;
    let original = version == "original";
    let audio = recording.redacted.filter(|_| !original).unwrap_or(recording.audio);
    Ok(answer(audio, &headers))
}

fn answer(audio: Audio, headers: &HeaderMap) -> Response {
    let etag = format!("\"{:016x}\"", audio.seed);
    let whole = 0..audio.len();
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    // A range holds only for the file it was asked of (RFC 9110 section 13.1.5).
    let asked = text(header::RANGE).filter(|_| text(header::IF_RANGE).is_none_or(|wanted| wanted == etag));
    let (status, range) = match asked.map(|range| read_range(range, audio.len())) {
        None | Some(Asked::Nonsense) => (StatusCode::OK, whole),
        Some(Asked::Part(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Some(Asked::Beyond) => {
            let range = format!("bytes */{}", audio.len());
            return (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, range)]).into_response();
        }
    };
    let mut response = Response::new(Body::from_stream(pieces(audio, range.clone())));
    *response.status_mut() = status;
    let mut put = |name: header::HeaderName, value: String| {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    };
    put(header::CONTENT_TYPE, "audio/mpeg".into());
    put(header::ACCEPT_RANGES, "bytes".into());
    put(header::ETAG, etag);
    put(header::CONTENT_LENGTH, (range.end - range.start).to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        put(header::CONTENT_RANGE, format!("bytes {}-{}/{}", range.start, range.end - 1, audio.len()));
    }
    response
}

fn pieces(audio: Audio, range: Range<u64>) -> impl futures::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    stream::unfold(range.start, move |from| async move {
        let to = range.end.min(from + PIECE);
        (from < to).then(|| (Ok(audio.slice(from, to)), to))
    })
}

enum Asked {
    Part(Range<u64>),
    Beyond,
    /// Not understood, and so ignored (RFC 9110 section 14.2); several parts at once are among it.
    Nonsense,
}

fn read_range(text: &str, len: u64) -> Asked {
    let Some((from, to)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Asked::Nonsense;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (from.trim(), to.trim()) {
        ("", last) => match number(last) {
            Some(0) => return Asked::Beyond,
            Some(last) => len.saturating_sub(last)..len,
            None => return Asked::Nonsense,
        },
        (first, "") => match number(first) {
            Some(first) => first..len,
            None => return Asked::Nonsense,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..len.min(last + 1),
            _ => return Asked::Nonsense,
        },
    };
    if range.start < len { Asked::Part(range) } else { Asked::Beyond }
}

impl Talkdesk {
    /// A link into the store that works for a while. `version` is signed along.
    pub(super) fn signed(&self, path: &str, version: &str) -> String {
        let expires = self.kit.clock.now().as_second() + LINK_SECONDS;
        let signature = self.sign(path, version, expires);
        format!("{}{path}?version={version}&expires={expires}&signature={signature}", self.kit.base(super::ID))
    }

    /// The signed version; 403 when the link was changed or is too old.
    pub(super) fn check_signed(&self, path: &str, query: Option<&str>) -> Result<String, Refusal> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        let get = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let too_old = || problem(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired");
        let (Some(version), Some(until), Some(signature)) = (get("version"), get("expires"), get("signature")) else {
            return Err(too_old());
        };
        let until: i64 = until.parse().map_err(|_| too_old())?;
        let genuine = self.sign(path, version, until) == signature;
        if genuine && self.kit.clock.now().as_second() < until { Ok(version.to_owned()) } else { Err(too_old()) }
    }

    fn sign(&self, path: &str, version: &str, expires: i64) -> String {
        hmac_sha256_hex(&self.key, format!("{path}\n{version}\n{expires}").as_bytes())
    }
}
