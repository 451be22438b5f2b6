//! `/v1/blocks`: what stands below a page or a block, blocks added to it, and blocks taken away.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::ask::{Element, Paging, object};
use super::errors::{archived, invalid, unknown};
use super::world::{Capability, World, dashed};
use super::{ID, Notion, content, render, webhooks};
use crate::kit::Refusal;

/// The page of a parent that can be reached: of a block, or itself.
fn page_of<'w>(world: &'w World, id: &str) -> Result<&'w super::world::Page, Refusal> {
    let page = world.page_of(id).filter(|page| world.shared_source(&page.source).is_some());
    page.ok_or_else(|| unknown("block", id))
}

/// `GET /v1/blocks/{block}`
pub(super) async fn one(State(notion): State<Arc<Notion>>, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::ReadContent))?;
    let (world, id) = (notion.world(), dashed(&id));
    page_of(&world, &id)?;
    let block = world.blocks.get(&id).ok_or_else(|| unknown("block", &id))?;
    Ok(Json(render::block(&world, block)).into_response())
}

/// `GET /v1/blocks/{block}/children`
pub(super) async fn children(
    State(notion): State<Arc<Notion>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::ReadContent))?;
    let (paging, id) = (Paging::of_query(query.as_deref())?, dashed(&id));
    let all: Vec<Element> = {
        let world = notion.world();
        page_of(&world, &id)?;
        world.below(&id).enumerate().map(|(at, block)| (format!("{at:06}"), render::block(&world, block))).collect()
    };
    paging.answer(&notion, &format!("children {id}"), "block", &all, usize::MAX)
}

/// `PATCH /v1/blocks/{block}/children`
pub(super) async fn append(
    State(notion): State<Arc<Notion>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::InsertContent))?;
    let (body, id) = (object(&body)?, dashed(&id));
    let new = content::read("body.children", body.get("children").unwrap_or(&Value::Null))?;
    let after = body.get("after").and_then(Value::as_str).map(dashed);
    let mut world = notion.world();
    if page_of(&world, &id)?.trashed {
        return Err(archived());
    }
    if let Some(after) = &after
        && !world.below(&id).any(|block| block.id == *after)
    {
        return Err(invalid(&format!("Block with ID {after} is not a child of {id}.")));
    }
    let by = world.bot.clone();
    let ids = content::place(&notion, &mut world, &id, after.as_deref(), new, &by);
    notion.kit.ledger.record(ID, "block.append", &id, None, Value::Object(body));
    touched(&notion, &mut world, &id, &by);
    let results: Vec<Value> = ids.iter().filter_map(|id| world.blocks.get(id)).map(|block| render::block(&world, block)).collect();
    Ok(Json(json!({ "object": "list", "results": results, "next_cursor": null, "has_more": false, "type": "block", "block": {} }))
        .into_response())
}

/// `DELETE /v1/blocks/{block}`: into the trash, with all below it.
pub(super) async fn delete(State(notion): State<Arc<Notion>>, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::UpdateContent))?;
    let (mut world, id) = (notion.world(), dashed(&id));
    page_of(&world, &id)?;
    let block = world.blocks.get(&id).ok_or_else(|| unknown("block", &id))?;
    let mut told = render::block(&world, block);
    told["in_trash"] = json!(true);
    told["archived"] = json!(true);
    let (parent, by) = (block.parent.clone(), world.bot.clone());
    world.remove_block(&id);
    notion.kit.ledger.record(ID, "block.delete", &id, None, json!({}));
    touched(&notion, &mut world, &parent, &by);
    Ok(Json(told).into_response())
}

/// The page on which something changed was edited.
pub(super) fn touched(notion: &Notion, world: &mut World, id: &str, by: &str) {
    let Some(page) = world.page_of(id).map(|page| page.id.clone()) else { return };
    let now = notion.kit.clock.now();
    if let Some(page) = world.page_mut(&page) {
        (page.edited, page.edited_by) = (now, by.to_owned());
    }
    let source = world.page(&page).and_then(|page| world.source(&page.source));
    if let Some(source) = source {
        webhooks::tell(notion, world, "page.content_updated", ("page", &page), by, source);
    }
}
