//! The bench of Talkdesk's tests: a sandbox in this process, tokens, calls and control requests. Tests are next door.

mod lists;
mod recordings;
mod reports;
mod tokens;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use tower::ServiceExt;
use url::{Url, form_urlencoded};

use crate::{Options, Sandbox};

const REDIRECT: &str = "http://127.0.0.1:4000/oauth/callback";
const HOST: &str = "http://127.0.0.1:4999";
const EVERYTHING: &str = "data-reports:read data-reports:write recordings:read users:read contacts:read interactions-public:read";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Answer {
    fn body(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// Status and Talkdesk's error code.
    fn problem(&self) -> (u16, String) {
        let body = self.body();
        assert!(body["message"].is_string(), "{body}");
        (self.status.as_u16(), body["code"].as_str().unwrap().to_owned())
    }

    #[track_caller]
    fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body());
        self.body()
    }

    /// Where the redirect leads, below the host.
    fn location(&self) -> String {
        self.headers[header::LOCATION].to_str().unwrap().strip_prefix(HOST).unwrap().to_owned()
    }
}

struct Bench {
    sandbox: Sandbox,
    token: String,
}

impl Bench {
    async fn new() -> Self {
        Self::with(EVERYTHING).await
    }

    async fn with(scopes: &str) -> Self {
        let mut bench = Self::empty();
        let answer = bench.basic(&[("grant_type", "client_credentials"), ("scope", scopes)]).await.ok();
        bench.token = answer["access_token"].as_str().unwrap().to_owned();
        bench
    }

    fn empty() -> Self {
        let options = Options { redirect_uris: vec![REDIRECT.into()], ..Options::new(Url::parse(HOST).unwrap()) };
        Self { sandbox: Sandbox::with_tools(options, &[super::tool]).unwrap(), token: String::new() }
    }

    /// A token request with HTTP Basic.
    async fn basic(&self, fields: &[(&str, &str)]) -> Answer {
        self.token_request(Some("harmony-sandbox:sandbox-secret-talkdesk"), fields).await
    }

    async fn token_request(&self, basic: Option<&str>, fields: &[(&str, &str)]) -> Answer {
        let mut request = Request::post("/talkdesk/oauth/token").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(basic) = basic {
            request = request.header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(basic)));
        }
        self.send(request.body(Body::from(form(fields))).unwrap()).await
    }

    /// An API request.
    async fn api(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder().method(method).uri(format!("/talkdesk/api{path}"));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.api(Method::GET, path, None).await
    }

    /// A request without a token, anywhere on the host.
    async fn open(&self, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = Request::builder().method(method).uri(format!("/_sandbox/{path}")).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A call of ten seconds that a customer makes to the project manager.
    async fn add_call(&self, start: &str, more: Value) -> Value {
        let mut call = json!({
            "agent": "project.manager@demo.example",
            "customer_number": "+12025550111",
            "direction": "inbound",
            "start": start,
            "duration_seconds": 10,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            call[name] = value.clone();
        }
        self.control(Method::POST, "talkdesk/calls", call).await.ok()
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.sandbox.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer { status: parts.status, headers: parts.headers, bytes: to_bytes(body, usize::MAX).await.unwrap() }
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
