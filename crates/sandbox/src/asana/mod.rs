//! Asana, emulated: OAuth, tasks, projects, people, custom fields, events, webhooks. Wiring and shared state only.
//!
//! Facts: the official `OpenAPI` file, and developers.asana.com/docs (oauth, custom-external-data, rate-limits, webhooks-guide, errors).
//! Hosts collapse: `app.asana.com/-/…` is `/asana/-/…`, `app.asana.com/api/1.0` is `/asana/api/1.0`. What no source says is marked
//! "not established" where it stands. Left out: personal access tokens, sections, stories as objects of their own.

mod ask;
mod change;
mod control;
mod description;
mod directory;
mod errors;
mod events;
mod oauth;
mod render;
mod seed;
mod tasks;
#[cfg(test)]
mod tests;
mod webhooks;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::kit::{Authority, Caller, DescriptionError, Kit, Limit, Need, Refusal, Rules, Tool, Validator};
use world::World;

/// The tool's id.
const ID: &str = "asana";

/// What Asana's handlers share.
struct Asana {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
    world: Mutex<World>,
    /// Of each token: 150 calls a minute in a free domain, 1,500 in a paid one, which this is.
    calls: Limit,
}

impl Asana {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who calls, with one of these scopes; the scope `default` covers everything.
    fn caller(&self, headers: &axum::http::HeaderMap, scopes: &'static [&'static str]) -> Result<Caller, Refusal> {
        self.authority.bearer(headers, if scopes.is_empty() { Need::Token } else { Need::Any(scopes) })
    }
}

/// Builds the emulator.
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let validator = Validator::openapi_amended(kit, rules(), description::amend)?;
    let (authority, world) = seed::organisation(kit);
    let asana = Arc::new(Asana {
        kit: Arc::clone(kit),
        authority: Arc::clone(&authority),
        world: Mutex::new(world),
        calls: Limit::new(kit.clock.clone(), 1_500, 60),
    });
    let api = Router::new()
        .route("/users/{user}", get(directory::user))
        .route("/users", get(directory::users))
        .route("/workspaces", get(directory::workspaces))
        .route("/workspaces/{workspace}", get(directory::workspace))
        .route("/projects", get(directory::projects))
        .route("/projects/{project}", get(directory::project))
        .route("/projects/{project}/custom_field_settings", get(directory::custom_field_settings))
        .route("/projects/{project}/tasks", get(tasks::of_project))
        .route("/tasks", get(tasks::list).post(tasks::create))
        .route("/tasks/{task}", get(tasks::one).put(tasks::update).delete(tasks::delete))
        .route("/events", get(events::since))
        .route("/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/webhooks/{webhook}", get(webhooks::one).delete(webhooks::delete))
        .layer(from_fn_with_state(Arc::clone(&asana), limited))
        .with_state(Arc::clone(&asana));
    let sign_in = authority.router().layer(from_fn(oauth::default_scope));
    let router = Router::new().nest("/api/1.0", api).fallback(async || errors::no_such_path()).merge(sign_in);
    Ok(Tool { id: ID, router, control: control::router(asana), authority, validator })
}

/// Limits are of the token. That refused calls count too is left out.
async fn limited(State(asana): State<Arc<Asana>>, request: Request, next: Next) -> Response {
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let quota = asana.calls.take(token, 1);
    if quota.allowed {
        return next.run(request).await;
    }
    let seconds = quota.retry_after_ms.div_euclid(1000) + 1;
    let message = "You've made too many requests and hit a rate limit. Please retry after the given amount of time.";
    errors::refuse(StatusCode::TOO_MANY_REQUESTS, message).with("retry-after", &seconds.to_string()).into_response()
}

fn rules() -> Rules {
    Rules {
        tool: ID,
        file: "asana/asana_oas.trimmed.json",
        base: "/api/1.0",
        undescribed: &[],
        closed: true,
        unknown_query: false,
        extra_properties: &[],
        not_found: errors::no_such_path,
        refusal: errors::misfit,
    }
}
