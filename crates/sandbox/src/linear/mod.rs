//! Linear, emulated: OAuth and the GraphQL endpoint over issues, teams, people, comments, attachments, webhooks. Wiring and shared state only.
//!
//! Facts: Linear's SDL; linear.app/developers (OAuth, rate limiting, webhooks) as PROVIDERS.md section 9 cites them.

mod change;
mod connection;
mod control;
mod cost;
mod endpoint;
mod failure;
mod filter;
mod mutation;
mod node;
mod oauth;
mod query;
mod resolve;
mod seed;
#[cfg(test)]
mod tests;
mod webhooks;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::post;

use crate::kit::{Authority, DescriptionError, Kit, Limit, Sdl, Tool, Validator};
use world::World;

/// The tool's id.
const ID: &str = "linear";

/// The part of Linear's SDL that is emulated, kept beside the code.
const EMULATED: &str = include_str!("schema.graphql");

/// What Linear's handlers share.
struct Linear {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
    sdl: Arc<Sdl>,
    world: Mutex<World>,
    limits: Limits,
}

/// Budgets per person and app: 5 000 requests and 2 000 000 points of complexity an hour.
struct Limits {
    requests: Limit,
    complexity: Limit,
}

impl Linear {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Builds the emulator.
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let sdl = Sdl::load(kit, "linear/schema.graphql", EMULATED)?;
    let (authority, world) = seed::organisation(kit);
    let hour = |budget| Limit::new(kit.clock.clone(), budget, 3600);
    let linear = Arc::new(Linear {
        kit: Arc::clone(kit),
        authority: Arc::clone(&authority),
        sdl,
        world: Mutex::new(world),
        limits: Limits { requests: hour(5_000), complexity: hour(2_000_000) },
    });
    let router = Router::new().route("/graphql", post(endpoint::graphql)).with_state(Arc::clone(&linear)).merge(authority.router());
    Ok(Tool { id: ID, router, control: control::router(linear), authority, validator: Validator::by_handler(ID) })
}
