//! HubSpot's error shapes. The schema is `Error` of its descriptions; wordings from public issues and the error guide
//! (developers.hubspot.com/docs/api-reference/error-handling).

use std::sync::atomic::{AtomicU64, Ordering};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::{Denied, OauthError, OauthReason, Refusal};

/// A fault in one property's value.
#[derive(Clone, Debug)]
pub struct Flaw {
    pub property: String,
    pub code: &'static str,
    pub message: String,
}

/// Every error has its own correlation id; they are counted, so that runs are alike.
pub fn correlation() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u64_pair(0x5a4d_b0c5_0000_4000, 0x8000_0000_0000_0000 | COUNT.fetch_add(1, Ordering::Relaxed)).to_string()
}

/// `{status: "error", message, correlationId, category, …more}`.
pub fn refuse_with(status: StatusCode, category: &str, message: &str, more: Value) -> Refusal {
    let mut body = json!({ "status": "error", "message": message, "correlationId": correlation(), "category": category });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    Refusal::json(status, body)
}

pub fn refuse(status: StatusCode, category: &str, message: &str) -> Refusal {
    refuse_with(status, category, message, Value::Null)
}

/// 400 `VALIDATION_ERROR`.
pub fn invalid(message: &str) -> Refusal {
    refuse(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
}

/// 400 for a request that the description does not allow, whatever the account holds.
pub fn misfit(message: &str) -> Refusal {
    invalid(message).as_misfit(message)
}

pub fn not_found() -> Refusal {
    refuse(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "resource not found")
}

/// 400 for values: the message holds the whole list as JSON, `errors` says it once more.
pub fn bad_values(portal: &str, flaws: &[Flaw]) -> Refusal {
    let list: Vec<Value> = flaws
        .iter()
        .map(|flaw| {
            json!({
                "isValid": false,
                "message": flaw.message,
                "error": flaw.code,
                "name": flaw.property,
                "localizedErrorMessage": flaw.message,
                "portalId": portal.parse::<u64>().unwrap_or_default(),
            })
        })
        .collect();
    let message = format!("Property values were not valid: {}", Value::Array(list));
    refuse_with(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", &message, json!({ "errors": details(flaws) }))
}

/// The entries of `errors`.
pub fn details(flaws: &[Flaw]) -> Vec<Value> {
    let detail = |flaw: &Flaw| json!({ "message": flaw.message, "code": flaw.code, "context": { "propertyName": [flaw.property] } });
    flaws.iter().map(detail).collect()
}

/// One entry of a batch answer's `errors` (schema `StandardError`).
pub fn standard(category: &str, message: &str, context: &Value, errors: &[Value]) -> Value {
    json!({ "status": "error", "category": category, "message": message, "context": context, "errors": errors, "links": {} })
}

/// 401 and 403 of the API.
pub fn denied(denied: &Denied) -> Response {
    let unauthorized = |category: &str, message: &str| refuse(StatusCode::UNAUTHORIZED, category, message);
    match denied {
        Denied::Missing | Denied::Unknown => unauthorized(
            "INVALID_AUTHENTICATION",
            "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        ),
        Denied::Expired => unauthorized("EXPIRED_AUTHENTICATION", "The OAuth token used to make this call has expired."),
        Denied::Revoked => unauthorized("INVALID_AUTHENTICATION", "The OAuth token used to make this call is no longer valid."),
        Denied::Scope { needed, .. } => refuse_with(
            StatusCode::FORBIDDEN,
            "MISSING_SCOPES",
            "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
            json!({
                "errors": [{
                    "message": "One or more of the following scopes are required.",
                    "context": { "requiredGranularScopes": needed },
                }],
                "links": { "scopes": "https://developers.hubspot.com/scopes" },
            }),
        ),
    }
    .into_response()
}

/// The token endpoint has a word for each mistake in `status`, and no `error` field.
pub fn oauth(error: &OauthError) -> Response {
    let (status, message) = match error.reason {
        OauthReason::UnknownClient => ("BAD_CLIENT_ID", "missing or unknown client id"),
        OauthReason::BadSecret => ("BAD_CLIENT_SECRET", "missing or invalid client secret"),
        OauthReason::UnsupportedGrant => ("BAD_GRANT_TYPE", "missing or unknown grant type"),
        OauthReason::UnknownCode | OauthReason::ReusedCode => ("BAD_AUTH_CODE", "missing or unknown auth code"),
        OauthReason::ExpiredCode => ("EXPIRED_AUTH_CODE", "auth code is expired"),
        OauthReason::RedirectMismatch => ("BAD_REDIRECT_URI", "missing or invalid redirect uri"),
        OauthReason::BadVerifier => ("BAD_CODE_VERIFIER", "missing or invalid code verifier"),
        OauthReason::UnknownRefresh | OauthReason::ExpiredRefresh | OauthReason::RevokedRefresh | OauthReason::ReusedRefresh => {
            ("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        }
        _ => ("BAD_REQUEST", error.description.as_str()),
    };
    let body = json!({ "status": status, "message": message, "correlationId": correlation() });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// 429. `policy` is `TEN_SECONDLY_ROLLING` or `SECONDLY`.
pub fn too_many(policy: &str) -> Refusal {
    let message = format!("You have reached your {} limit.", policy.to_lowercase());
    let body = json!({
        "status": "error",
        "message": message,
        "errorType": "RATE_LIMIT",
        "correlationId": correlation(),
        "policyName": policy,
    });
    Refusal::json(StatusCode::TOO_MANY_REQUESTS, body)
}
