//! The bench of Slack's tests: a sandbox in this process, an app installed through the pages, calls and control requests. Tests are next door.

mod chat;
mod contents;
mod events;
mod installing;
mod limits;
mod reading;

use std::path::PathBuf;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;
use url::{Url, form_urlencoded};

use super::departures::DEPARTURES;
use crate::{Options, Sandbox};

const REDIRECT: &str = "http://127.0.0.1:4000/oauth/callback";
const EVERYTHING: &str = "chat:write,chat:write.public,channels:read,channels:join,channels:history,groups:read,groups:history,\
                          im:read,im:write,im:history,users:read,users:read.email";

/// The folder of official descriptions, where there is one.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration to ask")]
fn specs() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs");
    let folder = std::env::var("HARMONY_SPECS").map_or_else(|_| PathBuf::from(beside), PathBuf::from);
    folder.join("slack").is_dir().then_some(folder)
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }

    #[track_caller]
    fn ok(self) -> Value {
        assert_eq!(self.body["ok"], true, "{}", self.body);
        self.body
    }
}

struct Bench {
    sandbox: Sandbox,
    token: String,
    refresh_token: String,
}

impl Bench {
    /// With the app installed and all its scopes granted.
    async fn new() -> Self {
        Self::with(EVERYTHING).await
    }

    async fn with(scopes: &str) -> Self {
        let mut bench = Self::empty();
        bench.install(scopes).await;
        bench
    }

    fn empty() -> Self {
        Self::described_by(specs())
    }

    fn described_by(specs: Option<PathBuf>) -> Self {
        let options = Options { specs, redirect_uris: vec![REDIRECT.into()], ..Options::new(Url::parse("http://127.0.0.1:4999").unwrap()) };
        let sandbox = Sandbox::with_tools(options, &[super::tool]).unwrap();
        Self { sandbox, token: String::new(), refresh_token: String::new() }
    }

    async fn install(&mut self, scopes: &str) {
        let code = self.code(scopes).await;
        let answer = self.access(&[("code", &code), ("redirect_uri", REDIRECT)]).await.ok();
        self.token = answer["access_token"].as_str().unwrap().to_owned();
        self.refresh_token = answer["refresh_token"].as_str().unwrap().to_owned();
    }

    /// The way of a person through the pages.
    async fn code(&self, scopes: &str) -> String {
        let target = self.authorize(scopes, "allow").await;
        let (_, code) = target.query_pairs().find(|(name, _)| name == "code").unwrap();
        code.into_owned()
    }

    async fn authorize(&self, scopes: &str, decision: &str) -> Url {
        let query = form(&[("client_id", "harmony-sandbox"), ("scope", scopes), ("redirect_uri", REDIRECT), ("state", "s1")]);
        let (_, _, page) = self.send(Request::get(format!("/slack/oauth/v2/authorize?{query}")).body(Body::empty()).unwrap()).await;
        let request = between(&page, "name=\"request\" value=\"", "\"");
        let fields = [("request", request.as_str()), ("email", "project.manager@demo.example"), ("password", "sandbox")];
        self.send(post_form("/slack/oauth/v2/authorize/sign-in", &fields)).await;
        let fields = [("request", request.as_str()), ("decision", decision)];
        let (_, headers, _) = self.send(post_form("/slack/oauth/v2/authorize/decide", &fields)).await;
        Url::parse(headers[header::LOCATION].to_str().unwrap()).unwrap()
    }

    async fn access(&self, fields: &[(&str, &str)]) -> Answer {
        let client = [("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-slack")];
        let fields: Vec<(&str, &str)> = client.iter().chain(fields).copied().collect();
        self.answer(post_form("/slack/api/oauth.v2.access", &fields)).await
    }

    async fn get(&self, method: &str, arguments: &[(&str, &str)]) -> Answer {
        let request = Request::get(format!("/slack/api/{method}?{}", form(arguments)));
        self.answer(self.signed_in(request).body(Body::empty()).unwrap()).await
    }

    async fn json(&self, method: &str, body: Value) -> Answer {
        let request = Request::post(format!("/slack/api/{method}")).header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        self.answer(self.signed_in(request).body(Body::from(body.to_string())).unwrap()).await
    }

    async fn form(&self, method: &str, fields: &[(&str, &str)]) -> Answer {
        let mut request = post_form(&format!("/slack/api/{method}"), fields);
        request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {}", self.token).parse().unwrap());
        self.answer(request).await
    }

    fn signed_in(&self, request: axum::http::request::Builder) -> axum::http::request::Builder {
        request.header(header::AUTHORIZATION, format!("Bearer {}", self.token))
    }

    async fn control(&self, path: &str, body: Value) -> Answer {
        let request = Request::post(format!("/_sandbox/{path}")).header(header::CONTENT_TYPE, "application/json");
        self.answer(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let (status, headers, text) = self.send(request).await;
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or_default() }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = self.sandbox.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// The id of a channel of the workspace by its name, of a person by e-mail.
    async fn id(&self, name: &str) -> String {
        let request = Request::get("/_sandbox/slack/workspace").body(Body::empty()).unwrap();
        let workspace = self.answer(request).await.body;
        let named = |list: &str, key: &str| {
            let found = workspace[list].as_array().unwrap().iter().find(|one| one[key] == name)?;
            Some(found["id"].as_str().unwrap().to_owned())
        };
        named("channels", "name").or_else(|| named("users", "email")).unwrap()
    }

    fn effects(&self, action: &str) -> usize {
        self.sandbox.kit().ledger.effects(Some("slack"), Some(action)).len()
    }

    /// Every request and answer fitted the description; where there is one, some were held against it.
    #[track_caller]
    fn fits(&self) {
        let checks = &self.sandbox.kit().checks;
        assert!(checks.violations().is_empty(), "{:#?}", checks.violations());
        let counts = checks.counts()["slack"];
        if specs().is_some() {
            assert!(counts.requests_checked > 0 && counts.responses_checked > 0 && counts.undescribed == 0, "{counts:?}");
        }
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn post_form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(Body::from(form(fields))).unwrap()
}

fn between(text: &str, before: &str, after: &str) -> String {
    let start = text.find(before).unwrap() + before.len();
    let length = text[start..].find(after).unwrap();
    text[start..start + length].to_owned()
}

#[test]
fn every_departure_has_its_reason_and_its_place() {
    let original: Value = specs()
        .map(|folder| std::fs::read_to_string(folder.join("slack/web_openapi_v2.trimmed.json")).unwrap())
        .map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
    for departure in DEPARTURES {
        assert!(departure.why.len() > 20, "{:?}", departure.at);
        let now: Value = serde_json::from_str(departure.now).unwrap();
        let mut here = &original;
        for key in &departure.at[..departure.at.len() - 1] {
            here = match here {
                Value::Array(list) => list.iter().find(|entry| entry["name"] == *key).unwrap_or(&Value::Null),
                other => &other[*key],
            };
        }
        if !original.is_null() {
            assert!(!here.is_null(), "{:?} leads nowhere", departure.at);
            assert_ne!(here.get(departure.at[departure.at.len() - 1]), Some(&now), "{:?} changes nothing", departure.at);
        }
    }
}

#[tokio::test]
async fn unknown_methods_and_arguments_are_refused() {
    let bench = Bench::new().await;
    assert_eq!(bench.get("chat.dance", &[]).await.error(), "unknown_method");
    if specs().is_some() {
        let answer = bench.json("chat.postMessage", json!({ "channel": "general", "text": "Hello", "colour": "red" })).await;
        assert_eq!(answer.error(), "invalid_arguments");
        assert_eq!(bench.get("users.list", &[("page", "2")]).await.error(), "invalid_arguments");
        assert_eq!(bench.effects("message.create"), 0);
        assert_eq!(bench.sandbox.kit().checks.violations().len(), 3);
    }
}
