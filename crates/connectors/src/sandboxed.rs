//! For the connectors' own tests: an emulated tool on loopback, signed in to as a person or an application does, and a session with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::guard::Reach;
use connector_kit::manifest::Auth;
use connector_kit::oauth::{ClientRegistration, Endpoints, Overrides, TokenEndpoint, Tokens, authorize_address, new_verifier};
use connector_kit::session::SessionParts;
use connector_kit::{
    AccessToken, Budget, Connector, Error, ErrorKind, Link, Network, Outbound, RetryPolicy, Secret, Session, TokenSource, async_trait,
};
use jiff::SignedDuration;
use model::env::Simulated;
use model::record::Kind;
use model::{Env, RecordId};
use sandbox::person::{Decision, Person};
use sandbox::steering::Steering;
use sandbox::{Options, Sandbox};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

const REDIRECT: &str = "http://127.0.0.1:8080/connect/callback";

/// A running sandbox and a session with one of its tools.
pub(crate) struct House {
    pub(crate) sandbox: Sandbox,
    pub(crate) session: Session,
    pub(crate) env: Arc<Simulated>,
    pub(crate) tokens: Tokens,
    steering: Steering,
    tool: &'static str,
    _server: JoinSet<()>,
}

struct Fixed(AccessToken);

#[async_trait]
impl TokenSource for Fixed {
    async fn current(&self) -> connector_kit::Result<AccessToken> {
        Ok(self.0.clone())
    }

    async fn renewed(&self, _refused: &AccessToken) -> connector_kit::Result<AccessToken> {
        Err(Error::new(ErrorKind::Unauthorized, "the tool refused the token"))
    }
}

/// Where a tool's emulator has its addresses.
pub(crate) struct Site {
    pub(crate) base: &'static str,
    pub(crate) authorize: &'static str,
    pub(crate) token: &'static str,
    pub(crate) revoke: Option<&'static str>,
}

impl House {
    /// Starts the sandbox, signs in, and opens a session with the tool.
    pub(crate) async fn open(connector: Arc<dyn Connector>, auth: &str, site: Site, fields: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let mut options = Options::new(root.clone());
        options.redirect_uris = vec![REDIRECT.to_owned()];
        let sandbox = Sandbox::new(options).unwrap();
        let mut server = JoinSet::new();
        let running = sandbox::serve(listener, sandbox.clone(), std::future::pending());
        server.spawn(async move { running.await.unwrap() });

        let manifest = connector.manifest();
        let auth = manifest.auth(auth).unwrap();
        let at = |path: &str| Some(format!("{}{}{path}", root, manifest.id));
        let overrides = Overrides {
            base_url: at(site.base),
            authorize_url: at(site.authorize),
            token_url: at(site.token),
            revoke_url: site.revoke.and_then(at),
        };
        let texts: BTreeMap<String, String> = fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let endpoints = Endpoints::resolve(manifest, auth, &overrides, &texts).unwrap();
        let network = Network::new().unwrap();
        let env = Arc::new(Simulated::new(sandbox.kit().clock.now(), 7));
        let endpoint = TokenEndpoint { network: &network, reach: Reach::Private, endpoints: &endpoints, env: env.as_ref() };
        let secret = format!("sandbox-secret-{}", manifest.id);
        let client = ClientRegistration { client_id: "harmony-sandbox".into(), client_secret: Some(secret.as_str().into()) };
        let tokens = match auth {
            Auth::Code(flow) => {
                let scopes: Vec<&str> = manifest.permissions(|_| true).iter().map(|permission| permission.scope).collect();
                let redirect: Url = REDIRECT.parse().unwrap();
                let verifier = new_verifier(env.as_ref());
                let address = authorize_address(flow, &endpoints, &client.client_id, &redirect, &scopes, "state", &verifier).unwrap();
                let person = Person::of("project.manager@demo.example").unwrap();
                let back = person.go(&address, &Decision::Allow).await.unwrap();
                let code = back.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned()).unwrap();
                endpoint.exchange(flow, &client, &code, &redirect, &verifier).await.unwrap()
            }
            Auth::App { flow, .. } => {
                let mut fields: BTreeMap<String, Secret> = texts.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect();
                fields.insert("client_id".into(), client.client_id.as_str().into());
                fields.insert("client_secret".into(), secret.as_str().into());
                endpoint.grant(flow, &fields).await.unwrap()
            }
            Auth::ApiToken { .. } => panic!("no test signs in by a copied token"),
        };
        let token = AccessToken { value: tokens.access.clone(), prefix: "Bearer " };
        let session = Session::new(SessionParts {
            connector: Arc::clone(&connector),
            network,
            reach: Reach::Private,
            base_url: endpoints.base_url,
            tokens: Arc::new(Fixed(token)),
            budget: Arc::new(Budget::new(&[])),
            fields: texts,
            env: Arc::clone(&env) as Arc<dyn Env>,
            policy: RetryPolicy { attempts: 2, longest_wait: SignedDuration::ZERO },
        });
        Self { sandbox, session, env, tokens, steering: Steering::of(&root), tool: manifest.id, _server: server }
    }

    /// Calls one of the tool's control routes.
    pub(crate) async fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/{}{path}", self.tool);
        let answer = match method {
            "GET" => self.steering.get(&path).await,
            "POST" => self.steering.post(&path, body).await,
            "PUT" => self.steering.put(&path, body).await,
            "PATCH" => self.steering.patch(&path, body).await,
            _ => self.steering.delete(&path).await,
        };
        answer.unwrap()
    }

    /// Lets time pass on both sides.
    pub(crate) fn advance(&self, by: SignedDuration) {
        self.sandbox.kit().clock.advance(by);
        self.env.advance(by);
    }

    /// How many changes of this kind the tool's ledger holds.
    pub(crate) fn effects(&self, action: &str) -> usize {
        self.sandbox.kit().ledger.effects(Some(self.tool), Some(action)).len()
    }

    /// A new item to write.
    pub(crate) fn outbound<T>(&self, kind: Kind, item: T) -> Outbound<T> {
        let mut bytes = [0; 16];
        self.env.fill(&mut bytes);
        Outbound {
            key: uuid::Builder::from_random_bytes(bytes).into_uuid(),
            record: RecordId::new(kind, self.env.as_ref()),
            item,
            link: None,
            edit: connector_kit::Edit::default(),
            destination: None,
            properties: BTreeMap::new(),
        }
    }
}

/// Every request of every test fits the tool's description.
impl Drop for House {
    fn drop(&mut self) {
        let violations = self.sandbox.kit().checks.violations();
        assert!(violations.is_empty() || std::thread::panicking(), "{violations:#?}");
    }
}

/// A link to an object that was written.
pub(crate) fn link(id: &str) -> Link {
    Link { id: id.to_owned(), version: None, url: None, base: model::Fields::default() }
}
