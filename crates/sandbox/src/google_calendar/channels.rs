//! Push notifications: `events.watch`, `channels.stop`, and the messages a channel sends.
//! Facts: developers.google.com/workspace/calendar/api/guides/push.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{
    Google, TOOL,
    access::{EVENTS_READ, STOP},
    errors::{Fault, bad_request, refuse},
};
use crate::kit::{Delivery, Outgoing, Refusal};

/// A channel for events lives at most a week, and a week when nothing else is asked.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One subscription to the events of one calendar.
#[derive(Clone, Debug)]
pub struct Channel {
    pub id: String,
    pub resource: String,
    pub calendar: String,
    pub owner: String,
    pub address: String,
    pub token: Option<String>,
    pub expires: Timestamp,
    pub messages: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    id: Option<String>,
    r#type: Option<String>,
    address: Option<String>,
    token: Option<String>,
    /// An int64 travels as a string.
    expiration: Option<Value>,
    params: Option<Value>,
    resource_id: Option<String>,
}

impl Asked {
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body).map_err(|_| bad_request("parseError", "Parse Error"))
    }

    fn id(&self) -> Result<String, Refusal> {
        let id = self.id.clone().ok_or_else(|| bad_request("required", "Required: id"))?;
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_+/=".contains(letter);
        if id.is_empty() || id.len() > 64 || !id.chars().all(allowed) {
            let message = "Channel id must match the following regular expression: [A-Za-z0-9\\-_\\+/=]+";
            return Err(bad_request("channelIdInvalid", message));
        }
        Ok(id)
    }

    fn address(&self) -> Result<String, Refusal> {
        let text = self.address.clone().ok_or_else(|| bad_request("required", "Required: address"))?;
        let url = Url::parse(&text).map_err(|_| bad_request("push.webhookUrlNoHostOrAddress", "The callback must have a host"))?;
        // Google takes https alone; the loopback of the sandbox is the one exception.
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() != "https" && !loopback {
            let message = format!("WebHook callback must be HTTPS: {text}");
            return Err(bad_request("push.webhookUrlNotHttps", &message));
        }
        Ok(text)
    }

    fn expires(&self, now: Timestamp) -> Result<Timestamp, Refusal> {
        let latest = now.saturating_add(LONGEST).unwrap_or(Timestamp::MAX);
        let wrong = || bad_request("invalid", "Invalid value for expiration");
        if let Some(ttl) = self.params.as_ref().and_then(|params| params.get("ttl")) {
            let seconds = ttl.as_str().and_then(|text| text.parse::<i64>().ok()).ok_or_else(wrong)?;
            let asked = now.saturating_add(SignedDuration::from_secs(seconds)).map_err(|_| wrong())?;
            return if asked > now { Ok(asked.min(latest)) } else { Err(wrong()) };
        }
        let millis = match &self.expiration {
            None => return Ok(latest),
            Some(Value::String(text)) => text.parse::<i64>().map_err(|_| wrong())?,
            Some(value) => value.as_i64().ok_or_else(wrong)?,
        };
        let asked = Timestamp::from_millisecond(millis).map_err(|_| wrong())?;
        if asked <= now { Err(wrong()) } else { Ok(asked.min(latest)) }
    }
}

/// `POST calendars/{calendarId}/events/watch`
pub async fn watch(
    State(google): State<Arc<Google>>,
    Path(calendar): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let caller = google.caller(&headers, EVENTS_READ)?;
    let asked = Asked::read(&body)?;
    let id = asked.id()?;
    if !matches!(asked.r#type.as_deref(), Some("web_hook" | "webhook")) {
        return Err(bad_request("push.channelTypeNotSupported", "Channel type not supported"));
    }
    let now = google.kit.clock.now();
    let (address, expires) = (asked.address()?, asked.expires(now)?);

    let channel = {
        let mut world = google.world();
        let (calendar, _) = Google::readable(&world, &caller, &calendar)?;
        let calendar = calendar.id.clone();
        if world.channels.contains_key(&id) {
            return Err(bad_request("channelIdNotUnique", &format!("Channel id {id} not unique")));
        }
        let channel = Channel {
            id: id.clone(),
            resource: resource_id(&google, &calendar, &caller.account.email),
            calendar,
            owner: caller.account.email,
            address,
            token: asked.token,
            expires,
            messages: 0,
        };
        world.channels.insert(id.clone(), channel.clone());
        channel
    };
    let effect = json!({ "calendar": channel.calendar, "expiration": expires.as_millisecond() });
    google.kit.ledger.record(TOOL, "channel.watch", &id, None, effect);
    google.send(&id, "sync");
    let mut answer = json!({
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource,
        "resourceUri": resource_uri(&google, &channel.calendar),
        "expiration": expires.as_millisecond().to_string(),
    });
    if let Some(token) = channel.token {
        answer["token"] = json!(token);
    }
    Ok(Json(answer).into_response())
}

/// `POST channels/stop`
pub async fn stop(State(google): State<Arc<Google>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let caller = google.caller(&headers, STOP)?;
    let asked = Asked::read(&body)?;
    let id = asked.id()?;
    let resource = asked.resource_id.ok_or_else(|| bad_request("required", "Required: resourceId"))?;
    let now = google.kit.clock.now();
    let mut world = google.world();
    let held = world
        .channels
        .get(&id)
        .is_some_and(|channel| channel.resource == resource && channel.owner == caller.account.email && channel.expires > now);
    if !held {
        let message = format!("Channel '{id}' not found for project");
        let fault = Fault { domain: "global", reason: "notFound", message: &message, place: None };
        return Err(refuse(StatusCode::NOT_FOUND, &fault));
    }
    world.channels.remove(&id);
    google.kit.ledger.record(TOOL, "channel.stop", &id, None, json!({ "resourceId": resource }));
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl Google {
    /// Tells every live channel of these calendars that something changed.
    pub fn announce(&self, calendars: impl IntoIterator<Item = String>) -> usize {
        let now = self.kit.clock.now();
        let calendars: Vec<String> = calendars.into_iter().collect();
        let live: Vec<String> = self
            .world()
            .channels
            .values()
            .filter(|channel| channel.expires > now && calendars.contains(&channel.calendar))
            .map(|channel| channel.id.clone())
            .collect();
        for id in &live {
            self.send(id, "exists");
        }
        live.len()
    }

    fn send(&self, id: &str, state: &'static str) {
        let channel = {
            let mut world = self.world();
            let Some(channel) = world.channels.get_mut(id) else { return };
            channel.messages += 1;
            channel.clone()
        };
        let uri = resource_uri(self, &channel.calendar);
        let expires = channel.expires.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let mut headers = vec![
            ("X-Goog-Channel-ID".to_owned(), channel.id),
            ("X-Goog-Channel-Expiration".to_owned(), expires),
            ("X-Goog-Resource-ID".to_owned(), channel.resource),
            ("X-Goog-Resource-URI".to_owned(), uri),
            ("X-Goog-Resource-State".to_owned(), state.to_owned()),
            ("X-Goog-Message-Number".to_owned(), channel.messages.to_string()),
        ];
        headers.extend(channel.token.map(|token| ("X-Goog-Channel-Token".to_owned(), token)));
        self.kit.webhooks.queue(Delivery {
            tool: TOOL,
            event: state.to_owned(),
            url: channel.address,
            compose: Arc::new(move |_| Outgoing { headers: headers.clone(), body: Vec::new() }),
            retry_after_seconds: &[2, 4, 8, 16, 32, 64],
            retry_on: |status| matches!(status, None | Some(500 | 502 | 503 | 504)),
        });
    }
}

fn resource_uri(google: &Google, calendar: &str) -> String {
    let calendar: String = url::form_urlencoded::byte_serialize(calendar.as_bytes()).collect();
    format!("{}/calendar/v3/calendars/{calendar}/events?alt=json", google.base)
}

/// Stable for the same events seen by the same person, whatever the channel.
fn resource_id(google: &Google, calendar: &str, owner: &str) -> String {
    let name = format!("{calendar}\n{owner}");
    crate::kit::hmac_sha256_hex(&google.key, name.as_bytes()).chars().take(27).collect()
}
