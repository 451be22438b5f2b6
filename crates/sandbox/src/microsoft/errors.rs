//! Graph's error object and Entra's flat one. Shapes: learn.microsoft.com/graph/errors,
//! learn.microsoft.com/entra/identity-platform/reference-error-codes.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::kit::{Denied, OauthError, OauthReason, Refusal, Violation};

/// `{error: {code, message, innerError}}`.
pub fn refuse(status: StatusCode, code: &str, message: &str) -> Refusal {
    let id = "3f1c9a52-0d5e-4b7f-8a61-2c9d4e5f6a7b";
    let inner = json!({ "date": "2026-01-01T00:00:00Z", "request-id": id, "client-request-id": id });
    Refusal::json(status, json!({ "error": { "code": code, "message": message, "innerError": inner } }))
}

/// 400.
pub fn bad_request(code: &str, message: &str) -> Refusal {
    refuse(StatusCode::BAD_REQUEST, code, message)
}

/// 404 of an item in a mailbox.
pub fn no_item() -> Refusal {
    refuse(StatusCode::NOT_FOUND, "ErrorItemNotFound", "The specified object was not found in the store.")
}

/// A path or method that the description does not have.
pub fn unknown_path() -> Response {
    refuse(StatusCode::BAD_REQUEST, "BadRequest", "Resource not found for the segment.").into_response()
}

/// A request that does not fit the description.
pub fn misfit(violation: &Violation) -> Response {
    bad_request("BadRequest", &format!("{}: {}", violation.place, violation.reason)).into_response()
}

/// 401 and 403 of the API.
pub fn denied(denied: &Denied) -> Response {
    match denied {
        Denied::Missing => refuse(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", "Access token is empty."),
        Denied::Expired => {
            refuse(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
        }
        Denied::Unknown | Denied::Revoked => refuse(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", "JWT is not well formed."),
        Denied::Scope { .. } => refuse(StatusCode::FORBIDDEN, "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
    }
    .into_response()
}

/// Errors of the token endpoint, with the number that Entra documents.
pub fn oauth(error: &OauthError) -> Response {
    let number = match error.reason {
        OauthReason::UnknownClient => 700_016,
        OauthReason::BadSecret => 7_000_215,
        OauthReason::MissingParameter | OauthReason::WrongBody => 900_144,
        OauthReason::UnsupportedGrant => 70_003,
        OauthReason::BadScope => 70_011,
        OauthReason::RedirectMismatch => 50_011,
        OauthReason::BadVerifier => 501_481,
        OauthReason::ReusedCode => 54_005,
        OauthReason::ExpiredCode | OauthReason::ExpiredRefresh => 70_008,
        OauthReason::RevokedRefresh => 50_173,
        _ => 70_000,
    };
    let answer = json!({
        "error": error.code,
        "error_description": format!("AADSTS{number}: {}", error.description),
        "error_codes": [number],
    });
    (error.status, Json(answer)).into_response()
}
