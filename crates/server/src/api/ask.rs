//! Reading a request strictly: bodies, queries, ids and versions become our types at the door, or a problem that names the field.

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::app::App;
use crate::forms::Typed;
use crate::problem::Problem;

/// A JSON body. Unknown keys are refused where the type denies them.
pub(super) struct Body<T>(pub T);

/// The query. Unknown keys are refused where the type denies them.
pub(super) struct Query<T>(pub T);

/// The `{id}` of the address. A text that is no such id is no such thing: 404.
pub(super) struct Id<T>(pub T);

/// The two ids of an address that names something within something.
pub(super) struct Ids<A, B>(pub (A, B));

/// The version of `If-Match`; `None`: none was sent, or `*` (whatever is there).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IfMatch(pub Option<i64>);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            return Err(Problem::new("unsupported_media_type", "Send `Content-Type: application/json`."));
        }
        let bytes = Bytes::from_request(request, app).await.map_err(|refused| unreadable(refused.status(), refused.body_text()))?;
        read_json(&bytes).map(Self)
    }
}

/// A body that did not arrive whole.
pub(super) fn unreadable(status: StatusCode, why: String) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new("too_large", "A body may have 1 MB, an import 64 MB.");
    }
    Problem::new("malformed", why)
}

/// Reads a JSON object; an error names the field.
pub(super) fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    model::json::check(bytes).map_err(|flaw| misfit(&flaw.path, flaw.why))?;
    // serde reads a list as a struct too, field by field; here a body is an object.
    if bytes.trim_ascii_start().first().is_some_and(|first| *first == b'[') {
        return Err(misfit("", "a list, where an object is expected"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() { misfit(&path, &inner.to_string()) } else { no_json(&path, &inner) }
    })?;
    reader.end().map_err(|error| no_json(".", &error))?;
    Ok(read)
}

/// Text that is not JSON, a number beyond all numbers, or nesting without end; `path` is how far it could be read.
fn no_json(path: &str, error: &serde_json::Error) -> Problem {
    let field = Some(path.to_owned()).filter(|path| path != ".");
    Problem { field, ..Problem::new("malformed", format!("This is not JSON: {error}.")) }
}

/// A value that does not fit its type. serde tells unknown, missing and doubled keys in the words alone.
pub(super) fn misfit(path: &str, why: &str) -> Problem {
    let path = if path == "." { "" } else { path };
    let named =
        ["unknown field `", "missing field `", "duplicate field `"].iter().find_map(|start| why.strip_prefix(start)?.split('`').next());
    let field = match named {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) if path.rsplit('.').next() != Some(name) => format!("{path}.{name}"),
        _ if path.is_empty() => "(the whole)".to_owned(),
        _ => path.to_owned(),
    };
    Problem::invalid(field, format!("{why}."))
}

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        Typed::parse(query).check()?;
        let pairs = form_urlencoded::parse(query);
        let read = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
        read.map(Self).map_err(|error| misfit(&error.path().to_string(), &error.into_inner().to_string()))
    }
}

impl<T: FromStr + Send> FromRequestParts<App> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, app).await.map_err(|refused| Problem::new("malformed", refused.body_text()))?;
        text.parse().map(Self).map_err(|_| Problem::not_found("What this address names"))
    }
}

impl<A: FromStr + Send, B: FromStr + Send> FromRequestParts<App> for Ids<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Path((outer, inner)) = Path::<(String, String)>::from_request_parts(parts, app)
            .await
            .map_err(|refused| Problem::new("malformed", refused.body_text()))?;
        let ids = outer.parse().ok().zip(inner.parse().ok());
        ids.map(Self).ok_or_else(|| Problem::not_found("What this address names"))
    }
}

impl FromRequestParts<App> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        version(&parts.headers).map(Self)
    }
}

/// An entity tag is a version in quotes (RFC 9110 section 8.8.3); If-Match compares strongly, so a weak one never fits.
fn version(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let bad = || Problem::invalid("If-Match", "It is the ETag that came with the last reading, as `\"12\"`, or `*`.");
    let text = value.to_str().map_err(|_| bad())?.trim();
    if text == "*" {
        return Ok(None);
    }
    let digits = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or_else(bad)?;
    digits.parse().ok().filter(|version: &i64| *version >= 0 && version.to_string() == digits).map(Some).ok_or_else(bad)
}

/// An answer that bears its version as `ETag`.
pub(super) fn tagged(version: i64, answer: impl IntoResponse) -> Response {
    ([(header::ETAG, format!("\"{version}\""))], answer).into_response()
}
