//! Asana's authorization server: scopes by space, tokens of an hour, refresh tokens that live on, PKCE where it is asked for.
//! <https://developers.asana.com/docs/oauth>

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, http::StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded::{Serializer, parse};

use super::errors;
use crate::kit::{Account, Authority, BodyKind, ClientAuth, GrantKind, Issued, Kit, Pkce, Refresh, Style};

const AUTHORIZE: &str = "/-/oauth_authorize";

/// All of the description's `securitySchemes` that an endpoint here asks for, and those that cover or widen them.
const SCOPES: &[&str] = &[
    "default",
    "openid",
    "email",
    "profile",
    "custom_fields:read",
    "projects:read",
    "projects:write",
    "stories:read",
    "tasks:read",
    "tasks:write",
    "tasks:delete",
    "users:read",
    "webhooks:read",
    "webhooks:write",
    "webhooks:delete",
    "workspaces:read",
];

pub(super) fn authority(kit: &Arc<Kit>, accounts: Vec<Account>) -> Arc<Authority> {
    let style = Style {
        tool: super::ID,
        name: "Asana",
        authorize_path: AUTHORIZE,
        token_path: "/-/oauth_token",
        revoke_path: Some("/-/oauth_revoke"),
        scopes: SCOPES,
        scope_param: "scope",
        scope_separator: ' ',
        accounts,
        pkce: Pkce::Optional,
        grants: &[GrantKind::AuthorizationCode, GrantKind::RefreshToken],
        client_auth: &[ClientAuth::Body],
        token_bodies: &[BodyKind::Form],
        // How long a code lives is not established.
        code_seconds: 10 * 60,
        access_seconds: Some(3_600),
        refresh_seconds: None,
        refresh: Refresh::Kept,
        offline: |_| true,
        partial_consent: false,
        access_prefix: "2/1200000000000000/",
        refresh_prefix: "2/1200000000000000/r-",
        token_answer: Arc::new(|_, issued| token_answer(issued)),
        oauth_error: errors::oauth,
        denied: errors::denied,
        revoke_needs_client: true,
        revoked_answer: || (StatusCode::OK, Json(json!({}))).into_response(),
    };
    Authority::new(kit, style)
}

/// A refresh token comes with a code's tokens alone. What was granted is not said.
fn token_answer(issued: &Issued) -> Value {
    let Account { id, email, name, .. } = &issued.account;
    let mut answer = json!({
        "access_token": issued.access_token,
        "token_type": "bearer",
        "expires_in": issued.expires_in,
        "data": { "id": id, "gid": id, "name": name, "email": email },
    });
    if let Some(refresh_token) = &issued.refresh_token {
        answer["refresh_token"] = json!(refresh_token);
    }
    answer
}

/// Whoever asks for no scope is given the scope `default`.
pub(super) async fn default_scope(mut request: Request, next: Next) -> Response {
    if request.uri().path() == AUTHORIZE && request.method() == Method::GET {
        let query = request.uri().query().unwrap_or_default();
        if !parse(query.as_bytes()).any(|(name, value)| name == "scope" && !value.trim().is_empty()) {
            let rest = parse(query.as_bytes()).into_owned().filter(|(name, _)| name != "scope");
            let query = Serializer::new(String::new()).extend_pairs(rest).append_pair("scope", "default").finish();
            if let Ok(uri) = format!("{AUTHORIZE}?{query}").parse::<Uri>() {
                *request.uri_mut() = uri;
            }
        }
    }
    next.run(request).await
}
