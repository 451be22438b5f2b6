//! What people do in HubSpot, how the app's webhooks are set up, and how tests make it hard: the routes under `/_sandbox/hubspot`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    bodies::{Change, Strings},
    errors::not_found,
    hooks::{Source, Subscription},
    hub::Hub,
    kind::{KINDS, Kind},
    links,
    objects::{changed_values, kind_of, new_values},
    portal::Portal,
    render,
};
use crate::kit::Refusal;

type Shared = State<Arc<Hub>>;

pub fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/objects/{kind}", post(create))
        .route("/objects/{kind}/{id}", get(show).patch(change).delete(archive))
        .route("/associations", post(join))
        .route("/contacts/fill", post(fill))
        .route("/counts", get(counts))
        .route("/properties/{kind}/{name}", delete(archive_property))
        .route("/webhooks", put(webhooks))
        .route("/search-lag", put(search_lag))
        .route("/limits", put(limits))
        .route("/withheld-scopes", put(withheld))
        .with_state(hub)
}

fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::json(StatusCode::BAD_REQUEST, json!({ "error": message.into() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    properties: Strings,
    /// What it is linked with, each as `{kind, id}`, by the default type.
    #[serde(default)]
    associations: Vec<End>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    kind: String,
    id: String,
}

impl End {
    fn of(&self, portal: &Portal) -> Result<links::End, Refusal> {
        let kind = kind_of(&self.kind)?;
        let id = portal.find(kind, None, &self.id).ok_or_else(|| wrong(format!("no {} {}", self.kind, self.id)))?;
        Ok((kind, id))
    }
}

/// A person creates an object; the same values are refused as by the API.
async fn create(State(hub): Shared, Path(kind): Path<String>, Json(new): Json<New>) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    let mut portal = hub.portal();
    let values = new_values(&portal, kind, &new.properties)?;
    let ends: Vec<links::End> = new.associations.iter().map(|end| end.of(&portal)).collect::<Result<_, _>>()?;
    let id = portal.create(kind, values, hub.now_ms(), Source::Person);
    for end in ends {
        link(&mut portal, (kind, id), end)?;
    }
    hub.announce(&mut portal);
    Ok((StatusCode::CREATED, Json(shown(&portal, kind, id)?)).into_response())
}

async fn show(State(hub): Shared, Path((kind, id)): Path<(String, u64)>) -> Result<Json<Value>, Refusal> {
    let kind = kind_of(&kind)?;
    let portal = hub.portal();
    let mut answer = shown(&portal, kind, id)?;
    let linked = KINDS.into_iter().map(|to| {
        let ids = portal.links.of((kind, id), to).map(|((_, id), _)| json!(id.to_string()));
        (to.plural().to_owned(), Value::Array(ids.collect()))
    });
    answer["associations"] = Value::Object(linked.collect::<Map<_, _>>());
    Ok(Json(answer))
}

/// A person edits an object.
async fn change(State(hub): Shared, Path((kind, id)): Path<(String, u64)>, Json(body): Json<Change>) -> Result<Json<Value>, Refusal> {
    let kind = kind_of(&kind)?;
    let mut portal = hub.portal();
    portal.table(kind).live(id).ok_or_else(not_found)?;
    let values = changed_values(&portal, kind, id, &body.properties)?;
    portal.update(kind, id, &values, hub.now_ms(), Source::Person);
    hub.announce(&mut portal);
    Ok(Json(shown(&portal, kind, id)?))
}

/// A person deletes an object.
async fn archive(State(hub): Shared, Path((kind, id)): Path<(String, u64)>) -> Result<StatusCode, Refusal> {
    let kind = kind_of(&kind)?;
    let mut portal = hub.portal();
    if !portal.archive(kind, id, hub.now_ms(), Source::Person) {
        return Err(not_found());
    }
    hub.announce(&mut portal);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Join {
    from: End,
    to: End,
}

/// A person links two objects.
async fn join(State(hub): Shared, Json(join): Json<Join>) -> Result<StatusCode, Refusal> {
    let mut portal = hub.portal();
    let (from, to) = (join.from.of(&portal)?, join.to.of(&portal)?);
    link(&mut portal, from, to)?;
    Ok(StatusCode::NO_CONTENT)
}

fn link(portal: &mut Portal, from: links::End, to: links::End) -> Result<(), Refusal> {
    let id = links::default_type(from.0, to.0).ok_or_else(|| wrong("these kinds are not associated"))?;
    portal.links.join(from, to, id);
    Ok(())
}

fn shown(portal: &Portal, kind: Kind, id: u64) -> Result<Value, Refusal> {
    let record = portal.table(kind).get(id).ok_or_else(not_found)?;
    Ok(Value::Object(render::whole(kind, record)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fill {
    count: u64,
}

/// Fills the account with customers, at once and without webhooks.
async fn fill(State(hub): Shared, Json(fill): Json<Fill>) -> Json<Value> {
    let mut portal = hub.portal();
    portal.fill(fill.count, hub.now_ms());
    Json(json!({ "contacts": portal.table(Kind::Contact).len() }))
}

async fn counts(State(hub): Shared) -> Json<Value> {
    let portal = hub.portal();
    let count = |kind: Kind| (kind.plural().to_owned(), json!(portal.table(kind).len()));
    Json(Value::Object(KINDS.into_iter().map(count).collect()))
}

/// A person archives a property under the feet of those who use it.
async fn archive_property(State(hub): Shared, Path((kind, name)): Path<(String, String)>) -> Result<StatusCode, Refusal> {
    let kind = kind_of(&kind)?;
    if hub.portal().archive_definition(kind, &name) { Ok(StatusCode::NO_CONTENT) } else { Err(not_found()) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhooks {
    /// Where events go; null turns them off.
    target_url: Option<String>,
    /// The app's client secret; that of the default client when absent.
    secret: Option<String>,
    subscriptions: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `contact.creation`, `deal.propertyChange` …
    event_type: String,
    property_name: Option<String>,
}

/// The app's webhook settings, as a developer makes them in HubSpot: for the app, not for an account.
async fn webhooks(State(hub): Shared, Json(settings): Json<Webhooks>) -> Result<StatusCode, Refusal> {
    let mut portal = hub.portal();
    let subscriptions = (1..).zip(&settings.subscriptions).map(|(id, wanted)| subscription(&portal, id, wanted));
    let subscriptions = subscriptions.collect::<Result<Vec<_>, _>>()?;
    portal.hooks.subscriptions = subscriptions;
    portal.hooks.target = settings.target_url;
    portal.hooks.secret = settings.secret.unwrap_or_else(|| format!("sandbox-secret-{}", super::TOOL));
    Ok(StatusCode::NO_CONTENT)
}

fn subscription(portal: &Portal, id: u64, wanted: &Wanted) -> Result<Subscription, Refusal> {
    let unknown = || wrong(format!("{} cannot be subscribed to", wanted.event_type));
    let (kind, event) = wanted.event_type.split_once('.').ok_or_else(unknown)?;
    let kind = Kind::named(kind).filter(|kind| kind.announces()).ok_or_else(unknown)?;
    match (event, &wanted.property_name) {
        ("creation" | "deletion", None) => {}
        ("propertyChange", Some(name)) => {
            let definition = portal.definition(kind, name).ok_or_else(unknown)?;
            // The dates HubSpot keeps itself cannot be subscribed to.
            if definition.read_only() {
                return Err(wrong(format!("changes of {name} cannot be subscribed to")));
            }
        }
        _ => return Err(unknown()),
    }
    Ok(Subscription { id, kind, event: event.to_owned(), property: wanted.property_name.clone() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lag {
    ms: i64,
}

async fn search_lag(State(hub): Shared, Json(lag): Json<Lag>) -> StatusCode {
    hub.portal().lag_ms = lag.ms;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    /// Calls in ten seconds.
    calls: Option<u64>,
    /// Searches in one second.
    searches: Option<u64>,
}

async fn limits(State(hub): Shared, Json(limits): Json<Limits>) -> StatusCode {
    limits.calls.into_iter().for_each(|burst| hub.calls.set_burst(burst));
    limits.searches.into_iter().for_each(|burst| hub.searches.set_burst(burst));
    StatusCode::NO_CONTENT
}

/// Scopes this account has no right to: asked for as optional, they are left out.
async fn withheld(State(hub): Shared, Json(scopes): Json<BTreeSet<String>>) -> StatusCode {
    hub.portal().withheld = scopes;
    StatusCode::NO_CONTENT
}
