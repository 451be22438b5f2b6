//! Linear's errors: `message` and `extensions {type, code, statusCode, userError, userPresentableMessage}`, and the HTTP status they come with.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// One error as Linear words it.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub message: String,
    /// `extensions.type`.
    pub kind: &'static str,
    /// `extensions.code`.
    pub code: &'static str,
    /// `extensions.statusCode`, which is not always the status of the answer.
    pub status_code: u16,
    /// The status of the answer.
    pub http: StatusCode,
    pub presentable: Option<String>,
}

impl Failure {
    /// Something the caller sent cannot be used. Such errors come with status 200.
    pub(super) fn input(message: impl Into<String>, presentable: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            kind: "invalid input",
            code: "INPUT_ERROR",
            status_code: 400,
            http: StatusCode::OK,
            presentable: Some(presentable.into()),
        }
    }

    /// An argument that fails its own checks.
    pub(super) fn argument(presentable: impl Into<String>) -> Self {
        Self { code: "INVALID_INPUT", ..Self::input("Argument Validation Error", presentable) }
    }

    pub(super) fn not_found(entity: &str) -> Self {
        Self::input(format!("Entity not found: {entity}"), format!("Could not find referenced {entity}."))
    }

    /// A client-chosen id that is taken; recorded from live answers by several public clients.
    pub(super) fn conflict(entity: &str, id: &str) -> Self {
        Self::input(format!("conflict on insert of {entity}"), format!("Entity {entity} with id {id} already exists."))
    }

    /// <https://github.com/linear/linear/issues/895> shows this one, status 400 included.
    pub(super) fn scope(scope: &str) -> Self {
        Self {
            message: format!("Invalid scope: `{scope}` required"),
            kind: "forbidden",
            code: "FORBIDDEN",
            status_code: 403,
            http: StatusCode::BAD_REQUEST,
            presentable: None,
        }
    }

    pub(super) fn unauthenticated(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            kind: "authentication error",
            code: "AUTHENTICATION_ERROR",
            status_code: 401,
            http: StatusCode::UNAUTHORIZED,
            presentable: Some("You need to authenticate to access this operation.".into()),
        }
    }

    /// Too many calls come with status 400, not 429.
    pub(super) fn rate_limited(what: &str) -> Self {
        Self {
            message: format!("Rate limit exceeded. {what}"),
            kind: "ratelimited",
            code: "RATELIMITED",
            status_code: 429,
            http: StatusCode::BAD_REQUEST,
            presentable: Some("Rate limit exceeded.".into()),
        }
    }

    /// The document does not parse, or does not fit the schema.
    pub(super) fn document(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            kind: "graphql error",
            code: "GRAPHQL_VALIDATION_FAILED",
            status_code: 400,
            http: StatusCode::BAD_REQUEST,
            presentable: None,
        }
    }

    /// The schema has it, this emulator does not. Loud, so that nobody builds on it by mistake.
    pub(super) fn not_emulated(what: &str) -> Self {
        Self {
            message: format!("{what} is not emulated by the sandbox"),
            kind: "internal error",
            code: "INTERNAL_SERVER_ERROR",
            status_code: 500,
            http: StatusCode::OK,
            presentable: None,
        }
    }

    pub(super) fn extensions(&self) -> Value {
        let mut extensions = json!({
            "type": self.kind,
            "code": self.code,
            "statusCode": self.status_code,
            "userError": self.status_code < 500,
        });
        if let Some(text) = &self.presentable {
            extensions["userPresentableMessage"] = json!(text);
        }
        extensions
    }

    /// As the whole answer, where nothing was executed.
    pub(super) fn answer(&self) -> Response {
        let error = json!({ "message": self.message, "extensions": self.extensions() });
        (self.http, Json(json!({ "errors": [error] }))).into_response()
    }
}
