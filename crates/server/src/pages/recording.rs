//! A recording's media, as a download.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use model::recording::Media;
use model::{Record, RecordId};

use crate::app::App;
use crate::identity::SignedIn;
use crate::page_error::Paged;
use crate::problem::Problem;

/// `/recordings/{id}`.
pub fn router() -> Router<App> {
    Router::new().route("/recordings/{id}", get(recording))
}

async fn recording(State(app): State<App>, caller: SignedIn, Path(id): Path<String>) -> Paged {
    let missing = || Problem::not_found("This recording");
    let id: RecordId = id.parse().map_err(|_| missing())?;
    let stored = caller.workspace.record(&id).await?.filter(|stored| !stored.deleted).ok_or_else(missing)?;
    let Record::Recording(recording) = stored.record else { return Err(missing().into()) };
    let Media::Stored { key, .. } = &recording.media else { return Err(missing().into()) };
    let (pieces, length) = app.hub().media().read(key).await?;
    // Never shown in place: what a tool calls `text/html` must not become a page of ours.
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}\"")),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}
