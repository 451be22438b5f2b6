//! monday.com's authorization server: OAuth 2.1 with a proof key, tokens of an hour, refresh tokens used once and good for half a year.
//! <https://developer.monday.com/apps/docs/oauth-2-1>

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::failure::Failure;
use crate::kit::{Account, Authority, BodyKind, ClientAuth, Denied, GrantKind, Issued, Kit, OauthError, Pkce, Refresh, Style};

pub(super) const SCOPES: &[&str] = &[
    "account:read",
    "assets:read",
    "boards:read",
    "boards:write",
    "docs:read",
    "docs:write",
    "me:read",
    "notifications:write",
    "tags:read",
    "teams:read",
    "updates:read",
    "updates:write",
    "users:read",
    "users:write",
    "webhooks:read",
    "webhooks:write",
    "workspaces:read",
    "workspaces:write",
];

pub(super) fn authority(kit: &Arc<Kit>, accounts: Vec<Account>) -> Arc<Authority> {
    let style = Style {
        tool: super::ID,
        name: "monday.com",
        authorize_path: "/oauth2/authorize",
        token_path: "/oauth_ms/oauth/token",
        revoke_path: Some("/oauth_ms/oauth/revoke"),
        scopes: SCOPES,
        scope_param: "scope",
        scope_separator: ' ',
        accounts,
        pkce: Pkce::Required,
        grants: &[GrantKind::AuthorizationCode, GrantKind::RefreshToken],
        client_auth: &[ClientAuth::Body],
        token_bodies: &[BodyKind::Form, BodyKind::Json],
        // How long a code and an access token live is not established.
        code_seconds: 10 * 60,
        access_seconds: Some(3_600),
        refresh_seconds: Some(182 * 24 * 3_600),
        refresh: Refresh::Rotated { grace_seconds: 0, reuse_revokes_family: false },
        offline: |_| true,
        partial_consent: false,
        access_prefix: "mnd_",
        refresh_prefix: "mnd_refresh_",
        token_answer: Arc::new(|_, issued| token_answer(issued)),
        oauth_error,
        denied,
        revoke_needs_client: true,
        revoked_answer: || Json(json!({})).into_response(),
    };
    Authority::new(kit, style)
}

fn token_answer(issued: &Issued) -> Value {
    json!({
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "scope": issued.scopes.join(" "),
        "refresh_token": issued.refresh_token,
    })
}

fn oauth_error(error: &OauthError) -> Response {
    (error.status, Json(json!({ "error": error.code, "error_description": error.description }))).into_response()
}

fn denied(denied: &Denied) -> Response {
    match denied {
        Denied::Scope { .. } => Failure::scope().answer(),
        _ => Failure::unauthenticated().answer(),
    }
}
