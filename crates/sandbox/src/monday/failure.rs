//! monday.com's errors: `errors` with `message` and `extensions {code, status_code, error_data}`, most of them with HTTP 200.
//! <https://developer.monday.com/api-reference/docs/error-handling>

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// One error as monday.com words it.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub message: String,
    pub code: &'static str,
    /// `extensions.status_code`, which is not always the status of the answer.
    pub status_code: u16,
    /// The status of the answer.
    pub http: StatusCode,
    pub retry_in_seconds: Option<i64>,
}

impl Failure {
    fn new(code: &'static str, status_code: u16, message: impl Into<String>) -> Self {
        Self { message: message.into(), code, status_code, http: StatusCode::OK, retry_in_seconds: None }
    }

    /// What was named is not there, or not to be seen by the caller.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new("ResourceNotFoundException", 404, format!("{what} not found"))
    }

    pub(super) fn board() -> Self {
        Self::new("InvalidBoardIdException", 200, "Board not found or the user has no access to it")
    }

    pub(super) fn item() -> Self {
        Self::new("InvalidItemIdException", 200, "Item not found in board")
    }

    pub(super) fn column(id: &str) -> Self {
        Self::new("InvalidColumnIdException", 200, format!("This column ID doesn't exist for the board: {id}"))
    }

    pub(super) fn value(kind: &str, reason: &str) -> Self {
        Self::new("ColumnValueException", 200, format!("invalid value for a column of type {kind} - {reason}"))
    }

    pub(super) fn argument(reason: impl Into<String>) -> Self {
        Self::new("InvalidArgumentException", 200, reason)
    }

    pub(super) fn name_length() -> Self {
        Self::new("ItemNameTooLongException", 200, "Item name exceeded the number of allowed characters, must be between 1 and 255")
    }

    pub(super) fn json() -> Self {
        Self::new("JsonParseException", 400, "Syntax error in JSON input")
    }

    /// Cursors live for an hour from the first page on.
    pub(super) fn cursor_expired() -> Self {
        Self::new("CursorExpiredError", 400, "The cursor provided for pagination has expired")
    }

    /// As people report it; the scope is not named.
    pub(super) fn scope() -> Self {
        Self::new("UNAUTHORIZED_FIELD_OR_TYPE", 403, "Unauthorized field or type")
    }

    pub(super) fn unauthenticated() -> Self {
        Self { http: StatusCode::UNAUTHORIZED, ..Self::new("NOT_AUTHENTICATED", 401, "Not Authenticated") }
    }

    pub(super) fn webhook(reason: &str) -> Self {
        Self::new("CreateWebhookException", 200, format!("Failed to create the webhook: {reason}"))
    }

    pub(super) fn complexity(needed: u64, left: u64, seconds: i64) -> Self {
        let message = format!("Complexity budget exhausted, query cost {needed} budget remaining {left} reset in {seconds} seconds");
        Self { retry_in_seconds: Some(seconds), ..Self::new("COMPLEXITY_BUDGET_EXHAUSTED", 429, message) }
    }

    pub(super) fn too_complex() -> Self {
        Self::new("MAX_COMPLEXITY_EXCEEDED", 200, "The query exceeds the maximum complexity of 5000000")
    }

    pub(super) fn minute(seconds: i64) -> Self {
        let spent = Self::new("RATE_LIMIT_EXCEEDED", 429, "Rate Limit Exceeded");
        Self { http: StatusCode::TOO_MANY_REQUESTS, retry_in_seconds: Some(seconds), ..spent }
    }

    pub(super) fn daily(seconds: i64) -> Self {
        let spent = Self::new("DAILY_LIMIT_EXCEEDED", 429, "Daily limit exceeded");
        Self { http: StatusCode::TOO_MANY_REQUESTS, retry_in_seconds: Some(seconds), ..spent }
    }

    pub(super) fn version() -> Self {
        Self { http: StatusCode::BAD_REQUEST, ..Self::new("InvalidVersionException", 400, "Invalid API version") }
    }

    /// The document does not parse, or does not fit the schema.
    pub(super) fn document(message: impl Into<String>) -> Self {
        Self { http: StatusCode::BAD_REQUEST, ..Self::new("GRAPHQL_VALIDATION_FAILED", 400, message) }
    }

    /// The schema has it, this emulator does not. Loud, so that nobody builds on it by mistake.
    pub(super) fn not_emulated(what: &str) -> Self {
        Self::new("INTERNAL_SERVER_ERROR", 500, format!("{what} is not emulated by the sandbox"))
    }

    pub(super) fn extensions(&self) -> Value {
        let mut extensions = json!({ "code": self.code, "status_code": self.status_code, "error_data": {} });
        if let Some(seconds) = self.retry_in_seconds {
            extensions["retry_in_seconds"] = json!(seconds);
        }
        extensions
    }

    /// As the whole answer, where nothing was executed.
    pub(super) fn answer(&self) -> Response {
        let error = json!({ "message": self.message, "extensions": self.extensions() });
        let mut response = (self.http, Json(json!({ "errors": [error] }))).into_response();
        if let Some(seconds) = self.retry_in_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
