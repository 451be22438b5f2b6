//! The emulated Google Meet: Google's sign-in, conference records with participants, recordings, transcripts and smart notes
//! (meet.v2.json), their files in Drive (drive.v3.json), and Workspace Events (workspaceevents.v1.json) through a Pub/Sub topic that pushes.
//! Making and changing spaces through the API is not emulated; people hold conferences through the control routes.

mod access;
mod artifacts;
mod control;
mod drive;
mod errors;
mod filter;
mod pages;
mod push;
mod records;
mod subscriptions;
#[cfg(test)]
mod tests;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use self::push::Signer;
use self::world::World;
use crate::google;
use crate::kit::{Authority, DescriptionError, Kit, Limit, Rules, Tool, Validator};

const TOOL: &str = "google-meet";
/// Reads a minute and user (developers.google.com/workspace/meet/api/guides/limits).
const READS_A_MINUTE: u64 = 600;

/// What the handlers share.
struct Meet {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
    world: Mutex<World>,
    quota: Limit,
    /// Signs page tokens.
    key: Vec<u8>,
    signer: Signer,
}

impl Meet {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tool, with the people of the demo organisation and no conferences yet.
///
/// # Errors
/// A description is there but cannot be read.
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let validator = Validator::discovery(kit, rules("google/meet.v2.json", "/v2", errors::misfit))?
        .and(Validator::discovery(kit, rules("google/drive.v3.trimmed.json", "/drive/v3", errors::drive_misfit))?)
        .and(Validator::discovery(kit, rules("google/workspaceevents.v1.json", "/v1", errors::misfit))?)
        .and(Validator::discovery(kit, rules("google/oauth2.v2.json", "/oauth2/v2", errors::drive_misfit))?);
    let authority = Authority::new(kit, google::style(TOOL, access::ASKABLE, errors::denied));
    let meet = Arc::new(Meet {
        kit: Arc::clone(kit),
        authority: Arc::clone(&authority),
        world: Mutex::default(),
        quota: Limit::new(kit.clock.clone(), READS_A_MINUTE, 60),
        key: kit.token("").into_bytes(),
        signer: Signer::new(),
    });
    let router = Router::new()
        .route("/v2/conferenceRecords", get(records::list))
        .route("/v2/conferenceRecords/{record}", get(records::get))
        .route("/v2/conferenceRecords/{record}/participants", get(records::participants))
        .route("/v2/conferenceRecords/{record}/participants/{participant}", get(records::participant))
        .route("/v2/conferenceRecords/{record}/participants/{participant}/participantSessions", get(records::sessions))
        .route("/v2/conferenceRecords/{record}/transcripts/{transcript}/entries", get(artifacts::entries))
        .route("/v2/conferenceRecords/{record}/{kind}", get(artifacts::list))
        .route("/v2/conferenceRecords/{record}/{kind}/{artifact}", get(artifacts::get))
        .route("/v2/spaces/{space}", get(records::space))
        .route("/drive/v3/files/{file}", get(drive::get))
        .route("/drive/v3/files/{file}/export", get(drive::export))
        .route("/v1/subscriptions", get(subscriptions::list).post(subscriptions::create))
        .route(
            "/v1/subscriptions/{name}",
            get(subscriptions::get).patch(subscriptions::patch).delete(subscriptions::delete).post(subscriptions::reactivate),
        )
        .route("/oauth2/v3/certs", get(push::certs))
        .fallback(unknown_path)
        .with_state(Arc::clone(&meet))
        .merge(google::userinfo::router(&authority))
        .merge(authority.router());
    Ok(Tool { id: TOOL, router, control: control::router(meet), authority, validator })
}

async fn unknown_path() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

fn rules(file: &'static str, base: &'static str, refusal: fn(&crate::kit::Violation) -> Response) -> Rules {
    Rules {
        tool: TOOL,
        file,
        base,
        undescribed: &[],
        closed: true,
        unknown_query: false,
        extra_properties: &[],
        not_found: || StatusCode::NOT_FOUND.into_response(),
        refusal,
    }
}
