//! A refused request: the tool's own error answer, small enough to travel in a `Result`.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// A tool's error answer. Boxed, so that `Result<_, Refusal>` stays small.
#[derive(Debug)]
pub struct Refusal(Box<Response>);

impl Refusal {
    /// A JSON answer with this status.
    pub fn json(status: StatusCode, body: Value) -> Self {
        (status, Json(body)).into_response().into()
    }

    /// The same answer with one more header; a value that is no header text is left out.
    #[must_use]
    pub fn with(mut self, header: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(HeaderName::from_static(header), value);
        }
        self
    }

    /// The same answer, marked as that to a request which the description does not allow, whatever exists at the tool.
    #[must_use]
    pub fn as_misfit(mut self, reason: &str) -> Self {
        self.0.extensions_mut().insert(Misfit(reason.to_owned()));
        self
    }
}

/// What of a request does not fit the description, where the tool's own code judges. It stays with the refusal, so that the
/// door can record the violation.
#[derive(Clone, Debug)]
pub struct Misfit(pub String);

impl From<Response> for Refusal {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        *self.0
    }
}
