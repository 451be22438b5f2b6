//! Codes, tokens and the consents they come from, in memory. Knows lives, rotation and reuse; knows no HTTP.

use std::collections::{BTreeMap, HashMap};

use super::style::{Account, Denied, OauthError, OauthReason, TokenFacts, TokenKind};

/// One consent: everything issued from it dies with it.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    pub account: Account,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub params: BTreeMap<String, String>,
    pub revoked: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Code {
    pub consent: usize,
    pub redirect_uri: String,
    pub challenge: Option<String>,
    pub expires_ms: i64,
    pub used: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub consent: usize,
    pub expires_ms: Option<i64>,
    /// A refresh token that was used: when, and what it was replaced by.
    pub replaced: Option<Replaced>,
}

#[derive(Clone, Debug)]
pub(super) struct Replaced {
    pub at_ms: i64,
    pub access_token: String,
    pub refresh_token: String,
}

#[derive(Debug, Default)]
pub(super) struct Vault {
    pub consents: Vec<Consent>,
    pub codes: HashMap<String, Code>,
    pub tokens: HashMap<String, Token>,
}

impl Vault {
    pub(super) fn add_consent(&mut self, consent: Consent) -> usize {
        self.consents.push(consent);
        self.consents.len() - 1
    }

    pub(super) fn add_token(&mut self, text: String, kind: TokenKind, consent: usize, expires_ms: Option<i64>) {
        let token = Token { kind, consent, expires_ms, replaced: None };
        self.tokens.insert(text, token);
    }

    /// The consent behind a live access token.
    pub(super) fn access(&self, text: &str, now_ms: i64) -> Result<&Consent, Denied> {
        let token = self.tokens.get(text).filter(|token| token.kind == TokenKind::Access).ok_or(Denied::Unknown)?;
        let consent = &self.consents[token.consent];
        if consent.revoked {
            return Err(Denied::Revoked);
        }
        if token.expires_ms.is_some_and(|expires| expires <= now_ms) {
            return Err(Denied::Expired);
        }
        Ok(consent)
    }

    /// Redeems a code once. A second use kills what the first one gave (RFC 6749 section 4.1.2).
    pub(super) fn redeem(&mut self, text: &str, client_id: &str, now_ms: i64) -> Result<Code, OauthError> {
        let unknown = || OauthReason::UnknownCode.error("The code is not known.");
        let code = self.codes.get_mut(text).ok_or_else(unknown)?;
        let consent = &mut self.consents[code.consent];
        if consent.client_id != client_id {
            return Err(unknown());
        }
        if code.used {
            consent.revoked = true;
            return Err(OauthReason::ReusedCode.error("The code was used before."));
        }
        if code.expires_ms <= now_ms {
            return Err(OauthReason::ExpiredCode.error("The code has expired."));
        }
        code.used = true;
        Ok(code.clone())
    }

    /// A refresh token that may be used, judged without its use before.
    pub(super) fn refresh(&self, text: &str, client_id: &str, now_ms: i64) -> Result<Token, OauthError> {
        let token = self
            .tokens
            .get(text)
            .filter(|token| token.kind == TokenKind::Refresh)
            .filter(|token| self.consents[token.consent].client_id == client_id)
            .ok_or_else(|| OauthReason::UnknownRefresh.error("The refresh token is not known."))?;
        if self.consents[token.consent].revoked {
            return Err(OauthReason::RevokedRefresh.error("The refresh token was revoked."));
        }
        if token.expires_ms.is_some_and(|expires| expires <= now_ms) {
            return Err(OauthReason::ExpiredRefresh.error("The refresh token has expired."));
        }
        Ok(token.clone())
    }

    pub(super) fn replace(&mut self, text: &str, replaced: Replaced) {
        if let Some(token) = self.tokens.get_mut(text) {
            token.replaced = Some(replaced);
        }
    }

    /// Kills the consent of a token; false when the token is unknown or dead already.
    pub(super) fn revoke(&mut self, text: &str) -> bool {
        let Some(token) = self.tokens.get(text) else {
            return false;
        };
        let consent = &mut self.consents[token.consent];
        !std::mem::replace(&mut consent.revoked, true)
    }

    /// Kills the consents of one account, or of all; returns how many lived.
    pub(super) fn revoke_account(&mut self, email: Option<&str>) -> usize {
        let living = self
            .consents
            .iter_mut()
            .filter(|consent| !consent.revoked)
            .filter(|consent| email.is_none_or(|email| consent.account.email == email));
        living.map(|consent| consent.revoked = true).count()
    }

    pub(super) fn facts(&self, text: &str, now_ms: i64) -> Option<TokenFacts> {
        let token = self.tokens.get(text)?;
        let consent = &self.consents[token.consent];
        let dead = consent.revoked || token.replaced.is_some() || token.expires_ms.is_some_and(|expires| expires <= now_ms);
        (!dead).then(|| TokenFacts {
            kind: token.kind,
            account: consent.account.clone(),
            scopes: consent.scopes.clone(),
            client_id: consent.client_id.clone(),
            expires_in: token.expires_ms.map(|expires| (expires - now_ms) / 1000),
        })
    }
}
