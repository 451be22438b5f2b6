//! `/integrations`: the catalogue, from the connectors' manifests.

use axum::Json;
use axum::extract::State;
use connector_kit::manifest::{Auth, Category, Field, Flow, Manifest, Permission};
use connector_kit::outbound::EffectClass;
use model::connection::{Capability, Scope, Way};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::{Id, Query};
use super::page::Page;
use super::refused::Refused;
use crate::app::App;
use crate::identity::Caller;
use crate::problem::{Answer, Problem};

/// A tool of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Integration {
    id: &'static str,
    name: &'static str,
    category: Category,
    /// One line about what it is for.
    purpose: &'static str,
    /// Whether one connection serves the workspace, or each member has their own.
    scope: Scope,
    /// The vendor's page.
    docs: &'static str,
    /// The ways to sign in.
    auth: Vec<SignInWay>,
    /// What can flow, and which way.
    flows: Vec<FlowFacts>,
    /// What a connection asks for at the tool, each with its reason; with `?flows=` for these flows alone.
    permissions: Vec<Permission>,
}

/// A way to sign in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignInWay {
    /// To be given as `auth` when connecting.
    name: &'static str,
    /// Whether a person is sent to the tool; `authorize_url` says where.
    redirect: bool,
    /// Whether the operator has set up what it needs.
    set_up: bool,
    /// To be given as `fields` when connecting.
    fields: Vec<Field>,
}

/// One way of one capability.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FlowFacts {
    capability: Capability,
    way: Way,
    what: &'static str,
    /// Push alone: what the tool allows after a lost answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<EffectClass>,
    /// What a destination is called; absent: there is no choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<&'static str>,
    permissions: Vec<Permission>,
}

/// A flow's name: a capability and a way, as `tasks:push`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct FlowName {
    pub capability: Capability,
    pub way: Way,
}

impl TryFrom<String> for FlowName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = text.split_once(':').and_then(|(capability, way)| Some((Capability::parse(capability)?, Way::parse(way)?)));
        let (capability, way) = parts.ok_or_else(|| format!("`{text}` is no flow; one is written as `tasks:push`"))?;
        Ok(Self { capability, way })
    }
}

fn describe(app: &App, manifest: &'static Manifest, wanted: &[FlowName]) -> Integration {
    let registered = app.hub().config(manifest.id).client.is_some();
    let way = |auth: &'static Auth| {
        let redirect = matches!(auth, Auth::Code(_));
        SignInWay { name: auth.name(), redirect, set_up: registered || !redirect, fields: auth.fields().to_vec() }
    };
    let flow = |flow: &'static Flow| FlowFacts {
        capability: flow.capability,
        way: flow.way,
        what: flow.what,
        effect: flow.effect,
        destination: flow.destination,
        permissions: flow.permissions.to_vec(),
    };
    let named = |flow: &Flow| wanted.is_empty() || wanted.contains(&FlowName { capability: flow.capability, way: flow.way });
    Integration {
        id: manifest.id,
        name: manifest.name,
        category: manifest.category,
        purpose: manifest.purpose,
        scope: manifest.scope,
        docs: manifest.docs,
        auth: manifest.auth.iter().map(way).collect(),
        flows: manifest.flows.iter().map(flow).collect(),
        permissions: manifest.permissions(named),
    }
}

/// The manifest of that id.
pub(super) fn manifest(app: &App, id: &str) -> Option<&'static Manifest> {
    app.hub().connectors().iter().map(|connector| connector.manifest()).find(|manifest| manifest.id == id)
}

/// Lists the catalogue.
#[utoipa::path(get, path = "/integrations", tag = "integrations", responses(Refused, (status = 200, description = "All of them.", body = Page<Integration>)))]
pub(super) async fn list(State(app): State<App>, _caller: Caller) -> Json<Page<Integration>> {
    let all = app.hub().connectors().iter().map(|connector| describe(&app, connector.manifest(), &[]));
    Json(Page::whole(all.collect()))
}

/// For which flows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Flows whose permissions are asked, separated by commas: `tasks:push,tasks:pull`.
    flows: Option<String>,
}

/// Reads one tool's facts.
#[utoipa::path(get, path = "/integrations/{id}", tag = "integrations", params(("id" = String, Path, description = "As `linear`."), Wanted), responses(Refused, (status = 200, description = "The tool.", body = Integration)))]
pub(super) async fn get(
    State(app): State<App>,
    _caller: Caller,
    Id(id): Id<String>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Integration>> {
    let manifest = manifest(&app, &id).ok_or_else(|| Problem::not_found("The integration"))?;
    let names = wanted.flows.iter().flat_map(|flows| flows.split(',')).filter(|name| !name.is_empty());
    let flows: Result<Vec<FlowName>, String> = names.map(|name| FlowName::try_from(name.to_owned())).collect();
    Ok(Json(describe(&app, manifest, &flows.map_err(|why| Problem::invalid("flows", format!("{why}.")))?)))
}
