//! A connector on the bench: signed in to its emulator for real, with sessions, one clock, and everything logged kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use model::Env;
use model::env::Simulated;
use tracing::subscriber::DefaultGuard;
use url::Url;

use super::coverage;
use super::log::Log;
use super::{Arrangement, Checked, Decision};
use crate::budget::Budget;
use crate::connector::Connector;
use crate::error::{Error, ErrorKind, Result};
use crate::guard::Reach;
use crate::manifest::{AppFlow, Auth, CodeFlow, Manifest};
use crate::network::Network;
use crate::oauth::{self, ClientRegistration, Endpoints, TokenEndpoint, Tokens};
use crate::public_keys::PublicKeys;
use crate::secret::Secret;
use crate::session::{AccessToken, RetryPolicy, Session, SessionParts, TokenSource};
use crate::webhook::WebhookSource;

/// How to sign in.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// By redirect and consent, asking for all that the manifest knows, and these scopes.
    Code { also: &'static [&'static str] },
    /// By redirect and consent, asking for these scopes alone.
    Only { scopes: Vec<&'static str> },
    /// With an application's own credentials, or user name and password: the sign-in of this name, and its fields.
    App { name: &'static str, fields: BTreeMap<String, String> },
    /// By redirect and consent as `CODE`, with these connect-time fields.
    CodeWith { fields: BTreeMap<String, String> },
}

impl SignIn {
    /// By redirect and consent, with the manifest's scopes alone.
    pub const CODE: Self = Self::Code { also: &[] };
}

/// The emulator's clock as ours, and reproducible bytes.
struct Surroundings {
    arrangement: Arc<dyn Arrangement>,
    bytes: Simulated,
}

impl Env for Surroundings {
    fn now(&self) -> Timestamp {
        self.arrangement.now()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.bytes.fill(bytes);
    }
}

/// Everything that must never be logged.
type Secrets = Arc<Mutex<Vec<Secret>>>;

/// A connector on the bench.
pub struct Bench {
    pub connector: Arc<dyn Connector>,
    pub arrangement: Arc<dyn Arrangement>,
    env: Arc<dyn Env>,
    network: Network,
    base_url: Url,
    fields: BTreeMap<String, String>,
    scopes: Vec<&'static str>,
    tokens: Arc<Keeper>,
    secrets: Secrets,
    log: Log,
    _recording: DefaultGuard,
}

impl Bench {
    /// Signs in at the emulator.
    pub async fn open(connector: Arc<dyn Connector>, arrangement: Arc<dyn Arrangement>, sign_in: SignIn) -> Self {
        let log = Log::default();
        let recording = log.begin();
        tracing::info!("the log is kept");
        let manifest = connector.manifest();
        let (auth, fields) = match &sign_in {
            SignIn::Code { .. } | SignIn::Only { .. } => ("oauth", BTreeMap::new()),
            SignIn::CodeWith { fields } => ("oauth", fields.clone()),
            SignIn::App { name, fields } => (*name, fields.clone()),
        };
        let auth = manifest.auth(auth).expect("the test names a sign-in that the manifest has");
        let endpoints =
            Endpoints::resolve(manifest, auth, &arrangement.overrides(), &fields).expect("the test gives every address and field");
        let network = Network::new().expect("an HTTP client starts anywhere");
        let arrangement_fields = arrangement.fields();
        let bytes = Simulated::new(arrangement.now(), 7);
        let env: Arc<dyn Env> = Arc::new(Surroundings { arrangement: Arc::clone(&arrangement), bytes });
        let client = arrangement.client();
        let secrets: Secrets = Arc::new(Mutex::new(client.client_secret.iter().cloned().collect()));
        let way = Way::of(auth, &fields, client, &secrets);
        let keeper = Keeper {
            prefix: auth.prefix(),
            way,
            network: network.clone(),
            endpoints: endpoints.clone(),
            env: Arc::clone(&env),
            secrets: Arc::clone(&secrets),
            held: tokio::sync::Mutex::new(None),
            renewals: Mutex::new(0),
        };
        let bench = Self {
            connector,
            arrangement,
            env,
            network,
            base_url: endpoints.base_url,
            fields: arrangement_fields.into_iter().chain(fields).collect(),
            scopes: scopes_of(manifest, &sign_in),
            tokens: Arc::new(keeper),
            secrets,
            log,
            _recording: recording,
        };
        let tokens = bench.tokens.sign_in(&bench).await.expect("the emulator signs its own client in");
        *bench.tokens.held.lock().await = Some(tokens);
        bench
    }

    /// A fresh session of this sign-in, with a budget of its own: an error goes up at once.
    pub fn session(&self) -> Session {
        Session::new(SessionParts {
            connector: Arc::clone(&self.connector),
            network: self.network.clone(),
            reach: Reach::Private,
            base_url: self.base_url.clone(),
            tokens: Arc::clone(&self.tokens) as Arc<dyn TokenSource>,
            budget: Arc::new(Budget::new(&[])),
            fields: self.fields.clone(),
            env: Arc::clone(&self.env),
            policy: RetryPolicy { attempts: 1, longest_wait: SignedDuration::ZERO },
        })
    }

    /// The present, by the emulator's clock.
    pub fn now(&self) -> Timestamp {
        self.env.now()
    }

    /// How often the token was renewed so far.
    pub fn renewals(&self) -> u32 {
        *self.tokens.renewals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys of the platform that signs the webhooks, where it does so with keys of its own.
    pub async fn keys_of(&self, source: &dyn WebhookSource) -> Option<PublicKeys> {
        let address = self.connector.manifest().service(&self.base_url, source.keys()?);
        let address: Url = address.parse().expect("the manifest's addresses are addresses");
        Some(PublicKeys::fetch(&self.network, Reach::Private, &address, self.now()).await.expect("the emulator publishes its keys"))
    }

    /// What was granted at the sign-in, where the tool said so.
    pub async fn granted(&self) -> Option<Vec<String>> {
        self.tokens.held.lock().await.as_ref().and_then(|tokens| tokens.scopes.clone())
    }

    /// Whether a person signs in by the tool's pages; else an application does by its own credentials.
    pub(super) fn signs_in_by_pages(&self) -> bool {
        matches!(self.tokens.way, Way::Code { .. })
    }

    /// Whether a code is bound to a verifier.
    pub(super) fn sends_pkce(&self) -> bool {
        matches!(self.tokens.way, Way::Code { flow, .. } if flow.pkce)
    }

    /// A fresh request for the tool's pages.
    pub(super) fn authorize_request(&self) -> AuthorizeRequest {
        let Way::Code { flow, client } = &self.tokens.way else { panic!("this sign-in has no pages") };
        self.address(flow, client)
    }

    /// Changes a code into tokens, beside those that the bench holds.
    pub(super) async fn exchange(&self, code: &str, redirect: &Url, verifier: &Secret) -> Result<Tokens> {
        let Way::Code { flow, client } = &self.tokens.way else { panic!("this sign-in has no pages") };
        self.tokens.keep_secret([&Secret::from(code), verifier]);
        let tokens = self.tokens.endpoint().exchange(flow, client, code, redirect, verifier).await?;
        self.tokens.keep_secret([&tokens.access].into_iter().chain(&tokens.refresh));
        Ok(tokens)
    }

    /// Takes the sign-in back at the tool, as a disconnect does.
    pub async fn sign_out(&self) -> Result<bool> {
        let Way::Code { flow, client } = &self.tokens.way else { return Ok(false) };
        let held = self.tokens.held.lock().await.clone().expect("the bench is signed in");
        self.tokens.endpoint().revoke(flow, client, &held).await
    }

    fn address(&self, flow: &CodeFlow, client: &ClientRegistration) -> AuthorizeRequest {
        let (state, verifier) = (oauth::random_text(self.env.as_ref()), oauth::new_verifier(self.env.as_ref()));
        let redirect = self.arrangement.redirect();
        let address = oauth::authorize_address(flow, &self.tokens.endpoints, &client.client_id, &redirect, &self.scopes, &state, &verifier);
        AuthorizeRequest { address: address.expect("the flow has a page to sign in by"), state, verifier }
    }

    /// What must hold at the end of every test: nothing secret was logged, and every request fitted the description. Says how much was
    /// held against it.
    pub fn close(self) {
        let checked = self.check();
        let manifest = self.connector.manifest();
        println!("{}: {checked}", manifest.id);
        coverage::note(manifest, &checked);
    }

    /// The same, of one bench of several at one emulator.
    pub(super) fn check(&self) -> Checked {
        let log = self.log.text();
        assert!(log.contains("the log is kept"), "nothing was kept of the log, so its silence proves nothing");
        for secret in self.secrets.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            assert!(!log.contains(secret.expose()), "a secret was logged");
        }
        let checked = self.arrangement.checked();
        assert!(checked.violations.is_empty(), "against the official description:\n{}", checked.violations.join("\n"));
        checked
    }
}

/// A request for the tool's pages, and what has to come back with it.
pub(super) struct AuthorizeRequest {
    pub address: Url,
    pub state: String,
    pub verifier: Secret,
}

/// What is asked for at the pages.
fn scopes_of(manifest: &Manifest, sign_in: &SignIn) -> Vec<&'static str> {
    match sign_in {
        SignIn::Code { also } => {
            let permissions = manifest.permissions(|_| true).into_iter().map(|permission| permission.scope);
            permissions.chain(also.iter().copied()).collect()
        }
        SignIn::CodeWith { .. } => manifest.permissions(|_| true).into_iter().map(|permission| permission.scope).collect(),
        SignIn::Only { scopes } => scopes.clone(),
        SignIn::App { .. } => Vec::new(),
    }
}

enum Way {
    Code { flow: &'static CodeFlow, client: ClientRegistration },
    App { flow: &'static AppFlow, fields: BTreeMap<String, Secret> },
    Password { tokens: Tokens },
}

impl Way {
    /// What is secret of it is added to `secrets`.
    fn of(auth: &'static Auth, fields: &BTreeMap<String, String>, client: ClientRegistration, secrets: &Secrets) -> Self {
        let mut hidden = secrets.lock().unwrap_or_else(PoisonError::into_inner);
        match auth {
            Auth::Code(flow) => Self::Code { flow, client },
            Auth::App { flow, .. } => {
                let fields: BTreeMap<String, Secret> =
                    fields.iter().map(|(name, text)| (name.clone(), Secret::from(text.as_str()))).collect();
                hidden.extend(flow.fields.iter().filter(|field| field.secret).filter_map(|field| fields.get(field.name)).cloned());
                Self::App { flow, fields }
            }
            Auth::Password { .. } => {
                let field = |name: &str| fields.get(name).expect("the test gives user and password").as_str();
                let password = Secret::from(field("password"));
                let tokens = Tokens::of_password(field("user"), &password).expect("a user name without a colon");
                hidden.push(password);
                Self::Password { tokens }
            }
            Auth::ApiToken { .. } => panic!("a sign-in by token has no dance to test"),
        }
    }
}

/// Holds the tokens of one sign-in and renews them: one writer, by its lock.
struct Keeper {
    prefix: &'static str,
    way: Way,
    network: Network,
    endpoints: Endpoints,
    env: Arc<dyn Env>,
    secrets: Secrets,
    held: tokio::sync::Mutex<Option<Tokens>>,
    renewals: Mutex<u32>,
}

impl Keeper {
    fn endpoint(&self) -> TokenEndpoint<'_> {
        TokenEndpoint { network: &self.network, reach: Reach::Private, endpoints: &self.endpoints, env: self.env.as_ref() }
    }

    async fn sign_in(&self, bench: &Bench) -> Result<Tokens> {
        let tokens = match &self.way {
            Way::App { flow, fields } => self.endpoint().grant(flow, fields).await?,
            Way::Password { tokens } => tokens.clone(),
            Way::Code { flow, client } => {
                let AuthorizeRequest { address, state, verifier } = bench.address(flow, client);
                let back = bench.arrangement.go_through_the_pages(&address, &Decision::Allow).await;
                let query: BTreeMap<String, String> = back.query_pairs().into_owned().collect();
                assert_eq!(query.get("state"), Some(&state), "the state comes back as it was sent");
                let code = query.get("code").expect("a permitted sign-in brings a code");
                bench.exchange(code, &bench.arrangement.redirect(), &verifier).await?
            }
        };
        self.keep_secret([&tokens.access].into_iter().chain(&tokens.refresh));
        Ok(tokens)
    }

    async fn renew(&self, held: &mut Option<Tokens>) -> Result<()> {
        let refused = || Error::new(ErrorKind::Unauthorized, "the sign-in cannot be renewed");
        let tokens = match &self.way {
            Way::App { flow, fields } => self.endpoint().grant(flow, fields).await?,
            Way::Password { .. } => return Err(refused()),
            Way::Code { flow, client } => {
                let refresh = held.as_ref().and_then(|tokens| tokens.refresh.clone()).ok_or_else(refused)?;
                self.endpoint().refresh(flow, client, &refresh).await?
            }
        };
        self.keep_secret([&tokens.access].into_iter().chain(&tokens.refresh));
        *held = Some(tokens);
        *self.renewals.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Ok(())
    }

    fn keep_secret<'a>(&self, secrets: impl IntoIterator<Item = &'a Secret>) {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).extend(secrets.into_iter().cloned());
    }
}

#[async_trait::async_trait]
impl TokenSource for Keeper {
    async fn current(&self) -> Result<AccessToken> {
        let mut held = self.held.lock().await;
        if held.as_ref().is_none_or(|tokens| tokens.is_stale(self.env.now())) {
            self.renew(&mut held).await?;
        }
        let tokens = held.as_ref().expect("renewing fills it, or fails");
        Ok(tokens.sent(self.prefix))
    }

    async fn renewed(&self, refused: &AccessToken) -> Result<AccessToken> {
        let mut held = self.held.lock().await;
        if held.as_ref().is_none_or(|tokens| tokens.access == refused.value) {
            self.renew(&mut held).await?;
        }
        let tokens = held.as_ref().expect("renewing fills it, or fails");
        Ok(tokens.sent(self.prefix))
    }
}
