//! The addresses to which tools send webhooks. Whether one is genuine, and what it wakes, is decided in `sync::hooks`.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use connector_kit::Handshake;
use model::ConnectionId;
use sync::hooks::{Answer, Received, receive};

use crate::app::App;
use crate::problem::{Answer as Answered, Problem};

/// No tool announces a change in more.
const LARGEST: usize = 1 << 20;

/// `/hooks/{integration}` and `/hooks/{integration}/{connection}`: POST, and GET and HEAD for handshakes.
pub fn router() -> Router<App> {
    Router::new()
        .route("/hooks/{integration}", get(of_app).post(of_app))
        .route("/hooks/{integration}/{connection}", get(of_connection).post(of_connection))
        .layer(DefaultBodyLimit::max(LARGEST))
}

async fn of_app(State(app): State<App>, Path(integration): Path<String>, request: Request) -> Response {
    take(&app, &integration, None, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn of_connection(State(app): State<App>, Path((integration, id)): Path<(String, String)>, request: Request) -> Response {
    match id.parse::<ConnectionId>() {
        Ok(id) => take(&app, &integration, Some(id), request).await.unwrap_or_else(IntoResponse::into_response),
        Err(_) => Problem::not_found("This webhook address").into_response(),
    }
}

/// Headers as text; one that is not ASCII is none. One that comes twice is one list (RFC 9110 section 5.3): whoever signs it once
/// proves nothing by it.
fn texts_of(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let Ok(value) = value.to_str() else { continue };
        let text = texts.entry(name.as_str().to_owned()).or_default();
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(value);
    }
    texts
}

async fn take(app: &App, integration: &str, connection: Option<ConnectionId>, request: Request) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let headers = texts_of(&parts.headers);
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let method = parts.method.clone();
    let body = Bytes::from_request(Request::from_parts(parts, body), app).await;
    let body = body.map_err(|refused| match refused.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new("too_large", "A webhook has 1 MB at most."),
        _ => Problem::new("malformed", refused.body_text()),
    })?;
    let received = Received { integration, connection, method: method.as_str(), target: &target, headers, body: &body };
    Ok(match receive(app.hub(), &received).await? {
        Answer::Taken => StatusCode::OK.into_response(),
        Answer::Handshake(Handshake::Body(kind, body)) => ([(header::CONTENT_TYPE, kind)], body).into_response(),
        Answer::Handshake(Handshake::Header(name, value)) => [(name, value)].into_response(),
        Answer::Refused(why) => Problem::new("unauthenticated", format!("The webhook was refused: {why}.")).into_response(),
        Answer::Unknown => Problem::not_found("This webhook address").into_response(),
    })
}
