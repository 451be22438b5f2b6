//! Zoom's error answers: `{code, message}`, and `{code: 300, message, errors}` for invalid fields.
//! <https://developers.zoom.us/docs/api/errors/>

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::kit::{Refusal, Violation};

pub(super) fn error(status: StatusCode, code: u32, message: &str) -> Refusal {
    Refusal::json(status, json!({ "code": code, "message": message }))
}

pub(super) fn unknown_endpoint() -> Response {
    error(StatusCode::NOT_FOUND, 2300, "This API endpoint is not recognized.").into_response()
}

/// Zoom names the field and says no more than that it is invalid; the reason stands in the sandbox's list of violations.
pub(super) fn invalid_request(violation: &Violation) -> Response {
    let field = violation.place.rsplit([' ', '/']).next().unwrap_or_default();
    let body = json!({
        "code": 300,
        "message": "Validation Failed.",
        "errors": [{ "field": field, "message": "Invalid field." }],
    });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

pub(super) fn no_user(user: &str) -> Refusal {
    error(StatusCode::NOT_FOUND, 1001, &format!("User does not exist: {user}."))
}

pub(super) fn no_meeting(meeting: &str) -> Refusal {
    error(StatusCode::NOT_FOUND, 3001, &format!("Meeting does not exist: {meeting}."))
}

pub(super) fn no_recording() -> Refusal {
    error(StatusCode::NOT_FOUND, 3301, "There is no recording for this meeting.")
}

pub(super) fn bad_page_token() -> Refusal {
    error(StatusCode::BAD_REQUEST, 300, "The next page token is invalid or expired.")
}
