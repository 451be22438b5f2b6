//! Notion's authorization server: no scopes, HTTP Basic with a JSON body, refresh tokens that rotate. What a connection may reach is
//! which pages the person shared. <https://developers.notion.com/docs/authorization>

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::errors;
use crate::kit::{Account, Authority, BodyKind, ClientAuth, GrantKind, Issued, Kit, Pkce, Refresh, Style};

/// The bot of the integration in the workspace, and the workspace's name.
pub(super) fn authority(kit: &Arc<Kit>, accounts: Vec<Account>, bot: String, workspace: String) -> Arc<Authority> {
    let style = Style {
        tool: super::ID,
        name: "Notion",
        authorize_path: "/v1/oauth/authorize",
        token_path: "/v1/oauth/token",
        revoke_path: Some("/v1/oauth/revoke"),
        scopes: &[],
        scope_param: "scope",
        scope_separator: ' ',
        accounts,
        pkce: Pkce::Ignored,
        grants: &[GrantKind::AuthorizationCode, GrantKind::RefreshToken],
        client_auth: &[ClientAuth::Basic],
        token_bodies: &[BodyKind::Json],
        code_seconds: 10 * 60,
        // How long an access token lives is not established, and no answer tells; here an hour, so that its end is met.
        access_seconds: Some(3_600),
        refresh_seconds: None,
        refresh: Refresh::Rotated { grace_seconds: 0, reuse_revokes_family: false },
        offline: |_| true,
        partial_consent: false,
        access_prefix: "ntn_",
        refresh_prefix: "nrt_",
        token_answer: Arc::new(move |_, issued| token_answer(issued, &bot, &workspace)),
        oauth_error: errors::oauth,
        denied: errors::denied,
        revoke_needs_client: true,
        revoked_answer: || (StatusCode::OK, Json(json!({}))).into_response(),
    };
    Authority::new(kit, style)
}

/// As the SDK's `OauthTokenResponse`: neither a lifetime nor scopes.
fn token_answer(issued: &Issued, bot: &str, workspace: &str) -> Value {
    let Account { id, email, name, tenant } = &issued.account;
    json!({
        "access_token": issued.access_token,
        "token_type": "bearer",
        "refresh_token": issued.refresh_token,
        "bot_id": bot,
        "workspace_icon": null,
        "workspace_name": workspace,
        "workspace_id": tenant,
        "owner": {
            "type": "user",
            "user": { "object": "user", "id": id, "name": name, "avatar_url": null, "type": "person", "person": { "email": email } },
        },
        "duplicated_template_id": null,
    })
}
