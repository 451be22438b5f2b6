//! Who may do what: a person's scopes, or the permissions that an administrator gave to an application (permissions.trimmed.json).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, StatusCode};

use super::entra::DEFAULT_SCOPE;
use super::errors::refuse;
use crate::kit::{Authority, Caller, Denied, Limit, Need, Refusal};

/// What a request needs: one of these, by the way the caller signed in.
#[derive(Clone, Copy, Debug)]
pub struct Rights {
    /// Scopes of a person (`DelegatedWork`).
    pub delegated: &'static [&'static str],
    /// Permissions of an application.
    pub application: &'static [&'static str],
}

/// Someone who may.
#[derive(Clone, Debug)]
pub struct Allowed {
    pub caller: Caller,
    /// An application by itself, without a person.
    pub is_application: bool,
}

/// The authority's tokens, the applications' permissions and everybody's quota.
pub struct Access {
    authority: Arc<Authority>,
    consented: Mutex<BTreeSet<String>>,
    quota: Limit,
}

impl Access {
    pub fn new(authority: &Arc<Authority>, consented: &[&str], quota: Limit) -> Self {
        let consented = consented.iter().map(ToString::to_string).collect();
        Self { authority: Arc::clone(authority), consented: Mutex::new(consented), quota }
    }

    /// What an administrator consented to for applications.
    pub fn consented(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.consented.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes every mailbox's quota this large.
    pub fn set_quota(&self, burst: u64) {
        self.quota.set_burst(burst);
    }

    /// The caller, when the token is good, a permission is there, and the quota is not spent.
    pub fn allowed(&self, headers: &HeaderMap, rights: Rights) -> Result<Allowed, Refusal> {
        let caller = self.authority.bearer(headers, Need::Token)?;
        let is_application = caller.scopes.iter().any(|scope| scope == DEFAULT_SCOPE);
        let enough = if is_application {
            let consented = self.consented();
            rights.application.iter().any(|right| consented.contains(*right))
        } else {
            caller.may(rights.delegated)
        };
        if !enough {
            return Err(super::errors::denied(&Denied::Scope { needed: rights.delegated, granted: Vec::new() }).into());
        }
        let quota = self.quota.take(&format!("{} {}", caller.client_id, caller.account.id), 1);
        if quota.allowed {
            return Ok(Allowed { caller, is_application });
        }
        let seconds = u64::try_from(quota.retry_after_ms).unwrap_or(0).div_ceil(1_000).max(1);
        let refusal = refuse(StatusCode::TOO_MANY_REQUESTS, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.");
        Err(refusal.with("retry-after", &seconds.to_string()))
    }
}
