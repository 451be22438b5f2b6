//! Recording downloads: a Bearer token (access or download token) at the first address, then a redirect to a short-lived one, with ranges.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde_json::json;

use super::Zoom;
use super::world::FileKind;
use crate::kit::{Need, Refusal, hmac_sha256_hex};

/// How long the address that a redirect leads to works.
const STREAM_SECONDS: i64 = 120;

/// Signs download tokens and addresses. Known to the emulator alone: whoever shows a right signature got it from here.
const KEY: &[u8] = b"zoom download signing key of the sandbox";

pub(super) async fn begin(State(zoom): State<Arc<Zoom>>, Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let uuid = match zoom.world().file(&file) {
        Some((meeting, _)) => meeting.uuid.clone(),
        None => return Err(refused(StatusCode::NOT_FOUND, "This recording does not exist.")),
    };
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("Bearer "));
    let by_download_token = token.is_some_and(|token| zoom.opens(token, &uuid));
    if !by_download_token && !zoom.may_download(token, &uuid) {
        return Err(refused(StatusCode::UNAUTHORIZED, "Forbidden"));
    }
    let ticket = zoom.seal(&file, SignedDuration::from_secs(STREAM_SECONDS));
    let location = format!("{}/rec/stream/{ticket}", zoom.kit.base(super::ID));
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

pub(super) async fn stream(State(zoom): State<Arc<Zoom>>, Path(ticket): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let file = zoom.unseal(&ticket).ok_or_else(|| refused(StatusCode::FORBIDDEN, "This address has expired."))?;
    let (bytes, media_type) = match zoom.world().file(&file) {
        Some((_, file)) => (file.bytes.clone(), media_type(file.kind)),
        None => return Err(refused(StatusCode::NOT_FOUND, "This recording does not exist.")),
    };
    let plain = [(header::CONTENT_TYPE, media_type), (header::ACCEPT_RANGES, "bytes")];
    let Some(range) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()) else {
        return Ok((plain, bytes).into_response());
    };
    let total = bytes.len();
    let Some((first, last)) = read_range(range, total) else {
        let all = [(header::CONTENT_RANGE, format!("bytes */{total}"))];
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, all).into_response());
    };
    let part = [(header::CONTENT_RANGE, format!("bytes {first}-{last}/{total}"))];
    Ok((StatusCode::PARTIAL_CONTENT, plain, part, bytes[first..=last].to_vec()).into_response())
}

fn media_type(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Video => "video/mp4",
        FileKind::Audio => "audio/mp4",
        FileKind::Transcript => "text/vtt",
    }
}

/// One range, `bytes=first-` or `bytes=first-last`.
fn read_range(text: &str, total: usize) -> Option<(usize, usize)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let first: usize = first.parse().ok()?;
    let last = if last.is_empty() { total.checked_sub(1)? } else { last.parse().ok()? };
    (first <= last && last < total).then_some((first, last))
}

fn refused(status: StatusCode, message: &str) -> Refusal {
    let body = json!({ "status": false, "errorCode": 300, "errorMessage": message, "result": null });
    Refusal::from((status, Json(body)).into_response())
}

impl Zoom {
    /// A token that opens the files of one meeting.
    pub(super) fn download_token(&self, uuid: &str, life: SignedDuration) -> String {
        self.seal(&hex::encode(uuid), life)
    }

    fn opens(&self, token: &str, uuid: &str) -> bool {
        self.unseal(token).is_some_and(|sealed| sealed == hex::encode(uuid))
    }

    /// May the person behind an access token download this meeting's files?
    fn may_download(&self, token: Option<&str>, uuid: &str) -> bool {
        const OWN: &[&str] = &["cloud_recording:read:list_user_recordings", "cloud_recording:read:list_recording_files"];
        let Ok(caller) = self.authority.token(token, Need::Token) else {
            return false;
        };
        let account_wide = OWN.iter().any(|scope| caller.scopes.contains(&format!("{scope}:admin")));
        let world = self.world();
        let own = world.meeting(uuid).is_some_and(|meeting| meeting.host.id == caller.account.id);
        account_wide || (own && caller.may(OWN))
    }

    /// `subject.expiry.signature`; the subject has no dot.
    fn seal(&self, subject: &str, life: SignedDuration) -> String {
        let expires_ms = self.kit.clock.now_ms() + i64::try_from(life.as_millis()).unwrap_or(0);
        let text = format!("{subject}.{expires_ms}");
        let signature = hmac_sha256_hex(KEY, text.as_bytes());
        format!("{text}.{signature}")
    }

    fn unseal(&self, token: &str) -> Option<String> {
        let (text, signature) = token.rsplit_once('.')?;
        let (subject, expires_ms) = text.rsplit_once('.')?;
        let fresh = expires_ms.parse::<i64>().ok()? > self.kit.clock.now_ms();
        (fresh && hmac_sha256_hex(KEY, text.as_bytes()) == signature).then(|| subject.to_owned())
    }
}
