//! For the contract tests: the sandbox on a loopback port, arranged for one tool.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use connector_kit::contract::{Arrangement, Bench, Checked, Decision, Delivery, Effect, Fault, Secrets, SignIn};
use connector_kit::oauth::{ClientRegistration, Overrides};
use connector_kit::{Connector, Edit, Handshake, Link, Outbound, Secret, async_trait};
use jiff::{SignedDuration, Timestamp};
use model::env::Simulated;
use model::record::Kind;
use model::{Fields, RecordId};
use sandbox::kit::{self, Kit};
use sandbox::mailbox::Letter;
use sandbox::person::{self, Person, Stuck};
use sandbox::steering::Steering;
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

const REDIRECT: &str = "http://127.0.0.1:8080/connect/callback";

/// Where a tool's addresses are below its prefix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub base: &'static str,
    pub authorize: &'static str,
    pub token: &'static str,
    pub revoke: Option<&'static str>,
}

/// A running sandbox, seen from one tool; it stops when dropped.
pub(crate) struct Emulator {
    tool: &'static str,
    addresses: Addresses,
    fields: BTreeMap<String, String>,
    public_url: Url,
    kit: Arc<Kit>,
    steering: Steering,
    _server: JoinSet<()>,
}

/// The official descriptions, where they are at hand.
pub(crate) fn descriptions() -> Option<PathBuf> {
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs"));
    let folder = std::env::var_os("HARMONY_SPECS").map_or(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

impl Emulator {
    /// Starts one.
    pub(crate) async fn start(tool: &'static str, addresses: Addresses) -> Arc<Self> {
        Self::start_with(tool, addresses, &[]).await
    }

    /// Starts one for a tool of which the operator set these facts.
    pub(crate) async fn start_with(tool: &'static str, addresses: Addresses, fields: &[(&str, &str)]) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let public_url: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let options = Options { specs: descriptions(), redirect_uris: vec![REDIRECT.to_owned()], ..Options::new(public_url.clone()) };
        let sandbox = Sandbox::new(options).unwrap();
        let kit = Arc::clone(sandbox.kit());
        let mut server = JoinSet::new();
        server.spawn(async move { sandbox::serve(listener, sandbox, std::future::pending()).await.unwrap() });
        let steering = Steering::of(&public_url);
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Arc::new(Self { tool, addresses, fields, public_url, kit, steering, _server: server })
    }

    /// Signs a connector in.
    pub(crate) async fn sign_in(self: &Arc<Self>, connector: impl Connector, sign_in: SignIn) -> Bench {
        Bench::open(Arc::new(connector), Arc::clone(self) as Arc<dyn Arrangement>, sign_in).await
    }

    /// Registers a service account of the tool by the public half of its key; answers the fields by which it signs in for somebody.
    pub(crate) async fn service_account(&self, subject: &str) -> BTreeMap<String, String> {
        let (name, tool) = ("hub@harmony-demo.iam.gserviceaccount.com", self.tool);
        let key = include_str!("../../connector-kit/src/keys/rsa-public.pem");
        let client = json!({ "tool": tool, "client_id": name, "client_secret": "unused", "public_key_pem": key });
        self.steering.post("/clients", &client).await.unwrap();
        let private = include_str!("../../connector-kit/src/keys/rsa-private.pem");
        let fields = [("client_id", name), ("private_key", private), ("subject", subject)];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// How many changes of this kind the tool's ledger holds.
    pub(crate) fn count(&self, action: &str) -> usize {
        self.kit.ledger.effects(Some(self.tool), Some(action)).len()
    }

    /// Does something by the tool's own control routes.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.steering.post(&format!("/{}{path}", self.tool), &body).await.unwrap()
    }

    /// Reads by the tool's own control routes.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.steering.get(&format!("/{}{path}", self.tool)).await.unwrap()
    }

    /// Sets something by the tool's own control routes.
    pub(crate) async fn put(&self, path: &str, body: Value) {
        self.steering.put(&format!("/{}{path}", self.tool), &body).await.unwrap();
    }

    /// Changes something by the tool's own control routes.
    pub(crate) async fn patch(&self, path: &str, body: Value) {
        self.steering.patch(&format!("/{}{path}", self.tool), &body).await.unwrap();
    }

    /// Takes something away by the tool's own control routes.
    pub(crate) async fn delete(&self, path: &str) {
        self.steering.delete(&format!("/{}{path}", self.tool)).await.unwrap();
    }

    /// From now on, until calmed, requests to this path (as for `strike`) are answered with this, which the tool would never say.
    pub(crate) fn answer(&self, path: &str, status: u16, body: &str) {
        self.rule(path, kit::Fault::Status { status, retry_after: None, body: Some(body.to_owned()) }, None);
    }

    fn rule(&self, path: &str, fault: kit::Fault, times: Option<u32>) {
        let (path, containing) = path.split_once('#').map_or((path, None), |(path, word)| (path, Some(word.to_owned())));
        self.kit.chaos.add(kit::Rule { tool: self.tool.to_owned(), method: None, path: Some(path.to_owned()), containing, fault, times });
    }

    /// The next request whose path contains `path` is answered with this body and status 200.
    pub(crate) fn answer_once(&self, path: &str, body: impl Into<String>) {
        self.rule(path, kit::Fault::Status { status: 200, retry_after: None, body: Some(body.into()) }, Some(1));
    }

    fn address(&self, path: &str) -> String {
        format!("{}{}{path}", self.public_url, self.tool)
    }
}

#[async_trait]
impl Arrangement for Emulator {
    fn overrides(&self) -> Overrides {
        Overrides {
            base_url: Some(self.address(self.addresses.base)),
            authorize_url: Some(self.address(self.addresses.authorize)),
            token_url: Some(self.address(self.addresses.token)),
            revoke_url: self.addresses.revoke.map(|path| self.address(path)),
        }
    }

    fn client(&self) -> ClientRegistration {
        let secret = format!("sandbox-secret-{}", self.tool);
        ClientRegistration { client_id: "harmony-sandbox".to_owned(), client_secret: Some(Secret::new(secret)) }
    }

    fn fields(&self) -> BTreeMap<String, String> {
        self.fields.clone()
    }

    fn redirect(&self) -> Url {
        REDIRECT.parse().unwrap()
    }

    async fn go_through_the_pages(&self, authorize: &Url, decision: &Decision) -> Url {
        let decision = match decision {
            Decision::Allow => person::Decision::Allow,
            Decision::AllowOnly(scopes) => person::Decision::AllowOnly(scopes.clone()),
            Decision::Deny => person::Decision::Deny,
        };
        Person::anyone().unwrap().go(authorize, &decision).await.unwrap()
    }

    async fn is_stopped(&self, authorize: &Url) -> bool {
        let outcome = Person::anyone().unwrap().go(authorize, &person::Decision::Allow).await;
        matches!(outcome, Err(Stuck::Refused { .. }))
    }

    fn strike(&self, path: &str, fault: Fault, times: Option<u32>) {
        let fault = match fault {
            Fault::Status { status, retry_after } => kit::Fault::Status { status, retry_after, body: None },
            Fault::Cut => kit::Fault::Cut,
            Fault::Garbage => kit::Fault::Garbage,
            Fault::Empty => kit::Fault::Empty,
            Fault::Hold => kit::Fault::Hold,
            Fault::Lost => kit::Fault::Lost,
        };
        self.rule(path, fault, times);
    }

    fn calm(&self) {
        self.kit.chaos.clear();
    }

    async fn revoke_everybody(&self) {
        self.post("/revoke", json!({})).await;
    }

    fn effects(&self) -> Vec<Effect> {
        let effects = self.kit.ledger.effects(Some(self.tool), None).into_iter();
        effects.map(|effect| Effect { action: effect.action, object: effect.object }).collect()
    }

    fn now(&self) -> Timestamp {
        self.kit.clock.now()
    }

    fn advance(&self, by: SignedDuration) {
        self.kit.clock.advance(by);
    }

    fn checked(&self) -> Checked {
        let counts = self.kit.checks.counts().remove(self.tool).unwrap_or_default();
        let of_tool = self.kit.checks.violations().into_iter().filter(|violation| violation.tool == self.tool);
        let words = |one: kit::Violation| format!("{} {} {}: {}", one.method, one.path, one.place, one.reason);
        Checked {
            requests: counts.requests_checked,
            answers: counts.responses_checked,
            by_own_rules: counts.by_own_rules,
            unchecked: counts.undescribed + counts.unloaded,
            undescribed: self.kit.checks.undescribed(self.tool),
            needed: self.kit.checks.needed(self.tool),
            violations: of_tool.map(words).collect(),
        }
    }
}

/// What came to a mailbox, as the suite takes it.
pub(crate) fn delivery(letter: &Letter, secrets: Secrets) -> Delivery {
    let Letter { method, url, headers, body } = letter.clone();
    Delivery { method, url, headers, body, secrets }
}

/// How a mailbox answers in a connector's name, with what the connector says to a handshake that wants a body back.
pub(crate) fn handshake(answer: Option<Handshake>) -> (u16, &'static str, String) {
    match answer {
        Some(Handshake::Body(kind, body)) => (200, kind, body),
        Some(Handshake::Header(..)) | None => (200, "text/plain", String::new()),
    }
}

/// The n-th new item to write: with a key and a record of its own.
pub(crate) fn outbound<T>(kind: Kind, n: u8, item: T) -> Outbound<T> {
    Outbound {
        key: uuid::Builder::from_random_bytes([n; 16]).into_uuid(),
        record: RecordId::new(kind, &Simulated::new(Timestamp::UNIX_EPOCH, n.into())),
        item,
        link: None,
        edit: Edit::default(),
        destination: None,
        properties: BTreeMap::new(),
    }
}

/// A link to an object that was written, with nothing agreed yet.
pub(crate) fn link(id: &str) -> Link {
    Link { id: id.to_owned(), version: None, url: None, base: Fields::default() }
}
