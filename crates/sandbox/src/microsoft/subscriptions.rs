//! `/subscriptions`: made after a handshake with the address, listed, renewed, authorized anew, deleted.
//! Facts: learn.microsoft.com/graph/change-notifications-delivery-webhooks, …/change-notifications-lifecycle-events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use super::access::{Access, Allowed, Rights};
use super::description::BASE;
use super::errors::refuse;
use super::prefer::Preferences;
use super::subscription::{Subscription, Wanted, bounded, instant, invalid};
use crate::kit::{Kit, Outgoing, Refusal, WebhookError};

/// What a tool says of a resource that is to be watched: its own name of it.
pub type Judge = Box<dyn Fn(&Allowed, &str) -> Result<String, Refusal> + Send + Sync>;

/// A tool's subscriptions.
pub struct Subscriptions {
    kit: Arc<Kit>,
    tool: &'static str,
    access: Arc<Access>,
    /// The read permission of the resources.
    rights: Rights,
    /// How long one may live.
    most: SignedDuration,
    judge: Judge,
    all: Mutex<BTreeMap<String, Subscription>>,
}

impl Subscriptions {
    pub fn new(kit: &Arc<Kit>, tool: &'static str, access: &Arc<Access>, rights: Rights, most: SignedDuration, judge: Judge) -> Arc<Self> {
        let (kit, access) = (Arc::clone(kit), Arc::clone(access));
        Arc::new(Self { kit, tool, access, rights, most, judge, all: Mutex::default() })
    }

    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route(&format!("{BASE}/subscriptions"), get(list).post(create))
            .route(&format!("{BASE}/subscriptions/{{id}}"), get(one).patch(renew).delete(delete))
            .route(&format!("{BASE}/subscriptions/{{id}}/reauthorize"), post(reauthorize))
            .with_state(Arc::clone(self))
    }

    /// Those that live.
    pub fn living(&self) -> Vec<Subscription> {
        let now = self.kit.clock.now();
        self.lock().values().filter(|one| one.expires > now).cloned().collect()
    }

    /// Those that live and announce this change of what is watched.
    pub fn listening(&self, watched: &str, change: &str) -> Vec<Subscription> {
        let hears = |one: &Subscription| !one.paused && one.watched == watched && one.changes.iter().any(|known| known == change);
        self.living().into_iter().filter(hears).collect()
    }

    /// Something happens to a subscription itself, as at Graph; `None`: it is not there, or asked for no such news.
    pub fn happen(&self, id: &str, event: &str) -> Option<()> {
        let told = {
            let mut all = self.lock();
            let one = all.get_mut(id)?;
            one.paused = event == "reauthorizationRequired" || one.paused;
            let told = one.clone();
            if event == "subscriptionRemoved" {
                all.remove(id);
            }
            told
        };
        told.tell(&self.kit, self.tool, event).then_some(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Subscription>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The caller's own living subscription.
    fn own(&self, id: &str, allowed: &Allowed) -> Result<Subscription, Refusal> {
        let own = self.living().into_iter().find(|one| one.id == id && belongs(one, allowed));
        own.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "ResourceNotFound", "The object was not found."))
    }

    /// The address has to give the token back, decoded, as plain text.
    async fn shake_hands(&self, url: &str) -> Result<(), Refusal> {
        if self.kit.webhooks.is_held() {
            return Ok(());
        }
        let token = format!("Validation: Testing client application reachability for subscription Request-Id: {}", self.kit.uuid());
        let encoded: String = byte_serialize(token.as_bytes()).collect();
        let joint = if url.contains('?') { '&' } else { '?' };
        let outgoing = Outgoing { headers: vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())], body: Vec::new() };
        let failed = |why: &str| invalid(&format!("Subscription validation request failed. {why}"));
        let answer = match self.kit.webhooks.ask(&format!("{url}{joint}validationToken={encoded}"), outgoing).await {
            Ok(answer) => answer,
            Err(WebhookError::NotLoopback(_)) => return Err(failed("The address cannot be reached.")),
            Err(WebhookError::NoAnswer(_)) => return Err(failed("The request timed out.")),
        };
        let kind = answer.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if answer.status != 200 {
            return Err(failed(&format!("Response must return 200/OK, and returned {}.", answer.status)));
        }
        if !kind.starts_with("text/plain") || answer.body != token.as_bytes() {
            return Err(failed("Must respond with 200 OK to this request, with the token as plain text."));
        }
        Ok(())
    }
}

/// A subscription belongs to an app, and to the person it acts for.
fn belongs(one: &Subscription, allowed: &Allowed) -> bool {
    one.client == allowed.caller.client_id && one.owner == owner(allowed)
}

fn owner(allowed: &Allowed) -> String {
    if allowed.is_application { allowed.caller.client_id.clone() } else { allowed.caller.account.id.clone() }
}

async fn create(State(all): State<Arc<Subscriptions>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let allowed = all.access.allowed(&headers, all.rights)?;
    let wanted = Wanted::read(&body)?;
    let watched = (all.judge)(&allowed, &wanted.resource)?;
    let expires = bounded(wanted.expires, all.kit.clock.now(), all.most)?;
    let immutable_ids = Preferences::read(&headers)?.immutable_ids;
    all.shake_hands(&wanted.url).await?;
    if let Some(url) = wanted.lifecycle_url.as_ref().filter(|url| **url != wanted.url) {
        all.shake_hands(url).await?;
    }
    let made = Subscription {
        id: all.kit.uuid().to_string(),
        resource: wanted.resource,
        watched,
        changes: wanted.changes,
        url: wanted.url,
        lifecycle_url: wanted.lifecycle_url,
        state: wanted.state,
        expires,
        owner: owner(&allowed),
        client: allowed.caller.client_id,
        immutable_ids,
        paused: false,
    };
    all.kit.ledger.record(all.tool, "subscription.create", &made.id, None, json!({ "resource": made.resource }));
    let answer = made.render();
    all.lock().insert(made.id.clone(), made);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

async fn list(State(all): State<Arc<Subscriptions>>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let allowed = all.access.allowed(&headers, all.rights)?;
    let own: Vec<Value> = all.living().iter().filter(|one| belongs(one, &allowed)).map(Subscription::render).collect();
    Ok(Json(json!({ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#subscriptions", "value": own })))
}

async fn one(State(all): State<Arc<Subscriptions>>, headers: HeaderMap, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let allowed = all.access.allowed(&headers, all.rights)?;
    Ok(Json(all.own(&id, &allowed)?.render()))
}

async fn renew(
    State(all): State<Arc<Subscriptions>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let allowed = all.access.allowed(&headers, all.rights)?;
    let mut own = all.own(&id, &allowed)?;
    let body: Value = serde_json::from_slice(&body).map_err(|_| invalid("Unable to read JSON request payload."))?;
    let expires = body["expirationDateTime"].as_str().ok_or_else(|| invalid("expirationDateTime is required."))?;
    own.expires = bounded(instant(expires)?, all.kit.clock.now(), all.most)?;
    own.paused = false;
    all.kit.ledger.record(all.tool, "subscription.update", &id, None, body);
    let answer = own.render();
    all.lock().insert(id, own);
    Ok(Json(answer))
}

async fn reauthorize(State(all): State<Arc<Subscriptions>>, headers: HeaderMap, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    let allowed = all.access.allowed(&headers, all.rights)?;
    let own = all.own(&id, &allowed)?;
    all.kit.ledger.record(all.tool, "subscription.reauthorize", &id, None, json!({}));
    all.lock().insert(id, Subscription { paused: false, ..own });
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(State(all): State<Arc<Subscriptions>>, headers: HeaderMap, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    let allowed = all.access.allowed(&headers, all.rights)?;
    all.own(&id, &allowed)?;
    all.kit.ledger.record(all.tool, "subscription.delete", &id, None, json!({}));
    all.lock().remove(&id);
    Ok(StatusCode::NO_CONTENT)
}
