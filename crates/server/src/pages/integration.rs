//! One tool of the catalogue: what it is for, what it will be asked to permit and why, and connecting to it.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use connector_kit::Manifest;
use connector_kit::manifest::{Auth, Field, Permission};
use model::connection::{Capability, Way};
use sync::connect::{ConnectRequest, begin, permissions};

use super::overview::{ConnectionView, visible};
use super::{Frame, Visit, words};
use crate::app::App;
use crate::flash::Flash;
use crate::forms::{Posted, Typed};
use crate::page_error::{PageError, Paged, render};
use crate::problem::Problem;

struct FlowChoice {
    value: String,
    label: String,
    on: bool,
}

struct SignInChoice {
    name: &'static str,
    label: &'static str,
    chosen: bool,
}

struct FieldView {
    field: &'static Field,
    value: String,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "integration.html")]
struct IntegrationPage<'a> {
    page: &'a Frame,
    manifest: &'static Manifest,
    scope: &'static str,
    mine: Vec<ConnectionView>,
    flows: Vec<FlowChoice>,
    sign_ins: Vec<SignInChoice>,
    auth: &'static str,
    by_consent: bool,
    permissions: Vec<Permission>,
    fields: Vec<FieldView>,
    may_connect: bool,
    /// What the operator has to do first.
    not_set_up: bool,
    error: Option<String>,
}

/// The page on the way to the tool: a form must not be redirected to another host (`form-action 'self'`), a page may.
#[derive(Template)]
#[template(path = "leaving.html")]
struct LeavingPage<'a> {
    tool: &'static str,
    host: &'a str,
    url: &'a str,
}

/// What was chosen so far, by address or by form.
struct Choice {
    auth: &'static Auth,
    flows: Vec<(Capability, Way)>,
}

/// `/settings/integrations/{id}` and its Connect button.
pub fn router() -> Router<App> {
    Router::new().route("/settings/integrations/{id}", get(integration)).route("/settings/integrations/{id}/connect", post(connect))
}

fn manifest(app: &App, id: &str) -> Paged<&'static Manifest> {
    let connector = app.hub().connector(id);
    let connector = connector.map_err(|_| {
        PageError::from(Problem::not_found("This integration")).with_step("Go to the integrations", "/settings/integrations")
    })?;
    Ok(connector.manifest())
}

impl Choice {
    fn read(manifest: &'static Manifest, typed: &Typed) -> Paged<Self> {
        let auth = match typed.text("auth") {
            "" => manifest.auth.first().ok_or_else(|| Problem::new("not_set_up", "This integration has no way to sign in."))?,
            name => manifest.auth(name).ok_or_else(|| Problem::invalid("auth", "The integration has no such way to sign in."))?,
        };
        let all = || manifest.flows.iter().map(|flow| (flow.capability, flow.way));
        let ticked: Vec<&str> = typed.all("flow").collect();
        if ticked.iter().any(|ticked| !all().any(|flow| flow_value(flow) == *ticked)) {
            return Err(Problem::invalid("flow", "The integration has no such option.").into());
        }
        let chosen: Vec<_> = all().filter(|flow| ticked.contains(&flow_value(*flow).as_str())).collect();
        Ok(Self { auth, flows: if chosen.is_empty() { all().collect() } else { chosen } })
    }
}

fn flow_value((capability, way): (Capability, Way)) -> String {
    format!("{}:{}", capability.as_str(), way.as_str())
}

async fn integration(visit: Visit, Path(id): Path<String>) -> Paged {
    let manifest = manifest(&visit.app, &id)?;
    let choice = Choice::read(manifest, &visit.query)?;
    page(&visit, manifest, &choice, &Typed::default(), None).await
}

async fn page(visit: &Visit, manifest: &'static Manifest, choice: &Choice, typed: &Typed, error: Option<&Problem>) -> Paged {
    let hub = visit.app.hub();
    let by_consent = matches!(choice.auth, Auth::Code(_));
    let field_error = |name: &str| error.filter(|error| error.field.as_deref() == Some(name)).map(|error| error.detail.clone());
    let fields: Vec<FieldView> = choice
        .auth
        .fields()
        .iter()
        .map(|field| {
            let value = if field.secret { String::new() } else { typed.text(&format!("field:{}", field.name)).to_owned() };
            FieldView { field, value, error: field_error(field.name) }
        })
        .collect();
    let shown_at_field = fields.iter().any(|field| field.error.is_some());
    let page = IntegrationPage {
        page: &visit.page,
        manifest,
        scope: words::scope(manifest.scope),
        mine: visible(visit).await?.into_iter().map(|(_, view)| view).filter(|view| view.tool == manifest.name).collect(),
        flows: manifest
            .flows
            .iter()
            .map(|flow| FlowChoice {
                value: flow_value((flow.capability, flow.way)),
                label: format!("{} {}: {}", words::capability(flow.capability), words::way(flow.way), flow.what),
                on: choice.flows.contains(&(flow.capability, flow.way)),
            })
            .collect(),
        sign_ins: manifest
            .auth
            .iter()
            .map(|auth| SignInChoice { name: auth.name(), label: label(auth), chosen: auth.name() == choice.auth.name() })
            .collect(),
        auth: choice.auth.name(),
        by_consent,
        permissions: permissions(hub, manifest.id, &choice.flows)?,
        fields,
        may_connect: visit.caller.may_connect(manifest),
        not_set_up: by_consent && hub.config(manifest.id).client.is_none(),
        error: error.filter(|_| !shown_at_field).map(|error| error.detail.clone()),
    };
    let shown = visit.show(&page);
    Ok(match error {
        Some(error) => (error.status(), shown).into_response(),
        None => shown,
    })
}

const fn label(auth: &Auth) -> &'static str {
    match auth {
        Auth::Code(_) => "Sign in at the tool",
        Auth::App { label, .. } | Auth::Password { label, .. } => label,
        Auth::ApiToken { .. } => "API token",
    }
}

async fn connect(State(app): State<App>, Path(id): Path<String>, Posted { caller, typed }: Posted) -> Paged {
    let manifest = manifest(&app, &id)?;
    if !caller.may_connect(manifest) {
        return Err(Problem::new("forbidden", "An admin connects this tool for the whole workspace.").into());
    }
    let choice = Choice::read(manifest, &typed)?;
    let fields: BTreeMap<String, String> = typed.under("field:");
    let request = ConnectRequest {
        integration: manifest.id.to_owned(),
        auth: choice.auth.name().to_owned(),
        fields,
        flows: choice.flows.clone(),
        return_to: format!("/settings/integrations/{}", manifest.id),
    };
    match begin(app.hub(), &caller.workspace, &caller.actor, &caller.user.id, &request).await {
        Ok(begun) => Ok(match &begun.authorize_url {
            Some(url) => leave(manifest, url),
            None => Flash::good("Connected. Nothing is written to the tool before you save what syncs.")
                .then(&app, &format!("/connections/{}", begun.connection)),
        }),
        Err(error) => {
            let visit = Visit::again(&app, caller).await?;
            page(&visit, manifest, &choice, &typed, Some(&error.into())).await
        }
    }
}

/// Sends the person to the tool.
pub fn leave(manifest: &'static Manifest, url: &url::Url) -> Response {
    let page = LeavingPage { tool: manifest.name, host: url.host_str().unwrap_or_default(), url: url.as_str() };
    (StatusCode::OK, render(&page)).into_response()
}
