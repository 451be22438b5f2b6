//! Notion's error shape, `{"object":"error","status","code","message"}`. Codes are those of Notion's SDK (`APIErrorCode`); wordings are
//! those of public issues, where there is one.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::kit::{Denied, OauthError, Refusal, Violation};

pub(super) fn body(status: StatusCode, code: &str, message: &str) -> Value {
    json!({ "object": "error", "status": status.as_u16(), "code": code, "message": message })
}

pub(super) fn refuse(status: StatusCode, code: &str, message: &str) -> Refusal {
    Refusal::json(status, body(status, code, message))
}

/// 400: the body or a parameter does not fit.
pub(super) fn invalid(message: &str) -> Refusal {
    refuse(StatusCode::BAD_REQUEST, "validation_error", message)
}

/// 404: it does not exist, or nobody shared it with the integration. The two are not told apart.
pub(super) fn unknown(kind: &str, id: &str) -> Refusal {
    let message =
        format!("Could not find {kind} with ID: {id}. Make sure the relevant pages and databases are shared with your integration.");
    refuse(StatusCode::NOT_FOUND, "object_not_found", &message)
}

/// 403: the integration lacks a capability.
pub(super) fn restricted() -> Refusal {
    refuse(StatusCode::FORBIDDEN, "restricted_resource", "Insufficient permissions for this endpoint.")
}

/// 400: what is in the trash cannot be edited.
pub(super) fn archived() -> Refusal {
    invalid("Can't edit block that is archived. You must unarchive the block before editing.")
}

pub(super) fn no_such_path() -> Response {
    refuse(StatusCode::BAD_REQUEST, "invalid_request_url", "Invalid request URL.").into_response()
}

pub(super) fn misfit(violation: &Violation) -> Response {
    let Violation { place, reason, .. } = violation;
    invalid(&format!("{place} failed validation: {reason}")).into_response()
}

pub(super) fn denied(_denied: &Denied) -> Response {
    refuse(StatusCode::UNAUTHORIZED, "unauthorized", "API token is invalid.").into_response()
}

/// The token endpoint's codes are those of RFC 6749 section 5.2, in Notion's own form (developers.notion.com/reference/status-codes).
pub(super) fn oauth(error: &OauthError) -> Response {
    refuse(error.status, error.code, &error.description).into_response()
}
