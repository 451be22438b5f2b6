//! `/tasks` and the tasks of a project: lists, one task, creation, update, deletion.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::ask::{Ask, data};
use super::change::Actor;
use super::errors::{invalid, unknown};
use super::world::{Task, World};
use super::{Asana, ID, render};
use crate::kit::{Caller, Refusal};

const READ: &[&str] = &["tasks:read", "default"];
const WRITE: &[&str] = &["tasks:write", "default"];
const DELETE: &[&str] = &["tasks:delete", "default"];

/// `GET /tasks`
pub(super) async fn list(State(asana): State<Arc<Asana>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    let caller = asana.caller(&headers, READ)?;
    let ask = Ask::of(query.as_deref());
    let (project, assignee, workspace) = (ask.get("project"), ask.get("assignee"), ask.get("workspace"));
    if project.is_none() && (assignee.is_none() || workspace.is_none()) {
        return Err(invalid("You should specify one of project, tag, section, user_task_list, or assignee + workspace"));
    }
    if let Some(project) = project
        && asana.world().project(project).is_none()
    {
        return Err(unknown("project", project));
    }
    let assignee = assignee.map(|text| asana.world().user_named(text, &caller.account.id).map(|user| user.gid.clone()));
    let fits = |task: &Task| {
        project.is_none_or(|project| task.projects.iter().any(|one| one == project))
            && workspace.is_none_or(|workspace| task.workspace == workspace)
            && assignee.as_ref().is_none_or(|assignee| assignee.is_some() && task.assignee == *assignee)
    };
    answer(&asana, &ask, "/tasks", &caller, fits)
}

/// `GET /projects/{project}/tasks`
pub(super) async fn of_project(
    State(asana): State<Arc<Asana>>,
    headers: HeaderMap,
    Path(project): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let caller = asana.caller(&headers, READ)?;
    if asana.world().project(&project).is_none() {
        return Err(unknown("project", &project));
    }
    let path = format!("/projects/{project}/tasks");
    answer(&asana, &Ask::of(query.as_deref()), &path, &caller, |task| task.projects.contains(&project))
}

fn answer(asana: &Asana, ask: &Ask, path: &str, caller: &Caller, fits: impl Fn(&Task) -> bool) -> Result<Response, Refusal> {
    let now = asana.kit.clock.now();
    let (modified, completed) = (ask.time("modified_since", now)?, ask.time("completed_since", now)?);
    let found: Vec<Value> = {
        let world = asana.world();
        let tasks = world.tasks.iter().filter(|task| {
            !task.trashed
                && fits(task)
                && modified.is_none_or(|since| task.modified_at >= since)
                && completed.is_none_or(|since| task.completed_at.is_none_or(|at| at >= since))
        });
        tasks.map(|task| render::task(&world, task, &caller.client_id)).collect()
    };
    ask.page(asana, path, &found)
}

/// `GET /tasks/{task}`
pub(super) async fn one(
    State(asana): State<Arc<Asana>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let caller = asana.caller(&headers, READ)?;
    let world = asana.world();
    let task = world.task(&id, &caller.client_id).ok_or_else(|| unknown("task", &id))?;
    Ok(Ask::of(query.as_deref()).answer(StatusCode::OK, &render::task(&world, task, &caller.client_id)))
}

/// `POST /tasks`
pub(super) async fn create(
    State(asana): State<Arc<Asana>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Refusal> {
    let caller = asana.caller(&headers, WRITE)?;
    let data = data(&body)?;
    let (actor, now) = (Actor { user: &caller.account.id, client: &caller.client_id }, asana.kit.clock.now());
    let mut world = asana.world();
    let mut task = blank(&mut world, &data, actor, now)?;
    task.take(&world, &data, actor, now)?;
    let full = render::task(&world, &task, &caller.client_id);
    let key = task.external.as_ref().and_then(|external| external.gid.clone());
    asana.kit.ledger.record(ID, "task.create", &task.gid, key.as_deref(), Value::Object(data));
    asana.made(&mut world, task, actor.user);
    Ok(Ask::of(query.as_deref()).answer(StatusCode::CREATED, &full))
}

/// A task with nothing said of it but where it is.
fn blank(world: &mut World, data: &Map<String, Value>, actor: Actor<'_>, now: Timestamp) -> Result<Task, Refusal> {
    let given = data.get("projects").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let projects: Vec<String> = given.map(str::to_owned).collect();
    if let Some(gone) = projects.iter().find(|gid| world.project(gid).is_none()) {
        return Err(invalid(&format!("projects: Not a recognized ID: {gone}")));
    }
    let named = data.get("workspace").and_then(Value::as_str).map(str::to_owned);
    let workspace = named.or_else(|| world.project(projects.first()?).map(|project| project.workspace.clone()));
    let workspace = workspace.ok_or_else(|| invalid("You should specify one of workspace, parent, projects"))?;
    if world.workspace(&workspace).is_none() {
        return Err(invalid(&format!("workspace: Not a recognized ID: {workspace}")));
    }
    Ok(Task {
        gid: world.new_gid(),
        workspace,
        projects,
        name: String::new(),
        notes: String::new(),
        assignee: None,
        due_on: None,
        completed_at: None,
        priority: None,
        external: None,
        created_by: actor.user.to_owned(),
        created_at: now,
        modified_at: now,
        trashed: false,
    })
}

/// A person makes a task by Asana's own pages.
pub(super) fn by_hand(asana: &Asana, project: &str, data: &Map<String, Value>, actor: Actor<'_>) -> Result<Task, Refusal> {
    let now = asana.kit.clock.now();
    let mut world = asana.world();
    let place = Map::from_iter([("projects".to_owned(), json!([project]))]);
    let mut task = blank(&mut world, &place, actor, now)?;
    task.take(&world, data, actor, now)?;
    asana.made(&mut world, task.clone(), actor.user);
    Ok(task)
}

/// `PUT /tasks/{task}`
pub(super) async fn update(
    State(asana): State<Arc<Asana>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Refusal> {
    let caller = asana.caller(&headers, WRITE)?;
    let data = data(&body)?;
    let (actor, now) = (Actor { user: &caller.account.id, client: &caller.client_id }, asana.kit.clock.now());
    let mut world = asana.world();
    let mut task = world.task(&id, &caller.client_id).ok_or_else(|| unknown("task", &id))?.clone();
    let changed = task.take(&world, &data, actor, now)?;
    let full = render::task(&world, &task, &caller.client_id);
    if !changed.is_empty() {
        asana.kit.ledger.record(ID, "task.update", &task.gid, None, Value::Object(data));
        asana.changed(&mut world, task, &changed, actor.user);
    }
    Ok(Ask::of(query.as_deref()).answer(StatusCode::OK, &full))
}

/// `DELETE /tasks/{task}`: into the trash.
pub(super) async fn delete(State(asana): State<Arc<Asana>>, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Refusal> {
    let caller = asana.caller(&headers, DELETE)?;
    let mut world = asana.world();
    let task = world.task(&id, &caller.client_id).ok_or_else(|| unknown("task", &id))?.clone();
    asana.kit.ledger.record(ID, "task.delete", &task.gid, None, json!({}));
    trash(&asana, &mut world, task, true, &caller.account.id);
    Ok(Json(json!({ "data": {} })).into_response())
}

/// Into the trash, or out of it.
pub(super) fn trash(asana: &Asana, world: &mut World, task: Task, trashed: bool, user: &str) {
    let event = asana.event(&task, user, if trashed { "deleted" } else { "undeleted" });
    let task = Task { trashed, modified_at: asana.kit.clock.now(), ..task };
    asana.keep(world, task, vec![event]);
}
