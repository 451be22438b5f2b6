//! What stands round every tool: the request is judged, may meet a fault, reaches the tool, and the answer is judged. The order lives here.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use super::openapi::essence;
use super::operation::Operation;
use super::validate::Verdict;
use super::{Kit, Misfit, Outcome, Side, Tool, Validator, chaos};

/// The longest request body that the sandbox reads.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

#[derive(Clone)]
struct Door {
    kit: Arc<Kit>,
    validator: Arc<Validator>,
}

/// The tool's router with the door round it.
pub(crate) fn mount(kit: &Arc<Kit>, tool: Tool) -> Router {
    let door = Door { kit: Arc::clone(kit), validator: Arc::new(tool.validator) };
    tool.router.layer(from_fn_with_state(door, pass))
}

async fn pass(State(door): State<Door>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (method, uri) = (parts.method.clone(), parts.uri.clone());
    let validator = door.validator.of(uri.path());
    let verdict = validator.judge(&method, uri.path(), uri.query(), &media_type(&parts.headers), &body);
    let exchange = Exchange { door: &door, validator, method: method.as_str(), path: uri.path() };
    let judged = exchange.judge_request(verdict);
    let fault = door.kit.chaos.strike(door.validator.tool, &method, uri.path(), &body);
    if let Some(fault) = &fault
        && let Some(response) = chaos::before(fault).await
    {
        return response;
    }
    let response = match judged {
        Err(refusal) => refusal,
        Ok(operation) => {
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            exchange.note_misfit(&response);
            exchange.judge_response(operation, response).await
        }
    };
    match &fault {
        Some(fault) => chaos::after(fault, &door.kit.chaos, response).await,
        None => response,
    }
}

struct Exchange<'a> {
    door: &'a Door,
    validator: &'a Validator,
    method: &'a str,
    path: &'a str,
}

impl Exchange<'_> {
    /// The operation whose answer is to be judged, or the tool's refusal.
    #[expect(clippy::result_large_err, reason = "the refusal is the answer itself and is used at once")]
    fn judge_request<'v>(&self, verdict: Verdict<'v>) -> Result<Option<&'v Operation>, Response> {
        let tool = self.validator.tool;
        let checks = &self.door.kit.checks;
        let Some(rules) = &self.validator.rules else {
            if self.is_by_own_rules() {
                checks.counted(tool, Side::Request, Outcome::OwnRules);
            }
            return Ok(None);
        };
        let outcome = match verdict {
            Verdict::NotMine => return Ok(None),
            Verdict::Unloaded => Outcome::Unloaded,
            Verdict::Undescribed(template) => {
                checks.met_undescribed(tool, self.method, template);
                Outcome::Undescribed
            }
            _ => Outcome::Checked,
        };
        checks.counted(tool, Side::Request, outcome);
        match verdict {
            Verdict::Fits(operation) => Ok(Some(operation)),
            Verdict::Misfit((place, reason)) => Err((rules.refusal)(&self.violation(Side::Request, &place, &reason))),
            Verdict::NoSuchOperation => {
                self.violation(Side::Request, "path", "no such operation");
                Err((rules.not_found)())
            }
            Verdict::NotMine | Verdict::Unloaded | Verdict::Undescribed(_) => Ok(None),
        }
    }

    fn is_by_own_rules(&self) -> bool {
        self.validator.own.iter().any(|path| self.path.starts_with(path))
    }

    /// Records what the tool's own code refused as not described.
    fn note_misfit(&self, response: &Response) {
        if let Some(Misfit(reason)) = response.extensions().get() {
            self.violation(Side::Request, "request", reason);
        } else if response.status() == StatusCode::METHOD_NOT_ALLOWED && self.is_by_own_rules() {
            self.violation(Side::Request, "path", "no such operation");
        }
    }

    /// Records a misfit of the answer; the answer itself is passed on as it is.
    async fn judge_response(&self, operation: Option<&Operation>, response: Response) -> Response {
        let Some(operation) = operation else {
            return response;
        };
        let media_type = media_type(response.headers());
        let status = response.status();
        let (parts, body) = response.into_parts();
        let is_json = media_type == "application/json";
        let (checked, body) = if is_json {
            let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
            (bytes.clone(), Body::from(bytes))
        } else {
            (Bytes::new(), body)
        };
        let checks = &self.door.kit.checks;
        checks.counted(self.validator.tool, Side::Response, Outcome::Checked);
        if let Err((place, reason)) = operation.check_response(status, &media_type, &checked) {
            self.violation(Side::Response, &place, &reason);
        }
        Response::from_parts(parts, body)
    }

    fn violation(&self, side: Side, place: &str, reason: &str) -> super::Violation {
        self.door.kit.checks.violation(self.validator.tool, self.method, self.path, side, place, reason)
    }
}

fn media_type(headers: &HeaderMap) -> String {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(essence).unwrap_or_default()
}
