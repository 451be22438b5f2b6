//! One Web API call: its arguments from query, form or JSON, the caller behind its token, and what every answer has. The methods are listed here.
//!
//! <https://docs.slack.dev/apis/web-api/> (basics, POST bodies, warnings, errors).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method as Verb, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::limits::Tier;
use super::{Slack, channels, chat, history, identity, oauth, people, refuse, refuse_saying, unknown_method};
use crate::kit::{Caller, Denied, Need, Refusal};

/// One method of the Web API.
struct Method {
    name: &'static str,
    tier: Tier,
    /// Scopes that every call needs; methods whose scopes hang on the channel ask for theirs themselves.
    need: Need,
    /// May the arguments come as JSON?
    json: bool,
    act: fn(&Slack, &Call) -> Result<Value, Refusal>,
}

const fn method(name: &'static str, tier: Tier, need: Need, json: bool, act: fn(&Slack, &Call) -> Result<Value, Refusal>) -> Method {
    Method { name, tier, need, json, act }
}

const WRITE: Need = Need::All(&["chat:write"]);
const USERS: Need = Need::All(&["users:read"]);

/// What is emulated, with tiers and scopes from each method's page.
const METHODS: &[Method] = &[
    method("auth.revoke", Tier::Three, Need::Token, false, identity::revoke),
    method("auth.test", Tier::Special, Need::Token, true, identity::test),
    method("chat.delete", Tier::Three, WRITE, true, chat::delete),
    method("chat.getPermalink", Tier::Special, Need::Token, false, chat::permalink),
    method("chat.postMessage", Tier::Special, WRITE, true, chat::post),
    method("chat.update", Tier::Three, WRITE, true, chat::update),
    method("conversations.history", Tier::History, Need::Token, false, history::history),
    method("conversations.info", Tier::Three, Need::Token, false, channels::info),
    method("conversations.join", Tier::Three, Need::All(&["channels:join"]), true, channels::join),
    method("conversations.list", Tier::Two, Need::Token, false, channels::list),
    method("conversations.open", Tier::Three, Need::All(&["im:write"]), true, channels::open),
    method("conversations.replies", Tier::History, Need::Token, false, history::replies),
    method("users.info", Tier::Four, USERS, false, people::info),
    method("users.list", Tier::Two, USERS, false, people::list),
    method("users.lookupByEmail", Tier::Three, Need::All(&["users:read.email"]), false, people::lookup_by_email),
];

/// What a method works with.
pub(super) struct Call {
    arguments: Map<String, Value>,
    pub caller: Caller,
}

pub(super) async fn answer(
    State(slack): State<Arc<Slack>>,
    Path(name): Path<String>,
    verb: Verb,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let Some(method) = METHODS.iter().find(|method| method.name == name) else {
        return unknown_method();
    };
    let read = match Arguments::read(method, &verb, &headers, query.as_deref(), &body) {
        Ok(read) => read,
        Err(refusal) => return refusal.into_response(),
    };
    let mut warnings = read.warnings.clone();
    match slack.run(method, &headers, read) {
        Ok((answer, caller)) => success(method, answer, &caller, &mut warnings),
        Err(refusal) => refusal.into_response(),
    }
}

impl Slack {
    fn run(&self, method: &Method, headers: &HeaderMap, read: Arguments) -> Result<(Value, Caller), Refusal> {
        let token = bearer(headers).or(read.token);
        let caller = self.authority.token(token.as_deref(), method.need).map_err(|refusal| self.removed_or(refusal))?;
        let call = Call { arguments: read.values, caller };
        let channel = (method.name == "chat.postMessage").then(|| call.text("channel")).flatten();
        if let Some(seconds) = self.limits().wait_seconds(method.name, method.tier, channel.as_deref()) {
            let body = json!({ "ok": false, "error": "ratelimited" });
            return Err(Refusal::json(StatusCode::TOO_MANY_REQUESTS, body).with("retry-after", &seconds.to_string()));
        }
        let answer = (method.act)(self, &call)?;
        Ok((answer, call.caller))
    }

    /// A bot token of an app that was removed from the workspace is `account_inactive`, not `token_revoked`.
    fn removed_or(&self, refusal: Refusal) -> Refusal {
        let response = refusal.into_response();
        let revoked = response.extensions().get::<Denied>() == Some(&Denied::Revoked);
        if revoked && self.world().was_removed { refuse("account_inactive") } else { response.into() }
    }
}

/// `ok`, warnings, and the headers that tell granted and accepted scopes.
fn success(method: &Method, mut answer: Value, caller: &Caller, warnings: &mut Vec<String>) -> Response {
    answer["ok"] = json!(true);
    if let Some(own) = answer["warning"].as_str() {
        warnings.push(own.to_owned());
    }
    if warnings.is_empty() {
        if let Some(map) = answer.as_object_mut() {
            map.remove("warning");
        }
    } else {
        answer["warning"] = json!(warnings.join(","));
        answer["response_metadata"]["warnings"] = json!(warnings);
    }
    let mut response = Json(answer).into_response();
    let accepted = match method.need {
        Need::Token => String::new(),
        Need::Any(scopes) | Need::All(scopes) => scopes.join(","),
    };
    for (name, value) in [("x-oauth-scopes", caller.scopes.join(",")), ("x-accepted-oauth-scopes", accepted)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

impl Call {
    /// An argument as text; numbers and booleans of a JSON body as they would stand in a form.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.arguments.get(name)? {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// Was the argument sent, be it empty?
    pub(super) fn sent(&self, name: &str) -> bool {
        self.arguments.get(name).is_some_and(|value| !value.is_null())
    }

    pub(super) fn require(&self, name: &str) -> Result<String, Refusal> {
        self.text(name).ok_or_else(|| refuse_saying("invalid_arguments", &[format!("missing required field: {name}")]))
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.text(name).as_deref(), Some("true" | "1"))
    }

    /// A structured argument: itself in a JSON body, its JSON text in a form.
    pub(super) fn structure(&self, name: &str, malformed: &str) -> Result<Option<Value>, Refusal> {
        match self.arguments.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(|_| refuse(malformed)),
            Some(value) => Ok(Some(value.clone())),
        }
    }

    /// The size of a page: at least 1, at most `most`.
    pub(super) fn limit(&self, usual: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.text("limit") else { return Ok(usual) };
        match text.parse::<usize>() {
            Ok(0) => Ok(usual),
            Ok(limit) if limit <= most => Ok(limit),
            _ => Err(refuse("invalid_limit")),
        }
    }

    pub(super) fn has_scope(&self, scope: &str) -> bool {
        self.caller.may(&[scope])
    }

    pub(super) fn need_scope(&self, scope: &str) -> Result<(), Refusal> {
        if self.has_scope(scope) { Ok(()) } else { Err(oauth::missing_scope(scope, &self.caller.scopes)) }
    }
}

struct Arguments {
    values: Map<String, Value>,
    /// A token among the arguments.
    token: Option<String>,
    warnings: Vec<String>,
}

impl Arguments {
    fn read(method: &Method, verb: &Verb, headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Result<Self, Refusal> {
        let mut read = Self { values: Map::new(), token: None, warnings: Vec::new() };
        read.add_pairs(query.unwrap_or_default().as_bytes());
        if verb == Verb::POST && !body.is_empty() {
            let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            read.add_body(method, media_type, body)?;
        }
        if let Some(Value::String(token)) = read.values.remove("token") {
            read.token = Some(token);
        }
        Ok(read)
    }

    fn add_body(&mut self, method: &Method, media_type: Option<&str>, body: &[u8]) -> Result<(), Refusal> {
        let media_type = media_type.ok_or_else(|| refuse("missing_post_type"))?.to_ascii_lowercase();
        let has_charset = media_type.contains("charset");
        match media_type.split(';').next().map(str::trim) {
            Some("application/x-www-form-urlencoded") => {
                if has_charset {
                    self.warnings.push("superfluous_charset".into());
                }
                self.add_pairs(body);
                Ok(())
            }
            Some("application/json") if method.json => {
                if !has_charset {
                    self.warnings.push("missing_charset".into());
                }
                let value: Value = serde_json::from_slice(body).map_err(|_| refuse("invalid_json"))?;
                let Value::Object(mut map) = value else { return Err(refuse("json_not_object")) };
                // With JSON the token belongs in the header (apis/web-api: POST bodies).
                map.remove("token");
                self.values.append(&mut map);
                Ok(())
            }
            _ => Err(refuse("invalid_post_type")),
        }
    }

    fn add_pairs(&mut self, form: &[u8]) {
        for (name, value) in form_urlencoded::parse(form) {
            self.values.insert(name.into_owned(), Value::String(value.into_owned()));
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")).map(|token| token.trim().to_owned())
}
