//! How AD FS signs people in for Exchange: one permission, a refresh token that stays.
//! Facts: learn.microsoft.com/windows-server/identity/ad-fs/overview/ad-fs-openid-connect-oauth-flows-scenarios.

use std::sync::Arc;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde_json::json;

use super::seed;
use crate::kit::{BodyKind, ClientAuth, Denied, GrantKind, OauthError, Pkce, Refresh, Style};

pub fn style() -> Style {
    Style {
        tool: super::TOOL,
        name: "Exchange",
        authorize_path: "/adfs/oauth2/authorize",
        token_path: "/adfs/oauth2/token",
        revoke_path: None,
        scopes: &["openid", "user_impersonation"],
        scope_param: "scope",
        scope_separator: ' ',
        accounts: seed::accounts(),
        pkce: Pkce::Optional,
        grants: &[GrantKind::AuthorizationCode, GrantKind::RefreshToken],
        client_auth: &[ClientAuth::Body, ClientAuth::Basic],
        token_bodies: &[BodyKind::Form],
        code_seconds: 600,
        access_seconds: Some(3600),
        refresh_seconds: None,
        refresh: Refresh::Kept,
        offline: |_| true,
        partial_consent: false,
        access_prefix: "eyJ",
        refresh_prefix: "adfs.",
        token_answer: Arc::new(|_, issued| {
            let mut answer = json!({
                "access_token": issued.access_token,
                "expires_in": issued.expires_in,
                "scope": issued.scopes.join(" "),
                "token_type": "bearer",
            });
            if let (Some(refresh), GrantKind::AuthorizationCode) = (&issued.refresh_token, &issued.grant) {
                answer["refresh_token"] = json!(refresh);
            }
            answer
        }),
        oauth_error,
        denied: |_: &Denied| unauthorized(),
        revoke_needs_client: false,
        revoked_answer: || StatusCode::OK.into_response(),
    }
}

fn oauth_error(error: &OauthError) -> Response {
    (error.status, Json(json!({ "error": error.code, "error_description": error.description }))).into_response()
}

/// IIS answers before Exchange is asked: no SOAP, and the ways in which one may sign in.
pub fn unauthorized() -> Response {
    let ways = ["Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\"", "Negotiate", "NTLM", "Basic realm=\"demo.example\""];
    (StatusCode::UNAUTHORIZED, AppendHeaders(ways.map(|way| (header::WWW_AUTHENTICATE, way)))).into_response()
}
