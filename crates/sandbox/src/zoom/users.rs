//! `GET /users/{userId}`: who a token belongs to. <https://developers.zoom.us/docs/api/users/>

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::oauth::{self, Visitor};
use super::{Zoom, answers};
use crate::kit::{Account, Refusal};

pub(super) async fn user(State(zoom): State<Arc<Zoom>>, Path(user): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let visitor = zoom.admit(&headers, oauth::USER)?;
    let person = zoom.resolve(&visitor, &user)?;
    let (first, last) = person.name.split_once(' ').unwrap_or((&person.name, ""));
    let body = json!({
        "id": person.id,
        "first_name": first,
        "last_name": last,
        "display_name": person.name,
        "email": person.email,
        "type": 2,
        "role_name": "Member",
        "verified": 1,
        "timezone": "UTC",
        "language": "en-US",
        "status": "active",
        "account_id": person.tenant,
    });
    Ok((visitor.headers, Json(body)).into_response())
}

impl Zoom {
    /// `me`, a user id or an e-mail address, as far as the scopes reach.
    pub(super) fn resolve(&self, visitor: &Visitor, user: &str) -> Result<Account, Refusal> {
        if user == "me" {
            return Ok(visitor.caller.account.clone());
        }
        let world = self.world();
        let person = world.person(user).filter(|person| visitor.may_see(&person.id));
        person.cloned().ok_or_else(|| answers::no_user(user))
    }
}
