//! A small but real authorization server (RFC 6749, 7636, 7009, 7523), configured per tool by a `Style`. The API endpoints ask it who calls.

mod authorize;
mod client;
mod pages;
mod style;
#[cfg(test)]
mod tests;
mod token;
mod vault;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::routing::{get, post};

use super::{Kit, Refusal};
use authorize::Waiting;
use vault::{Consent, Vault};

pub use style::{
    Account, BodyKind, Caller, Client, ClientAuth, Denied, GrantKind, Issued, Need, OauthError, OauthReason, Pkce, Refresh, Style,
    TokenAnswer, TokenFacts, TokenKind,
};

/// Everybody's password at the sign-in form.
const PASSWORD: &str = "sandbox";

/// One tool's authorization server.
#[derive(Debug)]
pub struct Authority {
    kit: Arc<Kit>,
    style: Style,
    clients: Mutex<BTreeMap<String, Client>>,
    waiting: Mutex<HashMap<String, Waiting>>,
    vault: Mutex<Vault>,
    used_assertions: Mutex<HashSet<String>>,
}

impl Authority {
    /// With the default client `harmony-sandbox`, secret `sandbox-secret-<tool>`, redirect URIs of the options.
    pub fn new(kit: &Arc<Kit>, style: Style) -> Arc<Self> {
        let authority = Self {
            kit: Arc::clone(kit),
            clients: Mutex::default(),
            waiting: Mutex::default(),
            vault: Mutex::default(),
            used_assertions: Mutex::default(),
            style,
        };
        authority.register(Client {
            id: "harmony-sandbox".into(),
            secret: format!("sandbox-secret-{}", authority.style.tool),
            redirect_uris: kit.options.redirect_uris.clone(),
            public_key_pem: None,
        });
        Arc::new(authority)
    }

    /// Authorize pages, token and revoke endpoints at the style's paths.
    pub fn router(self: &Arc<Self>) -> Router {
        let authorize = self.style.authorize_path;
        let mut router = Router::new()
            .route(authorize, get(authorize::begin))
            .route(&format!("{authorize}/sign-in"), post(authorize::sign_in))
            .route(&format!("{authorize}/decide"), post(authorize::decide))
            .route(self.style.token_path, post(token::token));
        if let Some(path) = self.style.revoke_path {
            router = router.route(path, post(token::revoke));
        }
        router.with_state(Arc::clone(self))
    }

    /// Who calls, by the bearer token of the request.
    ///
    /// # Errors
    /// The tool's own 401 or 403.
    pub fn bearer(&self, headers: &HeaderMap, need: Need) -> Result<Caller, Refusal> {
        self.token(bearer_of(headers), need)
    }

    /// Who calls, by a token that stood elsewhere.
    ///
    /// # Errors
    /// The tool's own 401 or 403.
    pub fn token(&self, token: Option<&str>, need: Need) -> Result<Caller, Refusal> {
        self.check(token, need).map_err(|denied| Refusal::from((self.style.denied)(&denied)))
    }

    fn check(&self, token: Option<&str>, need: Need) -> Result<Caller, Denied> {
        let token = token.ok_or(Denied::Missing)?;
        let vault = self.vault();
        let consent = vault.access(token, self.kit.clock.now_ms())?;
        let caller = Caller {
            account: consent.account.clone(),
            scopes: consent.scopes.clone(),
            client_id: consent.client_id.clone(),
            token: token.to_owned(),
            tool: self.style.tool,
            kit: Arc::clone(&self.kit),
        };
        let (enough, needed) = match need {
            Need::Token => (true, [].as_slice()),
            Need::Any(scopes) => (caller.may(scopes), scopes),
            Need::All(scopes) => (scopes.iter().all(|scope| caller.may(&[scope])), scopes),
        };
        if enough { Ok(caller) } else { Err(Denied::Scope { needed, granted: caller.scopes }) }
    }

    /// What can be told of a live token.
    pub fn lookup(&self, token: &str) -> Option<TokenFacts> {
        self.vault().facts(token, self.kit.clock.now_ms())
    }

    /// Kills everything issued from the same consent as this token; false when it was unknown or dead.
    pub fn revoke_token(&self, token: &str) -> bool {
        self.vault().revoke(token)
    }

    /// Ends this token alone; others from the same consent live on. False when it was unknown.
    pub fn forget_token(&self, token: &str) -> bool {
        self.vault().tokens.remove(token).is_some()
    }

    /// Kills all tokens of the account with this e-mail, or of everybody; returns how many consents ended.
    pub fn revoke_account(&self, email: Option<&str>) -> usize {
        self.vault().revoke_account(email)
    }

    /// Tokens without the way through the pages.
    pub fn mint(&self, account: &Account, scopes: &[&str]) -> Issued {
        let consent = self.vault().add_consent(Consent {
            account: account.clone(),
            client_id: "harmony-sandbox".into(),
            scopes: scopes.iter().map(ToString::to_string).collect(),
            params: BTreeMap::new(),
            revoked: false,
        });
        self.issue_for(consent, true, GrantKind::AuthorizationCode)
    }

    /// Adds an app, or replaces the one with the same id.
    pub fn register(&self, client: Client) {
        lock(&self.clients).insert(client.id.clone(), client);
    }

    /// Who can sign in.
    pub fn accounts(&self) -> &[Account] {
        &self.style.accounts
    }

    fn client(&self, id: &str) -> Option<Client> {
        lock(&self.clients).get(id).cloned()
    }

    fn clients_with_keys(&self) -> Vec<(Client, String)> {
        let clients = lock(&self.clients);
        clients.values().filter_map(|client| Some((client.clone(), client.public_key_pem.clone()?))).collect()
    }

    fn first_use(&self, assertion_id: &str) -> bool {
        lock(&self.used_assertions).insert(assertion_id.to_owned())
    }

    fn split_scopes(&self, text: &str) -> Vec<String> {
        let separators = [self.style.scope_separator, ' '];
        text.split(separators).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
    }

    fn knows_scope(&self, scope: &str) -> bool {
        self.style.scopes.contains(&scope)
    }

    fn vault(&self) -> MutexGuard<'_, Vault> {
        lock(&self.vault)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        lock(&self.waiting)
    }
}

/// The token of `Authorization: Bearer …`.
fn bearer_of(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
