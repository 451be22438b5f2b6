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
}

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
