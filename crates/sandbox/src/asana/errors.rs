//! Asana's error shape, `{"errors":[{"message", "help"}]}` (schema `ErrorResponse`). Wordings are those of developers.asana.com/docs/errors
//! and of public issues, where there is one.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::kit::{Denied, OauthError, Refusal, Violation};

const HELP: &str =
    "For more information on API status codes and how to handle them, read the docs on errors: https://developers.asana.com/docs/errors";

pub(super) fn refuse(status: StatusCode, message: &str) -> Refusal {
    Refusal::json(status, json!({ "errors": [{ "message": message, "help": HELP }] }))
}

/// 400: a parameter is missing or malformed.
pub(super) fn invalid(message: &str) -> Refusal {
    refuse(StatusCode::BAD_REQUEST, message)
}

/// 404: the object does not exist.
pub(super) fn unknown(kind: &str, id: &str) -> Refusal {
    refuse(StatusCode::NOT_FOUND, &format!("{kind}: Unknown object: {id}"))
}

pub(super) fn no_such_path() -> Response {
    refuse(StatusCode::NOT_FOUND, "No matching route for request").into_response()
}

pub(super) fn misfit(violation: &Violation) -> Response {
    let Violation { place, reason, .. } = violation;
    invalid(&format!("{place}: {reason}")).into_response()
}

/// 401 and 403 of the API. How a missing scope is worded is not established.
pub(super) fn denied(denied: &Denied) -> Response {
    match denied {
        Denied::Scope { needed, .. } => {
            let scope = needed.first().copied().unwrap_or("default");
            refuse(StatusCode::FORBIDDEN, &format!("Forbidden: this request needs the scope {scope}")).into_response()
        }
        _ => refuse(StatusCode::UNAUTHORIZED, "Not Authorized").into_response(),
    }
}

/// The token endpoint speaks RFC 6749 section 5.2.
pub(super) fn oauth(error: &OauthError) -> Response {
    Refusal::json(error.status, json!({ "error": error.code, "error_description": error.description })).into_response()
}
