//! Every HTTP door inward: pages, API, sign-in at tools, inbound webhooks. Decides nothing about syncing.
#![forbid(unsafe_code)]

mod api;
pub mod app;
mod assets;
mod connect;
mod flash;
mod forms;
mod health;
mod hooks;
pub mod identity;
pub mod metrics;
mod page_error;
mod pages;
pub mod password;
mod paths;
pub mod problem;
mod security;
mod throttle;

use std::net::SocketAddr;

use axum::Router;
use axum::http::Uri;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

pub use app::{App, ServerOptions};

use crate::page_error::PageError;
use crate::problem::Problem;

/// Which of the hub's doors a process opens. `/healthz`, `/readyz` and `/metrics` are at each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doors {
    All,
    /// Pages, sign-in at tools and the API.
    Web,
    /// Inbound webhooks alone.
    Hooks,
}

/// The hub's addresses behind these doors.
pub fn router(app: App, doors: Doors) -> Router {
    let mut routes = Router::new().merge(health::router()).merge(metrics::router());
    if doors != Doors::Hooks {
        routes = routes.merge(pages::router()).merge(connect::router()).merge(assets::router()).merge(api::router());
    }
    if doors != Doors::Web {
        routes = routes.merge(hooks::router());
    }
    routes
        .fallback(|uri: Uri| async move { refusal(&uri, Problem::new("not_found", "There is no such page.")) })
        .method_not_allowed_fallback(|uri: Uri| async move {
            refusal(&uri, Problem::new("method_not_allowed", "Go back and load the page again."))
        })
        .layer(from_fn(paths::readable))
        .layer(from_fn(security::headers))
        .layer(from_fn_with_state(app.clone(), metrics::measure))
        .with_state(app)
}

/// Serves the hub on a listener until `stop`; requests under way are finished.
pub async fn serve(listener: TcpListener, app: App, doors: Doors, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let service = router(app, doors).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}

/// Serves alone what watches over a process ask for: `/metrics`, `/healthz` and `/readyz`.
pub async fn serve_watch(listener: TcpListener, app: App, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let router = Router::new().merge(health::router()).merge(metrics::router()).with_state(app);
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(stop).await
}

/// As a page to people, as problem details to programs.
fn refusal(uri: &Uri, problem: Problem) -> Response {
    let for_programs = ["/api/", "/hooks/"].iter().any(|door| uri.path().starts_with(door));
    if for_programs { problem.into_response() } else { PageError::from(problem).into_response() }
}
