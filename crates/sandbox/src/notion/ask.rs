//! What a request asks for: its body, and the page of a list that it is on.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::Notion;
use super::errors::invalid;
use crate::kit::Refusal;

/// How long a cursor is taken. That one can be refused is known, when is not established.
const CURSOR_LIVES_MS: i64 = 60 * 60 * 1000;
/// Elements of one answer.
const LONGEST_PAGE: usize = 100;

/// Where in a list to go on, and how far.
#[derive(Debug)]
pub(super) struct Paging {
    cursor: Option<String>,
    size: usize,
}

/// One element of a list: what orders it, and what is told of it. Lists come in ascending order of the keys.
pub(super) type Element = (String, Value);

impl Paging {
    pub(super) fn of_query(query: Option<&str>) -> Result<Self, Refusal> {
        let mut cursor = None;
        let mut size = LONGEST_PAGE;
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "start_cursor" => cursor = Some(value.into_owned()),
                "page_size" => size = value.parse().map_err(|_| bad_size())?,
                _ => {}
            }
        }
        Self { cursor, size }.checked()
    }

    pub(super) fn of_body(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let cursor = body.get("start_cursor").and_then(Value::as_str).map(str::to_owned);
        let size = match body.get("page_size") {
            Some(size) => size.as_u64().and_then(|size| usize::try_from(size).ok()).ok_or_else(bad_size)?,
            None => LONGEST_PAGE,
        };
        Self { cursor, size }.checked()
    }

    fn checked(self) -> Result<Self, Refusal> {
        if (1..=LONGEST_PAGE).contains(&self.size) { Ok(self) } else { Err(bad_size()) }
    }

    /// A page of the list. `list` names it with all that it was asked by: a cursor is good for its own list alone. `most`: the whole
    /// list has no more, and says so.
    pub(super) fn answer(&self, notion: &Notion, list: &str, kind: &str, all: &[Element], most: usize) -> Result<Response, Refusal> {
        let after = self.cursor.as_deref().map(|cursor| read(notion, list, cursor)).transpose()?;
        let (after, told) = after.map_or((None, 0), |(after, told)| (Some(after), told));
        let rest: Vec<&Element> = all.iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after)).collect();
        let left = most.saturating_sub(told);
        let page = &rest[..rest.len().min(self.size).min(left)];
        let capped = rest.len() > page.len() && page.len() == left;
        let next = page.last().filter(|_| rest.len() > page.len() && !capped);
        let next =
            next.map(|(key, _)| hex::encode(format!("{}|{}|{key}|{list}", notion.kit.clock.now_ms() + CURSOR_LIVES_MS, told + page.len())));
        let mut body = json!({
            "object": "list",
            "results": page.iter().map(|(_, value)| value).collect::<Vec<_>>(),
            "next_cursor": next,
            "has_more": next.is_some(),
            "type": kind,
            kind: {},
        });
        if capped {
            body["request_status"] = json!({ "type": "incomplete", "incomplete_reason": "query_result_limit_reached" });
        }
        Ok(Json(body).into_response())
    }
}

/// The key after which to go on, and how many came before.
fn read(notion: &Notion, list: &str, cursor: &str) -> Result<(String, usize), Refusal> {
    let text = hex::decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let parts: Vec<&str> = text.splitn(4, '|').collect();
    match parts.as_slice() {
        [expires, told, key, of] if *of == list && expires.parse().unwrap_or(0) >= notion.kit.clock.now_ms() => {
            Ok(((*key).to_owned(), told.parse().unwrap_or(0)))
        }
        _ => Err(invalid(&format!("The start_cursor provided is invalid: {cursor}"))),
    }
}

fn bad_size() -> Refusal {
    invalid("body failed validation: body.page_size should be ≤ `100` and > `0`.")
}

/// A body's object; one that is absent is empty.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(super::errors::refuse(axum::http::StatusCode::BAD_REQUEST, "invalid_json", "Error parsing JSON body.")),
    }
}
