//! `/notes`: what people wrote about meetings.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use model::{Note, RecordId};
use serde::Deserialize;

use super::ask::{Body, Id, IfMatch, Query};
use super::entity::{self, Kept, Patch};
use super::page::{Page, Paging};
use super::refused::Refused;
use crate::identity::Caller;
use crate::problem::{Answer, Problem};

/// Some of its fields; an alias, because the description names no type parameters of ours.
type NotePatch = Patch<Note>;

/// Which notes.
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

/// Lists notes, the latest changed first; of one meeting, in its order.
#[utoipa::path(get, path = "/notes", tag = "notes", params(Wanted), responses(Refused, (status = 200, description = "A page.", body = Page<Kept<Note>>)))]
pub(super) async fn list(caller: Caller, Query(wanted): Query<Wanted>) -> Answer<Json<Page<Kept<Note>>>> {
    if let Some(meeting) = wanted.meeting {
        return Ok(Json(Page::whole(entity::of_meeting(&caller.workspace, &meeting).await?)));
    }
    let paging = Paging { limit: wanted.limit, cursor: wanted.cursor };
    Ok(Json(entity::page(&caller.workspace, entity::listing::<Note>(None), &paging).await?))
}

/// Reads a note.
#[utoipa::path(get, path = "/notes/{id}", tag = "notes", params(("id" = String, Path, description = "`nte_…`")), responses(Refused, (status = 200, description = "It.", body = Kept<Note>, headers(("ETag" = String, description = "Its version.")))))]
pub(super) async fn get(caller: Caller, Id(id): Id<RecordId>) -> Answer<Response> {
    entity::get::<Note>(&caller, &id).await
}

/// Adds a note, to a meeting or alone.
#[utoipa::path(post, path = "/notes", tag = "notes", request_body = Note, responses(Refused, (status = 201, description = "Added.", body = Kept<Note>, headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address.")))))]
pub(super) async fn create(caller: Caller, Body(body): Body<Note>) -> Answer<Response> {
    entity::add(&caller, body, "notes").await
}

/// Changes some fields of a note; `null` empties one.
#[utoipa::path(patch, path = "/notes/{id}", tag = "notes", params(("id" = String, Path, description = "`nte_…`"), ("If-Match" = Option<String>, Header, description = "The ETag that was read.")), request_body = NotePatch, responses(Refused, (status = 200, description = "As it is now.", body = Kept<Note>, headers(("ETag" = String, description = "Its version."))), (status = 412, description = "Somebody else changed it meanwhile (`changed_meanwhile`).", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn change(caller: Caller, Id(id): Id<RecordId>, version: IfMatch, Body(patch): Body<NotePatch>) -> Answer<Response> {
    entity::change(&caller, &id, version, patch).await
}

/// Deletes a note; what tools have of it follows their connections' settings.
#[utoipa::path(delete, path = "/notes/{id}", tag = "notes", params(("id" = String, Path, description = "`nte_…`")), responses(Refused, (status = 204, description = "Deleted.")))]
pub(super) async fn delete(caller: Caller, Id(id): Id<RecordId>) -> Answer<StatusCode> {
    entity::delete::<Note>(&caller, &id).await
}
