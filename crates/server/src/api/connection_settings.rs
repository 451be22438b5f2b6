//! `/connections/{id}/settings` and `/destinations`: what syncs, which way, how often, where to.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use model::settings::Destination;
use model::{Capability, ConnectionId, Settings};
use serde::{Deserialize, Serialize};
use sync::options::{self, Saved};
use utoipa::ToSchema;

use super::ask::{Body, Id, IfMatch, Query, tagged};
use super::connections::{own, seen, working};
use super::page::Page;
use super::refused::Refused;
use crate::app::App;
use crate::identity::Caller;
use crate::problem::{Answer, Problem};

/// A connection's options.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Options {
    /// Rises with each save; 0: none was saved yet, and nothing is written to the tool.
    version: i64,
    settings: Settings,
    /// Permissions that these options need and the tool has not granted; `/reconnect` asks for them.
    missing_permissions: Vec<String>,
}

/// Reads the options; where none were saved yet, those to begin with.
#[utoipa::path(get, path = "/connections/{id}/settings", tag = "connections", params(("id" = String, Path, description = "`con_…`")), responses(Refused, (status = 200, description = "The options.", body = Options, headers(("ETag" = String, description = "Their version.")))))]
pub(super) async fn get(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> Answer<Response> {
    let (connection, manifest) = seen(&app, &caller, &id).await?;
    let settings = connection.settings.clone().unwrap_or_else(beginning);
    let needed = manifest.permissions(|flow| options::is_on(manifest, &settings, flow.capability, flow.way));
    let by_consent = connection.auth == "oauth" && !connection.granted.is_empty();
    let missing = needed.iter().map(|permission| permission.scope.to_owned());
    let missing_permissions = missing.filter(|scope| by_consent && !connection.granted.contains(scope)).collect();
    let version = connection.settings_version;
    Ok(tagged(version, Json(Options { version, settings, missing_permissions })))
}

/// The options of somebody who has chosen nothing yet: what an empty object is read as.
fn beginning() -> Settings {
    serde_json::from_str("{}").expect("every field of the settings has a default")
}

/// Saves the options, and starts what they switch on.
#[utoipa::path(put, path = "/connections/{id}/settings", tag = "connections", params(("id" = String, Path, description = "`con_…`"), ("If-Match" = Option<String>, Header, description = "The ETag that was read.")), request_body = Settings, responses(Refused, (status = 200, description = "Saved.", body = Options, headers(("ETag" = String, description = "Their version."))), (status = 412, description = "Somebody else saved meanwhile (`changed_meanwhile`).", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn put(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    IfMatch(loaded): IfMatch,
    Body(settings): Body<Settings>,
) -> Answer<Response> {
    let (connection, _) = own(&app, &caller, &id).await?;
    let loaded = loaded.unwrap_or(connection.settings_version);
    let (hub, actor) = (app.hub(), &caller.actor);
    if connection.settings.as_ref() == Some(&settings) && loaded == connection.settings_version {
        return get(State(app), caller, Id(id)).await;
    }
    let saved = options::save(hub, &caller.workspace, actor, &connection, settings.clone(), loaded).await?;
    let (version, missing_permissions) = match saved {
        Saved::Done { version } => (version, Vec::new()),
        Saved::NeedsPermission { version, missing } => (version, missing),
    };
    Ok(tagged(version, Json(Options { version, settings, missing_permissions })))
}

/// For what.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// As `tasks`.
    #[param(inline)]
    capability: Capability,
}

/// Asks the tool for the places to choose from: calendars, channels, teams, boards.
#[utoipa::path(get, path = "/connections/{id}/destinations", tag = "connections", params(("id" = String, Path, description = "`con_…`"), Wanted), responses(Refused, (status = 200, description = "All of them; none: there is no choice.", body = Page<Destination>)))]
pub(super) async fn destinations(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Page<Destination>>> {
    let connection = working(&app, &caller, &id).await?;
    Ok(Json(Page::whole(options::destinations(app.hub(), &caller.workspace, &connection, wanted.capability).await?)))
}
