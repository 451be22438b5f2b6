//! `/connections/{id}/test`, `/sync`, `/runs`, `/items`, `/diagnose`: making it run, and seeing what it did.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use model::connection::NextStep;
use model::{ConnectionId, Status};
use serde::{Deserialize, Serialize};
use store::items::{Item, Outcome};
use store::runs::Run;
use sync::options::{self, Tested};
use sync::preview::{self, Preview};
use utoipa::ToSchema;

use super::ask::{Body, Id, Query};
use super::connections::{own, seen, status, working};
use super::page::{Cursor, Page, Paging, limit};
use super::refused::Refused;
use crate::app::App;
use crate::identity::Caller;
use crate::problem::{Answer, Problem};

/// Makes one real call for the account and for each option that is on.
#[utoipa::path(post, path = "/connections/{id}/test", tag = "connections", params(("id" = String, Path, description = "`con_…`")), responses(Refused, (status = 200, description = "A line for each.", body = Page<Tested>)))]
pub(super) async fn test(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> Answer<Json<Page<Tested>>> {
    let connection = working(&app, &caller, &id).await?;
    Ok(Json(Page::whole(options::test(app.hub(), &caller.workspace, &connection).await?)))
}

/// Whether to do it or to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SyncMode {
    /// Wake every stream that is on.
    Run,
    /// Show what the next push would do; nothing is written.
    Preview,
}

/// What to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SyncRequest {
    mode: SyncMode,
    /// With `run`: the `plan` of a preview; refused as stale if the data have changed since.
    #[serde(default)]
    plan: Option<String>,
}

/// That it was begun.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Started {
    started: bool,
}

/// Syncs now, or shows what that would do.
#[utoipa::path(post, path = "/connections/{id}/sync", tag = "connections", params(("id" = String, Path, description = "`con_…`")), request_body = SyncRequest, responses(Refused, (status = 200, description = "The preview.", body = Preview), (status = 202, description = "It runs; `/runs` shows how far.", body = Started)))]
pub(super) async fn sync_now(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Body(asked): Body<SyncRequest>,
) -> Answer<Response> {
    let connection = working(&app, &caller, &id).await?;
    let started = (StatusCode::ACCEPTED, Json(Started { started: true }));
    match (asked.mode, asked.plan) {
        (SyncMode::Preview, None) => Ok(Json(preview::preview(app.hub(), &caller.workspace, &connection).await?).into_response()),
        (SyncMode::Preview, Some(_)) => Err(Problem::invalid("plan", "A plan is applied with mode `run`.")),
        (SyncMode::Run, None) => {
            options::sync_now(&caller.workspace, &caller.actor, &connection).await?;
            Ok(started.into_response())
        }
        (SyncMode::Run, Some(plan)) => {
            preview::apply(app.hub(), &caller.workspace, &caller.actor, &connection, &plan).await?;
            Ok(started.into_response())
        }
    }
}

/// Lists runs that did something, newest first.
#[utoipa::path(get, path = "/connections/{id}/runs", tag = "connections", params(("id" = String, Path, description = "`con_…`"), Paging), responses(Refused, (status = 200, description = "A page.", body = Page<Run>)))]
pub(super) async fn runs(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Query(paging): Query<Paging>,
) -> Answer<Json<Page<Run>>> {
    seen(&app, &caller, &id).await?;
    let rows = limit(paging.limit)?;
    let before = Cursor::read(paging.cursor.as_deref())?.map(|cursor| cursor.id.parse());
    let before = before.transpose().map_err(|_| Problem::invalid("cursor", "It belongs to another list."))?;
    let runs = caller.workspace.runs(&id, before.as_ref(), rows + 1).await?;
    Ok(Json(Page::cut(runs, rows, |last| Cursor { at: 0, id: last.id.as_str().to_owned() })))
}

/// Which items.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WantedItems {
    /// One outcome alone; absent: all.
    #[param(inline)]
    outcome: Option<Outcome>,
    /// Rows of a page, 1 to 200; 50 where it is absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Lists how each record fared at this connection, the latest first.
#[utoipa::path(get, path = "/connections/{id}/items", tag = "connections", params(("id" = String, Path, description = "`con_…`"), WantedItems), responses(Refused, (status = 200, description = "A page.", body = Page<Item>)))]
pub(super) async fn items(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Query(wanted): Query<WantedItems>,
) -> Answer<Json<Page<Item>>> {
    seen(&app, &caller, &id).await?;
    let rows = limit(wanted.limit)?;
    let bad = |_| Problem::invalid("cursor", "It belongs to another list.");
    let cursor = Cursor::read(wanted.cursor.as_deref())?;
    let after = cursor.map(|cursor| Timestamp::from_millisecond(cursor.at).map(|at| (at, cursor.id))).transpose().map_err(bad)?;
    let mut found = Vec::new();
    for outcome in Outcome::ALL.into_iter().filter(|outcome| wanted.outcome.is_none_or(|asked| asked == *outcome)) {
        found.extend(caller.workspace.items(&id, outcome, after.clone(), rows + 1).await?);
    }
    found.sort_by(|one, other| (other.at, &other.item).cmp(&(one.at, &one.item)));
    Ok(Json(Page::cut(found, rows, |last| Cursor { at: last.at.as_millisecond(), id: last.item.clone() })))
}

/// Tries every failing or excluded item again, now.
#[utoipa::path(post, path = "/connections/{id}/items/retry", tag = "connections", params(("id" = String, Path, description = "`con_…`")), responses(Refused, (status = 202, description = "It runs.", body = Started)))]
pub(super) async fn retry(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> Answer<(StatusCode, Json<Started>)> {
    let connection = working(&app, &caller, &id).await?;
    options::sync_now(&caller.workspace, &caller.actor, &connection).await?;
    Ok((StatusCode::ACCEPTED, Json(Started { started: true })))
}

/// Something that is known to be wrong, and since when.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KnownFact {
    name: String,
    detail: String,
    since: Timestamp,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

/// What is wrong, and the one thing to do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Diagnosis {
    status: Status,
    /// In one sentence.
    cause: String,
    /// Absent: nothing needs a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<NextStep>,
    /// What is known, oldest first.
    facts: Vec<KnownFact>,
    /// What real calls just now said; none where it is not connected.
    tests: Vec<Tested>,
}

/// Finds out what is wrong: tests the connection, and puts evidence and tests together as one cause and one step.
#[utoipa::path(get, path = "/connections/{id}/diagnose", tag = "connections", params(("id" = String, Path, description = "`con_…`")), responses(Refused, (status = 200, description = "The finding.", body = Diagnosis)))]
pub(super) async fn diagnose(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> Answer<Json<Diagnosis>> {
    let (connection, _) = own(&app, &caller, &id).await?;
    let tests = if connection.connected { options::test(app.hub(), &caller.workspace, &connection).await? } else { Vec::new() };
    let status = status(&app, &caller, &id).await?;
    let failed = tests.iter().find(|line| !line.passed);
    let (cause, step) = match (status.next_step, failed) {
        // The account itself does not answer: signing in anew is what can help, whatever the log says.
        (None, Some(line)) if line.option == "account" => (line.detail.clone(), Some(NextStep::Reconnect)),
        (None, Some(line)) => (format!("{}: {}", line.option, line.detail), Some(NextStep::FixSettings)),
        (step, _) => (status.evidence.clone(), step),
    };
    let facts = caller.workspace.facts(&id).await?;
    let known = facts.into_iter().map(|fact| KnownFact { name: fact.name, detail: fact.detail, since: fact.since, until: fact.until });
    Ok(Json(Diagnosis { status, cause, step, facts: known.collect(), tests }))
}
