//! What the tests of this crate share: a sandbox driven in process, the way through the sign-in pages, and a receiver of webhooks.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::ServiceExt;
use url::form_urlencoded;

use crate::{Build, Options, Sandbox};

pub(crate) const REDIRECT: &str = "http://127.0.0.1:8080/connect/callback";

/// The official descriptions, where they are at hand.
pub(crate) fn specs() -> Option<PathBuf> {
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs"));
    let folder = std::env::var_os("HARMONY_SPECS").map_or(beside, PathBuf::from);
    let there = folder.is_dir();
    if !there {
        eprintln!("no descriptions at {}: nothing is held against them", folder.display());
    }
    there.then_some(folder)
}

pub(crate) fn options() -> Options {
    let url = "http://127.0.0.1:9400".parse().unwrap();
    Options { redirect_uris: vec![REDIRECT.into()], ..Options::new(url) }
}

/// A sandbox and one client of it.
pub(crate) struct Probe {
    pub sandbox: Sandbox,
    pub token: Option<String>,
}

pub(crate) struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Probe {
    pub(crate) fn new(options: Options, tools: &[Build]) -> Self {
        Self { sandbox: Sandbox::with_tools(options, tools).unwrap(), token: None }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Got {
        let response = self.sandbox.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec();
        Got { status: parts.status, headers: parts.headers, body }
    }

    fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path);
        match &self.token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Got {
        let request = self.request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A form post; `client` authenticates by Basic.
    pub(crate) async fn form(&self, path: &str, client: Option<(&str, &str)>, fields: &[(&str, &str)]) -> Got {
        use base64::Engine;
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some((id, secret)) = client {
            let basic = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
            request = request.header(header::AUTHORIZATION, format!("Basic {basic}"));
        }
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Through the pages as a person would go; returns the address that the browser is sent to.
    pub(crate) async fn consent(&self, authorize: &str, query: &[(&str, &str)], email: &str, decision: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let page = self.get(&format!("{authorize}?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let request = hidden(&page.text(), "request");
        let fields = [("request", request.as_str()), ("email", email), ("password", "sandbox")];
        let page = self.form(&format!("{authorize}/sign-in"), None, &fields).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let mut fields = vec![("request", request.as_str()), ("decision", decision)];
        let scopes = ticked(&page.text());
        fields.extend(scopes.iter().map(|scope| ("scope", scope.as_str())));
        let sent = self.form(&format!("{authorize}/decide"), None, &fields).await;
        assert_eq!(sent.status, StatusCode::FOUND, "{}", sent.text());
        sent.header("location").to_owned()
    }
}

/// The value of a query parameter of an address.
pub(crate) fn parameter(address: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(address).unwrap();
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let from = page.find(&mark).unwrap() + mark.len();
    page[from..].split('"').next().unwrap().to_owned()
}

fn ticked(page: &str) -> Vec<String> {
    let boxes = page.split("type=\"checkbox\" name=\"scope\" value=\"").skip(1);
    boxes.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// A request that a receiver got.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }
}

type Answer = Arc<dyn Fn(&Received) -> (StatusCode, String) + Send + Sync>;

/// A web server on this machine that keeps what it is sent.
pub(crate) struct Receiver {
    pub url: String,
    got: Arc<Mutex<Vec<Received>>>,
    /// Holds the server's task, which ends with it.
    _server: JoinSet<()>,
}

#[derive(Clone)]
struct Mailbox {
    got: Arc<Mutex<Vec<Received>>>,
    answer: Answer,
}

impl Receiver {
    pub(crate) async fn start(answer: impl Fn(&Received) -> (StatusCode, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::new()));
        let mailbox = Mailbox { got: Arc::clone(&got), answer: Arc::new(answer) };
        let router = Router::new().fallback(receive).with_state(mailbox);
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, got, _server: server }
    }

    pub(crate) fn got(&self) -> Vec<Received> {
        self.got.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn receive(State(mailbox): State<Mailbox>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let received = Received { headers, body: body.to_vec() };
    let answer = (mailbox.answer)(&received);
    mailbox.got.lock().unwrap_or_else(PoisonError::into_inner).push(received);
    answer
}
