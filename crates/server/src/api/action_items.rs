//! `/action-items`: what people agreed to do in meetings.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use model::{ActionItem, RecordId};
use serde::Deserialize;

use super::ask::{Body, Id, IfMatch, Query};
use super::entity::{self, Kept, Patch};
use super::page::{Page, Paging};
use super::refused::Refused;
use crate::identity::Caller;
use crate::problem::{Answer, Problem};

/// Some of its fields; an alias, because the description names no type parameters of ours.
type ActionItemPatch = Patch<ActionItem>;

/// Which action items.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Those of one meeting alone, all on one page.
    #[param(value_type = Option<String>)]
    meeting: Option<RecordId>,
    /// Rows of a page, 1 to 200; 50 where it is absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Lists action items, the latest changed first; of one meeting, in its order.
#[utoipa::path(get, path = "/action-items", tag = "action-items", params(Wanted), responses(Refused, (status = 200, description = "A page.", body = Page<Kept<ActionItem>>)))]
pub(super) async fn list(caller: Caller, Query(wanted): Query<Wanted>) -> Answer<Json<Page<Kept<ActionItem>>>> {
    if let Some(meeting) = wanted.meeting {
        return Ok(Json(Page::whole(entity::of_meeting(&caller.workspace, &meeting).await?)));
    }
    let paging = Paging { limit: wanted.limit, cursor: wanted.cursor };
    Ok(Json(entity::page(&caller.workspace, entity::listing::<ActionItem>(None), &paging).await?))
}

/// Reads an action item.
#[utoipa::path(get, path = "/action-items/{id}", tag = "action-items", params(("id" = String, Path, description = "`act_…`")), responses(Refused, (status = 200, description = "It.", body = Kept<ActionItem>, headers(("ETag" = String, description = "Its version.")))))]
pub(super) async fn get(caller: Caller, Id(id): Id<RecordId>) -> Answer<Response> {
    entity::get::<ActionItem>(&caller, &id).await
}

/// Adds an action item, to a meeting or alone.
#[utoipa::path(post, path = "/action-items", tag = "action-items", request_body = ActionItem, responses(Refused, (status = 201, description = "Added.", body = Kept<ActionItem>, headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address.")))))]
pub(super) async fn create(caller: Caller, Body(body): Body<ActionItem>) -> Answer<Response> {
    entity::add(&caller, body, "action-items").await
}

/// Changes some fields of an action item; `null` empties one.
#[utoipa::path(patch, path = "/action-items/{id}", tag = "action-items", params(("id" = String, Path, description = "`act_…`"), ("If-Match" = Option<String>, Header, description = "The ETag that was read.")), request_body = ActionItemPatch, responses(Refused, (status = 200, description = "As it is now.", body = Kept<ActionItem>, headers(("ETag" = String, description = "Its version."))), (status = 412, description = "Somebody else changed it meanwhile (`changed_meanwhile`).", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn change(caller: Caller, Id(id): Id<RecordId>, version: IfMatch, Body(patch): Body<ActionItemPatch>) -> Answer<Response> {
    entity::change(&caller, &id, version, patch).await
}

/// Deletes an action item; what tools have of it follows their connections' settings.
#[utoipa::path(delete, path = "/action-items/{id}", tag = "action-items", params(("id" = String, Path, description = "`act_…`")), responses(Refused, (status = 204, description = "Deleted.")))]
pub(super) async fn delete(caller: Caller, Id(id): Id<RecordId>) -> Answer<StatusCode> {
    entity::delete::<ActionItem>(&caller, &id).await
}
