//! `/connections`: connecting, looking, reconnecting, disconnecting. Options are `connection_settings`, syncing is `connection_syncing`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use connector_kit::Manifest;
use jiff::Timestamp;
use model::{ConnectionId, Scope, Status, UserId};
use serde::{Deserialize, Serialize};
use store::connections::{ConnectedAccount, Connection};
use sync::connect::{self, Begun, ConnectRequest};
use sync::disconnect::{self, Receipt};
use url::Url;
use utoipa::ToSchema;

use super::ask::{Body, Id};
use super::integrations::{FlowName, manifest};
use super::page::Page;
use super::refused::Refused;
use crate::app::App;
use crate::identity::Caller;
use crate::problem::{Answer, Problem};

/// The page to come back to where the caller names none.
const RETURN_TO: &str = "/settings/integrations";

/// A connection as shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
pub(super) struct Shown {
    #[schema(value_type = String)]
    id: ConnectionId,
    /// The tool.
    integration: String,
    scope: Scope,
    /// The way of signing in.
    auth: String,
    /// Who connected it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    user: Option<UserId>,
    /// The tool's account; absent until somebody signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<ConnectedAccount>,
    /// What was typed when connecting, without secrets.
    fields: BTreeMap<String, String>,
    /// The permissions that the tool granted.
    granted: Vec<String>,
    connected: bool,
    settings_version: i64,
    created: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_at: Option<Timestamp>,
    /// Computed from evidence at this moment.
    status: Status,
}

/// A connection to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewConnection {
    integration: String,
    /// One of the integration's ways to sign in.
    auth: String,
    /// What that way asks for.
    #[serde(default)]
    fields: BTreeMap<String, String>,
    /// The flows to ask permissions for, as `tasks:push`; none: all.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    flows: Vec<FlowName>,
    /// The page of this hub to come back to.
    #[serde(default)]
    return_to: Option<String>,
}

/// Where to come back to.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reconnection {
    /// The page of this hub to come back to.
    #[serde(default)]
    return_to: Option<String>,
}

/// A sign-in that was begun.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BegunConnection {
    #[schema(value_type = String)]
    id: ConnectionId,
    /// Where to send the person, within 10 minutes; absent: it is connected already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uri")]
    authorize_url: Option<Url>,
}

impl From<Begun> for BegunConnection {
    fn from(begun: Begun) -> Self {
        Self { id: begun.connection, authorize_url: begun.authorize_url }
    }
}

/// A connection that the caller may look at, or 404.
pub(super) async fn seen(app: &App, caller: &Caller, id: &ConnectionId) -> Answer<(Connection, &'static Manifest)> {
    let missing = || Problem::not_found("The connection");
    let connection = caller.workspace.connection(id).await?.ok_or_else(missing)?;
    let manifest = manifest(app, &connection.integration).ok_or_else(missing)?;
    if caller.may_see(manifest, &connection) { Ok((connection, manifest)) } else { Err(missing()) }
}

/// A connection that the caller may change; one they may only look at is forbidden.
pub(super) async fn own(app: &App, caller: &Caller, id: &ConnectionId) -> Answer<(Connection, &'static Manifest)> {
    let (connection, manifest) = seen(app, caller, id).await?;
    if caller.may_change(manifest, &connection) {
        return Ok((connection, manifest));
    }
    Err(Problem::new("forbidden", "This connection serves the whole workspace; only an admin may change it."))
}

/// As `own`, and signed in.
pub(super) async fn working(app: &App, caller: &Caller, id: &ConnectionId) -> Answer<Connection> {
    let (connection, _) = own(app, caller, id).await?;
    if connection.connected { Ok(connection) } else { Err(Problem::new("not_connected", "Reconnect it first.")) }
}

/// The status at this moment.
pub(super) async fn status(app: &App, caller: &Caller, id: &ConnectionId) -> Answer<Status> {
    Ok(Status::from_evidence(&caller.workspace.status_evidence(id).await?, app.hub().env().now()))
}

async fn shown(app: &App, caller: &Caller, connection: Connection, manifest: &Manifest) -> Answer<Shown> {
    Ok(Shown {
        status: status(app, caller, &connection.id).await?,
        id: connection.id,
        integration: connection.integration,
        scope: manifest.scope,
        auth: connection.auth,
        user: connection.user,
        account: connection.account,
        fields: connection.fields,
        granted: connection.granted,
        connected: connection.connected,
        settings_version: connection.settings_version,
        created: connection.created,
        connected_at: connection.connected_at,
    })
}

/// Lists the connections that the caller may look at, oldest first, disconnected ones included.
#[utoipa::path(get, path = "/connections", tag = "connections", responses(Refused, (status = 200, description = "All of them.", body = Page<Shown>)))]
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Answer<Json<Page<Shown>>> {
    let mut all = Vec::new();
    for connection in caller.workspace.connections().await? {
        if let Some(manifest) = manifest(&app, &connection.integration).filter(|manifest| caller.may_see(manifest, &connection)) {
            all.push(shown(&app, &caller, connection, manifest).await?);
        }
    }
    Ok(Json(Page::whole(all)))
}

/// Begins a connection. A person finishes it at `authorize_url`; with credentials of an application it works at once.
#[utoipa::path(post, path = "/connections", tag = "connections", request_body = NewConnection, responses(Refused, (status = 201, description = "Begun.", body = BegunConnection, headers(("Location" = String, description = "Its address.")))))]
pub(super) async fn create(State(app): State<App>, caller: Caller, Body(asked): Body<NewConnection>) -> Answer<Response> {
    let manifest = manifest(&app, &asked.integration)
        .ok_or_else(|| Problem::invalid("integration", format!("There is no integration `{}`.", asked.integration)))?;
    if !caller.may_connect(manifest) {
        return Err(Problem::new("forbidden", format!("Only an admin may connect {} for the workspace.", manifest.name)));
    }
    let request = ConnectRequest {
        integration: asked.integration,
        auth: asked.auth,
        fields: asked.fields,
        flows: asked.flows.iter().map(|flow| (flow.capability, flow.way)).collect(),
        return_to: asked.return_to.unwrap_or_else(|| RETURN_TO.to_owned()),
    };
    let begun = connect::begin(app.hub(), &caller.workspace, &caller.actor, &caller.user.id, &request).await?;
    let place = [(header::LOCATION, format!("/api/v1/connections/{}", begun.connection))];
    Ok((StatusCode::CREATED, place, Json(BegunConnection::from(begun))).into_response())
}

/// Reads a connection.
#[utoipa::path(get, path = "/connections/{id}", tag = "connections", params(("id" = String, Path, description = "`con_…`")), responses(Refused, (status = 200, description = "The connection.", body = Shown)))]
pub(super) async fn get(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> Answer<Json<Shown>> {
    let (connection, manifest) = seen(&app, &caller, &id).await?;
    shown(&app, &caller, connection, manifest).await.map(Json)
}

/// Begins a new sign-in to the same account; settings, links and progress stay.
#[utoipa::path(post, path = "/connections/{id}/reconnect", tag = "connections", params(("id" = String, Path, description = "`con_…`")), request_body = Reconnection, responses(Refused, (status = 200, description = "Begun.", body = BegunConnection)))]
pub(super) async fn reconnect(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Body(asked): Body<Reconnection>,
) -> Answer<Json<BegunConnection>> {
    let (connection, _) = own(&app, &caller, &id).await?;
    let return_to = asked.return_to.unwrap_or_else(|| RETURN_TO.to_owned());
    let begun = connect::reconnect(app.hub(), &caller.workspace, &caller.actor, &caller.user.id, &connection, &return_to).await?;
    Ok(Json(begun.into()))
}

/// Disconnects: syncing stops, the sign-in and webhooks are taken back at the tool, secrets are deleted; data and links stay.
#[utoipa::path(delete, path = "/connections/{id}", tag = "connections", params(("id" = String, Path, description = "`con_…`")), responses(Refused, (status = 200, description = "What was done.", body = Receipt)))]
pub(super) async fn disconnect(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> Answer<Json<Receipt>> {
    let (connection, _) = own(&app, &caller, &id).await?;
    Ok(Json(disconnect::disconnect(app.hub(), &caller.workspace, &caller.actor, &connection).await?))
}
