//! What people do in Salesforce's own pages, what an admin sets, and how tests make it hard: the routes under `/_sandbox/salesforce`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Salesforce;
use super::errors::refuse;
use super::org::{Author, Row};
use super::records::object;
use super::schema::object_of;
use super::seed;
use crate::kit::Refusal;

type Shared = State<Arc<Salesforce>>;

pub(super) fn router(salesforce: Arc<Salesforce>) -> Router {
    Router::new()
        .route("/objects/{object}", post(make))
        .route("/objects/{object}/{id}", get(show).patch(change).delete(remove))
        .route("/leads/{id}/convert", post(convert))
        .route("/external-ids", put(external_ids))
        .route("/withheld", put(withheld))
        .route("/edition", put(edition))
        .route("/usage", put(usage))
        .route("/page", put(page))
        .with_state(salesforce)
}

/// The admin's user, in whose name people act here.
fn admin() -> String {
    seed::accounts().into_iter().next().map(|account| account.id).unwrap_or_default()
}

/// A person makes a record; the same values are refused as by the API.
async fn make(State(salesforce): Shared, Path(name): Path<String>, Json(values): Json<Row>) -> Result<Response, Refusal> {
    let (object, admin) = (object(&name)?, admin());
    let author = Author { user: &admin, now: salesforce.kit.clock.now() };
    let id = salesforce.org().create(object, &values, &author).map_err(|problem| problem.refusal())?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

async fn show(State(salesforce): Shared, Path((name, id)): Path<(String, String)>) -> Result<Json<Value>, Refusal> {
    let org = salesforce.org();
    let row = org.row(object(&name)?, &id).ok_or_else(|| refuse("NOT_FOUND", "no such record"))?;
    Ok(Json(Value::Object(row.clone())))
}

async fn change(State(salesforce): Shared, Path((name, id)): Path<(String, String)>, Json(values): Json<Row>) -> Result<Response, Refusal> {
    let (object, admin) = (object(&name)?, admin());
    let author = Author { user: &admin, now: salesforce.kit.clock.now() };
    salesforce.org().update(object, &id, &values, &author).map_err(|problem| problem.refusal())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn remove(State(salesforce): Shared, Path((name, id)): Path<(String, String)>) -> Result<Response, Refusal> {
    let (object, admin) = (object(&name)?, admin());
    let author = Author { user: &admin, now: salesforce.kit.clock.now() };
    salesforce.org().delete(object, &id, &author).map_err(|problem| problem.refusal())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A lead becomes a contact; the lead stays, converted, and is edited no more.
async fn convert(State(salesforce): Shared, Path(id): Path<String>) -> Result<Response, Refusal> {
    let (Some(lead), Some(contact)) = (object_of("Lead"), object_of("Contact")) else { return Err(refuse("NOT_FOUND", "no leads here")) };
    let admin = admin();
    let author = Author { user: &admin, now: salesforce.kit.clock.now() };
    let mut org = salesforce.org();
    let row = org.live(lead, &id).map_err(|problem| problem.refusal())?.clone();
    let kept = ["LastName", "FirstName", "Email", "Phone", "Title"];
    let values: Row =
        row.iter().filter(|(name, _)| kept.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect();
    let made = org.create(contact, &values, &author).map_err(|problem| problem.refusal())?;
    let converted = [("IsConverted", json!(true)), ("ConvertedContactId", json!(made)), ("Status", json!("Closed - Converted"))];
    let converted: Row = converted.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
    org.set(lead, &id, &converted, &author);
    Ok((StatusCode::CREATED, Json(json!({ "contact": made }))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Objects {
    objects: BTreeSet<String>,
}

/// The objects to which an admin has added `Harmony_Id__c`.
async fn external_ids(State(salesforce): Shared, Json(body): Json<Objects>) -> StatusCode {
    salesforce.org().external_ids = body.objects;
    StatusCode::NO_CONTENT
}

/// The objects to which the users' profile gives no access.
async fn withheld(State(salesforce): Shared, Json(body): Json<Objects>) -> StatusCode {
    salesforce.org().withheld = body.objects;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edition {
    api: bool,
}

async fn edition(State(salesforce): Shared, Json(body): Json<Edition>) -> StatusCode {
    salesforce.org().without_api = !body.api;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usage {
    used: u64,
    most: u64,
}

/// How many calls the organisation made in the last 24 hours, and how many it may make.
async fn usage(State(salesforce): Shared, Json(body): Json<Usage>) -> StatusCode {
    salesforce.set_usage(body.used, body.most);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PageSize {
    records: usize,
}

/// Salesforce answers with fewer records than asked for where they are large.
async fn page(State(salesforce): Shared, Json(body): Json<PageSize>) -> StatusCode {
    salesforce.set_page(body.records);
    StatusCode::NO_CONTENT
}
