//! Control of the emulated Asana: what people do by its own pages, a heartbeat, the limit.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::change::Actor;
use super::errors::unknown;
use super::world::{Event, Project, Task, Workspace, World};
use super::{Asana, tasks, webhooks};
use crate::kit::Refusal;

type Shared = State<Arc<Asana>>;

pub(super) fn router(asana: Arc<Asana>) -> Router {
    Router::new()
        .route("/me", get(me))
        .route("/workspaces", post(new_workspace))
        .route("/tasks", post(new_task))
        .route("/tasks/{task}", get(task).patch(edit).delete(remove))
        .route("/tasks/{task}/restore", post(restore))
        .route("/tasks/{task}/move", post(carry))
        .route("/tasks/{task}/comments", post(comment))
        .route("/webhooks", get(hooks))
        .route("/heartbeat", post(heartbeat))
        .route("/limits", put(limits))
        .with_state(asana)
}

/// Who works by the pages: the second person of the organisation.
fn person(world: &World) -> String {
    world.users[1].gid.clone()
}

/// Whoever the sign-in page proposes.
async fn me(State(asana): Shared) -> Json<Value> {
    let world = asana.world();
    let user = &world.users[0];
    Json(json!({ "gid": user.gid, "name": user.name, "email": user.email }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewWorkspace {
    name: String,
    /// The name of its project.
    project: String,
}

async fn new_workspace(State(asana): Shared, Json(new): Json<NewWorkspace>) -> StatusCode {
    let mut world = asana.world();
    let (workspace, gid, created_at) = (world.new_gid(), world.new_gid(), asana.kit.clock.now());
    world.workspaces.push(Workspace { gid: workspace.clone(), name: new.name });
    world.projects.push(Project { gid, name: new.project, workspace, archived: false, has_priority: false, created_at });
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTask {
    /// By name.
    project: String,
    name: String,
}

async fn new_task(State(asana): Shared, Json(new): Json<NewTask>) -> Result<Json<Value>, Refusal> {
    let (user, project) = {
        let world = asana.world();
        (person(&world), world.project_called(&new.project).ok_or_else(|| unknown("project", &new.project))?.gid.clone())
    };
    let data = Map::from_iter([("name".to_owned(), json!(new.name))]);
    let task = tasks::by_hand(&asana, &project, &data, Actor { user: &user, client: "" })?;
    Ok(Json(json!({ "gid": task.gid })))
}

/// A task as its people see it, with what apps have hung on it.
async fn task(State(asana): Shared, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let world = asana.world();
    let task = known(&world, &id)?;
    let email = |gid: &String| world.user(gid).map(|user| user.email.clone());
    let projects = task.projects.iter().filter_map(|gid| world.project(gid)).map(|project| project.name.clone());
    let external = task.external.as_ref().map(|external| json!({ "gid": external.gid, "data": external.data }));
    Ok(Json(json!({
        "gid": task.gid,
        "name": task.name,
        "notes": task.notes,
        "completed": task.completed_at.is_some(),
        "due_on": task.due_on,
        "assignee": task.assignee.as_ref().and_then(email),
        "priority": task.priority.as_ref().and_then(|option| world.option_name(option)),
        "projects": projects.collect::<Vec<_>>(),
        "external": external,
        "trashed": task.trashed,
    })))
}

fn known<'w>(world: &'w World, id: &str) -> Result<&'w Task, Refusal> {
    world.tasks.iter().find(|task| task.gid == id).ok_or_else(|| unknown("task", id))
}

/// `priority` by name, `lose_events`: Asana tells nobody; the rest as in the API.
async fn edit(State(asana): Shared, Path(id): Path<String>, Json(mut data): Json<Map<String, Value>>) -> Result<StatusCode, Refusal> {
    let now = asana.kit.clock.now();
    let mut world = asana.world();
    let lost = data.remove("lose_events").is_some_and(|lost| lost == true);
    if let Some(level) = data.remove("priority") {
        let option = world.priority.options.iter().find(|(_, name)| level == *name).map(|(gid, _)| gid.clone());
        data.insert("custom_fields".into(), json!({ &world.priority.gid: option }));
    }
    let (user, mut task) = (person(&world), known(&world, &id)?.clone());
    let changed = task.take(&world, &data, Actor { user: &user, client: "" }, now)?;
    if lost {
        asana.keep(&mut world, task, Vec::new());
    } else {
        asana.changed(&mut world, task, &changed, &user);
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(State(asana): Shared, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    put_in_trash(&asana, &id, true)
}

async fn restore(State(asana): Shared, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    put_in_trash(&asana, &id, false)
}

fn put_in_trash(asana: &Asana, id: &str, trashed: bool) -> Result<StatusCode, Refusal> {
    let mut world = asana.world();
    let (user, task) = (person(&world), known(&world, id)?.clone());
    tasks::trash(asana, &mut world, task, trashed, &user);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Carried {
    /// By name.
    project: String,
}

/// Out of its projects, into another one.
async fn carry(State(asana): Shared, Path(id): Path<String>, Json(to): Json<Carried>) -> Result<StatusCode, Refusal> {
    let mut world = asana.world();
    let (user, task) = (person(&world), known(&world, &id)?.clone());
    let target = world.project_called(&to.project).ok_or_else(|| unknown("project", &to.project))?.gid.clone();
    let told = |action, project: &String| Event { parent: Some((project.clone(), "project")), ..asana.event(&task, &user, action) };
    let removed = task.projects.iter().map(|project| told("removed", project)).collect();
    let added = vec![told("added", &target)];
    let left = task.projects.clone();
    asana.tell(&mut world, &left, removed);
    // Moving is no modification.
    let task = Task { projects: vec![target], ..task };
    asana.keep(&mut world, task, added);
    Ok(StatusCode::NO_CONTENT)
}

/// Comments are told of, and not kept.
async fn comment(State(asana): Shared, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    let mut world = asana.world();
    let (user, task) = (person(&world), known(&world, &id)?.clone());
    let story = asana.story(&mut world, &task, &user);
    let task = Task { modified_at: asana.kit.clock.now(), ..task };
    asana.keep(&mut world, task, vec![story]);
    Ok(StatusCode::NO_CONTENT)
}

async fn hooks(State(asana): Shared) -> Json<Value> {
    let targets: Vec<String> = asana.world().webhooks.iter().map(|webhook| webhook.target.clone()).collect();
    Json(json!(targets))
}

async fn heartbeat(State(asana): Shared) -> StatusCode {
    webhooks::heartbeat(&asana);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    /// Calls a minute of one token.
    calls: u64,
}

async fn limits(State(asana): Shared, Json(limits): Json<Limits>) -> StatusCode {
    asana.calls.set_burst(limits.calls);
    StatusCode::NO_CONTENT
}
