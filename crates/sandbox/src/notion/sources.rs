//! `/v1/data_sources` and `/v1/databases`: the columns of a table, a new column, and the rows that a query asks for.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::ask::{Element, Paging, object};
use super::errors::{invalid, unknown};
use super::world::{Capability, Page, Property, Source, dashed};
use super::{ID, Notion, filter, properties, render, webhooks};
use crate::kit::Refusal;

/// `GET /v1/data_sources/{source}`
pub(super) async fn one(State(notion): State<Arc<Notion>>, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::ReadContent))?;
    let world = notion.world();
    let source = world.shared_source(&id).ok_or_else(|| unknown("data source", &id))?;
    Ok(Json(render::source(&world, source)).into_response())
}

/// `GET /v1/databases/{database}`
pub(super) async fn database(State(notion): State<Arc<Notion>>, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::ReadContent))?;
    let world = notion.world();
    let wanted = dashed(&id);
    let found = world.sources.iter().find(|source| source.database == wanted && source.shared && !source.trashed);
    Ok(Json(render::database(found.ok_or_else(|| unknown("database", &id))?)).into_response())
}

/// `PATCH /v1/data_sources/{source}`: columns, and no more here.
pub(super) async fn update(
    State(notion): State<Arc<Notion>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::UpdateContent))?;
    let body = object(&body)?;
    let mut world = notion.world();
    let mut source = world.shared_source(&id).ok_or_else(|| unknown("data source", &id))?.clone();
    let wanted = body.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    change_columns(&notion, &mut source, &wanted)?;
    source.edited = notion.kit.clock.now();
    notion.kit.ledger.record(ID, "data_source.update", &source.id, None, Value::Object(body));
    let full = render::source(&world, &source);
    webhooks::tell(&notion, &world, "data_source.schema_updated", ("data_source", &source.id), &world.bot, &source);
    if let Some(known) = world.source_mut(&source.id) {
        *known = source;
    }
    Ok(Json(full).into_response())
}

/// New columns, and `null` for one that goes. A title cannot go, nor can there be a second one.
pub(super) fn change_columns(notion: &Notion, source: &mut Source, wanted: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, config) in wanted {
        let known = source.property(name).cloned();
        match (known, config) {
            (Some(known), Value::Null) if known.kind != "title" => source.properties.retain(|one| one.id != known.id),
            // A column that is there already, as it is.
            (Some(known), Value::Object(config)) if config.contains_key(&known.kind) => {}
            (None, Value::Object(config)) => {
                let kind = config.keys().find(|key| !["name", "type", "description"].contains(&key.as_str()));
                let kind = kind.filter(|kind| properties::KINDS.contains(&kind.as_str()) && *kind != "title");
                let kind = kind.ok_or_else(|| invalid(&format!("body failed validation: body.properties.{name} should be a property.")))?;
                let id = notion.kit.token("")[..4].to_owned();
                let config = properties::columns_config(notion, kind, &config[kind]);
                source.properties.push(Property { id, name: name.clone(), kind: kind.clone(), config });
            }
            _ => return Err(invalid(&format!("body failed validation: the emulator does not change {name} like that."))),
        }
    }
    Ok(())
}

/// `POST /v1/data_sources/{source}/query`
pub(super) async fn query(
    State(notion): State<Arc<Notion>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::ReadContent))?;
    let body = object(&body)?;
    let paging = Paging::of_body(&body)?;
    let trashed = body.get("in_trash").and_then(Value::as_bool).unwrap_or(false);
    let (sort, descending) = sorted_by(&body)?;
    let all: Vec<Element> = {
        let world = notion.world();
        let source = world.shared_source(&id).ok_or_else(|| unknown("data source", &id))?;
        let mut rows: Vec<&Page> = Vec::new();
        for page in world.pages.iter().filter(|page| page.source == source.id && page.trashed == trashed) {
            if body.get("filter").map_or(Ok(true), |filter| filter::fits(filter, source, page))? {
                rows.push(page);
            }
        }
        rows.into_iter().map(|page| (key(sort(page), &page.id, descending), render::page(&world, page))).collect()
    };
    let mut all = all;
    all.sort_by(|one, other| one.0.cmp(&other.0));
    let asked = json!([body.get("filter"), body.get("sorts"), trashed]);
    paging.answer(&notion, &format!("query {} {asked}", dashed(&id)), "page_or_data_source", &all, notion.most_results())
}

type Sort = fn(&Page) -> Timestamp;

/// By creation, unless a timestamp is named.
fn sorted_by(body: &Map<String, Value>) -> Result<(Sort, bool), Refusal> {
    let Some(sort) = body.get("sorts").and_then(|sorts| sorts.get(0)) else { return Ok((|page| page.created, false)) };
    let by: Sort = match sort["timestamp"].as_str() {
        Some("last_edited_time") => |page| page.edited,
        Some("created_time") => |page| page.created,
        _ => return Err(invalid("body failed validation: the emulator sorts by timestamps alone.")),
    };
    Ok((by, sort["direction"] == "descending"))
}

/// Orders like the time, or against it.
fn key(at: Timestamp, id: &str, descending: bool) -> String {
    let micros = at.as_microsecond();
    let ordered = if descending { i64::MAX / 2 - micros } else { micros };
    format!("{ordered:020} {id}")
}
