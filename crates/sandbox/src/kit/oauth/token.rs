//! The token and revoke endpoints: each grant, rotation, grace and reuse. Who the client is, is settled next door.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Authority;
use super::client::Parameters;
use super::style::{Account, BodyKind, Client, GrantKind, Issued, OauthError, OauthReason, Pkce, Refresh, TokenKind};
use super::vault::{Consent, Replaced};

pub(super) async fn token(State(authority): State<Arc<Authority>>, headers: HeaderMap, RawQuery(query): RawQuery, body: Bytes) -> Response {
    match authority.issue(&headers, query.as_deref(), &body) {
        Ok(issued) => {
            let answer = (authority.style.token_answer)(&authority, &issued);
            ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
        }
        Err(error) => (authority.style.oauth_error)(&error),
    }
}

pub(super) async fn revoke(
    State(authority): State<Arc<Authority>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    match authority.revoke_request(&headers, query.as_deref(), &body) {
        Ok(()) => (authority.style.revoked_answer)(),
        Err(error) => (authority.style.oauth_error)(&error),
    }
}

impl Authority {
    fn issue(&self, headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Result<Issued, OauthError> {
        let parameters = Parameters::read(self.style.token_bodies, headers, query, body)?;
        let wanted = parameters.require("grant_type")?;
        let grant = self
            .style
            .grants
            .iter()
            .find(|grant| grant.name() == wanted)
            .ok_or_else(|| OauthReason::UnsupportedGrant.error(format!("{wanted} is not supported.")))?;
        let client = || self.authenticate(headers, &parameters);
        match grant {
            GrantKind::AuthorizationCode => self.by_code(&client()?, &parameters),
            GrantKind::RefreshToken => self.by_refresh(&client()?, &parameters),
            GrantKind::ClientCredentials => self.by_client(&client()?, &parameters),
            GrantKind::AccountCredentials => self.by_account(&client()?, &parameters),
            GrantKind::JwtBearer { audiences } => self.by_jwt(*grant, audiences, &parameters),
        }
    }

    fn by_code(&self, client: &Client, parameters: &Parameters) -> Result<Issued, OauthError> {
        let now_ms = self.kit.clock.now_ms();
        let text = parameters.require("code")?;
        let code = self.vault().redeem(text, &client.id, now_ms)?;
        if parameters.require("redirect_uri")? != code.redirect_uri {
            return Err(OauthReason::RedirectMismatch.error("The redirect URI differs from that of the authorize request."));
        }
        match (&code.challenge, parameters.get("code_verifier")) {
            _ if self.style.pkce == Pkce::Ignored => {}
            (None, None) => {}
            (Some(challenge), Some(verifier)) if *challenge == challenge_of(verifier) => {}
            _ => return Err(OauthReason::BadVerifier.error("The code verifier does not fit.")),
        }
        let with_refresh = {
            let vault = self.vault();
            (self.style.offline)(&vault.consents[code.consent].params)
        };
        Ok(self.issue_for(code.consent, with_refresh, GrantKind::AuthorizationCode))
    }

    fn by_refresh(&self, client: &Client, parameters: &Parameters) -> Result<Issued, OauthError> {
        let now_ms = self.kit.clock.now_ms();
        let text = parameters.require("refresh_token")?;
        let token = self.vault().refresh(text, &client.id, now_ms)?;
        let Refresh::Rotated { grace_seconds, reuse_revokes_family } = self.style.refresh else {
            let renewed = self.style.refresh == Refresh::Renewed;
            return Ok(self.issue_for(token.consent, renewed, GrantKind::RefreshToken));
        };
        if let Some(replaced) = token.replaced {
            if now_ms < replaced.at_ms + grace_seconds * 1000 {
                return Ok(self.again(token.consent, &replaced, now_ms));
            }
            if reuse_revokes_family {
                self.vault().consents[token.consent].revoked = true;
            }
            return Err(OauthReason::ReusedRefresh.error("The refresh token was used before."));
        }
        let issued = self.issue_for(token.consent, true, GrantKind::RefreshToken);
        let successor = Replaced {
            at_ms: now_ms,
            access_token: issued.access_token.clone(),
            refresh_token: issued.refresh_token.clone().unwrap_or_default(),
        };
        self.vault().replace(text, successor);
        Ok(issued)
    }

    /// The answer that got lost, once more.
    fn again(&self, consent: usize, replaced: &Replaced, now_ms: i64) -> Issued {
        let vault = self.vault();
        let expires_ms = vault.tokens.get(&replaced.access_token).and_then(|token| token.expires_ms);
        let consent = &vault.consents[consent];
        Issued {
            access_token: replaced.access_token.clone(),
            refresh_token: Some(replaced.refresh_token.clone()),
            expires_in: expires_ms.map(|expires| ((expires - now_ms) / 1000).max(0)),
            scopes: consent.scopes.clone(),
            account: consent.account.clone(),
            client_id: consent.client_id.clone(),
            params: consent.params.clone(),
            grant: GrantKind::RefreshToken,
        }
    }

    fn by_client(&self, client: &Client, parameters: &Parameters) -> Result<Issued, OauthError> {
        let asked = parameters.get("scope").unwrap_or_default();
        self.service(client, asked, GrantKind::ClientCredentials, |_| true)
    }

    fn by_account(&self, client: &Client, parameters: &Parameters) -> Result<Issued, OauthError> {
        let tenant = parameters.require("account_id")?;
        let grant = GrantKind::AccountCredentials;
        self.service(client, "", grant, |account| account.tenant == tenant)
    }

    /// The client is proven by the assertion, the account is its subject; no refresh token.
    fn by_jwt(&self, grant: GrantKind, audiences: &[&str], parameters: &Parameters) -> Result<Issued, OauthError> {
        let bad = |text: &'static str| OauthReason::BadGrant.error(text);
        let (client, claims) = self.verified(parameters.require("assertion")?, audiences).map_err(bad)?;
        self.service(&client, claims.scope.as_deref().unwrap_or_default(), grant, |account| account.email == claims.sub).map_err(|error| {
            match error.reason {
                OauthReason::UnknownAccount => bad("The subject is not known."),
                _ => error,
            }
        })
    }

    /// A token for the app itself: the first account that fits stands for the tenant; no refresh token.
    fn service(&self, client: &Client, asked: &str, grant: GrantKind, fits: impl Fn(&Account) -> bool) -> Result<Issued, OauthError> {
        let account = self
            .style
            .accounts
            .iter()
            .find(|account| fits(account))
            .ok_or_else(|| OauthReason::UnknownAccount.error("The account is not known."))?;
        let mut scopes = self.split_scopes(asked);
        if let Some(unknown) = scopes.iter().find(|scope| !self.knows_scope(scope)) {
            return Err(OauthReason::BadScope.error(format!("{unknown} is not a scope.")));
        }
        if scopes.is_empty() {
            scopes = self.style.scopes.iter().map(ToString::to_string).collect();
        }
        let consent = self.vault().add_consent(Consent {
            account: account.clone(),
            client_id: client.id.clone(),
            scopes,
            params: std::collections::BTreeMap::new(),
            revoked: false,
        });
        Ok(self.issue_for(consent, false, grant))
    }

    /// New tokens of a consent.
    pub(super) fn issue_for(&self, consent: usize, with_refresh: bool, grant: GrantKind) -> Issued {
        let now_ms = self.kit.clock.now_ms();
        let access_token = self.kit.token(self.style.access_prefix);
        let with_refresh = with_refresh && self.style.refresh != Refresh::Never;
        let refresh_token = with_refresh.then(|| self.kit.token(self.style.refresh_prefix));
        let until = |seconds: Option<i64>| seconds.map(|seconds| now_ms + seconds * 1000);
        let mut vault = self.vault();
        vault.add_token(access_token.clone(), TokenKind::Access, consent, until(self.style.access_seconds));
        if let Some(text) = &refresh_token {
            let expires = until(self.style.refresh_seconds);
            vault.add_token(text.clone(), TokenKind::Refresh, consent, expires);
        }
        let consent = &vault.consents[consent];
        Issued {
            access_token,
            refresh_token,
            expires_in: self.style.access_seconds,
            scopes: consent.scopes.clone(),
            account: consent.account.clone(),
            client_id: consent.client_id.clone(),
            params: consent.params.clone(),
            grant,
        }
    }

    fn revoke_request(&self, headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Result<(), OauthError> {
        let kinds: &[BodyKind] =
            if self.style.token_bodies == [BodyKind::Json] { &[BodyKind::Json] } else { &[BodyKind::Form, BodyKind::Query] };
        let parameters = Parameters::read(kinds, headers, query, body)?;
        if self.style.revoke_needs_client {
            self.authenticate(headers, &parameters)?;
        }
        let token = ["token", "access_token", "refresh_token"]
            .iter()
            .find_map(|name| parameters.get(name))
            .or_else(|| super::bearer_of(headers))
            .ok_or_else(|| OauthReason::MissingParameter.error("token is missing."))?;
        if self.vault().revoke(token) { Ok(()) } else { Err(OauthReason::UnknownToken.error("The token is not known.")) }
    }
}

/// RFC 7636 section 4.6, method S256.
fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}
