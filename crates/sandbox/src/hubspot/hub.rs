//! What the handlers share: who calls, the rate limits round every call, the portal. The wiring is mod.rs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    errors::{misfit, not_found, too_many},
    portal::Portal,
    seed::APP,
};
use crate::kit::{Authority, Caller, Kit, Limit, Need, Refusal};

pub struct Hub {
    pub kit: Arc<Kit>,
    pub authority: Arc<Authority>,
    /// 110 calls in ten seconds for each account that installed the app.
    pub calls: Limit,
    /// Search has its own, 5 a second.
    pub searches: Limit,
    portal: Mutex<Portal>,
}

impl Hub {
    pub fn new(kit: &Arc<Kit>, authority: &Arc<Authority>, portal: Portal) -> Self {
        Self {
            kit: Arc::clone(kit),
            authority: Arc::clone(authority),
            calls: Limit::new(kit.clock.clone(), 110, 10),
            searches: Limit::new(kit.clock.clone(), 5, 1),
            portal: Mutex::new(portal),
        }
    }

    pub fn portal(&self) -> MutexGuard<'_, Portal> {
        self.portal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn caller(&self, headers: &HeaderMap, need: Need) -> Result<Caller, Refusal> {
        self.authority.bearer(headers, need)
    }

    pub fn now_ms(&self) -> i64 {
        self.kit.clock.now_ms()
    }

    /// Hands the events that wait over to the deliveries.
    pub fn announce(&self, portal: &mut Portal) {
        let id = portal.id.clone();
        for delivery in portal.hooks.drain(&id, APP) {
            self.kit.webhooks.queue(delivery);
        }
    }
}

/// Every call of the CRM: a live token, a place in the limits, and the headers that tell what is left.
pub async fn limited(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let caller = match hub.caller(request.headers(), Need::Token) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let search = request.uri().path().ends_with("/search");
    let limit = if search { &hub.searches } else { &hub.calls };
    let quota = limit.take(&caller.account.tenant, 1);
    if search {
        // Search answers carry no rate limit headers (HubSpot usage guidelines).
        return if quota.allowed { next.run(request).await } else { too_many("SECONDLY").into_response() };
    }
    let mut response = if quota.allowed { next.run(request).await } else { too_many("TEN_SECONDLY_ROLLING").into_response() };
    for (name, value) in [
        ("x-hubspot-ratelimit-max", quota.limit),
        ("x-hubspot-ratelimit-remaining", quota.remaining),
        ("x-hubspot-ratelimit-interval-milliseconds", 10_000),
        ("x-hubspot-ratelimit-secondly", quota.limit / 10),
        ("x-hubspot-ratelimit-secondly-remaining", quota.remaining.min(quota.limit / 10)),
    ] {
        response.headers_mut().insert(name, HeaderValue::from(value));
    }
    response
}

/// A path the descriptions do not have.
pub async fn unknown_path() -> Refusal {
    not_found().as_misfit("no such operation")
}

/// Query parameters: only those the description has, each once unless it is a list.
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn read(pairs: Vec<(String, String)>, known: &[&str]) -> Result<Self, Refusal> {
        match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(misfit(&format!("Unknown query parameter: {name}"))),
            None => Ok(Self(pairs)),
        }
    }

    pub fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A list, comma separated or repeated.
    pub fn list(&self, name: &str) -> Vec<String> {
        let values = self.0.iter().filter(|(own, _)| own == name).flat_map(|(_, value)| value.split(','));
        values.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.one(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(value) => Err(misfit(&format!("{name} has an invalid value: {value}"))),
        }
    }

    /// A page size between 1 and `most`.
    pub fn limit(&self, usual: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.one("limit") else { return Ok(usual) };
        match text.parse() {
            Ok(limit) if (1..=most).contains(&limit) => Ok(limit),
            _ => Err(misfit(&format!("limit has to be between 1 and {most}, not {text}"))),
        }
    }

    /// The id after which the page begins.
    pub fn after(&self) -> Result<u64, Refusal> {
        match self.one("after").filter(|text| !text.is_empty()) {
            None => Ok(0),
            Some(text) => text.parse().map_err(|_| misfit(&format!("after has an invalid value: {text}"))),
        }
    }
}
