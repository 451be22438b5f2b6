//! The control API under `/_sandbox`: what tests and the demo steer and read. Each tool's own control routes are mounted beside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Authority, Client, Kit, Rule};

#[derive(Clone)]
struct Control {
    kit: Arc<Kit>,
    authorities: Arc<BTreeMap<&'static str, Arc<Authority>>>,
}

/// Routes below `/_sandbox`.
pub(crate) fn router(kit: &Arc<Kit>, authorities: BTreeMap<&'static str, Arc<Authority>>) -> Router {
    Router::new()
        .route("/ledger", get(ledger))
        .route("/violations", get(violations))
        .route("/validations", get(validations))
        .route("/chaos", get(rules).post(add_rule).delete(clear_rules))
        .route("/clock", get(clock).post(advance))
        .route("/clients", post(register))
        .route("/deliveries", get(deliveries))
        .route("/deliveries/flush", post(flush))
        .route("/{tool}/revoke", post(revoke))
        .with_state(Control { kit: Arc::clone(kit), authorities: Arc::new(authorities) })
}

#[derive(Deserialize)]
struct LedgerQuery {
    tool: Option<String>,
    action: Option<String>,
}

async fn ledger(State(control): State<Control>, Query(query): Query<LedgerQuery>) -> Json<Value> {
    let ledger = &control.kit.ledger;
    let effects = ledger.effects(query.tool.as_deref(), query.action.as_deref());
    Json(json!({ "effects": effects }))
}

async fn violations(State(control): State<Control>) -> Json<Value> {
    Json(json!({ "violations": control.kit.checks.violations() }))
}

async fn validations(State(control): State<Control>) -> Json<Value> {
    Json(json!({
        "described": control.kit.options.specs.is_some(),
        "tools": control.kit.checks.counts(),
    }))
}

async fn rules(State(control): State<Control>) -> Json<Value> {
    Json(json!({ "rules": control.kit.chaos.rules() }))
}

async fn add_rule(State(control): State<Control>, Json(rule): Json<Rule>) -> Response {
    if !control.authorities.contains_key(rule.tool.as_str()) {
        return unknown_tool(&rule.tool);
    }
    control.kit.chaos.add(rule);
    StatusCode::NO_CONTENT.into_response()
}

async fn clear_rules(State(control): State<Control>) -> StatusCode {
    control.kit.chaos.clear();
    StatusCode::NO_CONTENT
}

async fn clock(State(control): State<Control>) -> Json<Value> {
    Json(json!({ "now": control.kit.clock.now() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: i64,
}

async fn advance(State(control): State<Control>, Json(by): Json<Advance>) -> Json<Value> {
    let clock = &control.kit.clock;
    clock.advance(SignedDuration::from_millis(by.advance_ms));
    Json(json!({ "now": clock.now() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    tool: String,
    client_id: String,
    client_secret: String,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    public_key_pem: Option<String>,
}

async fn register(State(control): State<Control>, Json(wanted): Json<Registration>) -> Response {
    let Some(authority) = control.authorities.get(wanted.tool.as_str()) else {
        return unknown_tool(&wanted.tool);
    };
    authority.register(Client {
        id: wanted.client_id,
        secret: wanted.client_secret,
        redirect_uris: wanted.redirect_uris,
        public_key_pem: wanted.public_key_pem,
    });
    StatusCode::CREATED.into_response()
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    email: Option<String>,
}

async fn revoke(State(control): State<Control>, Path(tool): Path<String>, body: Option<Json<Revocation>>) -> Response {
    let Some(authority) = control.authorities.get(tool.as_str()) else {
        return unknown_tool(&tool);
    };
    let Json(wanted) = body.unwrap_or_default();
    let revoked = authority.revoke_account(wanted.email.as_deref());
    Json(json!({ "revoked": revoked })).into_response()
}

async fn deliveries(State(control): State<Control>) -> Json<Value> {
    Json(json!({ "deliveries": control.kit.webhooks.record() }))
}

async fn flush(State(control): State<Control>) -> Json<Value> {
    Json(json!({ "delivered": control.kit.webhooks.flush().await }))
}

fn unknown_tool(tool: &str) -> Response {
    let body = json!({ "error": format!("no tool {tool:?} here") });
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}
