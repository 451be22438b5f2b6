//! Notion, emulated: OAuth with shared pages, users, search, data sources with typed properties, pages, blocks, webhooks. Wiring and
//! shared state only.
//!
//! Facts: the `OpenAPI` file of version 2025-09-03, the types of Notion's own SDK (makenotion/notion-sdk-js, `src/api-endpoints`) where
//! that file says less, and developers.notion.com (reference/request-limits, webhooks, status-codes). What no source says is marked
//! "not established" where it stands. Left out: comments, files, templates, relations, formulas' values, internal integration tokens.

mod ask;
mod blocks;
mod content;
mod control;
mod description;
mod errors;
mod filter;
mod oauth;
mod pages;
mod people;
mod properties;
mod render;
mod search;
mod seed;
mod sources;
#[cfg(test)]
mod tests;
mod values;
mod webhooks;
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use serde_json::json;

use crate::kit::{Authority, Caller, DescriptionError, Kit, Limit, Need, Refusal, Rules, Tool, Validator};
use world::{Capability, World};

/// The tool's id.
const ID: &str = "notion";

/// The longest request body (developers.notion.com/reference/request-limits).
const LONGEST_BODY: usize = 500_000;

/// What Notion's handlers share.
struct Notion {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
    world: Mutex<World>,
    /// Of each connection: a budget a minute. How large it is, the workspace's plan decides; this one is of a large one.
    calls: Limit,
    /// Results of one query at most (developers.notion.com/guides/data-apis/query-large-data-sources).
    most_results: AtomicUsize,
}

impl Notion {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who calls, if the integration has the capability that the endpoint needs.
    fn caller(&self, headers: &HeaderMap, needs: Option<Capability>) -> Result<Caller, Refusal> {
        let caller = self.authority.bearer(headers, Need::Token)?;
        match needs {
            Some(capability) if !self.world().capabilities.contains(&capability) => Err(errors::restricted()),
            _ => Ok(caller),
        }
    }
}

/// Builds the emulator.
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let validator = Validator::openapi_amended(kit, rules(), description::amend)?;
    let (authority, world) = seed::organisation(kit);
    let notion = Arc::new(Notion {
        kit: Arc::clone(kit),
        authority: Arc::clone(&authority),
        world: Mutex::new(world),
        calls: Limit::new(kit.clock.clone(), 1_800, 60),
        most_results: AtomicUsize::new(10_000),
    });
    let api = Router::new()
        .route("/users/me", get(people::me))
        .route("/users/{user}", get(people::one))
        .route("/users", get(people::list))
        .route("/search", post(search::search))
        .route("/databases/{database}", get(sources::database))
        .route("/data_sources/{source}", get(sources::one).patch(sources::update))
        .route("/data_sources/{source}/query", post(sources::query))
        .route("/pages", post(pages::create))
        .route("/pages/{page}", get(pages::one).patch(pages::update))
        .route("/blocks/{block}", get(blocks::one).delete(blocks::delete))
        .route("/blocks/{block}/children", patch(blocks::append).get(blocks::children))
        .layer(from_fn_with_state(Arc::clone(&notion), gate))
        .with_state(Arc::clone(&notion));
    let router = Router::new().nest("/v1", api).fallback(async || errors::no_such_path()).merge(authority.router());
    Ok(Tool { id: ID, router, control: control::router(notion), authority, validator })
}

/// What holds for every call: the version, the size, the limit of the connection.
async fn gate(State(notion): State<Arc<Notion>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match text("notion-version") {
        "2025-09-03" => {}
        "" => {
            return errors::refuse(StatusCode::BAD_REQUEST, "missing_version", "Notion-Version header should be defined.").into_response();
        }
        _ => return errors::invalid("Notion-Version header failed validation: the emulator speaks 2025-09-03 alone.").into_response(),
    }
    let quota = notion.calls.take(text(header::AUTHORIZATION.as_str()), 1);
    if quota.allowed {
        let (parts, body) = request.into_parts();
        return match to_bytes(body, LONGEST_BODY).await {
            Ok(body) => next.run(Request::from_parts(parts, Body::from(body))).await,
            Err(_) => errors::refuse(StatusCode::PAYLOAD_TOO_LARGE, "validation_error", "Request body too large.").into_response(),
        };
    }
    let seconds = quota.retry_after_ms.div_euclid(1000) + 1;
    let mut body =
        errors::body(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "You have been rate limited. Please try again in a few minutes.");
    body["additional_data"] = json!({ "rate_limit_reason": "connection_limit" });
    Refusal::json(StatusCode::TOO_MANY_REQUESTS, body).with("retry-after", &seconds.to_string()).into_response()
}

impl Notion {
    fn most_results(&self) -> usize {
        self.most_results.load(Ordering::SeqCst)
    }
}

fn rules() -> Rules {
    Rules {
        tool: ID,
        file: "notion/notion-openapi.json",
        base: "",
        undescribed: &[
            ("get", "/v1/oauth/authorize"),
            ("post", "/v1/oauth/authorize/sign-in"),
            ("post", "/v1/oauth/authorize/decide"),
            ("post", "/v1/oauth/token"),
            ("post", "/v1/oauth/revoke"),
        ],
        closed: true,
        unknown_query: false,
        extra_properties: &[],
        not_found: errors::no_such_path,
        refusal: errors::misfit,
    }
}
