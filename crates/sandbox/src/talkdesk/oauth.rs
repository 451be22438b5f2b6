//! Talkdesk's token endpoint and authorize page: who may ask how, and the answers' shapes. The flows themselves are the kit's.
//!
//! docs.talkdesk.com/reference/cc-basic, /cc-jwt, /authorization-code-jwt-post, /refresh-token-basic, /docs/signed-jwt: HTTP Basic or
//! `private_key_jwt`; `expires_in` 599; an authorization code brings refresh token and `sid`.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::ID;
use super::world::World;
use crate::kit::{
    Account, Authority, BodyKind, ClientAuth, Denied, GrantKind, Kit, OauthError, Pkce, Refresh, Refusal, Style, TokenAnswer,
};

const SCOPES: &[&str] = &[
    "account:read",
    "contacts:read",
    "data-reports:read",
    "data-reports:write",
    "interactions-public:read",
    "openid",
    "recordings:read",
    "refresh_token",
    "users:read",
];

/// The authorization server; the users of the account can sign in.
pub(super) fn authority(kit: &Arc<Kit>, world: &World) -> Arc<Authority> {
    let accounts = world
        .users
        .iter()
        .filter(|user| user.active)
        .map(|user| Account { id: user.id.clone(), email: user.email.clone(), name: user.name.clone(), tenant: world.account_id.clone() })
        .collect();
    Authority::new(
        kit,
        Style {
            tool: ID,
            name: "Talkdesk",
            authorize_path: "/oauth/authorize",
            token_path: "/oauth/token",
            revoke_path: None,
            scopes: SCOPES,
            scope_param: "scope",
            scope_separator: ' ',
            accounts,
            pkce: Pkce::Ignored,
            grants: &[GrantKind::ClientCredentials, GrantKind::AuthorizationCode, GrantKind::RefreshToken],
            client_auth: &[ClientAuth::Basic, ClientAuth::PrivateKeyJwt],
            token_bodies: &[BodyKind::Form],
            code_seconds: 60,
            access_seconds: Some(599),
            refresh_seconds: None,
            // Whether the old refresh token lives on is not established; the answer has a `refresh_token`, so it is to be taken.
            refresh: Refresh::Rotated { grace_seconds: 0, reuse_revokes_family: false },
            // The file's scope `refresh_token` is "Token refresh flow": without it no refresh token is given.
            offline: |query| query.get("scope").is_some_and(|scope| scope.split(' ').any(|one| one == "refresh_token")),
            partial_consent: false,
            access_prefix: "td-access-",
            refresh_prefix: "td-refresh-",
            token_answer: token_answer(),
            oauth_error,
            denied,
            revoke_needs_client: true,
            revoked_answer: || StatusCode::OK.into_response(),
        },
    )
}

fn token_answer() -> TokenAnswer {
    Arc::new(|_, issued| {
        let mut answer: Value = json!({
            "access_token": issued.access_token,
            "token_type": "Bearer",
            "expires_in": issued.expires_in,
            "scope": issued.scopes.join(" "),
        });
        if let Some(refresh_token) = &issued.refresh_token {
            answer["refresh_token"] = json!(refresh_token);
        }
        if issued.grant != GrantKind::ClientCredentials {
            answer["sid"] = json!(format!("session-{}", issued.account.id));
        }
        answer
    })
}

fn oauth_error(error: &OauthError) -> Response {
    let description = match error.code {
        "invalid_client" => "Bad client credentials",
        _ => &error.description,
    };
    Refusal::json(error.status, json!({ "error": error.code, "error_description": description })).into_response()
}

/// Carries the reason to `access.rs`, which knows the API and its codes.
fn denied(denied: &Denied) -> Response {
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    response.extensions_mut().insert(denied.clone());
    response
}
