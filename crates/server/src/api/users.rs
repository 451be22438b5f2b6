//! `/users`: the people of the workspace.

use axum::Json;
use store::users::User;

use super::page::Page;
use super::refused::Refused;
use crate::identity::Caller;
use crate::problem::Answer;

/// Lists everybody, by address.
#[utoipa::path(get, path = "/users", tag = "users", responses(Refused, (status = 200, description = "All of them.", body = Page<User>)))]
pub(super) async fn list(caller: Caller) -> Answer<Json<Page<User>>> {
    Ok(Json(Page::whole(caller.workspace.users().await?)))
}
