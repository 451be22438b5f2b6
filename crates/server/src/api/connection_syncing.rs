//! `/connections/{id}/test`, `/sync`, `/runs`, `/items`, `/diagnose`, `/release`: making it run, and seeing what it did.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use model::{Capability, ConnectionId, RecordId, RunId};
use serde::{Deserialize, Serialize};
use store::items::{Item, Outcome};
use store::runs::Run;
use sync::brake;
use sync::diagnose::{self, Diagnosis};
use sync::options::{self, Tested};
use sync::preview::{self, Preview};
use sync::uncertain::{self, Finding};
use utoipa::ToSchema;

use super::ask::{Body, Id, Ids, Query};
use super::connections::{own, seen, working};
use super::page::{Cursor, MOST, Page, Paging, limit};
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

/// A run, and how records fared in it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunDetails {
    run: Run,
    /// Up to 200 records that this run was the last to touch.
    items: Vec<Item>,
}

/// Reads one run.
#[utoipa::path(get, path = "/connections/{id}/runs/{run}", tag = "connections", params(("id" = String, Path, description = "`con_…`"), ("run" = String, Path, description = "`run_…`")), responses(Refused, (status = 200, description = "The run.", body = RunDetails)))]
pub(super) async fn run(State(app): State<App>, caller: Caller, Ids((id, run)): Ids<ConnectionId, RunId>) -> Answer<Json<RunDetails>> {
    seen(&app, &caller, &id).await?;
    let found = caller.workspace.run(&run).await?.filter(|found| found.connection == id);
    let found = found.ok_or_else(|| Problem::not_found("The run"))?;
    Ok(Json(RunDetails { items: caller.workspace.items_of_run(&run, MOST).await?, run: found }))
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

/// Which item; both absent: all.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Retry {
    #[serde(default)]
    capability: Option<Capability>,
    /// The item's name, as listed.
    #[serde(default)]
    item: Option<String>,
}

/// Tries failing and excluded items again, now: one, or all of them.
#[utoipa::path(post, path = "/connections/{id}/items/retry", tag = "connections", params(("id" = String, Path, description = "`con_…`")), request_body = Retry, responses(Refused, (status = 202, description = "It runs.", body = Started)))]
pub(super) async fn retry(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Body(asked): Body<Retry>,
) -> Answer<(StatusCode, Json<Started>)> {
    let connection = working(&app, &caller, &id).await?;
    match (asked.capability, asked.item) {
        (None, None) => options::sync_now(&caller.workspace, &caller.actor, &connection).await?,
        (Some(capability), Some(item)) => options::retry(&caller.workspace, &caller.actor, &connection, capability, &item).await?,
        (None, Some(_)) => return Err(Problem::invalid("capability", "An item is named together with its capability.")),
        (Some(_), None) => return Err(Problem::invalid("item", "A capability is named together with an item.")),
    }
    Ok((StatusCode::ACCEPTED, Json(Started { started: true })))
}

/// Finds out what is wrong: tests the connection, and puts evidence and tests together as one cause and one step.
#[utoipa::path(get, path = "/connections/{id}/diagnose", tag = "connections", params(("id" = String, Path, description = "`con_…`")), responses(Refused, (status = 200, description = "The finding.", body = Diagnosis)))]
pub(super) async fn diagnose(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> Answer<Json<Diagnosis>> {
    let (connection, _) = own(&app, &caller, &id).await?;
    Ok(Json(diagnose::diagnose(app.hub(), &caller.workspace, &connection).await?))
}

/// What was let go on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Released {
    /// Streams that the brake held.
    streams: usize,
}

/// Lets what the brake holds back (unusually many deletions or overwrites at once) go on, once.
#[utoipa::path(post, path = "/connections/{id}/release", tag = "connections", params(("id" = String, Path, description = "`con_…`")), responses(Refused, (status = 200, description = "It goes on.", body = Released)))]
pub(super) async fn release(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> Answer<Json<Released>> {
    let connection = working(&app, &caller, &id).await?;
    Ok(Json(Released { streams: brake::release(&caller.workspace, &caller.actor, &connection).await? }))
}

/// What a person found at the tool.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Verdict {
    capability: Capability,
    record: RecordId,
    /// Whether the write is at the tool. If not, it is sent again.
    found: bool,
    /// The tool's id of it: with it later changes are carried there.
    #[serde(default)]
    remote_id: Option<String>,
}

/// Says what came of a write whose outcome is uncertain.
#[utoipa::path(post, path = "/connections/{id}/items/settle", tag = "connections", params(("id" = String, Path, description = "`con_…`")), request_body = Verdict, responses(Refused, (status = 204, description = "It is settled.")))]
pub(super) async fn settle(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Body(asked): Body<Verdict>,
) -> Answer<StatusCode> {
    let connection = working(&app, &caller, &id).await?;
    let remote_id = asked.remote_id.filter(|remote| !remote.trim().is_empty());
    if !asked.found && remote_id.is_some() {
        return Err(Problem::invalid("remote_id", "What is not there has no id."));
    }
    let finding = if asked.found { Finding::Arrived { remote_id } } else { Finding::Missing };
    uncertain::settle(&caller.workspace, &caller.actor, &connection, asked.capability, &asked.record, &finding).await?;
    Ok(StatusCode::NO_CONTENT)
}
