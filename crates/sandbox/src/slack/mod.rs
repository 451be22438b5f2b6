//! Slack, emulated: installing the app, the Web API methods a messaging integration needs, signed events. Wiring and shared state only.
//!
//! Facts: the Web API and Events descriptions (archived in 2021; `departures.rs` lists what changed since); docs.slack.dev for methods, limits,
//! token rotation, Block Kit and request signing, as PROVIDERS.md section 8 cites them.

mod blocks;
mod call;
mod channels;
mod chat;
mod content;
mod control;
mod departures;
mod events;
mod history;
mod identity;
mod limits;
mod message;
mod oauth;
mod people;
#[cfg(test)]
mod tests;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::kit::{Authority, DescriptionError, Kit, Refusal, Rules, Tool, Validator, Violation};
use limits::Limits;
use world::World;

/// The tool's id.
const ID: &str = "slack";

/// What Slack's handlers share.
struct Slack {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
    world: Mutex<World>,
    limits: Mutex<Limits>,
}

impl Slack {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn base(&self) -> String {
        self.kit.base(ID)
    }
}

/// Builds the emulator.
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let validator = Validator::openapi_amended(kit, rules(), departures::amend)?;
    let workspace = World::seeded(kit);
    let authority = oauth::authority(kit, &workspace);
    let slack = Arc::new(Slack {
        kit: Arc::clone(kit),
        authority: Arc::clone(&authority),
        world: Mutex::new(workspace),
        limits: Mutex::new(Limits::generous(&kit.clock)),
    });
    let router = Router::new()
        .route("/api/{method}", get(call::answer).post(call::answer))
        .fallback(async || unknown_method())
        .with_state(Arc::clone(&slack))
        .merge(oauth::router(&authority));
    Ok(Tool { id: ID, router, control: control::router(slack), authority, validator })
}

fn rules() -> Rules {
    Rules {
        tool: ID,
        file: "slack/web_openapi_v2.trimmed.json",
        base: "/api",
        undescribed: &[],
        closed: true,
        unknown_query: false,
        extra_properties: &[],
        not_found: unknown_method,
        refusal: misfit,
    }
}

/// Slack answers errors with status 200.
fn refuse(error: &str) -> Refusal {
    Refusal::json(StatusCode::OK, json!({ "ok": false, "error": error }))
}

fn refuse_saying(error: &str, messages: &[String]) -> Refusal {
    let messages: Vec<String> = messages.iter().map(|message| format!("[ERROR] {message}")).collect();
    Refusal::json(StatusCode::OK, json!({ "ok": false, "error": error, "response_metadata": { "messages": messages } }))
}

fn unknown_method() -> Response {
    refuse("unknown_method").into_response()
}

fn misfit(violation: &Violation) -> Response {
    let message = format!("{} [{}]", violation.reason, violation.place);
    refuse_saying("invalid_arguments", &[message]).into_response()
}
