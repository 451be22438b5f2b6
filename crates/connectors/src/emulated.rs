//! For tests alone: an emulated tool on a loopback port, a person who signs in on its pages, and the session that comes of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use connector_kit::guard::Reach;
use connector_kit::manifest::{Auth, CodeFlow, Flow};
use connector_kit::oauth::{ClientRegistration, Endpoints, Overrides, TokenEndpoint, Tokens, authorize_address, new_verifier};
use connector_kit::session::SessionParts;
use connector_kit::{AccessToken, Budget, Connector, Network, Result, RetryPolicy, Session, TokenSource, async_trait};
use jiff::Timestamp;
use model::Env;
use sandbox::kit::{Clock, Fault, Rule};
use sandbox::{Options, Sandbox};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::{Url, form_urlencoded};

/// Where the person is sent back to; nothing listens there.
const REDIRECT: &str = "http://127.0.0.1:9/connect/callback";

/// The sandbox's clock, and bytes that are different each time.
struct SandboxEnv(Clock);

impl Env for SandboxEnv {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(16) {
            chunk.copy_from_slice(&uuid::Uuid::new_v4().as_bytes()[..chunk.len()]);
        }
    }
}

/// Refreshes by the real token endpoint; keeps what it gave.
struct Refreshing {
    tokens: tokio::sync::Mutex<Tokens>,
    flow: CodeFlow,
    client: ClientRegistration,
    endpoints: Endpoints,
    network: Network,
    env: Arc<dyn Env>,
}

#[async_trait]
impl TokenSource for Refreshing {
    async fn current(&self) -> Result<AccessToken> {
        Ok(AccessToken { value: self.tokens.lock().await.access.clone(), prefix: "Bearer " })
    }

    async fn renewed(&self, _: &AccessToken) -> Result<AccessToken> {
        let mut tokens = self.tokens.lock().await;
        let endpoint = TokenEndpoint { network: &self.network, reach: Reach::Private, endpoints: &self.endpoints, env: &*self.env };
        let refresh = tokens.refresh.clone().expect("the emulated tools give refresh tokens");
        *tokens = endpoint.refresh(&self.flow, &self.client, &refresh).await?;
        Ok(AccessToken { value: tokens.access.clone(), prefix: "Bearer " })
    }
}

/// A running sandbox. Its server ends with it.
pub struct Emulated {
    pub sandbox: Sandbox,
    pub base: Url,
    connector: Arc<dyn Connector>,
    server: JoinSet<()>,
}

impl Emulated {
    /// Starts the sandbox, with the official descriptions where they are at hand.
    pub async fn start(connector: Arc<dyn Connector>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let mut options = Options::new(base.clone());
        options.specs = specs();
        options.redirect_uris = vec![REDIRECT.to_owned()];
        let sandbox = Sandbox::new(options).unwrap();
        let mut server = JoinSet::new();
        let tools = sandbox.clone();
        server.spawn(async move { sandbox::serve(listener, tools, std::future::pending()).await.unwrap() });
        Self { sandbox, base, connector, server }
    }

    /// Signs in on the tool's pages as `email`, with the rights of the wanted flows, and opens a session.
    pub async fn sign_in(&self, email: &str, api: &str, addresses: [&str; 2], wanted: impl Fn(&Flow) -> bool) -> Session {
        let permissions = self.connector.manifest().permissions(wanted);
        let scopes: Vec<&str> = permissions.iter().map(|permission| permission.scope).collect();
        self.sign_in_with(email, api, addresses, &scopes).await
    }

    /// The same with these scopes.
    pub async fn sign_in_with(&self, email: &str, api: &str, addresses: [&str; 2], scopes: &[&str]) -> Session {
        let manifest = self.connector.manifest();
        let Some(Auth::Code(flow)) = manifest.auth("oauth") else { panic!("no sign-in by OAuth") };
        let at = |path: &str| Some(format!("{}{}{path}", self.base, manifest.id));
        let overrides = Overrides { base_url: at(api), authorize_url: at(addresses[0]), token_url: at(addresses[1]), revoke_url: None };
        let endpoints = Endpoints::resolve(manifest, &Auth::Code(*flow), &overrides, &BTreeMap::new()).unwrap();
        let network = Network::new().unwrap();
        let env: Arc<dyn Env> = Arc::new(SandboxEnv(self.sandbox.kit().clock.clone()));
        let secret = format!("sandbox-secret-{}", manifest.id);
        let client = ClientRegistration { client_id: "harmony-sandbox".to_owned(), client_secret: Some(secret.as_str().into()) };
        let (verifier, redirect) = (new_verifier(&*env), Url::parse(REDIRECT).unwrap());
        let page = authorize_address(flow, &endpoints, &client.client_id, &redirect, scopes, "state-1", &verifier).unwrap();
        let code = self.consent(&page, email, scopes).await;
        let endpoint = TokenEndpoint { network: &network, reach: Reach::Private, endpoints: &endpoints, env: &*env };
        let tokens = endpoint.exchange(flow, &client, &code, &redirect, &verifier).await.unwrap();
        let base_url = endpoints.base_url.clone();
        let source = Refreshing { tokens: tokio::sync::Mutex::new(tokens), flow: *flow, client, endpoints, network: network.clone(), env };
        self.session(base_url, network, Arc::new(source))
    }

    fn session(&self, base_url: Url, network: Network, tokens: Arc<dyn TokenSource>) -> Session {
        Session::new(SessionParts {
            connector: Arc::clone(&self.connector),
            network,
            reach: Reach::Private,
            base_url,
            tokens,
            budget: Arc::new(Budget::new(&[])),
            fields: BTreeMap::new(),
            env: Arc::new(SandboxEnv(self.sandbox.kit().clock.clone())),
            policy: RetryPolicy { attempts: 1, ..RetryPolicy::default() },
        })
    }

    /// What a person does: open the page, sign in, allow everything. Gives the code.
    async fn consent(&self, page: &Url, email: &str, scopes: &[&str]) -> String {
        let path = page.path();
        let shown = self.http("GET", &format!("{path}?{}", page.query().unwrap()), "", "").await;
        let request = shown.split("name=\"request\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let form = |pairs: &[(&str, &str)]| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let kind = "application/x-www-form-urlencoded";
        let signed_in = form(&[("request", request), ("email", email), ("password", "sandbox")]);
        self.http("POST", &format!("{path}/sign-in"), kind, &signed_in).await;
        let mut decision = vec![("request", request), ("decision", "allow")];
        decision.extend(scopes.iter().map(|scope| ("scope", *scope)));
        let sent_back = self.http("POST", &format!("{path}/decide"), kind, &form(&decision)).await;
        let location = sent_back.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_else(|| panic!("{sent_back}"));
        let location: Url = location.trim().parse().unwrap();
        let found: BTreeMap<_, _> = location.query_pairs().collect();
        assert_eq!(found["state"], "state-1");
        found["code"].clone().into_owned()
    }

    /// A control route of the sandbox, below `/_sandbox`.
    pub async fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.http(method, &format!("/_sandbox{path}"), "application/json", &text).await;
        assert!(answer.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
    }

    /// Lets the next matching request meet a fault.
    pub fn fault(&self, path: &str, fault: Fault) {
        let tool = self.connector.manifest().id.to_owned();
        self.sandbox.kit().chaos.add(Rule { tool, method: None, path: Some(path.to_owned()), fault, times: Some(1) });
    }

    /// Ends the test: nothing that was sent or answered may have been against the official description.
    pub fn finish(mut self) {
        let checks = &self.sandbox.kit().checks;
        assert!(checks.violations().is_empty(), "{:#?}", checks.violations());
        println!("held against the official description: {:?}", checks.counts());
        self.server.abort_all();
    }

    /// HTTP/1.1 by hand: the one client of this workspace follows no redirects and belongs to the kit.
    async fn http(&self, method: &str, target: &str, kind: &str, body: &str) -> String {
        let host = self.base.socket_addrs(|| None).unwrap()[0];
        let mut stream = TcpStream::connect(host).await.unwrap();
        let length = body.len();
        let head =
            format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {length}");
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

/// A receiver of webhooks: answers each with 200.
pub struct Receiver {
    pub url: Url,
    listener: TcpListener,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { url: format!("http://{}/hooks", listener.local_addr().unwrap()).parse().unwrap(), listener }
    }

    /// The next delivery: headers in lower case, and the body. `answer` says what to send back.
    pub async fn next(&self, answer: impl FnOnce(&BTreeMap<String, String>, &[u8]) -> String) -> (BTreeMap<String, String>, Vec<u8>) {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        loop {
            let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end {
                let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
                let pairs = head.lines().skip(1).filter_map(|line| line.split_once(": "));
                let headers: BTreeMap<_, _> = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
                let length: usize = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
                if bytes.len() >= end + 4 + length {
                    let body = bytes.split_off(end + 4);
                    let text = answer(&headers, &body);
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", text.len());
                    stream.write_all(format!("{head}{text}").as_bytes()).await.unwrap();
                    return (headers, body);
                }
            }
            let read = stream.read_buf(&mut bytes).await.unwrap();
            assert!(read > 0, "the delivery broke off");
        }
    }
}

/// The folder of official descriptions: `HARMONY_SPECS`, else beside the workspace.
fn specs() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration file")]
    let named = std::env::var("HARMONY_SPECS").ok().map(PathBuf::from);
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs"));
    named.or_else(|| beside.is_dir().then_some(beside))
}
