//! Zoom's authorization server: codes of 5 minutes, tokens of an hour, rotating refresh tokens without grace, server-to-server grants, granular scopes.
//! <https://developers.zoom.us/docs/integrations/oauth/>

use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Limit, Zoom, answers};
use crate::kit::{
    Account, Authority, BodyKind, Caller, ClientAuth, Denied, GrantKind, Issued, Kit, Need, OauthError, OauthReason, Pkce, Refresh,
    Refusal, Style,
};
use crate::people::PEOPLE;

/// The scopes an endpoint takes: for one's own data, or for the whole account (`:admin`).
#[derive(Clone, Copy)]
pub(super) struct Access {
    pub scopes: &'static [&'static str],
    /// How many of `scopes`, from the front, give access to one's own data alone.
    pub own: usize,
    pub label: Label,
}

/// Rate-limit label of an endpoint.
#[derive(Clone, Copy)]
pub(super) enum Label {
    Light,
    Medium,
}

pub(super) const USER: Access = Access { scopes: &["user:read:user", "user:read:user:admin"], own: 1, label: Label::Light };
pub(super) const LIST_RECORDINGS: Access = Access {
    scopes: &["cloud_recording:read:list_user_recordings", "cloud_recording:read:list_user_recordings:admin"],
    own: 1,
    label: Label::Medium,
};
pub(super) const RECORDING_FILES: Access = Access {
    scopes: &["cloud_recording:read:list_recording_files", "cloud_recording:read:list_recording_files:admin"],
    own: 1,
    label: Label::Light,
};
pub(super) const TRANSCRIPT: Access = Access {
    scopes: &["cloud_recording:read:meeting_transcript", "cloud_recording:read:meeting_transcript:admin"],
    own: 1,
    label: Label::Light,
};
pub(super) const SUMMARY: Access = Access { scopes: &["meeting:read:summary", "meeting:read:summary:admin"], own: 1, label: Label::Light };
pub(super) const PAST_MEETING: Access =
    Access { scopes: &["meeting:read:past_meeting", "meeting:read:past_meeting:admin"], own: 1, label: Label::Light };
pub(super) const PARTICIPANTS: Access =
    Access { scopes: &["meeting:read:list_past_participants", "meeting:read:list_past_participants:admin"], own: 1, label: Label::Medium };

const SCOPES: &[&str] = &[
    "user:read:user",
    "user:read:user:admin",
    "cloud_recording:read:list_user_recordings",
    "cloud_recording:read:list_user_recordings:admin",
    "cloud_recording:read:list_recording_files",
    "cloud_recording:read:list_recording_files:admin",
    "cloud_recording:read:meeting_transcript",
    "cloud_recording:read:meeting_transcript:admin",
    "meeting:read:summary",
    "meeting:read:summary:admin",
    "meeting:read:past_meeting",
    "meeting:read:past_meeting:admin",
    "meeting:read:list_past_participants",
    "meeting:read:list_past_participants:admin",
    "meeting:read:list_meetings",
    "meeting:read:list_meetings:admin",
];

pub(super) fn authority(kit: &Arc<Kit>) -> Arc<Authority> {
    let tenant = kit.token("")[..22].to_owned();
    let accounts = PEOPLE[..5].iter().map(|one| Account {
        id: kit.token("")[..22].to_owned(),
        email: one.email(),
        name: one.name.to_owned(),
        tenant: tenant.clone(),
    });
    let api_url = kit.base(super::ID);
    let style = Style {
        tool: super::ID,
        name: "Zoom",
        authorize_path: "/oauth/authorize",
        token_path: "/oauth/token",
        revoke_path: Some("/oauth/revoke"),
        scopes: SCOPES,
        scope_param: "scope",
        scope_separator: ' ',
        accounts: accounts.collect(),
        pkce: Pkce::Optional,
        grants: &[GrantKind::AuthorizationCode, GrantKind::RefreshToken, GrantKind::AccountCredentials],
        client_auth: &[ClientAuth::Basic],
        token_bodies: &[BodyKind::Form, BodyKind::Query],
        code_seconds: 5 * 60,
        access_seconds: Some(3600),
        refresh_seconds: Some(90 * 24 * 3600),
        refresh: Refresh::Rotated { grace_seconds: 0, reuse_revokes_family: false },
        offline: |_| true,
        partial_consent: false,
        access_prefix: "eyJzdiI6IjAwMDAwMiJ9.",
        refresh_prefix: "eyJzdiI6IjAwMDAwMiJ9.r.",
        token_answer: Arc::new(move |_, issued| token_answer(&api_url, issued)),
        oauth_error,
        denied,
        revoke_needs_client: true,
        revoked_answer: || Json(json!({ "status": "success" })).into_response(),
    };
    Authority::new(kit, style)
}

fn token_answer(api_url: &str, issued: &Issued) -> Value {
    let mut answer = json!({
        "access_token": issued.access_token,
        "token_type": "bearer",
        "expires_in": issued.expires_in,
        "scope": issued.scopes.join(" "),
        "api_url": api_url,
    });
    if let Some(refresh_token) = &issued.refresh_token {
        answer["refresh_token"] = json!(refresh_token);
    }
    answer
}

/// `{reason, error}`; a refresh token that is dead for whatever reason is "Invalid Token!".
fn oauth_error(error: &OauthError) -> Response {
    let reason = match error.reason {
        OauthReason::UnknownRefresh
        | OauthReason::ExpiredRefresh
        | OauthReason::RevokedRefresh
        | OauthReason::ReusedRefresh
        | OauthReason::UnknownToken => "Invalid Token!",
        OauthReason::UnknownCode | OauthReason::ExpiredCode | OauthReason::ReusedCode => "Invalid authorization code",
        OauthReason::UnknownClient | OauthReason::BadSecret => "Invalid client_id or client_secret",
        OauthReason::UnsupportedGrant => "unsupported grant type",
        _ => error.description.as_str(),
    };
    (error.status, Json(json!({ "reason": reason, "error": error.code }))).into_response()
}

fn denied(denied: &Denied) -> Response {
    let refusal = match denied {
        Denied::Missing | Denied::Unknown | Denied::Revoked => answers::error(StatusCode::UNAUTHORIZED, 124, "Invalid access token."),
        Denied::Expired => answers::error(StatusCode::UNAUTHORIZED, 124, "Access token is expired."),
        Denied::Scope { needed, .. } => {
            let message = format!("Invalid access token, does not contain scopes:[{}].", needed.join(", "));
            answers::error(StatusCode::BAD_REQUEST, 4711, &message)
        }
    };
    refusal.into_response()
}

/// Who calls, and how far the scopes reach.
pub(super) struct Visitor {
    pub caller: Caller,
    /// May see the whole account, not only what is his own.
    pub everybody: bool,
    /// Rate-limit headers that every answer carries.
    pub headers: HeaderMap,
}

impl Visitor {
    pub(super) fn may_see(&self, owner: &str) -> bool {
        self.everybody || self.caller.account.id == owner
    }
}

impl Zoom {
    /// Token, scopes and rate limit of one request.
    pub(super) fn admit(&self, headers: &HeaderMap, access: Access) -> Result<Visitor, Refusal> {
        let caller = self.authority.bearer(headers, Need::Any(access.scopes))?;
        let (category, limit): (_, &Limit) = match access.label {
            Label::Light => ("Light", &self.limits.light),
            Label::Medium => ("Medium", &self.limits.medium),
        };
        let quota = limit.take(&caller.account.tenant, 1);
        let pairs = [
            ("x-ratelimit-category", category.to_owned()),
            ("x-ratelimit-type", "Per-second-limit".to_owned()),
            ("x-ratelimit-limit", quota.limit.to_string()),
            ("x-ratelimit-remaining", quota.remaining.to_string()),
        ];
        if !quota.allowed {
            let message = "You have reached the maximum per-second rate limit for this API. Try again later.";
            let refusal = answers::error(StatusCode::TOO_MANY_REQUESTS, 429, message);
            return Err(pairs.iter().fold(refusal, |refusal, (name, value)| refusal.with(name, value)));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        }
        let everybody = access.scopes[access.own..].iter().any(|scope| caller.scopes.iter().any(|own| own == scope));
        Ok(Visitor { caller, everybody, headers })
    }
}
