//! For the tools' own tests: a sandbox of one tool driven in process, the way through its sign-in pages, and a receiver of webhooks.

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::ServiceExt;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::kit::Side;
use crate::{Build, Options, Sandbox};

pub const REDIRECT: &str = "http://127.0.0.1:8080/connect/callback";

/// One tool, called without a network.
pub struct Harness {
    pub sandbox: Sandbox,
    tool: &'static str,
}

/// What a call was answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body of an answer that had to be a success.
    #[track_caller]
    pub fn good(&self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text);
        self.json()
    }
}

/// The tokens a sign-in gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: Option<String>,
    pub answer: Value,
}

impl Harness {
    /// With the official descriptions, where the folder beside the project is there.
    pub fn new(tool: &'static str, build: Build) -> Self {
        let mut options = Options::new(Url::parse("http://127.0.0.1:9400").expect("a constant that is a URL"));
        let specs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs"));
        options.specs = specs.is_dir().then(|| specs.to_owned());
        options.redirect_uris = vec![REDIRECT.to_owned()];
        let sandbox = Sandbox::with_tools(options, &[build]).expect("the descriptions are readable");
        Self { sandbox, tool }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.sandbox.router().oneshot(request).await.expect("a router never fails");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body in memory");
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// Calls the tool's API; the path is that below the tool's prefix.
    pub async fn call(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/{}{path}", self.tool));
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = match body {
            Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.send(request.expect("a test's request is well formed")).await
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.call("GET", path, token, None).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call("POST", path, token, Some(&body)).await
    }

    /// Calls a control route of the tool.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder().method(method).uri(format!("/_sandbox/{}{path}", self.tool));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("a test's request is well formed")).await
    }

    pub async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = Request::builder().method("POST").uri(format!("/{}{path}", self.tool));
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).expect("a test's request is well formed")).await
    }

    /// The way of a person through the pages; every scope that is not in `refused` stays ticked. Returns where it led.
    pub async fn consent(&self, authorize: &str, query: &[(&str, &str)], email: &str, refused: &[&str]) -> Url {
        let usual = [("client_id", "harmony-sandbox"), ("redirect_uri", REDIRECT), ("state", "st")];
        let query = Serializer::new(String::new()).extend_pairs(usual).extend_pairs(query).finish();
        let page = self.get(&format!("{authorize}?{query}"), "").await;
        if page.status == StatusCode::FOUND {
            return Url::parse(page.header("location")).expect("a redirect to a URL");
        }
        let request = between(&page.text, "name=\"request\" value=\"", "\"").to_owned();
        let fields = [("request", request.as_str()), ("email", email), ("password", "sandbox")];
        let page = self.form(&format!("{authorize}/sign-in"), &fields).await;
        let mut fields = vec![("request", request.as_str()), ("decision", "allow")];
        let boxes = page.text.split("name=\"scope\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
        fields.extend(boxes.filter(|scope| !refused.contains(scope)).map(|scope| ("scope", scope)));
        let done = self.form(&format!("{authorize}/decide"), &fields).await;
        Url::parse(done.header("location")).expect("a redirect to a URL")
    }

    /// Exchanges the code of a redirect.
    pub async fn exchange(&self, token_path: &str, led_to: &Url) -> Answer {
        let code = led_to.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned()).unwrap_or_default();
        let secret = format!("sandbox-secret-{}", self.tool);
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT),
            ("client_id", "harmony-sandbox"),
            ("client_secret", secret.as_str()),
        ];
        self.form(token_path, &fields).await
    }

    pub async fn refresh(&self, token_path: &str, refresh: &str) -> Answer {
        let secret = format!("sandbox-secret-{}", self.tool);
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh),
            ("client_id", "harmony-sandbox"),
            ("client_secret", secret.as_str()),
        ];
        self.form(token_path, &fields).await
    }

    pub async fn tokens(&self, token_path: &str, led_to: &Url) -> Tokens {
        let answer = self.exchange(token_path, led_to).await.good();
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        Tokens { access: text("access_token").expect("an access token"), refresh: text("refresh_token"), answer }
    }

    pub fn advance(&self, seconds: i64) {
        self.sandbox.kit().clock.advance(jiff::SignedDuration::from_secs(seconds));
    }

    /// Every answer so far fits the description; requests that were meant to be refused do not count.
    #[track_caller]
    pub fn assert_answers_fit(&self) {
        let misfits = self.sandbox.kit().checks.violations();
        let misfits: Vec<_> = misfits.iter().filter(|one| one.side == Side::Response).collect();
        assert!(misfits.is_empty(), "{misfits:#?}");
    }

    pub fn effects(&self) -> Vec<(String, Value)> {
        let effects = self.sandbox.kit().ledger.effects(Some(self.tool), None);
        effects.into_iter().map(|effect| (effect.action, json!(effect.key))).collect()
    }
}

/// A request that came to the receiver.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

type Inbox = Arc<Mutex<(u16, Vec<Received>)>>;

/// A server on the loopback that keeps what it is sent. It ends with its value.
pub struct Receiver {
    pub url: String,
    inbox: Inbox,
    _server: JoinSet<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        let inbox: Inbox = Arc::new(Mutex::new((200, Vec::new())));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("a bound listener"));
        let router = Router::new().fallback(keep).with_state(Arc::clone(&inbox));
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, router).await.expect("the receiver serves");
        });
        Self { url, inbox, _server: server }
    }

    /// What the receiver answers from now on.
    pub fn answer(&self, status: u16) {
        self.inbox.lock().expect("no test panics while it holds this").0 = status;
    }

    /// What came since the last look.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.inbox.lock().expect("no test panics while it holds this").1)
    }
}

async fn keep(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut inbox = inbox.lock().expect("no test panics while it holds this");
    inbox.1.push(Received { headers, body: String::from_utf8_lossy(&body).into_owned() });
    StatusCode::from_u16(inbox.0).expect("tests answer real statuses")
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map_or("", |(inner, _)| inner)
}
