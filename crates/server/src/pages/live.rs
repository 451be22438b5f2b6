//! Tells open pages that something changed; they load themselves again. It says nothing of what changed.

use std::convert::Infallible;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures::{Stream, StreamExt};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use crate::app::App;
use crate::identity::SignedIn;

/// `/live`.
pub fn router() -> Router<App> {
    Router::new().route("/live", get(live))
}

async fn live(State(app): State<App>, caller: SignedIn) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let own = caller.workspace.id().clone();
    let changes = BroadcastStream::new(app.hub().store().watch()).filter_map(move |told| {
        let ours = match told {
            Ok(Some(workspace)) => workspace == own,
            // Missed some: one of them may have been ours.
            Ok(None) | Err(BroadcastStreamRecvError::Lagged(_)) => true,
        };
        std::future::ready(ours.then(|| Ok(Event::default().event("changed").data("1"))))
    });
    Sse::new(changes).keep_alive(KeepAlive::default())
}
