//! Control of the emulated monday.com: what a person does in its own window, personal tokens, limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::change::{Wanted, wanted};
use super::failure::Failure;
use super::webhooks::Happened;
use super::world::{Item, World};
use super::{Monday, oauth, render, seed};

pub(super) fn router(monday: Arc<Monday>) -> Router {
    Router::new()
        .route("/account", get(account))
        .route("/items", get(items).post(create))
        .route("/items/edit", post(edit))
        .route("/items/delete", post(delete))
        .route("/items/archive", post(archive))
        .route("/items/move", post(relocate))
        .route("/columns", post(add_column))
        .route("/columns/delete", post(delete_column))
        .route("/webhooks", get(webhooks))
        .route("/token", post(token))
        .route("/limits", put(limits))
        .with_state(monday)
}

async fn account(State(monday): State<Arc<Monday>>) -> Json<Value> {
    let world = monday.world();
    let boards: Vec<Value> = world
        .boards
        .iter()
        .map(|board| json!({ "id": board.id, "name": board.name, "columns": board.columns.iter().map(render::column).collect::<Vec<_>>() }))
        .collect();
    let users: Vec<Value> = world.users.iter().map(|user| render::user(&world, user)).collect();
    Json(json!({ "id": world.account, "name": world.account_name, "boards": boards, "users": users }))
}

async fn items(State(monday): State<Arc<Monday>>) -> Json<Value> {
    let world = monday.world();
    Json(json!({ "items": world.items.iter().map(|item| shown(&world, item)).collect::<Vec<_>>() }))
}

async fn webhooks(State(monday): State<Arc<Monday>>) -> Json<Value> {
    Json(monday.world().webhooks.iter().map(render::webhook).collect())
}

/// An item with its cells by the columns' titles.
fn shown(world: &World, item: &Item) -> Value {
    let columns = world.board(&item.board).map(|board| board.columns.clone()).unwrap_or_default();
    let cells: BTreeMap<String, String> = columns
        .iter()
        .filter(|column| column.kind != "name")
        .map(|column| (column.title.clone(), render::text(world, column, item)))
        .collect();
    json!({
        "id": item.id, "name": item.name, "board": item.board, "group": item.group, "state": item.state, "cells": cells,
        "updates": item.updates.iter().map(|update| &update.body).collect::<Vec<_>>(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewItem {
    /// Name of the board.
    board: String,
    name: String,
}

async fn create(State(monday): State<Arc<Monday>>, Json(new): Json<NewItem>) -> Result<Response, Wrong> {
    let now = monday.kit.clock.now();
    let (id, actor, shown) = {
        let mut world = monday.world();
        let board = world.boards.iter().find(|board| board.name == new.board).cloned().ok_or_else(Failure::board)?;
        let actor = first_user(&world);
        let item = Item {
            id: world.new_id(),
            name: new.name,
            group: board.groups.first().map_or_else(String::new, |group| group.id.clone()),
            board: board.id,
            state: "active",
            creator: actor.clone(),
            created_at: now,
            updated_at: now,
            values: BTreeMap::new(),
            updates: Vec::new(),
        };
        let shown = shown(&world, &item);
        let id = item.id.clone();
        world.items.push(item);
        world.log("create_pulse", &id, &actor, now);
        (id, actor, shown)
    };
    monday.tell(&id, &actor, &Happened::Created);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    id: String,
    name: Option<String>,
    /// By the columns' titles, as `column_values` has them by their ids.
    #[serde(default)]
    cells: Map<String, Value>,
}

async fn edit(State(monday): State<Arc<Monday>>, Json(edit): Json<Edit>) -> Result<Json<Value>, Wrong> {
    let (actor, change) = {
        let world = monday.world();
        let board = world.board(&world.item(&edit.id)?.board)?;
        let by_title = |title: &String| board.columns.iter().find(|column| column.title == *title).map(|column| column.id.clone());
        let mut cells = Map::new();
        for (title, cell) in edit.cells {
            cells.insert(by_title(&title).ok_or_else(|| Failure::column(&title))?, cell);
        }
        let change = wanted(&world, board, &json!(Value::Object(cells).to_string()))?;
        (first_user(&world), Wanted { name: edit.name, ..change })
    };
    monday.apply(&edit.id, &actor, change)?;
    let world = monday.world();
    Ok(Json(shown(&world, world.item(&edit.id)?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    id: String,
}

async fn delete(State(monday): State<Arc<Monday>>, Json(named): Json<Named>) -> Result<StatusCode, Wrong> {
    let actor = first_user(&monday.world());
    monday.put_away(&named.id, &actor, "deleted")?;
    Ok(StatusCode::NO_CONTENT)
}

async fn archive(State(monday): State<Arc<Monday>>, Json(named): Json<Named>) -> Result<StatusCode, Wrong> {
    let actor = first_user(&monday.world());
    monday.put_away(&named.id, &actor, "archived")?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Relocation {
    id: String,
    /// Id of a group of the same board.
    group: String,
}

async fn relocate(State(monday): State<Arc<Monday>>, Json(to): Json<Relocation>) -> Result<StatusCode, Wrong> {
    let now = monday.kit.clock.now();
    let mut world = monday.world();
    let item = world.active(&to.id)?;
    (item.group, item.updated_at) = (to.group, now);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewColumn {
    /// Name of the board.
    board: String,
    /// Title of the column.
    column: String,
    /// `text`, `date` or `people`.
    kind: String,
}

async fn add_column(State(monday): State<Arc<Monday>>, Json(new): Json<NewColumn>) -> Result<StatusCode, Wrong> {
    let kinds = ["text", "date", "people"];
    let kind = kinds.into_iter().find(|kind| *kind == new.kind).ok_or_else(|| Failure::not_emulated("this type of column"))?;
    let mut world = monday.world();
    let id = format!("{kind}_{}", world.new_id());
    let board = world.boards.iter_mut().find(|board| board.name == new.board).ok_or_else(Failure::board)?;
    board.columns.push(seed::column(&id, &new.column, kind, &[]));
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneColumn {
    /// Name of the board.
    board: String,
    /// Title of the column.
    column: String,
}

async fn delete_column(State(monday): State<Arc<Monday>>, Json(one): Json<OneColumn>) -> Result<StatusCode, Wrong> {
    let mut world = monday.world();
    let board = world.boards.iter_mut().find(|board| board.name == one.board).ok_or_else(Failure::board)?;
    board.columns.retain(|column| column.title != one.column);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    email: String,
}

/// A personal token: all rights of the person. (That it has no end is left out.)
async fn token(State(monday): State<Arc<Monday>>, Json(whose): Json<Whose>) -> Result<Json<Value>, Wrong> {
    let account =
        monday.authority.accounts().iter().find(|account| account.email == whose.email).ok_or_else(|| Failure::not_found("User"))?;
    let issued = monday.authority.mint(account, oauth::SCOPES);
    monday.world().personal.insert(issued.access_token.clone());
    Ok(Json(json!({ "token": issued.access_token })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLimits {
    minute: Option<u64>,
    daily: Option<u64>,
    complexity: Option<u64>,
    index_lag_seconds: Option<i64>,
}

async fn limits(State(monday): State<Arc<Monday>>, Json(new): Json<NewLimits>) -> StatusCode {
    if let Some(calls) = new.minute {
        monday.limits.minute.set_burst(calls);
    }
    if let Some(calls) = new.daily {
        monday.limits.daily.set_limit(calls);
    }
    if let Some(points) = new.complexity {
        monday.limits.reads.set_burst(points);
        monday.limits.writes.set_burst(points);
    }
    if let Some(seconds) = new.index_lag_seconds {
        monday.world().index_lag_seconds = seconds;
    }
    StatusCode::NO_CONTENT
}

fn first_user(world: &World) -> String {
    world.users.first().map_or_else(String::new, |user| user.id.clone())
}

/// A control request that cannot be done.
struct Wrong(Failure);

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": self.0.message }))).into_response()
    }
}
