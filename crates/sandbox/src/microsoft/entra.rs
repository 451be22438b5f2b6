//! Microsoft Entra as an authorization server. Facts: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
//! v2-oauth2-client-creds-grant-flow, refresh-tokens.
//!
//! A token for `.default` is taken for an application's own; that a person may ask for it too is left out.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::errors;
use crate::kit::{Account, BodyKind, ClientAuth, GrantKind, Pkce, Refresh, Style};
use crate::people::{Colleague, PEOPLE};

/// What an application asks for: all that an administrator consented to.
pub const DEFAULT_SCOPE: &str = "https://graph.microsoft.com/.default";
/// Brings a refresh token; the answer never names it.
pub const OFFLINE: &str = "offline_access";
/// The directory (tenant) id of the demo organisation.
pub const TENANT: &str = "7f0c5b6e-2d4a-4c1b-9e83-0a6d5c4b3f21";

/// The people, with their object ids.
pub fn accounts() -> Vec<Account> {
    let account = |(number, one): (u32, &Colleague)| Account {
        id: format!("0b5e6f70-1a2b-4c3d-8e4f-{number:012x}"),
        email: one.email(),
        name: one.name.to_owned(),
        tenant: TENANT.to_owned(),
    };
    (1..).zip(&PEOPLE).map(account).collect()
}

/// Entra for one tool: `scopes` are all that its app may ask for.
pub fn style(tool: &'static str, name: &'static str, scopes: &'static [&'static str]) -> Style {
    Style {
        tool,
        name,
        authorize_path: "/common/oauth2/v2.0/authorize",
        token_path: "/common/oauth2/v2.0/token",
        // There is no endpoint that takes a token back.
        revoke_path: None,
        scopes,
        scope_param: "scope",
        scope_separator: ' ',
        accounts: accounts(),
        pkce: Pkce::Optional,
        grants: &[GrantKind::AuthorizationCode, GrantKind::RefreshToken, GrantKind::ClientCredentials],
        client_auth: &[ClientAuth::Body, ClientAuth::Basic],
        token_bodies: &[BodyKind::Form],
        code_seconds: 600,
        access_seconds: Some(3_599),
        refresh_seconds: Some(90 * 86_400),
        refresh: Refresh::Renewed,
        offline,
        // Consent is to all or nothing.
        partial_consent: false,
        access_prefix: "eyJ0eXAi.",
        refresh_prefix: "0.AAAA",
        token_answer: Arc::new(|_, issued| {
            let mut answer = json!({
                "token_type": "Bearer",
                "expires_in": issued.expires_in,
                "ext_expires_in": issued.expires_in,
                "access_token": issued.access_token,
            });
            if issued.grant != GrantKind::ClientCredentials {
                let named: Vec<&str> = issued.scopes.iter().map(String::as_str).filter(|scope| *scope != OFFLINE).collect();
                answer["scope"] = json!(named.join(" "));
                answer["refresh_token"] = json!(issued.refresh_token);
            }
            answer
        }),
        oauth_error: errors::oauth,
        denied: errors::denied,
        revoke_needs_client: false,
        revoked_answer: errors::unknown_path,
    }
}

fn offline(query: &BTreeMap<String, String>) -> bool {
    query.get("scope").is_some_and(|scopes| scopes.split(' ').any(|scope| scope == OFFLINE))
}
