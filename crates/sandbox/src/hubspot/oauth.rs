//! How HubSpot's authorization differs from others: optional scopes, its token answer, and what it tells of tokens.
//! Schemas: `PublicApiSpecs/Auth/Oauth/Rollouts/155908/v1/oauth.json`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::{Method, StatusCode, Uri},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use url::form_urlencoded::{Serializer, parse};

use super::{
    TOOL, errors,
    hub::Hub,
    seed::{self, APP},
};
use crate::kit::{BodyKind, ClientAuth, GrantKind, Pkce, Refresh, Refusal, Style, TokenFacts, TokenKind};
use crate::people::DOMAIN;

const AUTHORIZE: &str = "/oauth/authorize";

/// What the app may ask for.
const ASKABLE: &[&str] = &[
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.companies.read",
    "crm.schemas.companies.write",
    "crm.schemas.deals.read",
    "crm.schemas.deals.write",
];

pub fn style() -> Style {
    Style {
        tool: TOOL,
        name: "HubSpot",
        authorize_path: AUTHORIZE,
        token_path: "/oauth/v1/token",
        revoke_path: None,
        scopes: ASKABLE,
        scope_param: "scope",
        scope_separator: ' ',
        accounts: seed::accounts(),
        pkce: Pkce::Optional,
        grants: &[GrantKind::AuthorizationCode, GrantKind::RefreshToken],
        client_auth: &[ClientAuth::Body],
        token_bodies: &[BodyKind::Form],
        code_seconds: 60,
        access_seconds: Some(1800),
        refresh_seconds: None,
        refresh: Refresh::Kept,
        offline: |_| true,
        // A person permits all required scopes or none.
        partial_consent: false,
        access_prefix: "CJ",
        refresh_prefix: "na1-",
        token_answer: Arc::new(|_, issued| {
            let mut answer = json!({
                "token_type": "bearer",
                "token_use": "access_token",
                "access_token": issued.access_token,
                "expires_in": issued.expires_in,
                "hub_id": number(&issued.account.tenant),
                "user_id": number(&issued.account.id),
                "scopes": issued.scopes,
            });
            if let Some(refresh) = &issued.refresh_token {
                answer["refresh_token"] = json!(refresh);
            }
            answer
        }),
        oauth_error: errors::oauth,
        denied: errors::denied,
        revoke_needs_client: false,
        revoked_answer: || StatusCode::NO_CONTENT.into_response(),
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

/// Brings an authorize request into the usual form: HubSpot needs no `response_type`, and `optional_scope` holds scopes
/// that are granted where the account has a right to them and else left out in silence.
pub async fn usual_form(State(hub): State<Arc<Hub>>, mut request: Request, next: Next) -> Response {
    if request.uri().path() == AUTHORIZE && request.method() == Method::GET {
        let query = rewritten(request.uri().query().unwrap_or_default(), &hub);
        if let Ok(uri) = format!("{AUTHORIZE}?{query}").parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }
    next.run(request).await
}

fn rewritten(query: &str, hub: &Hub) -> String {
    let pairs: Vec<(String, String)> = parse(query.as_bytes()).into_owned().collect();
    let words = |name| {
        let values = pairs.iter().filter(move |(own, _)| own == name).flat_map(|(_, value)| value.split(' '));
        values.filter(|word| !word.is_empty()).collect::<Vec<&str>>()
    };
    let portal = hub.portal();
    let mut scopes = words("scope");
    for scope in words("optional_scope").into_iter().filter(|scope| !portal.withheld.contains(*scope)) {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    let mut answer = Serializer::new(String::new());
    answer.extend_pairs(pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "scope" | "optional_scope")));
    answer.append_pair("scope", &scopes.join(" "));
    if words("response_type").is_empty() {
        answer.append_pair("response_type", "code");
    }
    answer.finish()
}

/// `GET /oauth/v1/access-tokens/{token}`
pub async fn access_token(State(hub): State<Arc<Hub>>, Path(token): Path<String>) -> Result<Response, Refusal> {
    let facts = facts(&hub, &token, TokenKind::Access)?;
    let mut answer = common(&token, &facts, "access");
    answer["app_id"] = json!(APP);
    answer["expires_in"] = json!(facts.expires_in);
    Ok(Json(answer).into_response())
}

/// `GET /oauth/v1/refresh-tokens/{token}`
pub async fn refresh_token(State(hub): State<Arc<Hub>>, Path(token): Path<String>) -> Result<Response, Refusal> {
    let facts = facts(&hub, &token, TokenKind::Refresh)?;
    let mut answer = common(&token, &facts, "refresh");
    answer["client_id"] = json!(facts.client_id);
    Ok(Json(answer).into_response())
}

/// `DELETE /oauth/v1/refresh-tokens/{token}`: the refresh token alone ends; access tokens run out by themselves, the app
/// stays installed.
pub async fn delete_refresh_token(State(hub): State<Arc<Hub>>, Path(token): Path<String>) -> Result<Response, Refusal> {
    facts(&hub, &token, TokenKind::Refresh)?;
    hub.authority.forget_token(&token);
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn facts(hub: &Hub, token: &str, kind: TokenKind) -> Result<TokenFacts, Refusal> {
    let found = hub.authority.lookup(token).filter(|facts| facts.kind == kind);
    found.ok_or_else(|| errors::refuse(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "The token is not known or has expired."))
}

fn common(token: &str, facts: &TokenFacts, kind: &str) -> Value {
    json!({
        "token": token,
        "token_type": kind,
        "user": facts.account.email,
        "user_id": number(&facts.account.id),
        "hub_id": number(&facts.account.tenant),
        "hub_domain": DOMAIN,
        "scopes": facts.scopes,
    })
}
