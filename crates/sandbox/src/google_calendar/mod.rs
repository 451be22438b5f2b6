//! The emulated Google Calendar: Google's sign-in, `calendarList`, `events` and push channels, as described in calendar.v3.json.
//! Writing events through the API is not emulated; people do it through the control routes.

mod access;
mod ask;
mod calendars;
mod channels;
mod control;
mod errors;
mod event;
mod events;
mod list;
mod rrule;
mod seed;
#[cfg(test)]
mod tests;
mod token;
mod when;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    routing::{get, post},
};

use self::world::World;
use crate::google;
use crate::kit::{Authority, DescriptionError, Kit, Limit, Rules, Tool, Validator};

const TOOL: &str = "google-calendar";
/// "600 requests per minute per user per project" (developers.google.com/workspace/calendar/api/guides/quota).
const REQUESTS_A_MINUTE: u64 = 600;

/// What the handlers share.
struct Google {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
    world: Mutex<World>,
    quota: Limit,
    /// Signs page and sync tokens.
    key: Vec<u8>,
    base: String,
}

impl Google {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tool, seeded with the people and calendars of the demo organisation.
///
/// # Errors
/// The description is there but cannot be read.
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let validator = Validator::discovery(
        kit,
        Rules {
            tool: TOOL,
            file: "google/calendar.v3.json",
            base: "/calendar/v3",
            undescribed: &[],
            closed: true,
            unknown_query: false,
            extra_properties: &[],
            not_found: errors::unknown_path,
            refusal: errors::misfit,
        },
    )?;
    let authority = Authority::new(kit, google::style(TOOL, access::ASKABLE, errors::denied));
    let google = Arc::new(Google {
        kit: Arc::clone(kit),
        authority: Arc::clone(&authority),
        world: Mutex::new(seed::world(kit.clock.now())),
        quota: Limit::new(kit.clock.clone(), REQUESTS_A_MINUTE, 60),
        key: kit.token("").into_bytes(),
        base: kit.base(TOOL),
    });
    let router = Router::new()
        .route("/calendar/v3/users/me/calendarList", get(calendars::list))
        .route("/calendar/v3/calendars/{calendar}/events", get(events::list))
        .route("/calendar/v3/calendars/{calendar}/events/watch", post(channels::watch))
        .route("/calendar/v3/calendars/{calendar}/events/{event}", get(events::get))
        .route("/calendar/v3/channels/stop", post(channels::stop))
        .with_state(Arc::clone(&google))
        .merge(google::userinfo::router(&authority))
        .merge(authority.router());
    Ok(Tool { id: TOOL, router, control: control::router(google), authority, validator })
}
