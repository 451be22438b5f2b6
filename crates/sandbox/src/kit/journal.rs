//! The journal: every request in its order, so that a sandbox started again plays them and is where it was. The state itself
//! stays in memory; time and randomness are the same at every playing, because requests then go one at a time, each at its instant.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;
use tower::ServiceExt;

use super::Kit;

/// A request longer than this is no request to a tool.
const LONGEST_BODY: usize = 64 << 20;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the sandbox's journal {path} cannot be read or written: {error}")]
    File { path: PathBuf, error: std::io::Error },
    #[error("line {line} of the sandbox's journal does not read: {error}; delete the file to begin anew")]
    Line { line: usize, error: serde_json::Error },
}

/// One request.
#[derive(Serialize, Deserialize)]
struct Line {
    at: Timestamp,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    /// Base64.
    body: String,
}

struct Journal {
    kit: Arc<Kit>,
    file: Mutex<File>,
}

/// Plays the journal at `path` (an absent one is empty) to `router`, then lays a writing journal round it.
///
/// # Errors
/// See [`JournalError`].
pub(crate) async fn keep(kit: &Arc<Kit>, router: Router, path: &Path) -> Result<Router, JournalError> {
    let failed = |error| JournalError::File { path: path.to_owned(), error };
    kit.webhooks.hold(true);
    match tokio::fs::read_to_string(path).await {
        Ok(text) => play(kit, &router, &text).await?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    kit.webhooks.hold(false);
    let file = OpenOptions::new().create(true).append(true).open(path).await.map_err(failed)?;
    let journal = Arc::new(Journal { kit: Arc::clone(kit), file: Mutex::new(file) });
    Ok(router.layer(from_fn_with_state(journal, write)))
}

async fn play(kit: &Arc<Kit>, router: &Router, text: &str) -> Result<(), JournalError> {
    for (at, line) in text.lines().enumerate() {
        let line: Line = serde_json::from_str(line).map_err(|error| JournalError::Line { line: at + 1, error })?;
        let mut request = Request::builder().method(line.method.as_str()).uri(&line.target);
        for (name, value) in &line.headers {
            request = request.header(name, value);
        }
        let Ok(request) = request.body(Body::from(STANDARD.decode(&line.body).unwrap_or_default())) else { continue };
        kit.clock.pin(Some(line.at));
        let Ok(response) = router.clone().oneshot(request).await;
        drop(to_bytes(response.into_body(), LONGEST_BODY).await);
    }
    kit.clock.pin(None);
    Ok(())
}

async fn write(State(journal): State<Arc<Journal>>, request: Request, next: Next) -> Response {
    let looks_only = request.method() == Method::GET && request.uri().path().starts_with("/_sandbox");
    if looks_only {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LONGEST_BODY).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let mut file = journal.file.lock().await;
    let at = journal.kit.clock.now();
    let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let line = Line {
        at,
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: STANDARD.encode(&bytes),
    };
    let mut written = serde_json::to_vec(&line).unwrap_or_default();
    written.push(b'\n');
    if let Err(error) = file.write_all(&written).await {
        tracing::error!(%error, "the sandbox's journal cannot be written; a restart will not know this request");
    }
    let _ = file.flush().await;
    journal.kit.clock.pin(Some(at));
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    journal.kit.clock.pin(None);
    response
}
