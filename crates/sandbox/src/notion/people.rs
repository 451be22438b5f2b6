//! `/users`: the members of the workspace and the bot. Without the capability for users, nothing of them is told.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::ask::{Element, Paging};
use super::world::{Capability, dashed};
use super::{Notion, errors, render};
use crate::kit::Refusal;

/// `GET /v1/users/me`: the bot, with the workspace that it is in.
pub(super) async fn me(State(notion): State<Arc<Notion>>, headers: HeaderMap) -> Result<Response, Refusal> {
    let caller = notion.caller(&headers, None)?;
    let world = notion.world();
    let owner = world.user(&caller.account.id).ok_or_else(|| errors::unknown("user", &caller.account.id))?;
    Ok(Json(render::bot(&world, owner)).into_response())
}

/// `GET /v1/users/{user}`
pub(super) async fn one(State(notion): State<Arc<Notion>>, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::ReadUsers))?;
    let world = notion.world();
    let user = world.user(&dashed(&id)).ok_or_else(|| errors::unknown("user", &id))?;
    Ok(Json(render::user(user)).into_response())
}

/// `GET /v1/users`
pub(super) async fn list(State(notion): State<Arc<Notion>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    notion.caller(&headers, Some(Capability::ReadUsers))?;
    let paging = Paging::of_query(query.as_deref())?;
    let all: Vec<Element> = {
        let world = notion.world();
        world.users.iter().enumerate().map(|(at, user)| (format!("{at:06}"), render::user(user))).collect()
    };
    paging.answer(&notion, "users", "user", &all, usize::MAX)
}
