//! The bench of Talkdesk's tests: a sandbox in this process, tokens, calls and control requests. Tests are next door.

mod lists;
mod recordings;
mod reports;
mod tokens;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::kit::Kit;
use crate::probe::{Got, Probe, options};

const HOST: &str = "http://127.0.0.1:9400";
const CLIENT: Option<(&str, &str)> = Some(("harmony-sandbox", "sandbox-secret-talkdesk"));
const EVERYTHING: &str =
    "account:read data-reports:read data-reports:write recordings:read users:read contacts:read interactions-public:read";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
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

impl From<Got> for Answer {
    fn from(got: Got) -> Self {
        Self { status: got.status, headers: got.headers, bytes: got.body }
    }
}

struct Bench {
    probe: Probe,
}

impl Bench {
    async fn new() -> Self {
        Self::with(EVERYTHING).await
    }

    async fn with(scopes: &str) -> Self {
        let mut bench = Self::empty();
        let answer = bench.token(CLIENT, &[("grant_type", "client_credentials"), ("scope", scopes)]).await.ok();
        bench.probe.token = answer["access_token"].as_str().map(str::to_owned);
        bench
    }

    fn empty() -> Self {
        Self { probe: Probe::new(options(), &[super::tool]) }
    }

    fn kit(&self) -> &Kit {
        self.probe.sandbox.kit()
    }

    /// A token request; the client authenticates by HTTP Basic.
    async fn token(&self, client: Option<(&str, &str)>, fields: &[(&str, &str)]) -> Answer {
        self.probe.form("/talkdesk/oauth/token", client, fields).await.into()
    }

    async fn get(&self, path: &str) -> Answer {
        self.probe.get(&format!("/talkdesk/api{path}")).await.into()
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.probe.post(&format!("/talkdesk/api{path}"), &body).await.into()
    }

    /// A request without a token, anywhere on the host.
    async fn open(&self, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        self.probe.send(request.body(Body::empty()).unwrap()).await.into()
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = Request::builder().method(method).uri(format!("/_sandbox/{path}")).header(header::CONTENT_TYPE, "application/json");
        self.probe.send(request.body(Body::from(body.to_string())).unwrap()).await.into()
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
}
