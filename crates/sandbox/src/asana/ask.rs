//! What a request asks for: its query, its body's `data`, the fields it wants to see, the page it is on.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{Asana, errors, render};
use crate::kit::Refusal;

/// How long an `offset` can be used. That it ends is documented, when it does is not established.
const OFFSET_LIVES_MS: i64 = 60 * 60 * 1000;
/// A list without a page size may be so long.
const LONGEST_LIST: usize = 1_000;

/// A query.
pub(super) struct Ask(BTreeMap<String, String>);

impl Ask {
    pub(super) fn of(query: Option<&str>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A point in time; `now` is one.
    pub(super) fn time(&self, name: &str, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some("now") => Ok(Some(now)),
            Some(text) => text.parse().map(Some).map_err(|_| errors::invalid(&format!("{name}: Not a valid datetime: {text}"))),
        }
    }

    /// One object, with the fields that are asked for.
    pub(super) fn answer(&self, status: StatusCode, full: &Value) -> Response {
        (status, Json(json!({ "data": self.chosen_of(full) }))).into_response()
    }

    /// The fields of one object that are asked for.
    pub(super) fn chosen_of(&self, full: &Value) -> Value {
        self.chosen(full, render::usual)
    }

    fn chosen(&self, full: &Value, otherwise: fn(&Value) -> Value) -> Value {
        match self.get("opt_fields") {
            Some(fields) => render::pick(full, &fields.split(',').map(str::trim).collect::<Vec<_>>()),
            None => otherwise(full),
        }
    }

    /// A page of a list that is in the order of its ids. `path` is that of the list, for the link to the next page.
    pub(super) fn page(&self, asana: &Asana, path: &str, all: &[Value]) -> Result<Response, Refusal> {
        let Some(limit) = self.get("limit") else {
            if all.len() > LONGEST_LIST {
                return Err(errors::invalid("The result is too large. You should use pagination (may require specifying a workspace)!"));
            }
            return Ok(Json(json!({ "data": self.list(all) })).into_response());
        };
        let limit = limit.parse::<usize>().ok().filter(|limit| (1..=100).contains(limit));
        let limit = limit.ok_or_else(|| errors::invalid("limit: Must be between 1 and 100"))?;
        let after = match self.get("offset") {
            Some(offset) => Some(self.read_offset(asana, offset)?),
            None => None,
        };
        let gid = |value: &Value| value["gid"].as_str().unwrap_or_default().to_owned();
        let rest: Vec<Value> = all.iter().filter(|one| after.as_ref().is_none_or(|after| gid(one) > *after)).cloned().collect();
        let page = &rest[..rest.len().min(limit)];
        let next_page = page.last().filter(|_| rest.len() > limit).map(|last| {
            let offset = self.offset(asana, &gid(last));
            let target = format!("{path}?limit={limit}&offset={offset}");
            json!({ "offset": offset, "path": target, "uri": format!("{}/api/1.0{target}", asana.kit.base(super::ID)) })
        });
        Ok(Json(json!({ "data": self.list(page), "next_page": next_page })).into_response())
    }

    fn list(&self, page: &[Value]) -> Vec<Value> {
        page.iter().map(|one| self.chosen(one, render::compact)).collect()
    }

    /// Bound to the rest of the query, the page size apart.
    fn offset(&self, asana: &Asana, last: &str) -> String {
        hex::encode(format!("{last}|{}|{}", asana.kit.clock.now_ms() + OFFSET_LIVES_MS, self.rest()))
    }

    fn read_offset(&self, asana: &Asana, offset: &str) -> Result<String, Refusal> {
        let text = hex::decode(offset).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let parts: Vec<&str> = text.splitn(3, '|').collect();
        let [last, expires, rest] = parts.as_slice() else {
            return Err(errors::invalid("offset: Your pagination token is invalid."));
        };
        if *rest != self.rest() {
            return Err(errors::invalid("offset: Your pagination token is invalid."));
        }
        if expires.parse().unwrap_or(0) < asana.kit.clock.now_ms() {
            return Err(errors::invalid("offset: Your pagination token has expired."));
        }
        Ok((*last).to_owned())
    }

    fn rest(&self) -> String {
        let rest = self.0.iter().filter(|(name, _)| !matches!(name.as_str(), "offset" | "limit" | "opt_fields"));
        rest.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

/// The object in a body's `data`.
pub(super) fn data(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let body: Value = serde_json::from_slice(body).map_err(|_| errors::invalid("Could not parse request data, invalid JSON"))?;
    match body {
        Value::Object(mut body) => match body.remove("data") {
            Some(Value::Object(data)) => Ok(data),
            _ => Err(errors::invalid("data: Missing input")),
        },
        _ => Err(errors::invalid("Could not parse request data, invalid JSON")),
    }
}
