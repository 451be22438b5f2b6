//! Google Calendar's error object.
//! Shapes: developers.google.com/workspace/calendar/api/guides/errors.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::kit::{Denied, Refusal, Violation};

/// One entry of `error.errors`.
pub struct Fault<'a> {
    pub domain: &'a str,
    pub reason: &'a str,
    pub message: &'a str,
    /// `("parameter", "syncToken")`, where the fault lies somewhere.
    pub place: Option<(&'a str, &'a str)>,
}

/// `{error: {code, message, errors: [..]}}`.
pub fn refuse(status: StatusCode, fault: &Fault<'_>) -> Refusal {
    Refusal::json(status, body(status, fault))
}

fn body(status: StatusCode, fault: &Fault<'_>) -> Value {
    let mut entry = json!({ "domain": fault.domain, "reason": fault.reason, "message": fault.message });
    if let Some((kind, location)) = fault.place {
        entry["locationType"] = json!(kind);
        entry["location"] = json!(location);
    }
    json!({ "error": { "code": status.as_u16(), "message": fault.message, "errors": [entry] } })
}

/// 400 for one query parameter.
pub fn bad_parameter(name: &str, reason: &str, message: &str) -> Refusal {
    let place = Some(("parameter", name));
    refuse(StatusCode::BAD_REQUEST, &Fault { domain: "global", reason, message, place })
}

/// 400 without a place.
pub fn bad_request(reason: &str, message: &str) -> Refusal {
    refuse(StatusCode::BAD_REQUEST, &Fault { domain: "global", reason, message, place: None })
}

/// 404, also for what the caller may not see.
pub fn not_found() -> Refusal {
    let fault = Fault { domain: "global", reason: "notFound", message: "Not Found", place: None };
    refuse(StatusCode::NOT_FOUND, &fault)
}

/// A path or method the description does not have.
pub fn unknown_path() -> Response {
    not_found().into_response()
}

/// A request that does not fit the description.
pub fn misfit(violation: &Violation) -> Response {
    let name = violation.place.rsplit([' ', '/']).next().unwrap_or_default();
    let message = format!("Invalid value for {}: {}", violation.place, violation.reason);
    bad_parameter(name, "invalidParameter", &message).into_response()
}

/// 401 and 403 of the API.
pub fn denied(denied: &Denied) -> Response {
    let Denied::Scope { .. } = denied else {
        let fault =
            Fault { domain: "global", reason: "authError", message: "Invalid Credentials", place: Some(("header", "Authorization")) };
        let mut answer = body(StatusCode::UNAUTHORIZED, &fault);
        answer["error"]["status"] = json!("UNAUTHENTICATED");
        return (StatusCode::UNAUTHORIZED, Json(answer)).into_response();
    };
    let fault = Fault {
        domain: "global",
        reason: "insufficientPermissions",
        message: "Request had insufficient authentication scopes.",
        place: None,
    };
    let mut answer = body(StatusCode::FORBIDDEN, &fault);
    answer["error"]["status"] = json!("PERMISSION_DENIED");
    answer["error"]["details"] = json!([{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
    }]);
    (StatusCode::FORBIDDEN, Json(answer)).into_response()
}
