//! Errors as the API answers them: problem details (RFC 9457) with a stable code, each with a page of its own.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use connector_kit::ErrorKind;
use serde::Serialize;

/// An error on its way out.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Where the code is explained: `/errors/{code}`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status again.
    pub status: u16,
    /// Stable; the same for every occurrence.
    pub code: &'static str,
    /// What happened, in a few words.
    pub title: &'static str,
    /// What is wrong here, and what to do.
    pub detail: String,
    /// The field that does not fit, where it is one field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// The result of a handler.
pub type Answer<T> = Result<T, Problem>;

/// Every code: status, code, title. Each has a page in `docs/errors`.
pub const CODES: [(u16, &str, &str); 19] = [
    (400, "invalid", "Something in the request does not fit"),
    (400, "malformed", "The request cannot be read"),
    (401, "unauthenticated", "Sign in, or send an API token"),
    (403, "forbidden", "Your role does not allow this"),
    (403, "foreign_origin", "This form was sent from another site"),
    (404, "not_found", "There is no such thing"),
    (405, "method_not_allowed", "This address does not take that method"),
    (409, "not_set_up", "The operator has not set this tool up"),
    (409, "not_connected", "The connection is not connected"),
    (409, "other_account", "This sign-in is for another account"),
    (409, "stale_preview", "The preview is no longer up to date"),
    (410, "sign_in_expired", "This sign-in was used or has expired"),
    (412, "changed_meanwhile", "Somebody else changed it meanwhile"),
    (413, "too_large", "The request is too large"),
    (415, "unsupported_media_type", "This kind of content is not taken"),
    (422, "consent_denied", "The permission was not given at the tool"),
    (429, "too_many_attempts", "Too many attempts; wait a little"),
    (502, "tool_failed", "The tool refused or failed"),
    (500, "internal", "Something broke on our side"),
];

impl Problem {
    /// A problem of a code of the list.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        let known = CODES.iter().find(|(_, known, _)| *known == code);
        let (status, title) = known.map_or((500, "Something broke on our side"), |(status, _, title)| (*status, *title));
        Self { kind: format!("/errors/{code}"), status, code, title, detail: detail.into(), field: None }
    }

    /// A field that does not fit.
    pub fn invalid(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new("invalid", why) }
    }

    /// It is not there, or not the caller's.
    pub fn not_found(what: &str) -> Self {
        Self::new("not_found", format!("{what} was not found in this workspace."))
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Something of ours broke: logged whole, told in general.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request broke");
        Self::new("internal", "The request could not be carried out; the log of the hub says why. Trying again may help.")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound(what) => Self::not_found(what),
            store::Error::Stale(what) => Self::new("changed_meanwhile", format!("{what} was changed meanwhile; load it again.")),
            other => Self::internal(&other),
        }
    }
}

impl From<sync::Error> for Problem {
    fn from(error: sync::Error) -> Self {
        match error {
            sync::Error::Store(error) => error.into(),
            sync::Error::Invalid { field, why } => Self::invalid(field, why),
            sync::Error::NotSetUp(words) => Self::new("not_set_up", words),
            sync::Error::StalePreview => Self::new("stale_preview", "Look at a new preview, then apply that one."),
            sync::Error::OtherAccount { .. } => {
                Self::new("other_account", format!("{error}. Sign in to the tool as the account of the connection."))
            }
            sync::Error::UnknownState => Self::new("sign_in_expired", format!("{error}. Begin again from the integration's page.")),
            sync::Error::Denied(_) => Self::new("consent_denied", format!("{error}. Nothing was changed; connect again and allow it.")),
            sync::Error::Partial(_) => Self::new("consent_denied", format!("{error}. Reconnect and allow them.")),
            sync::Error::Braked { .. } => Self::new("tool_failed", error.to_string()),
            sync::Error::Tool(tool) if tool.kind == ErrorKind::Invalid => Self::new("invalid", tool.to_string()),
            sync::Error::Tool(tool) => Self::new("tool_failed", tool.to_string()),
        }
    }
}
