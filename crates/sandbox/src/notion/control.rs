//! Control of the emulated Notion: what people do in its own window, the integration's settings, the limits.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, patch, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::errors::{invalid, unknown};
use super::world::{Capability, Page, Property, Source, World};
use super::{Notion, blocks, content, pages, render, sources, values, webhooks};
use crate::kit::Refusal;

type Shared = State<Arc<Notion>>;
type Object = Json<Map<String, Value>>;

pub(super) fn router(notion: Arc<Notion>) -> Router {
    Router::new()
        .route("/workspace", get(workspace))
        .route("/sources", post(new_source))
        .route("/sources/{source}", patch(edit_source))
        .route("/pages", post(new_page))
        .route("/pages/{page}", get(page).patch(edit_page).delete(remove_page))
        .route("/pages/{page}/restore", post(restore_page))
        .route("/pages/{page}/move", post(move_page))
        .route("/pages/{page}/blocks", post(write))
        .route("/blocks/{block}", delete(remove_block))
        .route("/capabilities", put(capabilities))
        .route("/limits", put(limits))
        .route("/subscription", get(subscription).post(subscribe))
        .route("/subscription/verify", post(verify))
        .with_state(notion)
}

/// Who works in the window: the second person of the organisation.
fn person(world: &World) -> String {
    world.users.get(1).map_or_else(String::new, |user| user.id.clone())
}

async fn workspace(State(notion): Shared) -> Json<Value> {
    let world = notion.world();
    let source = |source: &Source| json!({ "id": source.id, "title": source.title, "database": source.database, "shared": source.shared });
    Json(json!({
        "id": world.workspace,
        "name": world.workspace_name,
        "bot": world.bot,
        "users": world.users.iter().map(|user| json!({ "id": user.id, "name": user.name, "email": user.email })).collect::<Vec<_>>(),
        "sources": world.sources.iter().map(source).collect::<Vec<_>>(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSource {
    title: String,
    /// Columns as in the API, the title left out.
    properties: Map<String, Value>,
}

async fn new_source(State(notion): Shared, Json(new): Json<NewSource>) -> Result<Json<Value>, Refusal> {
    let now = notion.kit.clock.now();
    let title = Property { id: "title".into(), name: "Name".into(), kind: "title".into(), config: json!({}) };
    let id = notion.kit.uuid().to_string();
    let database = notion.kit.uuid().to_string();
    let mut source = Source {
        id: id.clone(),
        database,
        title: new.title,
        properties: vec![title],
        shared: true,
        trashed: false,
        created: now,
        edited: now,
    };
    sources::change_columns(&notion, &mut source, &new.properties)?;
    notion.world().sources.push(source);
    Ok(Json(json!({ "id": id })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceEdit {
    /// Whether the integration may reach the database.
    shared: Option<bool>,
    /// Columns as in the API; `null` takes one away.
    #[serde(default)]
    properties: Map<String, Value>,
}

/// By title or id.
async fn edit_source(State(notion): Shared, Path(name): Path<String>, Json(edit): Json<SourceEdit>) -> Result<StatusCode, Refusal> {
    let mut world = notion.world();
    let mut source = world.source(&name).ok_or_else(|| unknown("data source", &name))?.clone();
    sources::change_columns(&notion, &mut source, &edit.properties)?;
    source.shared = edit.shared.unwrap_or(source.shared);
    source.edited = notion.kit.clock.now();
    if let Some(known) = world.source_mut(&source.id) {
        *known = source;
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPage {
    /// By title or id.
    source: String,
    /// As in the API.
    properties: Map<String, Value>,
}

async fn new_page(State(notion): Shared, Json(new): Json<NewPage>) -> Result<Json<Value>, Refusal> {
    let mut world = notion.world();
    let by = person(&world);
    let page = pages::make(&notion, &mut world, &new.source, &new.properties, &by)?;
    Ok(Json(json!({ "id": page.id })))
}

fn known<'w>(world: &'w World, id: &str) -> Result<&'w Page, Refusal> {
    world.page(id).ok_or_else(|| unknown("page", id))
}

/// A page as people see it: values as texts, and what stands on it.
async fn page(State(notion): Shared, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let world = notion.world();
    let page = known(&world, &id)?;
    let source = world.source(&page.source).ok_or_else(|| unknown("data source", &page.source))?;
    let seen = |property: &Property| {
        (property.name.clone(), page.values.get(&property.id).map_or(Value::Null, |value| seen(&property.kind, value)))
    };
    Ok(Json(json!({
        "source": source.title,
        "properties": source.properties.iter().map(seen).collect::<Map<String, Value>>(),
        "trashed": page.trashed,
        "edited": render::stamp(page.edited),
        "blocks": outline(&world, &page.id),
    })))
}

/// A value as people see it.
fn seen(kind: &str, value: &Value) -> Value {
    let names = |value: &Value| value.as_array().into_iter().flatten().map(|one| one["name"].clone()).collect::<Vec<_>>();
    match kind {
        "title" | "rich_text" => json!(values::plain(value)),
        "select" | "status" => value["name"].clone(),
        "multi_select" | "people" => json!(names(value)),
        "date" => value["start"].clone(),
        _ => value.clone(),
    }
}

/// The blocks below, each with its kind and text.
fn outline(world: &World, parent: &str) -> Vec<Value> {
    let one = |block: &super::world::Block| {
        json!({
            "id": block.id,
            "kind": block.kind,
            "text": values::plain(&block.content["rich_text"]),
            "content": block.content,
            "blocks": outline(world, &block.id),
        })
    };
    world.below(parent).map(one).collect()
}

async fn edit_page(State(notion): Shared, Path(id): Path<String>, Json(given): Object) -> Result<StatusCode, Refusal> {
    let mut world = notion.world();
    let (by, id) = (person(&world), known(&world, &id)?.id.clone());
    pages::change(&notion, &mut world, &id, &given, &by)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_page(State(notion): Shared, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    put_in_trash(&notion, &id, true)
}

async fn restore_page(State(notion): Shared, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    put_in_trash(&notion, &id, false)
}

fn put_in_trash(notion: &Notion, id: &str, trashed: bool) -> Result<StatusCode, Refusal> {
    let mut world = notion.world();
    let (by, id) = (person(&world), known(&world, id)?.id.clone());
    pages::trash(notion, &mut world, &id, trashed, &by)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Carried {
    /// By title or id.
    source: String,
}

/// Into another database; values of columns that it lacks are lost.
async fn move_page(State(notion): Shared, Path(id): Path<String>, Json(to): Json<Carried>) -> Result<StatusCode, Refusal> {
    let mut world = notion.world();
    let (by, now) = (person(&world), notion.kit.clock.now());
    let target = world.source(&to.source).ok_or_else(|| unknown("data source", &to.source))?.clone();
    let mut page = known(&world, &id)?.clone();
    page.values.retain(|property, _| target.properties.iter().any(|one| one.id == *property));
    (page.source, page.edited, page.edited_by) = (target.id.clone(), now, by.clone());
    webhooks::tell(&notion, &world, "page.moved", ("page", &page.id), &by, &target);
    let id = page.id.clone();
    if let Some(known) = world.page_mut(&id) {
        *known = page;
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    text: String,
    /// The block of the page after which it comes; else it comes last.
    after: Option<String>,
    /// The block inside of which it is written; else on the page.
    inside: Option<String>,
}

/// Somebody writes a paragraph.
async fn write(State(notion): Shared, Path(id): Path<String>, Json(new): Json<Written>) -> Result<Json<Value>, Refusal> {
    let paragraph = json!([{ "paragraph": { "rich_text": [{ "text": { "content": new.text } }] } }]);
    let block = content::read("children", &paragraph)?;
    let mut world = notion.world();
    let by = person(&world);
    let parent = new.inside.unwrap_or(known(&world, &id)?.id.clone());
    let ids = content::place(&notion, &mut world, &parent, new.after.as_deref(), block, &by);
    blocks::touched(&notion, &mut world, &parent, &by);
    Ok(Json(json!({ "id": ids.first() })))
}

async fn remove_block(State(notion): Shared, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    let mut world = notion.world();
    let parent = world.blocks.get(&id).ok_or_else(|| unknown("block", &id))?.parent.clone();
    let by = person(&world);
    world.remove_block(&id);
    blocks::touched(&notion, &mut world, &parent, &by);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Capabilities {
    /// All that the integration may do from now on.
    has: BTreeSet<Capability>,
}

/// In the integration's settings.
async fn capabilities(State(notion): Shared, Json(given): Json<Capabilities>) -> StatusCode {
    notion.world().capabilities = given.has;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    /// Calls a minute of one connection.
    calls: Option<u64>,
    /// Results of one query.
    results: Option<usize>,
}

async fn limits(State(notion): Shared, Json(limits): Json<Limits>) -> StatusCode {
    if let Some(calls) = limits.calls {
        notion.calls.set_burst(calls);
    }
    if let Some(results) = limits.results {
        notion.most_results.store(results, Ordering::SeqCst);
    }
    StatusCode::NO_CONTENT
}

async fn subscription(State(notion): Shared) -> Json<Value> {
    Json(notion.world().subscription.as_ref().map_or(Value::Null, webhooks::shown))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribed {
    url: String,
}

/// The token goes to the address and is shown nowhere else.
async fn subscribe(State(notion): Shared, Json(new): Json<Subscribed>) -> Result<StatusCode, Refusal> {
    webhooks::subscribe(&notion, &new.url).await.map_err(|error| invalid(&error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    token: String,
}

/// Whoever reads at the address brings the token back.
async fn verify(State(notion): Shared, Json(given): Json<Token>) -> Result<StatusCode, Refusal> {
    let mut world = notion.world();
    match &mut world.subscription {
        Some(subscription) if subscription.token == given.token => {
            subscription.verified = true;
            Ok(StatusCode::NO_CONTENT)
        }
        _ => Err(invalid("The token is not that of the subscription.")),
    }
}
