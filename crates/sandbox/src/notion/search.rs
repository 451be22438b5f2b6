//! `/v1/search`: what was shared, by title. Newest first, unless asked otherwise.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::Value;

use super::ask::{Element, Paging, object};
use super::errors::invalid;
use super::world::{Capability, World};
use super::{Notion, render, values};
use crate::kit::Refusal;

/// `POST /v1/search`
pub(super) async fn search(State(notion): State<Arc<Notion>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::ReadContent))?;
    let body = object(&body)?;
    let paging = Paging::of_body(&body)?;
    let query = body.get("query").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let filter = body.get("filter").cloned().unwrap_or_default();
    let wanted = match (filter["property"].as_str(), filter["value"].as_str()) {
        (None, None) => None,
        (Some("object"), Some(kind @ ("page" | "data_source"))) => Some(kind.to_owned()),
        _ => return Err(invalid("body failed validation: body.filter.value should be \"page\" or \"data_source\".")),
    };
    let ascending = body.get("sort").is_some_and(|sort| sort["direction"] == "ascending");
    let mut all = found(&notion.world(), &query, wanted.as_deref());
    all.sort_by(|one, other| if ascending { one.0.cmp(&other.0) } else { other.0.cmp(&one.0) });
    let elements: Vec<Element> = all.into_iter().enumerate().map(|(at, (_, value))| (format!("{at:06}"), value)).collect();
    let list = format!("search {query} {} {ascending}", wanted.unwrap_or_default());
    paging.answer(&notion, &list, "page_or_data_source", &elements, usize::MAX)
}

fn found(world: &World, query: &str, wanted: Option<&str>) -> Vec<((Timestamp, String), Value)> {
    let fits = |title: &str| title.to_lowercase().contains(query);
    let mut all = Vec::new();
    if wanted != Some("page") {
        let sources = world.sources.iter().filter(|source| source.shared && !source.trashed && fits(&source.title));
        all.extend(sources.map(|source| ((source.edited, source.id.clone()), render::source(world, source))));
    }
    if wanted != Some("data_source") {
        let shared = world.pages.iter().filter(|page| !page.trashed && world.shared_source(&page.source).is_some());
        let pages = shared.filter(|page| {
            let title = world.source(&page.source).and_then(|source| source.properties.iter().find(|one| one.kind == "title"));
            fits(&title.and_then(|title| page.values.get(&title.id)).map(values::plain).unwrap_or_default())
        });
        all.extend(pages.map(|page| ((page.edited, page.id.clone()), render::page(world, page))));
    }
    all
}
