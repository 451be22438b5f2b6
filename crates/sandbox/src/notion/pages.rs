//! `/v1/pages`: rows of a data source, with what stands on them at first. A page is changed property by property.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::ask::object;
use super::errors::{archived, invalid, unknown};
use super::world::{Capability, Page, World};
use super::{ID, Notion, content, properties, render, values, webhooks};
use crate::kit::Refusal;

/// `GET /v1/pages/{page}`; one in the trash is answered, and says so.
pub(super) async fn one(State(notion): State<Arc<Notion>>, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::ReadContent))?;
    let world = notion.world();
    let page = world.shared_page(&id).ok_or_else(|| unknown("page", &id))?;
    Ok(Json(render::page(&world, page)).into_response())
}

/// `POST /v1/pages`
pub(super) async fn create(State(notion): State<Arc<Notion>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::InsertContent))?;
    let body = object(&body)?;
    let place = body.get("parent").and_then(|parent| parent["data_source_id"].as_str());
    let place = place.ok_or_else(|| invalid("body failed validation: body.parent.data_source_id should be defined."))?.to_owned();
    let given = body.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let children = content::read("body.children", body.get("children").unwrap_or(&json!([])))?;
    let mut world = notion.world();
    if world.shared_source(&place).is_none() {
        return Err(unknown("data source", &place));
    }
    let by = world.bot.clone();
    let page = make(&notion, &mut world, &place, &given, &by)?;
    notion.kit.ledger.record(ID, "page.create", &page.id, key_of(&world, &page).as_deref(), Value::Object(body));
    content::place(&notion, &mut world, &page.id, None, children, &by);
    Ok(Json(render::page(&world, &page)).into_response())
}

/// What a caller could find the page by: its texts that are no title.
fn key_of(world: &World, page: &Page) -> Option<String> {
    let source = world.source(&page.source)?;
    let texts = source.properties.iter().filter(|one| one.kind == "rich_text").filter_map(|one| page.values.get(&one.id));
    texts.map(values::plain).find(|text| text.parse::<uuid::Uuid>().is_ok())
}

/// A new row.
pub(super) fn make(notion: &Notion, world: &mut World, place: &str, given: &Map<String, Value>, by: &str) -> Result<Page, Refusal> {
    let mut source = world.source(place).ok_or_else(|| unknown("data source", place))?.clone();
    let mut row = BTreeMap::new();
    properties::take(notion, world, &mut source, given, &mut row)?;
    let now = notion.kit.clock.now();
    let page = Page {
        id: notion.kit.uuid().to_string(),
        source: source.id.clone(),
        values: row,
        trashed: false,
        created: now,
        edited: now,
        created_by: by.to_owned(),
        edited_by: by.to_owned(),
    };
    world.pages.push(page.clone());
    webhooks::tell(notion, world, "page.created", ("page", &page.id), by, &source);
    if let Some(known) = world.source_mut(&source.id) {
        known.properties = source.properties;
    }
    Ok(page)
}

/// `PATCH /v1/pages/{page}`
pub(super) async fn update(
    State(notion): State<Arc<Notion>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::UpdateContent))?;
    let body = object(&body)?;
    let given = body.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut world = notion.world();
    let page = world.shared_page(&id).ok_or_else(|| unknown("page", &id))?.clone();
    let trashed = body.get("in_trash").or_else(|| body.get("archived")).and_then(Value::as_bool).unwrap_or(page.trashed);
    if page.trashed && trashed {
        return Err(archived());
    }
    let by = world.bot.clone();
    let changed = change(&notion, &mut world, &page.id, &given, &by)?;
    if trashed != page.trashed {
        trash(&notion, &mut world, &page.id, trashed, &by)?;
        notion.kit.ledger.record(ID, if trashed { "page.delete" } else { "page.restore" }, &page.id, None, json!({}));
    }
    if changed {
        notion.kit.ledger.record(ID, "page.update", &page.id, None, Value::Object(body));
    }
    let page = world.page(&page.id).ok_or_else(|| unknown("page", &id))?;
    Ok(Json(render::page(&world, page)).into_response())
}

/// New values; answers whether any differed.
pub(super) fn change(notion: &Notion, world: &mut World, id: &str, given: &Map<String, Value>, by: &str) -> Result<bool, Refusal> {
    let mut page = world.page(id).ok_or_else(|| unknown("page", id))?.clone();
    let mut source = world.source(&page.source).ok_or_else(|| unknown("data source", &page.source))?.clone();
    let changed = properties::take(notion, world, &mut source, given, &mut page.values)?;
    if changed.is_empty() {
        return Ok(false);
    }
    (page.edited, page.edited_by) = (notion.kit.clock.now(), by.to_owned());
    webhooks::tell(notion, world, "page.properties_updated", ("page", &page.id), by, &source);
    if let Some(known) = world.source_mut(&source.id) {
        known.properties = source.properties;
    }
    if let Some(known) = world.page_mut(id) {
        *known = page;
    }
    Ok(true)
}

/// Into the trash, or out of it. Whether that counts as an edit is not established; here it does not, for public reports say so
/// of the first (zenn.dev/709sakata, 2023).
pub(super) fn trash(notion: &Notion, world: &mut World, id: &str, trashed: bool, by: &str) -> Result<(), Refusal> {
    let page = world.page_mut(id).ok_or_else(|| unknown("page", id))?;
    page.trashed = trashed;
    let (id, source) = (page.id.clone(), page.source.clone());
    let source = world.source(&source).ok_or_else(|| unknown("data source", &source))?;
    webhooks::tell(notion, world, if trashed { "page.deleted" } else { "page.undeleted" }, ("page", &id), by, source);
    Ok(())
}
