//! The bench of Slack's tests: a sandbox in this process, an app installed through the pages, calls and control requests. Tests are next door.

mod chat;
mod contents;
mod events;
mod installing;
mod limits;
mod reading;

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::departures::DEPARTURES;
use crate::Options;
use crate::kit::Kit;
use crate::probe::{Got, Probe, REDIRECT, options, parameter, specs};

const CLIENT: [(&str, &str); 2] = [("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-slack")];
const PERSON: &str = "project.manager@demo.example";
const EVERYTHING: &str = "chat:write,chat:write.public,channels:read,channels:join,channels:history,groups:read,groups:history,\
                          im:read,im:write,im:history,users:read,users:read.email";

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

impl From<Got> for Answer {
    fn from(got: Got) -> Self {
        Self { status: got.status, body: serde_json::from_slice(&got.body).unwrap_or_default(), headers: got.headers }
    }
}

struct Bench {
    probe: Probe,
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
        Self { probe: Probe::new(Options { specs, ..options() }, &[super::tool]), refresh_token: String::new() }
    }

    fn kit(&self) -> &Arc<Kit> {
        self.probe.sandbox.kit()
    }

    async fn install(&mut self, scopes: &str) {
        let code = self.code(scopes).await;
        let answer = self.access(&[("code", &code), ("redirect_uri", REDIRECT)]).await.ok();
        self.probe.token = answer["access_token"].as_str().map(str::to_owned);
        self.refresh_token = answer["refresh_token"].as_str().unwrap().to_owned();
    }

    async fn code(&self, scopes: &str) -> String {
        parameter(&self.authorize(scopes, "allow").await, "code").unwrap()
    }

    /// The way of a person through the pages; where it ends.
    async fn authorize(&self, scopes: &str, decision: &str) -> String {
        let query = [("client_id", "harmony-sandbox"), ("scope", scopes), ("redirect_uri", REDIRECT), ("state", "s1")];
        self.probe.consent("/slack/oauth/v2/authorize", &query, PERSON, decision).await
    }

    async fn access(&self, fields: &[(&str, &str)]) -> Answer {
        self.probe.form("/slack/api/oauth.v2.access", None, &[&CLIENT[..], fields].concat()).await.into()
    }

    async fn get(&self, method: &str, arguments: &[(&str, &str)]) -> Answer {
        self.probe.get(&format!("/slack/api/{method}?{}", form(arguments))).await.into()
    }

    async fn json(&self, method: &str, body: Value) -> Answer {
        self.post(method, Some("application/json; charset=utf-8"), body.to_string()).await
    }

    async fn form(&self, method: &str, fields: &[(&str, &str)]) -> Answer {
        self.post(method, Some("application/x-www-form-urlencoded"), form(fields)).await
    }

    async fn post(&self, method: &str, media_type: Option<&str>, body: String) -> Answer {
        let mut request: Builder = Request::post(format!("/slack/api/{method}"));
        for (name, value) in [
            (header::CONTENT_TYPE, media_type.map(str::to_owned)),
            (header::AUTHORIZATION, self.probe.token.as_ref().map(|token| format!("Bearer {token}"))),
        ] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        self.probe.send(request.body(Body::from(body)).unwrap()).await.into()
    }

    async fn control(&self, path: &str, body: Value) -> Answer {
        self.probe.post(&format!("/_sandbox/slack/{path}"), &body).await.into()
    }

    /// The id of a channel of the workspace by its name, of a person by e-mail.
    async fn id(&self, name: &str) -> String {
        let workspace = self.probe.get("/_sandbox/slack/workspace").await.json();
        let named = |list: &str, key: &str| {
            let found = workspace[list].as_array().unwrap().iter().find(|one| one[key] == name)?;
            Some(found["id"].as_str().unwrap().to_owned())
        };
        named("channels", "name").or_else(|| named("users", "email")).unwrap()
    }

    fn effects(&self, action: &str) -> usize {
        self.kit().ledger.effects(Some("slack"), Some(action)).len()
    }

    /// Every request and answer fitted the description; where there is one, some were held against it.
    #[track_caller]
    fn fits(&self) {
        let checks = &self.kit().checks;
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
        assert_eq!(bench.kit().checks.violations().len(), 3);
    }
}
