//! `/conversations/interactions` (Early Access): interactions that started in a window of at most seven days, by cursor.
//!
//! docs.talkdesk.com/reference/retrieve-all-interactions, /docs/conversations-api. `interaction_ended` is the end of the window of starts, not
//! the end of an interaction.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Talkdesk;
use super::problem::Api;
use super::query::Query;
use super::world::{Call, Direction, World};
use crate::kit::Refusal;

/// Not established; the file has no parameter for it.
const PER_PAGE: usize = 20;
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) async fn list(
    State(talkdesk): State<Arc<Talkdesk>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    talkdesk.admit(&headers, Api::Conversations, &["interactions-public:read"])?;
    let query = Query::read(Api::Conversations, query.as_deref(), &["interaction_started", "interaction_ended", "cursor"])?;
    let window = match query.text("cursor") {
        Some(cursor) => Window::of_cursor(cursor)?,
        None => Window::of_query(&query, talkdesk.kit.clock.now())?,
    };
    let world = talkdesk.world();
    let mut calls: Vec<&Call> = world.calls.iter().filter(|call| window.from <= call.start && call.start <= window.to).collect();
    calls.sort_by_key(|call| (call.start, &call.id));
    let page: Vec<Value> = calls.iter().skip(window.skip).take(PER_PAGE).map(|call| interaction_object(&world, call)).collect();
    let mut links = json!({});
    let next = Window { skip: window.skip + PER_PAGE, ..window };
    if next.skip < calls.len() {
        links["next"] = json!({ "href": talkdesk.link(&format!("/conversations/interactions?cursor={}", next.cursor())) });
    }
    let body = json!({ "_embedded": { "interactions": page }, "_links": links });
    Ok(([(header::CONTENT_TYPE, "application/hal+json")], Json(body)).into_response())
}

/// What a cursor remembers.
struct Window {
    from: Timestamp,
    to: Timestamp,
    skip: usize,
}

impl Window {
    /// Both bounds may be left out; the last seven days are then assumed (not established).
    fn of_query(query: &Query, now: Timestamp) -> Result<Self, Refusal> {
        let bound = |name: &str| -> Result<Option<Timestamp>, Refusal> {
            let Some(text) = query.text(name) else { return Ok(None) };
            // The description asks for at least 20 characters: a time to the second with its zone.
            let time = if text.len() >= 20 { text.parse().ok() } else { None };
            time.map(Some).ok_or_else(|| Api::Conversations.bad_request(name, "is no date-time"))
        };
        let to = bound("interaction_ended")?;
        let from = match (bound("interaction_started")?, to) {
            (Some(from), _) => from,
            (None, to) => to.unwrap_or(now).saturating_sub(LONGEST).unwrap_or(now),
        };
        let to = to.unwrap_or_else(|| from.saturating_add(LONGEST).unwrap_or(now));
        if to < from || to.duration_since(from) > LONGEST {
            return Err(
                Api::Conversations.bad_request("interaction_ended", "the interval is longer than seven days, or ends before it starts")
            );
        }
        Ok(Self { from, to, skip: 0 })
    }

    fn cursor(&self) -> String {
        URL_SAFE.encode(format!("{} {} {}", self.from, self.to, self.skip))
    }

    fn of_cursor(cursor: &str) -> Result<Self, Refusal> {
        let read = || {
            let text = String::from_utf8(URL_SAFE.decode(cursor).ok()?).ok()?;
            let mut parts = text.split(' ');
            let window = Self { from: parts.next()?.parse().ok()?, to: parts.next()?.parse().ok()?, skip: parts.next()?.parse().ok()? };
            Some(window)
        };
        read().ok_or_else(|| Api::Conversations.bad_request("cursor", "is not a cursor of this list"))
    }
}

fn interaction_object(world: &World, call: &Call) -> Value {
    let customer = world.contact_by_phone(&call.contact_phone).map_or("", |contact| &contact.id);
    json!({
        "id": call.id,
        "customer_id": customer,
        "started_at": call.start,
        "ended_at": call.end,
        "direction": match call.direction {
            Direction::Inbound => "IN",
            Direction::Outbound => "OUT",
        },
        "ring_groups": ["agents"],
        "messages": call.messages,
        "agents": [{ "id": call.agent }],
    })
}
