//! Google's error objects: that of Meet and Workspace Events (`status`, `details`), and the older one of Drive (`errors`).
//! Shapes: google.aip.dev/193, developers.google.com/workspace/drive/api/guides/handle-errors.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::kit::{Denied, Refusal, Violation};

fn body(status: StatusCode, name: &str, message: &str) -> Value {
    json!({ "error": { "code": status.as_u16(), "message": message, "status": name } })
}

fn with_reason(mut body: Value, reason: &str) -> Value {
    body["error"]["details"] =
        json!([{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com" }]);
    body
}

pub(super) fn refuse(status: StatusCode, name: &str, message: &str) -> Refusal {
    Refusal::json(status, body(status, name, message))
}

pub(super) fn invalid(message: &str) -> Refusal {
    refuse(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message)
}

/// Also for what the caller may not see.
pub(super) fn not_found() -> Refusal {
    refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "Requested entity was not found.")
}

pub(super) fn forbidden(message: &str) -> Refusal {
    refuse(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message)
}

pub(super) fn exists(message: &str) -> Refusal {
    refuse(StatusCode::CONFLICT, "ALREADY_EXISTS", message)
}

pub(super) fn quota() -> Refusal {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let message = "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user'.";
    Refusal::json(status, with_reason(body(status, "RESOURCE_EXHAUSTED", message), "RATE_LIMIT_EXCEEDED"))
}

/// A request that does not fit the description.
pub(super) fn misfit(violation: &Violation) -> Response {
    invalid(&format!("Invalid value at '{}': {}", violation.place, violation.reason)).into_response()
}

/// 401 and 403 of every service.
pub(super) fn denied(denied: &Denied) -> Response {
    let Denied::Scope { .. } = denied else {
        let message = "Request had invalid authentication credentials.";
        return (StatusCode::UNAUTHORIZED, Json(body(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message))).into_response();
    };
    let message = "Request had insufficient authentication scopes.";
    let body = with_reason(body(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message), "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    (StatusCode::FORBIDDEN, Json(body)).into_response()
}

/// Drive's error object.
pub(super) fn drive(status: StatusCode, reason: &str, message: &str) -> Refusal {
    let entry = json!({ "domain": "global", "reason": reason, "message": message });
    Refusal::json(status, json!({ "error": { "code": status.as_u16(), "message": message, "errors": [entry] } }))
}

pub(super) fn no_file(id: &str) -> Refusal {
    drive(StatusCode::NOT_FOUND, "notFound", &format!("File not found: {id}."))
}

pub(super) fn drive_misfit(violation: &Violation) -> Response {
    let message = format!("Invalid value at '{}': {}", violation.place, violation.reason);
    drive(StatusCode::BAD_REQUEST, "invalidParameter", &message).into_response()
}
