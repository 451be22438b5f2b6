//! Zoom, emulated: OAuth, cloud recordings with their files, past meetings, transcripts, AI summaries, webhooks. Wiring and shared state only.
//!
//! Facts: the Meetings `OpenAPI` description; developers.zoom.us (OAuth, rate limits, webhooks) as PROVIDERS.md section 13 cites them.

mod answers;
mod control;
mod download;
mod events;
mod media;
mod meetings;
mod oauth;
mod paging;
mod recordings;
#[cfg(test)]
mod tests;
mod users;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::get;

use crate::kit::{Authority, DescriptionError, Kit, Limit, Rules, Tool, Validator};
use paging::Pages;
use world::World;

/// The tool's id.
const ID: &str = "zoom";

/// Endpoints that the description lacks: the users API is described apart, and `/transcript` is newer than the file.
const UNDESCRIBED: &[(&str, &str)] = &[("GET", "/v2/users/{userId}"), ("GET", "/v2/meetings/{meetingId}/transcript")];

/// What Zoom's handlers share.
struct Zoom {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
    world: Mutex<World>,
    pages: Pages,
    limits: Limits,
}

/// Requests per second by label, of the whole account (Pro plan: 30, 20, 10).
/// <https://developers.zoom.us/docs/api/rate-limits/>
struct Limits {
    light: Limit,
    medium: Limit,
}

impl Zoom {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Builds the emulator.
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let validator = Validator::openapi(kit, rules())?;
    let authority = oauth::authority(kit);
    let zoom = Arc::new(Zoom {
        kit: Arc::clone(kit),
        authority: Arc::clone(&authority),
        world: Mutex::new(World::new(authority.accounts())),
        pages: Pages::new(kit.clock.clone()),
        limits: Limits { light: Limit::new(kit.clock.clone(), 30, 1), medium: Limit::new(kit.clock.clone(), 20, 1) },
    });
    let router = Router::new()
        .route("/v2/users/{user}", get(users::user))
        .route("/v2/users/{user}/recordings", get(recordings::of_user))
        .route("/v2/meetings/{meeting}/recordings", get(recordings::of_meeting))
        .route("/v2/meetings/{meeting}/transcript", get(meetings::transcript))
        .route("/v2/meetings/{meeting}/meeting_summary", get(meetings::summary))
        .route("/v2/past_meetings/{meeting}", get(meetings::past))
        .route("/v2/past_meetings/{meeting}/participants", get(meetings::participants))
        .route("/rec/download/{file}", get(download::begin))
        .route("/rec/stream/{ticket}", get(download::stream))
        .fallback(async || answers::unknown_endpoint())
        .with_state(Arc::clone(&zoom))
        .merge(authority.router());
    Ok(Tool { id: ID, router, control: control::router(zoom), authority, validator })
}

fn rules() -> Rules {
    Rules {
        tool: ID,
        file: "zoom/meetings.openapi.trimmed.json",
        base: "/v2",
        undescribed: UNDESCRIBED,
        closed: true,
        unknown_query: false,
        extra_properties: &[],
        not_found: answers::unknown_endpoint,
        refusal: answers::invalid_request,
    }
}
