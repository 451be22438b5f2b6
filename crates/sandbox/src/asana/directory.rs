//! People, workspaces, projects and the custom fields of a project: what tasks refer to. Read only.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::ask::Ask;
use super::errors::{invalid, unknown};
use super::{Asana, render};
use crate::kit::Refusal;

const USERS: &[&str] = &["users:read", "default"];
const WORKSPACES: &[&str] = &["workspaces:read", "default"];
const PROJECTS: &[&str] = &["projects:read", "default"];

/// Lists of people and projects have pages within a workspace alone.
const NO_WORKSPACE: &str = "Need to specify a workspace to paginate!";

/// `GET /users/{user}`; `me` and e-mails are ids, too.
pub(super) async fn user(
    State(asana): State<Arc<Asana>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let caller = asana.caller(&headers, USERS)?;
    let world = asana.world();
    let user = world.user_named(&id, &caller.account.id).ok_or_else(|| unknown("user", &id))?;
    Ok(Ask::of(query.as_deref()).answer(StatusCode::OK, &render::user(&world, user)))
}

/// `GET /users`
pub(super) async fn users(State(asana): State<Arc<Asana>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    asana.caller(&headers, USERS)?;
    let ask = Ask::of(query.as_deref());
    known_workspace(&asana, &ask)?;
    let found: Vec<Value> = {
        let world = asana.world();
        world.users.iter().map(|user| render::user(&world, user)).collect()
    };
    ask.page(&asana, "/users", &found)
}

/// `GET /workspaces`
pub(super) async fn workspaces(
    State(asana): State<Arc<Asana>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    asana.caller(&headers, WORKSPACES)?;
    let found: Vec<Value> = asana.world().workspaces.iter().map(render::workspace).collect();
    Ask::of(query.as_deref()).page(&asana, "/workspaces", &found)
}

/// `GET /workspaces/{workspace}`
pub(super) async fn workspace(
    State(asana): State<Arc<Asana>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    asana.caller(&headers, WORKSPACES)?;
    let world = asana.world();
    let workspace = world.workspace(&id).ok_or_else(|| unknown("workspace", &id))?;
    Ok(Ask::of(query.as_deref()).answer(StatusCode::OK, &render::workspace(workspace)))
}

/// `GET /projects`
pub(super) async fn projects(State(asana): State<Arc<Asana>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    asana.caller(&headers, PROJECTS)?;
    let ask = Ask::of(query.as_deref());
    known_workspace(&asana, &ask)?;
    let archived = ask.get("archived").map(|text| text == "true");
    let found: Vec<Value> = {
        let world = asana.world();
        let fits = world.projects.iter().filter(|project| {
            archived.is_none_or(|archived| project.archived == archived)
                && ask.get("workspace").is_none_or(|workspace| project.workspace == workspace)
        });
        fits.map(|project| render::project(&world, project)).collect()
    };
    ask.page(&asana, "/projects", &found)
}

fn known_workspace(asana: &Asana, ask: &Ask) -> Result<(), Refusal> {
    match ask.get("workspace") {
        None if ask.get("limit").is_some() => Err(invalid(NO_WORKSPACE)),
        Some(gid) if asana.world().workspace(gid).is_none() => Err(unknown("workspace", gid)),
        _ => Ok(()),
    }
}

/// `GET /projects/{project}`
pub(super) async fn project(
    State(asana): State<Arc<Asana>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    asana.caller(&headers, PROJECTS)?;
    let world = asana.world();
    let project = world.project(&id).ok_or_else(|| unknown("project", &id))?;
    Ok(Ask::of(query.as_deref()).answer(StatusCode::OK, &render::project(&world, project)))
}

/// `GET /projects/{project}/custom_field_settings`
pub(super) async fn custom_field_settings(
    State(asana): State<Arc<Asana>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    asana.caller(&headers, PROJECTS)?;
    let found: Vec<Value> = {
        let world = asana.world();
        let project = world.project(&id).ok_or_else(|| unknown("project", &id))?;
        let with_priority = Some(project).filter(|project| project.has_priority);
        with_priority.map(|project| render::setting(&world, project)).into_iter().collect()
    };
    Ask::of(query.as_deref()).page(&asana, &format!("/projects/{id}/custom_field_settings"), &found)
}
