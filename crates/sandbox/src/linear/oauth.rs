//! Linear's authorization server: scopes by comma, tokens of 24 hours, rotating refresh tokens with 30 minutes of grace.
//! <https://linear.app/developers/oauth-2-0-authentication>

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::failure::Failure;
use crate::kit::{Account, Authority, BodyKind, ClientAuth, Denied, GrantKind, Issued, Kit, OauthError, OauthReason, Pkce, Refresh, Style};

const SCOPES: &[&str] = &["read", "write", "issues:create", "comments:create", "timeSchedule:write", "admin"];

pub(super) fn authority(kit: &Arc<Kit>, accounts: Vec<Account>) -> Arc<Authority> {
    let style = Style {
        tool: super::ID,
        name: "Linear",
        authorize_path: "/oauth/authorize",
        token_path: "/oauth/token",
        revoke_path: Some("/oauth/revoke"),
        scopes: SCOPES,
        scope_param: "scope",
        scope_separator: ',',
        accounts,
        pkce: Pkce::Optional,
        grants: &[GrantKind::AuthorizationCode, GrantKind::RefreshToken],
        client_auth: &[ClientAuth::Basic, ClientAuth::Body],
        token_bodies: &[BodyKind::Form],
        code_seconds: 10 * 60,
        access_seconds: Some(24 * 3600 - 1),
        refresh_seconds: None,
        refresh: Refresh::Rotated { grace_seconds: 30 * 60, reuse_revokes_family: false },
        offline: |_| true,
        partial_consent: false,
        access_prefix: "lin_oauth_",
        refresh_prefix: "lin_refresh_",
        token_answer: Arc::new(|_, issued| token_answer(issued)),
        oauth_error,
        denied,
        revoke_needs_client: false,
        revoked_answer: || Json(json!({ "success": true })).into_response(),
    };
    Authority::new(kit, style)
}

/// `read` is in every token, asked for or not.
fn token_answer(issued: &Issued) -> Value {
    let mut scopes = vec!["read"];
    scopes.extend(issued.scopes.iter().map(String::as_str).filter(|scope| *scope != "read"));
    json!({
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "scope": scopes.join(" "),
        "refresh_token": issued.refresh_token,
    })
}

fn oauth_error(error: &OauthError) -> Response {
    let description = match error.reason {
        OauthReason::ExpiredRefresh | OauthReason::RevokedRefresh | OauthReason::ReusedRefresh => "Token has been expired or revoked.",
        _ => error.description.as_str(),
    };
    (error.status, Json(json!({ "error": error.code, "error_description": description }))).into_response()
}

fn denied(denied: &Denied) -> Response {
    match denied {
        Denied::Scope { needed, .. } => Failure::scope(needed.first().copied().unwrap_or("write")).answer(),
        _ => Failure::unauthenticated("Authentication required, not authenticated").answer(),
    }
}
