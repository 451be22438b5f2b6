//! What the tests of this crate share: a sandbox driven in process, the way through the sign-in pages, and a receiver of webhooks.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt;
use url::form_urlencoded;

use crate::mailbox::{Letter, Mailbox, Reader};
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

    /// The body of an answer that had to be a success; null where there is none.
    #[track_caller]
    pub(crate) fn good(&self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text());
        serde_json::from_slice(&self.body).unwrap_or_default()
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

pub(crate) fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let from = page.find(&mark).unwrap() + mark.len();
    page[from..].split('"').next().unwrap().to_owned()
}

pub(crate) fn ticked(page: &str) -> Vec<String> {
    let boxes = page.split("type=\"checkbox\" name=\"scope\" value=\"").skip(1);
    boxes.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// A request that a receiver got.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Lower-case names.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Received {
    fn of(letter: &Letter) -> Self {
        Self { headers: letter.headers.clone(), body: letter.body.clone() }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Empty where there is none; the name in lower case.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// A web server on this machine that keeps what it is sent.
pub(crate) struct Receiver {
    pub url: String,
    mailbox: Mailbox,
    status: Arc<AtomicU16>,
    taken: AtomicUsize,
}

impl Receiver {
    /// Answers as the test says.
    pub(crate) async fn start(answer: impl Fn(&Received) -> (StatusCode, String) + Send + Sync + 'static) -> Self {
        let reader = move |letter: &Letter| {
            let (status, text) = answer(&Received::of(letter));
            (status.as_u16(), "text/plain", text)
        };
        Self::with(Arc::new(AtomicU16::new(200)), Arc::new(reader)).await
    }

    /// Answers 200, until the test says otherwise.
    pub(crate) async fn open() -> Self {
        let status = Arc::new(AtomicU16::new(200));
        let own = Arc::clone(&status);
        Self::with(status, Arc::new(move |_| (own.load(Ordering::SeqCst), "text/plain", String::new()))).await
    }

    async fn with(status: Arc<AtomicU16>, reader: Reader) -> Self {
        let mailbox = Mailbox::with_reader(reader).await.unwrap();
        Self { url: mailbox.address("/hooks"), mailbox, status, taken: AtomicUsize::new(0) }
    }

    /// What an open one answers from now on.
    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// All that came.
    pub(crate) fn got(&self) -> Vec<Received> {
        self.mailbox.letters().iter().map(Received::of).collect()
    }

    /// What came since the last look.
    pub(crate) fn take(&self) -> Vec<Received> {
        let all = self.got();
        let from = self.taken.swap(all.len(), Ordering::SeqCst);
        all.into_iter().skip(from).collect()
    }
}
