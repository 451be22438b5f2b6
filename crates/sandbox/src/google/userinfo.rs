//! `GET /oauth2/v2/userinfo` (oauth2.v2.json): the e-mail address and the name only with their scopes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::kit::{Authority, Need, Refusal};

pub const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
pub const PROFILE: &str = "https://www.googleapis.com/auth/userinfo.profile";
const USERINFO: &[&str] = &["openid", "email", "profile", EMAIL, PROFILE];

pub fn router(authority: &Arc<Authority>) -> Router {
    Router::new().route("/oauth2/v2/userinfo", get(userinfo)).with_state(Arc::clone(authority))
}

async fn userinfo(State(authority): State<Arc<Authority>>, headers: HeaderMap) -> Result<Response, Refusal> {
    let caller = authority.bearer(&headers, Need::Any(USERINFO))?;
    let has = |names: [&str; 2]| caller.may(&names);
    let account = &caller.account;
    let mut answer = json!({ "id": account.id });
    if has(["email", EMAIL]) {
        answer["email"] = json!(account.email);
        answer["verified_email"] = json!(true);
        answer["hd"] = json!(account.tenant);
    }
    if has(["profile", PROFILE]) {
        answer["name"] = json!(account.name);
        answer["given_name"] = json!(account.name);
    }
    Ok(Json(answer).into_response())
}
