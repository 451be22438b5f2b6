//! How Google's authorization server differs from others: offline access, partial consent, its token answer.
//! Facts: developers.google.com/identity/protocols/oauth2/web-server.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{access::ASKABLE, errors, seed};
use crate::kit::{BodyKind, ClientAuth, GrantKind, Pkce, Refresh, Style};

pub fn style() -> Style {
    Style {
        tool: super::TOOL,
        name: "Google",
        authorize_path: "/o/oauth2/v2/auth",
        token_path: "/token",
        revoke_path: Some("/revoke"),
        scopes: ASKABLE,
        scope_param: "scope",
        scope_separator: ' ',
        accounts: seed::accounts(),
        pkce: Pkce::Optional,
        grants: &[GrantKind::AuthorizationCode, GrantKind::RefreshToken],
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
        oauth_error: errors::oauth,
        denied: errors::denied,
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
