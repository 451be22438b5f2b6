//! Talkdesk, emulated: tokens, Explore calls reports, recordings with their audio, account, users, contacts, interactions. Wiring and shared state only.
//!
//! Talkdesk's description may not be kept with the project, so the emulator judges requests itself. Facts: the `OpenAPI` 3.0.2 file "Talkdesk
//! API" as quoted in the public repository jotatriana/tdfastapi (`openapi.yaml`), and the pages docs.talkdesk.com/reference/… and /docs/…
//! that each file names. What neither says is marked "not established" where it stands.
//!
//! Hosts collapse: `{account}.talkdeskid.com` is `/talkdesk`, `api.talkdeskapp.com` is `/talkdesk/api`, the store of report files and audio
//! is `/talkdesk/files`.

mod access;
mod audio;
mod control;
mod directory;
mod interactions;
mod jobs;
mod media;
mod oauth;
mod problem;
mod query;
mod recordings;
mod report;
#[cfg(test)]
mod tests;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post};

use crate::kit::{Authority, DescriptionError, Kit, Tool, Validator};
use world::World;

/// The tool's id.
const ID: &str = "talkdesk";

/// What Talkdesk's handlers share.
struct Talkdesk {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
    world: Mutex<World>,
    /// Signs links to files.
    key: Vec<u8>,
}

impl Talkdesk {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An address of the API.
    fn link(&self, path: &str) -> String {
        format!("{}/api{path}", self.kit.base(ID))
    }
}

/// Builds the emulator.
#[expect(clippy::unnecessary_wraps, reason = "every tool is built by the same kind of function; this one has no description to load")]
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let world = World::seeded(kit);
    let authority = oauth::authority(kit, &world);
    let talkdesk = Arc::new(Talkdesk {
        kit: Arc::clone(kit),
        authority: Arc::clone(&authority),
        world: Mutex::new(world),
        key: kit.token("").into_bytes(),
    });
    let router = Router::new()
        .route("/api/data/reports/{type}/jobs", post(jobs::create).get(jobs::list))
        .route("/api/data/reports/{type}/jobs/{id}", get(jobs::status))
        .route("/api/data/reports/{type}/files/{id}", get(jobs::file))
        .route("/api/calls/{call}/recordings", get(recordings::of_call))
        .route("/api/recordings/{id}", get(recordings::one))
        .route("/api/recordings/{id}/media", get(media::begin))
        .route("/api/conversations/interactions", get(interactions::list))
        .route("/api/account", get(directory::account))
        .route("/api/users", get(directory::users))
        .route("/api/users/{id}", get(directory::user))
        .route("/api/contacts", get(directory::contacts))
        .route("/api/contacts/{id}", get(directory::contact))
        .route("/files/audio/{id}", get(media::stream))
        .route("/files/reports/{id}", get(jobs::stored))
        .fallback(async || problem::unknown_path())
        .with_state(Arc::clone(&talkdesk))
        .merge(authority.router());
    Ok(Tool { id: ID, router, control: control::router(talkdesk), authority, validator: Validator::by_own_rules(ID, &["/api/"]) })
}
