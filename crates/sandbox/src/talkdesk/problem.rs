//! Talkdesk's error answers: `{code, message, description?, fields?}`, with the codes of each API. Decides nothing.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::kit::Refusal;

/// Which API answers; each has its own codes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    Account,
    Explore,
    Recordings,
    Users,
    Contacts,
    Conversations,
}

impl Api {
    /// No token, or none that is live; also a scope that is not active yet (docs.talkdesk.com/docs/scopes).
    pub(super) fn unauthorized(self) -> Refusal {
        let (code, message) = match self {
            Self::Explore => {
                let body =
                    json!({ "code": "1020018", "message": "Unauthorized", "description": "The provided authorization is not valid." });
                return Refusal::json(StatusCode::UNAUTHORIZED, body);
            }
            Self::Account => ("0060001", "Access denied."),
            // The file gives contacts no 401; the gateway's code, which recordings name, is assumed.
            Self::Recordings | Self::Contacts => ("0011009", "Unauthorized"),
            Self::Users => ("0040002", "Unauthorized"),
            Self::Conversations => ("1904010", "The provided JWT is not valid. (Unauthenticated)"),
        };
        problem(StatusCode::UNAUTHORIZED, code, message)
    }

    /// The token lacks the scope.
    pub(super) fn forbidden(self) -> Refusal {
        let (code, message) = match self {
            Self::Explore => ("1020004", "Provided scopes do not allow access to the requested resource"),
            Self::Account => ("0060002", "Forbidden access."),
            Self::Recordings => ("0050003", "Forbidden access"),
            Self::Users => ("0040003", "Forbidden access"),
            // Code not established: the file gives contacts no 403.
            Self::Contacts => ("0210003", "Forbidden access"),
            Self::Conversations => ("1904030", "The required scope is not present in the JWT. (Forbidden)"),
        };
        problem(StatusCode::FORBIDDEN, code, message)
    }

    /// A parameter that is unknown or does not fit.
    pub(super) fn bad_request(self, field: &str, reason: &str) -> Refusal {
        let (code, message) = match self {
            Self::Explore => ("1020001", "Input parameters validation failed"),
            // Code not established: the file gives the account no 400.
            Self::Account => ("0060003", "Bad request"),
            // Code not established: the file gives recordings no 400.
            Self::Recordings => ("0050001", "Bad request"),
            Self::Users => ("0040001", "Bad request"),
            // Code not established: the file gives contacts no 400.
            Self::Contacts => ("0210002", "Bad request"),
            Self::Conversations => ("1904000", "Invalid query parameters. (Bad Request)"),
        };
        let fields = [json!({ "name": field, "description": reason })];
        let refusal = Refusal::json(StatusCode::BAD_REQUEST, json!({ "code": code, "message": message, "fields": fields }));
        refusal.as_misfit(&format!("{field} {reason}"))
    }
}

pub(super) fn problem(status: StatusCode, code: &str, message: &str) -> Refusal {
    let body: Value = json!({ "code": code, "message": message });
    Refusal::json(status, body)
}

/// Code not established.
pub(super) fn unknown_path() -> Response {
    problem(StatusCode::NOT_FOUND, "0011404", "Not found").as_misfit("no such operation").into_response()
}
