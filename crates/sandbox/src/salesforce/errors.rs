//! Salesforce's own form of errors: a list of `errorCode`, `message` and `fields` (REST API Developer Guide, "Status Codes and Error
//! Responses"); OAuth errors as RFC 6749 has them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::kit::{Denied, OauthError, OauthReason, Refusal};

/// What is wrong with one record.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub code: &'static str,
    pub message: String,
    pub fields: Vec<String>,
}

impl Problem {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fields: Vec::new() }
    }

    pub(super) fn at(mut self, field: &str) -> Self {
        self.fields.push(field.to_owned());
        self
    }

    /// As one record's part of a collection's answer.
    pub(super) fn in_collection(&self) -> Value {
        json!({ "success": false, "errors": [{ "statusCode": self.code, "message": self.message, "fields": self.fields }] })
    }

    /// As the whole answer.
    pub(super) fn refusal(&self) -> Refusal {
        let status = match self.code {
            "NOT_FOUND" | "ENTITY_IS_DELETED" => StatusCode::NOT_FOUND,
            "REQUEST_LIMIT_EXCEEDED" | "API_DISABLED_FOR_ORG" | "INSUFFICIENT_ACCESS" => StatusCode::FORBIDDEN,
            "METHOD_NOT_ALLOWED" => StatusCode::METHOD_NOT_ALLOWED,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut body = json!({ "message": self.message, "errorCode": self.code });
        if !self.fields.is_empty() {
            body["fields"] = json!(self.fields);
        }
        Refusal::json(status, json!([body]))
    }
}

/// Refuses with this code.
pub(super) fn refuse(code: &'static str, message: impl Into<String>) -> Refusal {
    Problem::new(code, message).refusal()
}

/// The answer to a name that the official schema does not have.
pub(super) fn no_column(field: &str, object: &str) -> Refusal {
    let refusal = refuse("INVALID_FIELD", format!("No such column '{field}' on sobject of type {object}"));
    if field.ends_with("__c") { refusal } else { refusal.as_misfit(&format!("{object} has no {field}")) }
}

pub(super) fn unknown_path() -> Refusal {
    refuse("NOT_FOUND", "The requested resource does not exist").as_misfit("no such resource")
}

pub(super) fn denied(denied: &Denied) -> Response {
    let body = match denied {
        Denied::Missing => json!([{ "message": "INVALID_HEADER_TYPE", "errorCode": "INVALID_AUTH_HEADER" }]),
        _ => json!([{ "message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID" }]),
    };
    (StatusCode::UNAUTHORIZED, Json(body)).into_response()
}

/// "OAuth 2.0 Authorization Errors": 400 with `error` and `error_description`; a wrong client is no 401 either.
pub(super) fn oauth(error: &OauthError) -> Response {
    let (code, description) = match error.reason {
        OauthReason::UnknownClient => ("invalid_client_id", "client identifier invalid"),
        OauthReason::BadSecret => ("invalid_client", "invalid client credentials"),
        OauthReason::ExpiredCode => ("invalid_grant", "expired authorization code"),
        OauthReason::UnknownCode | OauthReason::ReusedCode => ("invalid_grant", "invalid authorization code"),
        OauthReason::BadVerifier => ("invalid_grant", "invalid code verifier"),
        OauthReason::RedirectMismatch => ("redirect_uri_mismatch", "redirect_uri must match configuration"),
        OauthReason::UnknownRefresh | OauthReason::ExpiredRefresh | OauthReason::RevokedRefresh | OauthReason::ReusedRefresh => {
            ("invalid_grant", "expired access/refresh token")
        }
        OauthReason::BadGrant => ("invalid_grant", error.description.as_str()),
        OauthReason::UnknownToken => ("unsupported_token_type", "this token type is not supported"),
        _ => (error.code, error.description.as_str()),
    };
    (StatusCode::BAD_REQUEST, Json(json!({ "error": code, "error_description": description }))).into_response()
}
