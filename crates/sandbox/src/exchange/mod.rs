//! The emulated Exchange Web Services: sign-in by AD FS or by password, impersonation, and the operations by which a calendar is
//! read, each request and answer held against Microsoft's schemas. People write in the calendar through the control routes.

mod access;
mod autodiscover;
mod control;
mod find;
mod folders;
mod items;
mod oauth;
mod recurrence;
mod render;
mod seed;
mod service;
mod soap;
mod sync;
#[cfg(test)]
mod tests;
mod world;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post};

use self::world::World;
use crate::kit::xsd::Schemas;
use crate::kit::{Authority, DescriptionError, Kit, Limit, Tool, Validator};

const TOOL: &str = "exchange";
const DESCRIPTION: &str = "ews/ews.xsd";
/// A throttling policy counts the server's time, not calls; this stands for it.
const CALLS: u64 = 3_000;
const PER_SECONDS: u64 = 300;

/// What the handlers share.
struct Exchange {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
    world: Mutex<World>,
    limit: Limit,
    /// `None`: no descriptions were given.
    schemas: Option<Schemas>,
}

impl Exchange {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tool, with an empty mailbox for each of the demo organisation.
///
/// # Errors
/// The description is there but cannot be read.
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let authority = Authority::new(kit, oauth::style());
    let exchange = Arc::new(Exchange {
        kit: Arc::clone(kit),
        authority: Arc::clone(&authority),
        world: Mutex::new(seed::world(kit)),
        limit: Limit::new(kit.clock.clone(), CALLS, PER_SECONDS),
        schemas: kit.options.specs.as_deref().map(schemas).transpose()?,
    });
    let router = Router::new()
        .route("/EWS/Exchange.asmx", post(service::call))
        .route("/autodiscover/autodiscover.json/v1.0/{mailbox}", get(autodiscover::find))
        .with_state(Arc::clone(&exchange))
        .merge(authority.router());
    Ok(Tool { id: TOOL, router, control: control::router(exchange), authority, validator: Validator::by_handler(TOOL) })
}

fn schemas(folder: &Path) -> Result<Schemas, DescriptionError> {
    Schemas::load(&folder.join(DESCRIPTION)).map_err(|reason| DescriptionError { file: DESCRIPTION.to_owned(), reason })
}
