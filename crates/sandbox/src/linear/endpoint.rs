//! `POST /graphql`: who calls, whether the document fits the schema and the budgets, and how the outcome is written. Resolving is elsewhere.

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
use super::{Linear, cost};
use crate::kit::{Caller, Need, Outcome, Quota, Refusal, Side};

#[derive(Deserialize)]
struct Request {
    query: String,
    #[serde(default)]
    variables: Option<JsonMap>,
    #[serde(default, rename = "operationName")]
    operation_name: Option<String>,
}

pub(super) async fn graphql(State(linear): State<Arc<Linear>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let caller = linear.authority.bearer(&headers, Need::Token)?;
    let quota = linear.limits.requests.take(&caller.account.id, 1);
    let mut answer = if quota.allowed {
        linear.answer(&caller, &headers, &body).unwrap_or_else(|failure| failure.answer())
    } else {
        Failure::rate_limited("Only 5000 requests are allowed per 1 hour.").answer()
    };
    budget_headers(answer.headers_mut(), "requests", &quota);
    Ok(answer)
}

impl Linear {
    fn answer(&self, caller: &Caller, headers: &HeaderMap, body: &[u8]) -> Result<Response, Failure> {
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
            .map_err(|error| Failure { code: "BAD_USER_INPUT", ..self.refuse_document(&error.message().to_string()) })?;
        let outcome = if self.sdl.whole { Outcome::Checked } else { Outcome::Unloaded };
        self.kit.checks.counted(super::ID, Side::Request, outcome);

        let points = cost::of(&document, operation, &variables);
        if points > cost::DEAREST {
            let text = format!("The query costs {points} points; {} are allowed.", cost::DEAREST);
            return Err(Failure { http: StatusCode::BAD_REQUEST, ..Failure::input("Query too complex", text) });
        }
        let quota = self.limits.complexity.take(&caller.account.id, points);
        let mut answer = if quota.allowed {
            let answer = self.execute(caller, &document, operation, &variables)?;
            self.kit.checks.counted(super::ID, Side::Response, outcome);
            answer
        } else {
            Failure::rate_limited("Only 2000000 points of complexity are allowed per 1 hour.").answer()
        };
        budget_headers(answer.headers_mut(), "complexity", &quota);
        answer.headers_mut().insert("x-complexity", HeaderValue::from(points));
        Ok(answer)
    }

    fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Request, Failure> {
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media_type.starts_with("application/json") {
            return Err(self.refuse_document("The body must be JSON."));
        }
        serde_json::from_slice(body).map_err(|error| self.refuse_document(&format!("The body is no GraphQL request: {error}")))
    }

    /// A document that does not fit is a violation too.
    fn refuse_document(&self, reason: &str) -> Failure {
        self.kit.checks.violation(super::ID, "POST", "/graphql", Side::Request, "document", reason);
        Failure::document(reason)
    }

    fn execute(
        &self,
        caller: &Caller,
        document: &Valid<ExecutableDocument>,
        operation: &Node<Operation>,
        variables: &Valid<JsonMap>,
    ) -> Result<Response, Failure> {
        let context = Context::new(self, caller);
        let root = Object::root(&context, operation.is_mutation());
        let response = Execution::new(&self.sdl.schema, document)
            .operation(operation)
            .coerced_variable_values(variables)
            .execute_sync(&root)
            .map_err(|error| self.refuse_document(&error.message().to_string()))?;
        drop(root);
        Ok(write(&context, &response))
    }
}

/// Linear's shape: `errors` with extensions, and `data`, which is null when a non-null root field failed.
fn write(context: &Context<'_>, response: &ExecutionResponse) -> Response {
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
            // Not one of Linear's errors: an answer of this emulator does not fit the schema.
            let checks = &context.linear.kit.checks;
            checks.violation(super::ID, "POST", "/graphql", Side::Response, "data", &error.message);
        }
        errors.push(written);
    }
    let mut body = json!({ "data": response.data });
    whole_numbers(&mut body["data"]);
    if !errors.is_empty() {
        body["errors"] = Value::Array(errors);
    }
    (status, Json(body)).into_response()
}

/// Linear is written in JavaScript, where a whole `Float` is written without a fraction.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        Value::Number(number) => {
            let text = number.to_string();
            if let Some(whole) = text.strip_suffix(".0").and_then(|whole| whole.parse::<i64>().ok()) {
                *value = json!(whole);
            }
        }
        _ => {}
    }
}

fn budget_headers(headers: &mut HeaderMap, budget: &str, quota: &Quota) {
    let names = match budget {
        "requests" => ["x-ratelimit-requests-limit", "x-ratelimit-requests-remaining", "x-ratelimit-requests-reset"],
        _ => ["x-ratelimit-complexity-limit", "x-ratelimit-complexity-remaining", "x-ratelimit-complexity-reset"],
    };
    headers.insert(names[0], HeaderValue::from(quota.limit));
    headers.insert(names[1], HeaderValue::from(quota.remaining));
    headers.insert(names[2], HeaderValue::from(quota.reset_at.as_millisecond()));
}
