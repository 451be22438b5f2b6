//! `/contacts`: people outside the own team, whom meetings and CRMs both know.

use axum::Json;
use axum::response::Response;
use model::{Contact, RecordId};
use serde::Deserialize;

use super::ask::{Body, Id, IfMatch, Query};
use super::entity::{self, Kept, Patch};
use super::page::{Page, Paging};
use super::refused::Refused;
use crate::identity::Caller;
use crate::problem::Answer;

/// Some of its fields; an alias, because the description names no type parameters of ours.
type ContactPatch = Patch<Contact>;

/// Which contacts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// A part of the name, ignoring case.
    q: Option<String>,
    /// Rows of a page, 1 to 200; 50 where it is absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Lists contacts, the latest changed first.
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(Wanted), responses(Refused, (status = 200, description = "A page.", body = Page<Kept<Contact>>)))]
pub(super) async fn list(caller: Caller, Query(wanted): Query<Wanted>) -> Answer<Json<Page<Kept<Contact>>>> {
    let paging = Paging { limit: wanted.limit, cursor: wanted.cursor };
    Ok(Json(entity::page(&caller.workspace, entity::listing::<Contact>(wanted.q), &paging).await?))
}

/// Reads a contact.
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", params(("id" = String, Path, description = "`ctc_…`")), responses(Refused, (status = 200, description = "The contact.", body = Kept<Contact>, headers(("ETag" = String, description = "Its version.")))))]
pub(super) async fn get(caller: Caller, Id(id): Id<RecordId>) -> Answer<Response> {
    entity::get::<Contact>(&caller, &id).await
}

/// Adds a contact.
#[utoipa::path(post, path = "/contacts", tag = "contacts", request_body = Contact, responses(Refused, (status = 201, description = "Added.", body = Kept<Contact>, headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address.")))))]
pub(super) async fn create(caller: Caller, Body(contact): Body<Contact>) -> Answer<Response> {
    entity::add(&caller, contact, "contacts").await
}

/// Changes some fields of a contact; `null` empties one.
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts", params(("id" = String, Path, description = "`ctc_…`"), ("If-Match" = Option<String>, Header, description = "The ETag that was read.")), request_body = ContactPatch, responses(Refused, (status = 200, description = "As it is now.", body = Kept<Contact>, headers(("ETag" = String, description = "Its version."))), (status = 412, description = "Somebody else changed it meanwhile (`changed_meanwhile`).", body = crate::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn change(caller: Caller, Id(id): Id<RecordId>, version: IfMatch, Body(patch): Body<ContactPatch>) -> Answer<Response> {
    entity::change(&caller, &id, version, patch).await
}
