//! `/tokens`: API tokens. Everybody has their own; admins see and revoke all.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use model::TokenId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::tokens::ApiToken;
use utoipa::ToSchema;

use super::ask::{Body, Id};
use super::entity::words;
use super::page::Page;
use super::refused::Refused;
use crate::app::App;
use crate::identity::Caller;
use crate::problem::{Answer, Problem};

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// What it is for, in up to 200 bytes.
    name: String,
    /// Absent: it lives until it is revoked.
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeToken {
    token: ApiToken,
    /// The token itself. It is shown this once and not kept.
    text: String,
}

/// Lists API tokens, without their text.
#[utoipa::path(get, path = "/tokens", tag = "tokens", responses(Refused, (status = 200, description = "All of them.", body = Page<ApiToken>)))]
pub(super) async fn list(caller: Caller) -> Answer<Json<Page<ApiToken>>> {
    let mut tokens = caller.workspace.tokens().await?;
    tokens.retain(|token| caller.is_admin() || token.user == caller.user.id);
    Ok(Json(Page::whole(tokens)))
}

/// Makes an API token that acts as the caller.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = NewToken, responses(Refused, (status = 201, description = "Made; the text is shown this once.", body = MadeToken)))]
pub(super) async fn create(State(app): State<App>, caller: Caller, Body(asked): Body<NewToken>) -> Answer<Response> {
    words("name", &asked.name, 200)?;
    if asked.expires_at.is_some_and(|at| at <= app.hub().env().now()) {
        return Err(Problem::invalid("expires_at", "It is in the past."));
    }
    let mut step = caller.workspace.begin().await?;
    let (token, text) = step.create_token(&caller.user.id, &asked.name, asked.expires_at).await?;
    let (actor, detail) = (&caller.actor, json!({ "name": token.name, "expires_at": token.expires_at }));
    step.audit(&actor.name, &actor.address, "token.created", token.id.as_str(), &detail).await?;
    step.commit().await?;
    let made = MadeToken { token, text: text.expose().to_owned() };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(made)).into_response())
}

/// Revokes an API token at once.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", params(("id" = String, Path, description = "`tok_…`")), responses(Refused, (status = 204, description = "Revoked.")))]
pub(super) async fn revoke(caller: Caller, Id(id): Id<TokenId>) -> Answer<StatusCode> {
    let known = caller.workspace.tokens().await?.into_iter().find(|token| token.id == id);
    known.filter(|token| caller.is_admin() || token.user == caller.user.id).ok_or_else(|| Problem::not_found("The API token"))?;
    let mut step = caller.workspace.begin().await?;
    step.revoke_token(&id).await?;
    step.audit(&caller.actor.name, &caller.actor.address, "token.revoked", id.as_str(), &json!({})).await?;
    step.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
