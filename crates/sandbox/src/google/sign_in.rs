//! How Google's authorization server differs from others: offline access, partial consent, its token answer.
//! Facts: developers.google.com/identity/protocols/oauth2/web-server.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::kit::{Account, BodyKind, ClientAuth, Denied, GrantKind, OauthError, OauthReason, Pkce, Refresh, Style};
use crate::people::{Colleague, DOMAIN, PEOPLE};

/// Google's authorization server for one tool: the scopes that an app may ask for, and the API's own 401 and 403.
pub fn style(tool: &'static str, scopes: &'static [&'static str], denied: fn(&Denied) -> Response) -> Style {
    Style {
        tool,
        name: "Google",
        authorize_path: "/o/oauth2/v2/auth",
        token_path: "/token",
        revoke_path: Some("/revoke"),
        scopes,
        scope_param: "scope",
        scope_separator: ' ',
        accounts: accounts(),
        pkce: Pkce::Optional,
        // A service account acts for a person of the domain whose administrator allowed it.
        grants: &[GrantKind::AuthorizationCode, GrantKind::RefreshToken, GrantKind::JwtBearer { audiences: &[] }],
        client_auth: &[ClientAuth::Body, ClientAuth::Basic],
        token_bodies: &[BodyKind::Form],
        code_seconds: 600,
        access_seconds: Some(3599),
        refresh_seconds: None,
        refresh: Refresh::Kept,
        offline,
        // Every scope has its own checkbox; the token answer says what was granted.
        partial_consent: true,
        access_prefix: "ya29.",
        refresh_prefix: "1//",
        token_answer: Arc::new(|_, issued| {
            let mut answer = json!({
                "access_token": issued.access_token,
                "expires_in": issued.expires_in,
                "scope": issued.scopes.join(" "),
                "token_type": "Bearer",
            });
            // A refresh brings no new refresh token.
            if let (Some(refresh), GrantKind::AuthorizationCode) = (&issued.refresh_token, &issued.grant) {
                answer["refresh_token"] = json!(refresh);
            }
            answer
        }),
        oauth_error,
        denied,
        revoke_needs_client: false,
        revoked_answer: || -> Response { Json(json!({})).into_response() },
    }
}

/// A refresh token comes only for `access_type=offline`, and after the first consent only with `prompt=consent`.
/// The stricter half is always applied, so that an app that forgets the prompt is found out the first time.
fn offline(query: &BTreeMap<String, String>) -> bool {
    let prompts = query.get("prompt").map(String::as_str).unwrap_or_default();
    query.get("access_type").is_some_and(|kind| kind == "offline") && prompts.split(' ').any(|prompt| prompt == "consent")
}

/// Errors of `/token` and `/revoke`: `{error, error_description}`.
fn oauth_error(error: &OauthError) -> Response {
    let (status, code, text) = match error.reason {
        OauthReason::UnknownClient => (StatusCode::UNAUTHORIZED, "invalid_client", "The OAuth client was not found."),
        OauthReason::BadSecret => (StatusCode::UNAUTHORIZED, "invalid_client", "Unauthorized"),
        OauthReason::RedirectMismatch => (StatusCode::BAD_REQUEST, "redirect_uri_mismatch", "Bad Request"),
        OauthReason::UnknownRefresh | OauthReason::ExpiredRefresh | OauthReason::RevokedRefresh | OauthReason::ReusedRefresh => {
            (StatusCode::BAD_REQUEST, "invalid_grant", "Token has been expired or revoked.")
        }
        OauthReason::UnknownToken => (StatusCode::BAD_REQUEST, "invalid_token", "Token expired or revoked"),
        OauthReason::UnknownCode | OauthReason::ExpiredCode | OauthReason::ReusedCode => {
            (StatusCode::BAD_REQUEST, "invalid_grant", "Malformed auth code.")
        }
        _ => (error.status, error.code, error.description.as_str()),
    };
    (status, Json(json!({ "error": code, "error_description": text }))).into_response()
}

/// The people who have Google accounts. Their ids are the same in every tool of Google's.
pub fn accounts() -> Vec<Account> {
    let account = |(number, one): (u64, &Colleague)| Account {
        id: (108_000_000_000_000_000_000_u128 + u128::from(number)).to_string(),
        email: one.email(),
        name: one.name.to_owned(),
        tenant: DOMAIN.to_owned(),
    };
    (1..).zip(&PEOPLE).map(account).collect()
}
