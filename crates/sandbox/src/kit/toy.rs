//! A tool that does next to nothing, for the tests of the kit: one resource, one scope, every OAuth ability switched on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::{
    Account, Authority, BodyKind, ClientAuth, Denied, DescriptionError, GrantKind, Kit, Need, OauthError, Pkce, Refresh, Refusal, Style,
    Tool, Validator,
};

pub(super) fn style() -> Style {
    Style {
        tool: "toy",
        name: "Toy <Box>",
        authorize_path: "/authorize",
        token_path: "/token",
        revoke_path: Some("/revoke"),
        scopes: &["things:read", "things:write"],
        scope_param: "scope",
        scope_separator: ' ',
        accounts: vec![Account {
            id: "1".into(),
            email: "project.manager@demo.example".into(),
            name: "Project Manager".into(),
            tenant: "demo".into(),
        }],
        pkce: Pkce::Required,
        grants: &[
            GrantKind::AuthorizationCode,
            GrantKind::RefreshToken,
            GrantKind::ClientCredentials,
            GrantKind::JwtBearer { audiences: &["https://toy.example"] },
        ],
        client_auth: &[ClientAuth::Basic, ClientAuth::Body, ClientAuth::PrivateKeyJwt],
        token_bodies: &[BodyKind::Form, BodyKind::Json],
        code_seconds: 60,
        access_seconds: Some(600),
        refresh_seconds: Some(6_000),
        refresh: Refresh::Rotated { grace_seconds: 0, reuse_revokes_family: true },
        offline: |query| query.get("access_type").is_some_and(|wanted| wanted == "offline"),
        partial_consent: true,
        access_prefix: "a-",
        refresh_prefix: "r-",
        token_answer: Arc::new(|_, issued| {
            json!({
                "access_token": issued.access_token, "refresh_token": issued.refresh_token,
                "expires_in": issued.expires_in, "scope": issued.scopes.join(" "),
            })
        }),
        oauth_error: |error: &OauthError| {
            let body = json!({ "error": error.code, "reason": format!("{:?}", error.reason) });
            (error.status, Json(body)).into_response()
        },
        denied: |denied| match denied {
            Denied::Scope { needed, .. } => (StatusCode::FORBIDDEN, needed.join(",")).into_response(),
            other => (StatusCode::UNAUTHORIZED, format!("{other:?}")).into_response(),
        },
        revoke_needs_client: true,
        revoked_answer: || StatusCode::OK.into_response(),
    }
}

#[derive(Clone)]
struct Toy {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
}

#[expect(clippy::unnecessary_wraps, reason = "has the signature of every tool")]
pub(super) fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let authority = Authority::new(kit, style());
    let toy = Toy { kit: Arc::clone(kit), authority: Arc::clone(&authority) };
    let router = Router::new().route("/things", get(things).post(make)).with_state(toy).merge(authority.router());
    Ok(Tool { id: "toy", router, control: Router::new(), authority, validator: Validator::by_handler("toy") })
}

async fn things(State(toy): State<Toy>, headers: HeaderMap) -> Result<Response, Refusal> {
    toy.authority.bearer(&headers, Need::Any(&["things:read"]))?;
    Ok(Json(json!({ "things": ["a ball", "a kite", "a drum"] })).into_response())
}

async fn make(State(toy): State<Toy>, headers: HeaderMap) -> Result<Response, Refusal> {
    let caller = toy.authority.bearer(&headers, Need::All(&["things:read", "things:write"]))?;
    toy.kit.ledger.record("toy", "thing.create", "1", None, json!({ "by": caller.account.email }));
    Ok((StatusCode::CREATED, Json(json!({ "id": 1 }))).into_response())
}
