//! For the tools' own tests: a probe of one tool, called below its prefix, and the way of its tokens.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::kit::Side;
use crate::probe::{Got, Probe, REDIRECT, hidden, options, specs, ticked};
use crate::{Build, Options, Sandbox};

/// One tool, called without a network.
pub struct Harness {
    pub sandbox: Sandbox,
    tool: &'static str,
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
        Self { sandbox: Probe::new(Options { specs: specs(), ..options() }, &[build]).sandbox, tool }
    }

    async fn send(&self, request: Request<Body>) -> Got {
        Probe { sandbox: self.sandbox.clone(), token: None }.send(request).await
    }

    /// Calls the tool's API; the path is that below the tool's prefix.
    pub async fn call(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Got {
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

    pub async fn get(&self, path: &str, token: &str) -> Got {
        self.call("GET", path, token, None).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Got {
        self.call("POST", path, token, Some(&body)).await
    }

    /// Calls a control route of the tool.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> Got {
        let request = Request::builder().method(method).uri(format!("/_sandbox/{}{path}", self.tool));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("a test's request is well formed")).await
    }

    pub async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Got {
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
        let request = hidden(&page.text(), "request");
        let fields = [("request", request.as_str()), ("email", email), ("password", "sandbox")];
        let page = self.form(&format!("{authorize}/sign-in"), &fields).await;
        let mut fields = vec![("request", request.as_str()), ("decision", "allow")];
        let boxes = ticked(&page.text());
        fields.extend(boxes.iter().map(String::as_str).filter(|scope| !refused.contains(scope)).map(|scope| ("scope", scope)));
        let done = self.form(&format!("{authorize}/decide"), &fields).await;
        Url::parse(done.header("location")).expect("a redirect to a URL")
    }

    /// Exchanges the code of a redirect.
    pub async fn exchange(&self, token_path: &str, led_to: &Url) -> Got {
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

    pub async fn refresh(&self, token_path: &str, refresh: &str) -> Got {
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
