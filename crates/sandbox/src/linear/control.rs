//! Control of the emulated Linear: what a person does in its own window (edits, deletions, new issues), webhooks of the app, limits.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Linear;
use super::change::{Change, Patch};
use super::failure::Failure;
use super::webhooks::Action;
use super::world::{Issue, Webhook, World};

pub(super) fn router(linear: Arc<Linear>) -> Router {
    Router::new()
        .route("/organization", get(organization))
        .route("/issues", get(issues).post(create))
        .route("/issues/edit", post(edit))
        .route("/issues/delete", post(delete))
        .route("/app-webhook", post(app_webhook))
        .route("/limits", post(limits))
        .with_state(linear)
}

async fn organization(State(linear): State<Arc<Linear>>) -> Json<Value> {
    let world = linear.world();
    let states = |team: &str| -> Vec<Value> {
        let of_team = world.states.iter().filter(|state| state.team == team);
        of_team.map(|state| json!({ "id": state.id, "name": state.name, "type": state.kind.name() })).collect()
    };
    let team = |team: &super::world::Team| json!({ "id": team.id, "key": team.key, "name": team.name, "states": states(&team.id) });
    Json(json!({
        "id": world.organization,
        "users": world.users.iter().map(|user| json!({ "id": user.id, "email": user.email, "name": user.name })).collect::<Vec<_>>(),
        "teams": world.teams.iter().map(team).collect::<Vec<_>>(),
        "labels": world.labels.iter().map(|label| json!({ "id": label.id, "name": label.name })).collect::<Vec<_>>(),
    }))
}

async fn issues(State(linear): State<Arc<Linear>>) -> Json<Value> {
    let world = linear.world();
    let issues: Vec<Value> = world.issues.iter().map(|issue| issue_json(&world, issue)).collect();
    Json(json!({ "issues": issues }))
}

fn issue_json(world: &World, issue: &Issue) -> Value {
    let assignee = issue.assignee.as_deref().and_then(|id| world.user(id).ok());
    json!({
        "id": issue.id,
        "identifier": world.identifier(issue),
        "title": issue.title,
        "description": issue.description,
        "state": world.state(&issue.state).map_or("", |state| &state.name),
        "assignee": assignee.map(|user| &user.email),
        "priority": issue.priority,
        "due_date": issue.due_date,
        "archived": issue.archived_at.is_some(),
        "trashed": issue.trashed,
        "comments": world.comments.iter().filter(|one| one.issue == issue.id).count(),
        "attachments": world.attachments.iter().filter(|one| one.issue == issue.id).map(|one| &one.url).collect::<Vec<_>>(),
    })
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Edit {
    /// Id or identifier.
    id: String,
    /// E-mail of who edits; the first person of the demo organisation without it.
    actor: Option<String>,
    title: Option<String>,
    description: Patch<String>,
    /// Name of a state of the issue's team.
    state: Option<String>,
    /// E-mail, or null.
    assignee: Patch<String>,
    due_date: Patch<Date>,
    priority: Option<i64>,
}

async fn edit(State(linear): State<Arc<Linear>>, Json(edit): Json<Edit>) -> Result<Json<Value>, Wrong> {
    let now = linear.kit.clock.now();
    let (id, actor, updated_from, shown) = {
        let mut world = linear.world();
        let issue = world.issue(&edit.id)?;
        let (id, team) = (issue.id.clone(), issue.team.clone());
        let assignee = match &edit.assignee {
            Patch::Set(email) => Patch::Set(by_email(&world, email)?),
            Patch::Clear => Patch::Clear,
            Patch::Keep => Patch::Keep,
        };
        let state = match &edit.state {
            Some(name) => Some(by_state_name(&world, &team, name)?),
            None => None,
        };
        let actor = who(&world, edit.actor.as_deref())?;
        let change = Change {
            title: edit.title,
            description: edit.description,
            state,
            assignee,
            due_date: edit.due_date,
            priority: edit.priority,
            ..Change::default()
        };
        let updated_from = world.apply(&id, &change, now)?;
        let shown = issue_json(&world, world.issue(&id)?);
        (id, actor, updated_from, shown)
    };
    if !updated_from.is_empty() {
        linear.tell_issue(Action::Update, &id, Some(updated_from), Some(&actor));
    }
    Ok(Json(shown))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deletion {
    id: String,
    actor: Option<String>,
}

async fn delete(State(linear): State<Arc<Linear>>, Json(wanted): Json<Deletion>) -> Result<StatusCode, Wrong> {
    let now = linear.kit.clock.now();
    let (id, actor) = {
        let mut world = linear.world();
        let id = world.issue(&wanted.id)?.id.clone();
        let actor = who(&world, wanted.actor.as_deref())?;
        world.apply(&id, &Change { trashed: true, ..Change::default() }, now)?;
        (id, actor)
    };
    linear.tell_issue(Action::Remove, &id, None, Some(&actor));
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewIssue {
    /// Key of the team.
    team: String,
    title: String,
    description: Option<String>,
    actor: Option<String>,
}

async fn create(State(linear): State<Arc<Linear>>, Json(new): Json<NewIssue>) -> Result<Response, Wrong> {
    let now = linear.kit.clock.now();
    let (id, actor, shown) = {
        let mut world = linear.world();
        let team = world.teams.iter().find(|team| team.key == new.team).map(|team| team.id.clone());
        let team = team.ok_or_else(|| Failure::not_found("Team"))?;
        let actor = who(&world, new.actor.as_deref())?;
        let mut issue = Issue {
            id: linear.kit.uuid().to_string(),
            number: 0,
            state: world.first_state(&team)?.id.clone(),
            team,
            title: new.title,
            description: new.description,
            assignee: None,
            creator: Some(actor.clone()),
            parent: None,
            priority: 0,
            estimate: None,
            due_date: None,
            labels: Vec::new(),
            sort_order: 0.0,
            created_at: now,
            updated_at: now,
            started_at: None,
            completed_at: None,
            canceled_at: None,
            archived_at: None,
            trashed: false,
        };
        world.add_issue(&mut issue);
        (issue.id.clone(), actor, issue_json(&world, &issue))
    };
    linear.tell_issue(Action::Create, &id, None, Some(&actor));
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppWebhook {
    url: String,
    secret: String,
    resource_types: Vec<String>,
}

/// The webhook that an OAuth app configures once, and that Linear makes in each workspace that authorizes it.
async fn app_webhook(State(linear): State<Arc<Linear>>, Json(new): Json<AppWebhook>) -> Response {
    let id = linear.kit.uuid().to_string();
    let webhook = Webhook {
        id: id.clone(),
        url: new.url,
        label: Some("Harmony".into()),
        secret: new.secret,
        enabled: true,
        resource_types: new.resource_types,
        team: None,
        creator: None,
        created_at: linear.kit.clock.now(),
    };
    linear.world().webhooks.push(webhook);
    (StatusCode::CREATED, Json(json!({ "id": id }))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLimits {
    requests: u64,
    complexity: u64,
}

async fn limits(State(linear): State<Arc<Linear>>, Json(new): Json<NewLimits>) -> StatusCode {
    linear.limits.requests.set_burst(new.requests);
    linear.limits.complexity.set_burst(new.complexity);
    StatusCode::NO_CONTENT
}

fn by_email(world: &World, email: &str) -> Result<String, Failure> {
    world.users.iter().find(|user| user.email == email).map(|user| user.id.clone()).ok_or_else(|| Failure::not_found("User"))
}

fn by_state_name(world: &World, team: &str, name: &str) -> Result<String, Failure> {
    let found = world.states.iter().find(|state| state.team == team && state.name == name);
    found.map(|state| state.id.clone()).ok_or_else(|| Failure::not_found("WorkflowState"))
}

fn who(world: &World, email: Option<&str>) -> Result<String, Failure> {
    match (email, world.users.first()) {
        (Some(email), _) => by_email(world, email),
        (None, Some(user)) => Ok(user.id.clone()),
        (None, None) => Err(Failure::not_found("User")),
    }
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
        let error = self.0.presentable.unwrap_or(self.0.message);
        (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
    }
}
