//! monday.com, emulated: OAuth 2.1 and the GraphQL endpoint over boards, columns, items, updates, people, webhooks. Wiring and shared state only.
//!
//! Facts: monday.com's SDL; developer.monday.com (OAuth 2.1, rate limits, error handling, webhooks). What is not established is said where it
//! is used.

mod change;
mod control;
mod cost;
mod daily;
mod endpoint;
mod failure;
mod mutation;
mod oauth;
mod query;
mod render;
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
use daily::Daily;
use world::World;

/// The tool's id.
const ID: &str = "monday";

/// The part of monday.com's SDL that is emulated, kept beside the code.
const EMULATED: &str = include_str!("schema.graphql");

/// What monday.com's handlers share.
struct Monday {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
    sdl: Arc<Sdl>,
    world: Mutex<World>,
    limits: Limits,
}

/// Per account: calls a minute and a day. Per token: points of complexity a minute, for reads and for writes.
struct Limits {
    minute: Limit,
    daily: Daily,
    reads: Limit,
    writes: Limit,
}

impl Monday {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Builds the emulator.
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let sdl = Sdl::load(kit, "monday/schema.graphql", EMULATED)?;
    let (authority, world) = seed::account(kit);
    let a_minute = |burst| Limit::new(kit.clock.clone(), burst, 60);
    let limits = Limits {
        minute: a_minute(1_000),
        daily: Daily::new(kit.clock.clone(), 10_000),
        reads: a_minute(5_000_000),
        writes: a_minute(5_000_000),
    };
    let monday = Arc::new(Monday { kit: Arc::clone(kit), authority: Arc::clone(&authority), sdl, world: Mutex::new(world), limits });
    let router = Router::new().route("/v2", post(endpoint::graphql)).with_state(Arc::clone(&monday)).merge(authority.router());
    Ok(Tool { id: ID, router, control: control::router(monday), authority, validator: Validator::by_handler(ID) })
}
