//! Salesforce's authorization server, for an External Client App with PKCE and refresh-token rotation.
//!
//! help.salesforce.com: "OAuth 2.0 Web Server Flow", "OAuth 2.0 Refresh Token Flow for Renewed Sessions", "OAuth 2.0 JWT Bearer Flow for
//! Server-to-Server Integration", "Revoke OAuth Tokens". A session lives as long as the organisation's timeout says (two hours by
//! default), and no answer tells when it ends. That a refresh token used twice ends all of its sign-in is what an app with rotation is
//! set to here.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::json;

use super::{ID, errors, seed};
use crate::kit::{Authority, BodyKind, ClientAuth, GrantKind, Kit, Pkce, Refresh, Style};

/// A session ends after this time.
const SESSION_SECONDS: i64 = 2 * 3_600;

pub(super) fn authority(kit: &Arc<Kit>) -> Arc<Authority> {
    let (login, instance) = (kit.base(ID), instance(kit));
    let style = Style {
        tool: ID,
        name: "Salesforce",
        authorize_path: "/services/oauth2/authorize",
        token_path: "/services/oauth2/token",
        revoke_path: Some("/services/oauth2/revoke"),
        scopes: &["api", "refresh_token", "openid", "id", "profile", "email", "full"],
        scope_param: "scope",
        scope_separator: ' ',
        accounts: seed::accounts(),
        pkce: Pkce::Required,
        grants: &[
            GrantKind::AuthorizationCode,
            GrantKind::RefreshToken,
            GrantKind::JwtBearer { audiences: &["https://login.salesforce.com", "https://test.salesforce.com"] },
        ],
        client_auth: &[ClientAuth::Body, ClientAuth::Basic],
        token_bodies: &[BodyKind::Form],
        code_seconds: 15 * 60,
        access_seconds: Some(SESSION_SECONDS),
        refresh_seconds: None,
        refresh: Refresh::Rotated { grace_seconds: 0, reuse_revokes_family: true },
        offline: |query| query.get("scope").is_some_and(|scope| scope.split(' ').any(|one| one == "refresh_token" || one == "full")),
        partial_consent: false,
        access_prefix: "00DHx0000000001!AQ",
        refresh_prefix: "5Aep861",
        token_answer: Arc::new(move |_, issued| {
            let mut answer = json!({
                "access_token": issued.access_token,
                "signature": "c2lnbmF0dXJl",
                "scope": issued.scopes.join(" "),
                "instance_url": instance,
                "id": format!("{login}/id/{}/{}", issued.account.tenant, issued.account.id),
                "token_type": "Bearer",
                "issued_at": "0",
            });
            if let Some(refresh) = &issued.refresh_token {
                answer["refresh_token"] = json!(refresh);
            }
            answer
        }),
        oauth_error: errors::oauth,
        denied: errors::denied,
        revoke_needs_client: false,
        revoked_answer: || StatusCode::OK.into_response(),
    };
    Authority::new(kit, style)
}

/// Where the organisation's data are: another address than that of the sign-in.
pub(super) fn instance(kit: &Kit) -> String {
    format!("{}/instance", kit.base(ID))
}
