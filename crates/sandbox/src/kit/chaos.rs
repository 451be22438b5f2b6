//! Faults on demand: which request meets which fault, and what the fault does to the answer. The door applies them round every tool.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The request is answered with this status and never reaches the tool.
    Status {
        status: u16,
        #[serde(default)]
        retry_after: Option<String>,
        #[serde(default)]
        body: Option<String>,
    },
    /// The answer comes, but this much later (real time).
    Slow { ms: u64 },
    /// The effect happens; the answer promises its whole length and ends in the middle.
    Cut,
    /// The effect happens; the answer is a web page with status 200.
    Garbage,
    /// The effect happens; the answer is 200 with no body.
    Empty,
    /// The effect happens; the answer waits until the rules are deleted.
    Hold,
    /// The effect happens; the connection closes without one byte of answer.
    Lost,
}

/// One rule: requests that match meet the fault, `times` times (for ever without it).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub tool: String,
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the path that must occur.
    #[serde(default)]
    pub path: Option<String>,
    /// A part of the request's body that must occur: what tells apart the operations of a tool with one path.
    #[serde(default)]
    pub containing: Option<String>,
    #[serde(flatten)]
    pub fault: Fault,
    #[serde(default)]
    pub times: Option<u32>,
}

/// The rules in force, and how often each fault has struck.
#[derive(Debug)]
pub struct Chaos {
    rules: Mutex<Vec<Rule>>,
    /// Counts releases: whoever holds an answer waits for the next one.
    released: watch::Sender<u64>,
}

impl Default for Chaos {
    fn default() -> Self {
        Self { rules: Mutex::default(), released: watch::Sender::new(0) }
    }
}

impl Chaos {
    /// Adds a rule behind those in force; the first that matches a request wins.
    pub fn add(&self, rule: Rule) {
        self.lock().push(rule);
    }

    /// The rules in force, with what is left of their `times`.
    pub fn rules(&self) -> Vec<Rule> {
        self.lock().clone()
    }

    /// Ends all faults, and lets answers go that are held.
    pub fn clear(&self) {
        self.lock().clear();
        self.released.send_modify(|releases| *releases += 1);
    }

    /// The fault that this request meets; counts it.
    pub(super) fn strike(&self, tool: &str, method: &Method, path: &str, body: &[u8]) -> Option<Fault> {
        let holds = |part: &String| part.is_empty() || body.windows(part.len()).any(|window| window == part.as_bytes());
        let mut rules = self.lock();
        let index = rules.iter().position(|rule| {
            rule.tool == tool
                && rule.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()))
                && rule.path.as_ref().is_none_or(|part| path.contains(part))
                && rule.containing.as_ref().is_none_or(holds)
        })?;
        let fault = rules[index].fault.clone();
        if let Some(times) = rules[index].times {
            if times <= 1 {
                rules.remove(index);
            } else {
                rules[index].times = Some(times - 1);
            }
        }
        tracing::debug!(tool, path, ?fault, "sandbox fault");
        Some(fault)
    }

    /// Waits until the rules are cleared.
    pub(super) async fn released(&self) {
        let mut releases = self.released.subscribe();
        // An error means that the sandbox is gone, which is a release too.
        drop(releases.changed().await);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to a request that never reaches the tool; `None` when the fault lets it through.
pub(super) async fn before(fault: &Fault) -> Option<Response> {
    match fault {
        Fault::Status { status, retry_after, body } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            let mut response = (status, body.clone().unwrap_or_default()).into_response();
            if let Some(value) = retry_after.as_ref().and_then(|text| text.parse().ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            Some(response)
        }
        Fault::Slow { ms } => {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
            None
        }
        _ => None,
    }
}

/// What becomes of the tool's answer.
pub(super) async fn after(fault: &Fault, chaos: &Chaos, response: Response) -> Response {
    match fault {
        Fault::Status { .. } | Fault::Slow { .. } => response,
        Fault::Hold => {
            chaos.released().await;
            response
        }
        Fault::Garbage => {
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], "<!doctype html><title>Service page</title><p>Please come back later.")
                .into_response()
        }
        Fault::Empty => StatusCode::OK.into_response(),
        Fault::Lost => Body::from_stream(stream::once(async { Err::<Bytes, _>(broken()) })).into_response(),
        Fault::Cut => cut(response).await,
    }
}

/// The same head with the whole length, then half the bytes, then the end of the connection.
async fn cut(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = bytes.slice(..bytes.len() / 2);
    parts.headers.insert(header::CONTENT_LENGTH, (bytes.len().max(1)).into());
    let pieces = stream::unfold(0, move |step| {
        let half = half.clone();
        async move {
            match step {
                0 => Some((Ok(half), 1)),
                1 => {
                    // Gives the server one turn to write out the first half before the connection breaks.
                    tokio::task::yield_now().await;
                    Some((Err(broken()), 2))
                }
                _ => None,
            }
        }
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

fn broken() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::ConnectionReset, "chaos: connection cut")
}
