//! `POST /v2`: who calls, whether the document fits the schema and the budgets, and how the outcome is written. Resolving is elsewhere.

use std::sync::Arc;

use apollo_compiler::executable::Operation;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::{ExecutionResponse, JsonMap};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::Failure;
use super::resolve::{Context, Object};
use super::{Monday, cost};
use crate::kit::{Caller, Need, Outcome, Quota, Refusal, Side};

#[derive(Deserialize)]
struct Request {
    query: String,
    #[serde(default)]
    variables: Option<JsonMap>,
    #[serde(default, rename = "operationName")]
    operation_name: Option<String>,
}

/// A document that is about to be executed, and what it costs.
struct Checked<'a> {
    document: &'a Valid<ExecutableDocument>,
    operation: &'a Node<Operation>,
    variables: &'a Valid<JsonMap>,
    quota: Quota,
    points: u64,
}

pub(super) async fn graphql(State(monday): State<Arc<Monday>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let caller = monday.authority.token(token(&headers), Need::Token)?;
    let minute = monday.limits.minute.take(&caller.account.tenant, 1);
    let mut answer = if !minute.allowed {
        Failure::minute(seconds(minute.retry_after_ms)).answer()
    } else if !monday.limits.daily.take() {
        Failure::daily(monday.limits.daily.seconds_left()).answer()
    } else {
        monday.answer(&caller, &headers, &body).await.unwrap_or_else(|failure| failure.answer())
    };
    budget_headers(answer.headers_mut(), &minute);
    Ok(answer)
}

/// A token stands in the header as it is, or behind `Bearer`.
fn token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    let bare = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map_or(value, |(_, token)| token.trim());
    Some(bare).filter(|token| !token.is_empty())
}

fn seconds(ms: i64) -> i64 {
    ms.max(0) / 1000 + 1
}

impl Monday {
    async fn answer(&self, caller: &Caller, headers: &HeaderMap, body: &[u8]) -> Result<Response, Failure> {
        let request = self.read(headers, body)?;
        let document = ExecutableDocument::parse_and_validate(&self.sdl.schema, &request.query, "request.graphql").map_err(|error| {
            let reasons: Vec<String> = error.errors.iter().map(|one| one.error.to_string()).collect();
            self.refuse_document(&reasons.join("; "))
        })?;
        let operation = document
            .operations
            .get(request.operation_name.as_deref())
            .map_err(|error| self.refuse_document(&error.message().to_string()))?;
        let raw = request.variables.unwrap_or_default();
        let variables = coerce_variable_values(&self.sdl.schema, operation, &raw)
            .map_err(|error| self.refuse_document(&error.message().to_string()))?;
        let outcome = if self.sdl.whole { Outcome::Checked } else { Outcome::Unloaded };
        self.kit.checks.counted(super::ID, Side::Request, outcome);

        let points = cost::of(&document, operation, &variables);
        if points > cost::DEAREST {
            return Err(Failure::too_complex());
        }
        let budget = if operation.is_mutation() { &self.limits.writes } else { &self.limits.reads };
        let quota = budget.take(&caller.token, points);
        if !quota.allowed {
            return Err(Failure::complexity(points, quota.remaining, seconds(quota.retry_after_ms)));
        }
        let checked = Checked { document: &document, operation, variables: &variables, quota, points };
        let (body, status, handshakes) = self.execute(caller, &checked)?;
        self.kit.checks.counted(super::ID, Side::Response, outcome);
        for webhook in handshakes {
            self.shake_hands(&webhook).await?;
        }
        Ok((status, Json(body)).into_response())
    }

    fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Request, Failure> {
        let version = headers.get("api-version").map(|value| value.to_str().unwrap_or_default());
        if version.is_some_and(|version| !is_version(version)) {
            return Err(Failure::version());
        }
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media_type.starts_with("application/json") {
            return Err(self.refuse_document("The body must be JSON."));
        }
        serde_json::from_slice(body).map_err(|error| self.refuse_document(&format!("The body is no GraphQL request: {error}")))
    }

    /// A document that does not fit is a violation too.
    fn refuse_document(&self, reason: &str) -> Failure {
        self.kit.checks.violation(super::ID, "POST", "/v2", Side::Request, "document", reason);
        Failure::document(reason)
    }

    /// The answer, and the webhooks whose address is still to be asked.
    fn execute(&self, caller: &Caller, checked: &Checked<'_>) -> Result<(Value, StatusCode, Vec<String>), Failure> {
        let context = Context::new(self, caller, checked.quota, checked.points);
        let root = Object::root(&context, checked.operation.is_mutation());
        let response = Execution::new(&self.sdl.schema, checked.document)
            .operation(checked.operation)
            .coerced_variable_values(checked.variables)
            .execute_sync(&root)
            .map_err(|error| self.refuse_document(&error.message().to_string()))?;
        drop(root);
        let (body, status) = write(&context, &response);
        Ok((body, status, context.handshakes()))
    }
}

/// Quarters by their first month, and the names of what is not released.
fn is_version(text: &str) -> bool {
    let quarter = |text: &str| match text.split_once('-') {
        Some((year, month)) => year.len() == 4 && year.parse::<u16>().is_ok() && ["01", "04", "07", "10"].contains(&month),
        None => false,
    };
    text == "dev" || quarter(text)
}

/// monday.com's shape: `data` with what succeeded, `errors` with the rest.
fn write(context: &Context<'_>, response: &ExecutionResponse) -> (Value, StatusCode) {
    let mut status = StatusCode::OK;
    let mut errors = Vec::new();
    for error in &response.errors {
        let mut written = serde_json::to_value(error).unwrap_or(Value::Null);
        if let Some(failure) = context.failure(&error.message) {
            written["message"] = json!(failure.message);
            written["extensions"] = failure.extensions();
            if failure.http != StatusCode::OK {
                status = failure.http;
            }
        } else {
            // Not one of monday.com's errors: an answer of this emulator does not fit the schema.
            context.monday.kit.checks.violation(super::ID, "POST", "/v2", Side::Response, "data", &error.message);
        }
        errors.push(written);
    }
    let mut body = json!({ "data": response.data, "extensions": { "request_id": context.monday.kit.uuid() } });
    if !errors.is_empty() {
        body["errors"] = Value::Array(errors);
        body["account_id"] = json!(context.caller.account.tenant.parse::<u64>().unwrap_or_default());
    }
    (body, status)
}

/// As seen on live answers: structured fields, one member for each limit.
fn budget_headers(headers: &mut HeaderMap, minute: &Quota) {
    let policy = format!("\"minuteRate\";q={};w=60, \"concurrency\";q=80, \"complexityMinute\";q=5000000;w=60", minute.limit);
    let state = format!("\"minuteRate\";r={};t=60", minute.remaining);
    for (name, text) in [("ratelimit-policy", policy), ("ratelimit", state)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
}
