//! Slack's OAuth v2: authorize page, `oauth.v2.access` with token rotation on, and how tokens are refused. Revoking is a Web API method.
//!
//! <https://docs.slack.dev/authentication/installing-with-oauth> (comma-separated scopes, code lives 10 minutes, `redirect_uri` repeated);
//! <https://docs.slack.dev/authentication/using-token-rotation> (12 hours, single-use refresh tokens, `xoxe.` prefixes).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use url::form_urlencoded;

use super::world::World;
use super::{ID, refuse};
use crate::kit::{
    Account, Authority, BodyKind, ClientAuth, Denied, GrantKind, Kit, OauthError, OauthReason, Pkce, Refresh, Refusal, Style, TokenAnswer,
};

const AUTHORIZE: &str = "/oauth/v2/authorize";
const ACCESS: &str = "/api/oauth.v2.access";

/// Bot scopes that the app may ask for.
const SCOPES: &[&str] = &[
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "team:read",
    "users:read",
    "users:read.email",
];

/// The authorization server; the people of the workspace can sign in.
pub(super) fn authority(kit: &Arc<Kit>, world: &World) -> Arc<Authority> {
    let accounts = world
        .users
        .iter()
        .filter(|user| user.is_person() && !user.deleted)
        .map(|user| Account { id: user.id.clone(), email: user.email.clone(), name: user.real_name.clone(), tenant: world.team.id.clone() })
        .collect();
    Authority::new(
        kit,
        Style {
            tool: ID,
            name: "Slack",
            authorize_path: AUTHORIZE,
            token_path: ACCESS,
            revoke_path: None,
            scopes: SCOPES,
            scope_param: "scope",
            scope_separator: ',',
            accounts,
            pkce: Pkce::Optional,
            grants: &[GrantKind::AuthorizationCode, GrantKind::RefreshToken],
            client_auth: &[ClientAuth::Basic, ClientAuth::Body],
            token_bodies: &[BodyKind::Form],
            code_seconds: 600,
            access_seconds: Some(43_200),
            refresh_seconds: None,
            refresh: Refresh::Rotated { grace_seconds: 0, reuse_revokes_family: false },
            offline: |_| true,
            partial_consent: false,
            access_prefix: "xoxe.xoxb-1-",
            refresh_prefix: "xoxe-1-",
            token_answer: token_answer(world),
            oauth_error,
            denied,
            revoke_needs_client: false,
            revoked_answer: || StatusCode::OK.into_response(),
        },
    )
}

/// The authority's routes, with Slack's defaults filled in: it knows no `response_type`, and `grant_type` may be left out with a code.
pub(super) fn router(authority: &Arc<Authority>) -> Router {
    authority.router().layer(from_fn(fill_in))
}

async fn fill_in(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if parts.method == Method::GET && parts.uri.path() == AUTHORIZE {
        let query = parts.uri.query().unwrap_or_default();
        // The app has no user scopes configured, and Slack refuses scopes that an app does not have.
        if has(query.as_bytes(), "user_scope") {
            return (StatusCode::BAD_REQUEST, "invalid_scope: this app has no user scopes").into_response();
        }
        let filled = if has(query.as_bytes(), "response_type") { query.to_owned() } else { format!("{query}&response_type=code") };
        if let Ok(uri) = format!("{AUTHORIZE}?{filled}").parse::<Uri>() {
            parts.uri = uri;
        }
        return next.run(Request::from_parts(parts, body)).await;
    }
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut body = body.to_vec();
    if parts.uri.path() == ACCESS && has(&body, "code") && !has(&body, "grant_type") {
        body.extend_from_slice(b"&grant_type=authorization_code");
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

fn has(form: &[u8], name: &str) -> bool {
    form_urlencoded::parse(form).any(|(known, value)| known == name && !value.is_empty())
}

fn token_answer(world: &World) -> TokenAnswer {
    let team = json!({ "id": world.team.id, "name": world.team.name });
    let (app_id, bot_user_id) = (world.app.id.clone(), world.app.bot_user_id.clone());
    Arc::new(move |_, issued| {
        let mut answer = BTreeMap::from([
            ("ok", json!(true)),
            ("access_token", json!(issued.access_token)),
            ("token_type", json!("bot")),
            ("scope", json!(issued.scopes.join(","))),
            ("bot_user_id", json!(bot_user_id)),
            ("app_id", json!(app_id)),
            ("expires_in", json!(issued.expires_in)),
            ("refresh_token", json!(issued.refresh_token)),
            ("team", team.clone()),
            ("enterprise", json!(null)),
            ("is_enterprise_install", json!(false)),
        ]);
        if issued.grant == GrantKind::AuthorizationCode {
            answer.insert("authed_user", json!({ "id": issued.account.id }));
        }
        json!(answer)
    })
}

/// <https://docs.slack.dev/reference/methods/oauth.v2.access#errors>
fn oauth_error(error: &OauthError) -> Response {
    let name = match error.reason {
        OauthReason::UnknownClient => "invalid_client_id",
        OauthReason::BadSecret | OauthReason::BadAssertion => "bad_client_secret",
        OauthReason::UnsupportedGrant => "invalid_grant_type",
        OauthReason::UnknownCode | OauthReason::ExpiredCode => "invalid_code",
        OauthReason::ReusedCode => "code_already_used",
        OauthReason::RedirectMismatch => "bad_redirect_uri",
        OauthReason::BadVerifier => "invalid_code_verifier",
        OauthReason::UnknownRefresh | OauthReason::ExpiredRefresh | OauthReason::RevokedRefresh | OauthReason::ReusedRefresh => {
            "invalid_refresh_token"
        }
        OauthReason::BadScope => "invalid_scope",
        _ => "invalid_arguments",
    };
    refuse(name).into_response()
}

/// The answer carries its reason along, so that `call.rs` can tell a removed app from a revoked token.
fn denied(denied: &Denied) -> Response {
    let refusal = match denied {
        Denied::Missing => refuse("not_authed"),
        Denied::Unknown => refuse("invalid_auth"),
        Denied::Expired => refuse("token_expired"),
        Denied::Revoked => refuse("token_revoked"),
        Denied::Scope { needed, granted } => missing_scope(&needed.join(","), granted),
    };
    let mut response = refusal.into_response();
    response.extensions_mut().insert(denied.clone());
    response
}

pub(super) fn missing_scope(needed: &str, granted: &[String]) -> Refusal {
    let body = json!({ "ok": false, "error": "missing_scope", "needed": needed, "provided": granted.join(",") });
    Refusal::json(StatusCode::OK, body)
}
