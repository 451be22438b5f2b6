//! What a connection's pages share: finding it, its head with the status and the one next step. And its permissions.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use connector_kit::Manifest;
use connector_kit::manifest::Permission;
use model::connection::{Evidence, Status};
use model::{ConnectionId, Secret};
use store::connections::Connection;
use sync::hooks::entrusted;
use sync::options::is_on;

use super::words::StatusView;
use super::{Frame, Visit, words};
use crate::app::App;
use crate::identity::SignedIn;
use crate::page_error::{PageError, Paged};
use crate::problem::Problem;

/// A connection that was found, and may be looked at.
pub struct Found {
    pub connection: Connection,
    pub manifest: &'static Manifest,
}

/// The head of each of a connection's pages.
pub struct Head {
    pub id: ConnectionId,
    pub integration: &'static str,
    pub tool: &'static str,
    pub scope: &'static str,
    pub account: String,
    pub connected: bool,
    pub connected_at: Option<String>,
    pub may_change: bool,
    pub status: StatusView,
    /// What is done after connecting, while something of it is left.
    pub checklist: Vec<Check>,
}

/// One line of the checklist.
pub struct Check {
    pub done: bool,
    pub text: String,
}

struct Granted {
    permission: Permission,
    needed: bool,
    /// Whether the tool gave it; `None`: it does not say.
    given: Option<bool>,
}

#[derive(Template)]
#[template(path = "permissions.html")]
struct PermissionsPage<'a> {
    page: &'a Frame,
    head: Head,
    tab: &'static str,
    permissions: Vec<Granted>,
    others: Vec<String>,
    docs: &'static str,
    webhooks: Option<WebhookView>,
}

/// Where a tool is told by hand to send its webhooks, and the secret that it brought there.
struct WebhookView {
    address: String,
    secret: Option<Secret>,
}

/// `/connections/{id}/permissions`.
pub fn router() -> Router<App> {
    Router::new().route("/connections/{id}/permissions", get(permissions))
}

/// The connection of an address, if this person may look at it.
pub async fn find(app: &App, caller: &SignedIn, id: &str) -> Paged<Found> {
    let missing = || PageError::from(Problem::not_found("This connection")).with_step("Go to the integrations", "/settings/integrations");
    let id: ConnectionId = id.parse().map_err(|_| missing())?;
    let connection = caller.workspace.connection(&id).await?.ok_or_else(missing)?;
    let manifest = app.hub().connector(&connection.integration)?.manifest();
    if caller.may_see(manifest, &connection) { Ok(Found { connection, manifest }) } else { Err(missing()) }
}

/// The connection of an address, if this person may change it.
pub async fn find_to_change(app: &App, caller: &SignedIn, id: &str) -> Paged<Found> {
    let found = find(app, caller, id).await?;
    if caller.may_change(found.manifest, &found.connection) {
        return Ok(found);
    }
    let problem = Problem::new("forbidden", "An admin changes the workspace's connections.");
    Err(PageError::from(problem).with_step("Back to the connection", format!("/connections/{}", found.connection.id)))
}

/// Puts the head together.
pub async fn head(visit: &Visit, Found { connection, manifest }: &Found) -> Paged<Head> {
    let clock = &visit.page.clock;
    let evidence = visit.caller.workspace.status_evidence(&connection.id).await?;
    Ok(Head {
        id: connection.id.clone(),
        integration: manifest.id,
        tool: manifest.name,
        scope: words::scope(manifest.scope),
        account: connection.account.as_ref().map_or_else(|| "not signed in yet".to_owned(), |account| account.name.clone()),
        connected: connection.connected,
        connected_at: connection.connected_at.map(|at| clock.at(at)),
        may_change: visit.caller.may_change(manifest, connection),
        status: StatusView::of(&Status::from_evidence(&evidence, clock.now), connection, clock),
        checklist: checklist(connection, manifest, &evidence),
    })
}

fn checklist(connection: &Connection, manifest: &Manifest, evidence: &Evidence) -> Vec<Check> {
    if !connection.connected || (connection.settings.is_some() && evidence.in_step.is_some()) {
        return Vec::new();
    }
    let settings = connection.settings.as_ref();
    let any_on = settings.is_some_and(|settings| settings.syncs.values().any(|sync| sync.enabled));
    let placed = settings.is_some_and(|settings| {
        let needs = |capability| words::flows(manifest, capability).any(|flow| flow.destination.is_some());
        settings.syncs.iter().filter(|(capability, sync)| sync.enabled && needs(**capability)).all(|(_, sync)| sync.destination.is_some())
    });
    let check = |done, text: &str| Check { done, text: text.to_owned() };
    vec![
        check(true, "Sign in at the tool"),
        check(any_on, "Choose what syncs, which way, and how often"),
        check(any_on && placed, "Choose where it goes"),
        check(settings.is_some(), "Save the settings"),
        check(evidence.in_step.is_some(), "Test the connection and see the first sync finish"),
    ]
}

async fn permissions(visit: Visit, Path(id): Path<String>) -> Paged {
    let found = find(&visit.app, &visit.caller, &id).await?;
    let settings = found.connection.settings.clone();
    let wanted = |flow: &connector_kit::manifest::Flow| {
        settings.as_ref().is_none_or(|settings| is_on(found.manifest, settings, flow.capability, flow.way))
    };
    let needed = found.manifest.permissions(wanted);
    let all = found.manifest.permissions(|_| true);
    let granted = &found.connection.granted;
    let view = |permission: &Permission| Granted {
        permission: *permission,
        needed: needed.contains(permission),
        given: (!granted.is_empty()).then(|| granted.iter().any(|scope| scope == permission.scope)),
    };
    let head = head(&visit, &found).await?;
    let page = PermissionsPage {
        page: &visit.page,
        webhooks: webhooks(&visit, &found, head.may_change).await?,
        head,
        tab: "permissions",
        permissions: all.iter().map(view).collect(),
        others: granted.iter().filter(|scope| !all.iter().any(|known| known.scope == **scope)).cloned().collect(),
        docs: found.manifest.docs,
    };
    Ok(visit.show(&page))
}

/// Only where the tool has no call by which Harmony subscribes, and for those who may change the connection.
async fn webhooks(visit: &Visit, found: &Found, may_change: bool) -> Paged<Option<WebhookView>> {
    let by_hand = found.manifest.webhooks.is_some_and(|facts| !facts.by_api);
    if !by_hand || !may_change || !found.connection.connected {
        return Ok(None);
    }
    let secret = entrusted(&visit.caller.workspace, &found.connection.id).await?;
    Ok(Some(WebhookView { address: visit.app.hub().hook_url(&found.connection).to_string(), secret }))
}
