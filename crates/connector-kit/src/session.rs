//! The one door to the network: base address, token, budget, caps, retries as classified, redaction.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use jiff::SignedDuration;
use model::Env;
use url::Url;

use crate::budget::Budget;
use crate::capability::MediaStream;
use crate::connector::Connector;
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::guard::{self, Reach};
use crate::manifest::Limit;
use crate::network::Network;
use crate::request::{self, Body, Reply, Request};
use crate::secret::Secret;

/// An answer longer than this is refused (media goes through `stream`).
const LONGEST_ANSWER: usize = 32 << 20;
/// Time for one call, answer included.
const WHOLE_CALL: Duration = Duration::from_secs(100);
/// Redirects followed for a download.
const MOST_REDIRECTS: usize = 5;

/// A token and how it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    pub value: Secret,
    /// Written before it in the `Authorization` header: `Bearer ` (RFC 6750), `Basic ` (RFC 7617), or nothing.
    pub prefix: &'static str,
}

/// Where a session's token comes from. One writer per credential stands behind it.
#[async_trait::async_trait]
pub trait TokenSource: Send + Sync + 'static {
    /// A token that should work; refreshed already if it is about to expire.
    async fn current(&self) -> Result<AccessToken>;
    /// A token other than the refused one, or `Unauthorized`.
    async fn renewed(&self, refused: &AccessToken) -> Result<AccessToken>;
}

/// How patient a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Sends of one request at most.
    pub attempts: u32,
    /// A longer pause is not waited for here: the error goes up, and the stream sleeps.
    pub longest_wait: SignedDuration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 4, longest_wait: SignedDuration::from_secs(5) }
    }
}

/// All that a session is made of.
pub struct SessionParts {
    pub connector: Arc<dyn Connector>,
    pub network: Network,
    pub reach: Reach,
    /// The tool's address, resolved from manifest and configuration.
    pub base_url: Url,
    pub tokens: Arc<dyn TokenSource>,
    pub budget: Arc<Budget>,
    /// The connect-time fields that are not secret (region, account name).
    pub fields: BTreeMap<String, String>,
    pub env: Arc<dyn Env>,
    pub policy: RetryPolicy,
}

/// An open way to one account of one tool. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    parts: Arc<SessionParts>,
    calls: Arc<AtomicU64>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("base_url", &self.parts.base_url.as_str()).finish_non_exhaustive()
    }
}

impl Session {
    /// Opens a session; nothing is sent yet.
    pub fn new(parts: SessionParts) -> Self {
        Self { parts: Arc::new(parts), calls: Arc::new(AtomicU64::new(0)) }
    }

    /// GET a path under the base address, or an absolute address of one of the tool's hosts.
    pub fn get(&self, target: impl Into<String>) -> Request<'_> {
        Request::new(self, reqwest::Method::GET, target.into())
    }

    /// POST likewise.
    pub fn post(&self, target: impl Into<String>) -> Request<'_> {
        Request::new(self, reqwest::Method::POST, target.into())
    }

    /// PATCH likewise.
    pub fn patch(&self, target: impl Into<String>) -> Request<'_> {
        Request::new(self, reqwest::Method::PATCH, target.into())
    }

    /// PUT likewise.
    pub fn put(&self, target: impl Into<String>) -> Request<'_> {
        Request::new(self, reqwest::Method::PUT, target.into())
    }

    /// DELETE likewise.
    pub fn delete(&self, target: impl Into<String>) -> Request<'_> {
        Request::new(self, reqwest::Method::DELETE, target.into())
    }

    /// A connect-time field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.parts.fields.get(name).map(String::as_str)
    }

    /// The present, by the hub's clock.
    pub fn now(&self) -> jiff::Timestamp {
        self.parts.env.now()
    }

    /// How many calls went out so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Reply> {
        if let Some(problem) = request.problem {
            return Err(problem);
        }
        let url = self.resolve(&request)?;
        let mut renewed = false;
        let mut attempt = 1;
        loop {
            self.wait_for_budget(request.narrower).await?;
            let token = self.parts.tokens.current().await?;
            let began = self.now();
            let result = self.once(&request, &url, &token).await.and_then(|reply| request.judged(self.classify(&reply), reply));
            self.count(result.as_ref().err(), began);
            let error = match result {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            if error.kind == ErrorKind::Unauthorized && !renewed {
                self.parts.tokens.renewed(&token).await?;
                renewed = true;
                continue;
            }
            let Some(pause) = self.pause_before_retry(&error, request.repeatable, attempt) else {
                return Err(error);
            };
            tracing::debug!(kind = error.kind.as_str(), attempt, "trying again");
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// Counts a call, for those who run the hub.
    fn count(&self, failed: Option<&Error>, began: jiff::Timestamp) {
        let integration = self.parts.connector.manifest().id;
        let outcome = failed.map_or("ok", |error| error.kind.as_str());
        metrics::counter!("harmony_tool_calls_total", "integration" => integration, "outcome" => outcome).increment(1);
        let seconds = self.now().duration_since(began).as_secs_f64();
        metrics::histogram!("harmony_tool_call_seconds", "integration" => integration).record(seconds);
    }

    async fn wait_for_budget(&self, narrower: Option<Limit>) -> Result<()> {
        if let Some(left) = self.parts.budget.pause_left() {
            let left = SignedDuration::try_from(left).unwrap_or(SignedDuration::MAX);
            if left > self.parts.policy.longest_wait {
                return Err(Error::new(ErrorKind::RateLimited, "the tool asked this account to wait").with_retry(Retry::After(left)));
            }
        }
        self.parts.budget.ready(narrower).await;
        Ok(())
    }

    /// `None`: do not try again here.
    fn pause_before_retry(&self, error: &Error, repeatable: bool, attempt: u32) -> Option<Duration> {
        let policy = self.parts.policy;
        if let (ErrorKind::RateLimited, Retry::After(pause)) = (error.kind, error.retry) {
            self.parts.budget.pause(pause.unsigned_abs());
        }
        if attempt >= policy.attempts || (error.may_have_happened && !repeatable) {
            return None;
        }
        match error.retry {
            Retry::Never => None,
            Retry::After(pause) => (pause <= policy.longest_wait).then(|| pause.unsigned_abs()),
            Retry::Backoff => {
                let mut random = [0_u8; 8];
                self.parts.env.fill(&mut random);
                let ceiling = 250_u64 << attempt.min(6);
                Some(Duration::from_millis(u64::from_le_bytes(random) % ceiling))
            }
        }
    }

    fn classify(&self, reply: &Reply) -> Option<Error> {
        self.parts.connector.classify(reply).or_else(|| classify_by_status(reply, self.parts.env.now()))
    }

    fn resolve(&self, request: &Request<'_>) -> Result<Url> {
        let base = self.parts.base_url.as_str().trim_end_matches('/');
        let text = if request.target.contains("://") { request.target.clone() } else { format!("{base}{}", request.target) };
        let mut url: Url = text.parse().map_err(|error| Error::protocol(format!("the tool gave an address that is none: {error}")))?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        guard::check(&url, self.parts.reach)?;
        if !self.is_own_host(&url) {
            return Err(Error::protocol(format!(
                "{} is none of the tool's hosts, so the token is not sent there",
                url.host_str().unwrap_or("?")
            )));
        }
        Ok(url)
    }

    /// Whether the token may go there.
    fn is_own_host(&self, url: &Url) -> bool {
        let base = &self.parts.base_url;
        let same = url.scheme() == base.scheme()
            && url.host_str() == base.host_str()
            && url.port_or_known_default() == base.port_or_known_default();
        same || (url.scheme() == "https"
            && url.host_str().is_some_and(|host| {
                self.parts
                    .connector
                    .manifest()
                    .hosts
                    .iter()
                    .any(|own| host == *own || host.strip_suffix(own).is_some_and(|rest| rest.ends_with('.')))
            }))
    }

    async fn once(&self, request: &Request<'_>, url: &Url, token: &AccessToken) -> Result<Reply> {
        let response = self.dispatch(request, url, Some(token), Some(WHOLE_CALL)).await?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = BytesMut::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            body.extend_from_slice(&chunk.map_err(|error| transport(&error))?);
            if body.len() > LONGEST_ANSWER {
                return Err(Error::protocol("the answer is longer than 32 MB").in_doubt());
            }
        }
        Ok(Reply { status, headers, body: body.freeze() })
    }

    async fn dispatch(
        &self,
        request: &Request<'_>,
        url: &Url,
        token: Option<&AccessToken>,
        limit: Option<Duration>,
    ) -> Result<reqwest::Response> {
        let mut builder = self.parts.network.client(self.parts.reach).request(request.method.clone(), url.clone());
        if let Some(limit) = limit {
            builder = builder.timeout(limit);
        }
        if let Some(token) = token {
            let mut value = reqwest::header::HeaderValue::from_str(&format!("{}{}", token.prefix, token.value.expose()))
                .map_err(|_| Error::invalid("the token holds characters that no header can carry"))?;
            value.set_sensitive(true);
            builder = builder.header(reqwest::header::AUTHORIZATION, value);
        }
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        builder = match &request.body {
            Body::Empty => builder,
            Body::Json(bytes) => builder.header(reqwest::header::CONTENT_TYPE, "application/json").body(bytes.clone()),
            Body::Form(pairs) => builder.form(pairs),
            Body::Text(content_type, bytes) => builder.header(reqwest::header::CONTENT_TYPE, *content_type).body(bytes.clone()),
        };
        self.calls.fetch_add(1, Ordering::Relaxed);
        builder.send().await.map_err(|error| transport(&error))
    }

    pub(crate) async fn stream(&self, request: Request<'_>) -> Result<MediaStream> {
        let mut url = self.resolve(&request)?;
        let mut renewed = false;
        for _ in 0..=MOST_REDIRECTS {
            self.wait_for_budget(request.narrower).await?;
            let token = if self.is_own_host(&url) { Some(self.parts.tokens.current().await?) } else { None };
            let began = self.now();
            let response = self.dispatch(&request, &url, token.as_ref(), None).await;
            self.count(response.as_ref().err(), began);
            let response = response?;
            let status = response.status();
            if status.is_redirection() {
                url = redirect_target(&url, &response)?;
                guard::check(&url, self.parts.reach)?;
            } else if let (401, false, Some(token)) = (status.as_u16(), renewed, &token) {
                self.parts.tokens.renewed(token).await?;
                renewed = true;
            } else if status.is_success() {
                let known = if status == reqwest::StatusCode::PARTIAL_CONTENT { 0 } else { request.offset };
                let chunks = response.bytes_stream().map(|chunk| chunk.map_err(|error| transport(&error)));
                return Ok(Box::pin(request::after(known, chunks)));
            } else {
                let reply = Reply { status: status.as_u16(), headers: BTreeMap::new(), body: Bytes::new() };
                return Err(self.classify(&reply).unwrap_or_else(|| Error::protocol(format!("a download answered {status}"))));
            }
        }
        Err(Error::protocol("a download was redirected too often"))
    }
}

fn redirect_target(from: &Url, response: &reqwest::Response) -> Result<Url> {
    let location = response.headers().get(reqwest::header::LOCATION).and_then(|value| value.to_str().ok());
    location.and_then(|text| from.join(text).ok()).ok_or_else(|| Error::protocol("a redirect without an address"))
}

/// The common reading of an HTTP status.
pub fn classify_by_status(reply: &Reply, now: jiff::Timestamp) -> Option<Error> {
    let kind = match reply.status {
        200..=299 => return None,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        409 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        400 | 402 | 405..=408 | 411 | 413..=428 => ErrorKind::Invalid,
        500..=599 => ErrorKind::Unavailable,
        _ => ErrorKind::Protocol,
    };
    let mut error = Error::new(kind, format!("the tool answered with status {}", reply.status));
    if kind == ErrorKind::Unavailable {
        error = error.in_doubt();
    }
    if matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable)
        && let Some(pause) = reply.header("retry-after").and_then(|text| retry_after(text, now))
    {
        error = error.with_retry(Retry::After(pause));
    }
    Some(error)
}

/// `Retry-After` (RFC 9110 section 10.2.3): seconds or an HTTP date; kept between 0 and one hour. Garbage is `None`.
pub fn retry_after(text: &str, now: jiff::Timestamp) -> Option<SignedDuration> {
    let wait = match text.trim().parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => SignedDuration::try_from_secs_f64(seconds.clamp(0.0, 3_600.0)).ok()?,
        Ok(_) => return None,
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(text.trim())
                .map(|zoned| zoned.timestamp())
                .or_else(|_| text.trim().parse::<jiff::Timestamp>())
                .ok()?;
            at.duration_since(now)
        }
    };
    Some(wait.clamp(SignedDuration::ZERO, SignedDuration::from_hours(1)))
}

/// A failure below HTTP. Only a connection that was never opened certainly had no effect.
fn transport(error: &reqwest::Error) -> Error {
    let what = if error.is_connect() {
        return Error::new(ErrorKind::Unavailable, "the tool cannot be reached");
    } else if error.is_timeout() {
        "the tool took too long to answer"
    } else {
        "the connection to the tool broke"
    };
    Error::new(ErrorKind::Unavailable, what).in_doubt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f25_retry_after_is_read_in_every_form_and_clamped() {
        let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let seconds = |text| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("1000000000"), Some(3_600));
        assert_eq!(seconds("-5"), Some(0));
        assert_eq!(seconds("Thu, 01 Jan 2026 00:01:00 GMT"), Some(60));
        assert_eq!(seconds("Wed, 31 Dec 2025 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("2026-01-01T00:00:30Z"), Some(30));
        assert_eq!(seconds("soon"), None);
    }
}
