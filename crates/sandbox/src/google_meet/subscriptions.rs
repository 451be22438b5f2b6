//! Workspace Events: subscriptions to what happens in a person's spaces or in one space (workspaceevents.v1.json).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::RECORDS;
use super::errors::{exists, forbidden, invalid, not_found};
use super::records::{listed, told};
use super::world::Subscription;
use super::{Meet, TOOL};
use crate::kit::{Caller, Refusal};

/// Without resource data in the events a subscription lives a week at most (guides/create-subscription).
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);
const USERS: &str = "//cloudidentity.googleapis.com/users/";
const SPACES: &str = "//meet.googleapis.com/spaces/";

type Answer = Result<Json<Value>, Refusal>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Asked {
    target_resource: Option<String>,
    #[serde(default)]
    event_types: Vec<String>,
    notification_endpoint: Option<Endpoint>,
    payload_options: Option<Value>,
    ttl: Option<String>,
    expire_time: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Endpoint {
    pubsub_topic: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flags {
    #[serde(default)]
    allow_missing: bool,
    #[serde(default)]
    validate_only: bool,
    update_mask: Option<String>,
    #[serde(default)]
    filter: String,
}

fn is_event(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["google", "workspace", "meet", "conference", "v2", verb] => ["started", "ended"].contains(verb),
        ["google", "workspace", "meet", "participant", "v2", verb] => ["joined", "left"].contains(verb),
        ["google", "workspace", "meet", "recording" | "transcript" | "smartNote", "v2", verb] => {
            ["started", "ended", "fileGenerated"].contains(verb)
        }
        _ => false,
    }
}

impl Asked {
    /// By `ttl` or by `expireTime`; 0 or nothing is the longest.
    fn expires(&self, now: Timestamp) -> Result<Timestamp, Refusal> {
        let latest = now.saturating_add(LONGEST).unwrap_or(Timestamp::MAX);
        let asked = match (&self.ttl, self.expire_time) {
            (Some(ttl), _) => {
                let seconds = ttl.strip_suffix('s').and_then(|text| text.parse::<f64>().ok()).filter(|seconds| *seconds >= 0.0);
                let life = seconds.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
                let life = life.ok_or_else(|| invalid("ttl is no duration."))?;
                if life.is_zero() { latest } else { now.saturating_add(life).unwrap_or(Timestamp::MAX) }
            }
            (None, Some(time)) => time,
            (None, None) => latest,
        };
        if asked <= now || asked > latest { Err(invalid("The subscription's life is out of range.")) } else { Ok(asked) }
    }
}

fn shown(one: &Subscription) -> Value {
    let (reason, state) = if one.suspended { (Some("ENDPOINT_PERMISSION_DENIED"), "SUSPENDED") } else { (None, "ACTIVE") };
    told(json!({
        "name": format!("subscriptions/{}", one.id),
        "uid": one.uid,
        "targetResource": one.target,
        "eventTypes": one.event_types,
        "payloadOptions": {},
        "notificationEndpoint": { "pubsubTopic": one.topic },
        "state": state,
        "suspensionReason": reason,
        "authority": format!("users/{}", one.user),
        "userAuthority": format!("users/{}", one.user),
        "createTime": one.made,
        "updateTime": one.updated,
        "expireTime": one.expires,
        "reconciling": false,
        "etag": format!("{:x}", one.updated.as_microsecond()),
    }))
}

impl Meet {
    /// A finished long-running operation.
    fn done(&self, kind: &str, mut response: Value) -> Json<Value> {
        response["@type"] = json!(format!("type.googleapis.com/{kind}"));
        Json(json!({ "name": format!("operations/{}", self.kit.token("")), "done": true, "response": response }))
    }

    fn subscribed(&self, one: &Subscription) -> Json<Value> {
        self.done("google.apps.events.subscriptions.v1.Subscription", shown(one))
    }

    fn own(&self, caller: &Caller, id: &str) -> Result<Subscription, Refusal> {
        let now = self.kit.clock.now();
        let world = self.world();
        let own = world.subscriptions.get(id).filter(|one| one.user == caller.account.id && one.expires > now);
        own.cloned().ok_or_else(not_found)
    }

    /// A person's own spaces, or a space that the person owns.
    fn may_watch(&self, caller: &Caller, target: &str) -> Result<(), Refusal> {
        if let Some(user) = target.strip_prefix(USERS) {
            return if user == caller.account.id { Ok(()) } else { Err(forbidden("The caller does not have permission.")) };
        }
        let space = target.strip_prefix(SPACES).ok_or_else(|| invalid("The target resource is not supported."))?;
        let owned = self.world().conferences.values().any(|one| one.space.id == space && one.space.owner == caller.account.email);
        if owned { Ok(()) } else { Err(forbidden("The caller does not have permission.")) }
    }
}

pub(super) async fn create(
    State(meet): State<Arc<Meet>>,
    Query(flags): Query<Flags>,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Answer {
    let caller = meet.caller(&headers, RECORDS)?;
    let target = asked.target_resource.clone().ok_or_else(|| invalid("target_resource is required."))?;
    meet.may_watch(&caller, &target)?;
    if asked.event_types.is_empty() || !asked.event_types.iter().all(|name| is_event(name)) {
        return Err(invalid("An event type does not exist for the target resource."));
    }
    if asked.payload_options.is_some() {
        return Err(invalid("Payload options are not supported for this target resource."));
    }
    let now = meet.kit.clock.now();
    let expires = asked.expires(now)?;
    let topic = asked.notification_endpoint.and_then(|endpoint| endpoint.pubsub_topic).ok_or_else(|| invalid("A topic is required."))?;
    let id = meet.kit.uuid().to_string();
    let made = Subscription {
        id: id.clone(),
        uid: id.clone(),
        user: caller.account.id.clone(),
        target,
        event_types: asked.event_types,
        topic,
        made: now,
        updated: now,
        expires,
        suspended: false,
    };
    {
        let mut world = meet.world();
        if !world.topics.contains_key(&made.topic) {
            return Err(forbidden("Meet may not publish to the topic, or there is none of this name."));
        }
        let same = |one: &Subscription| one.user == made.user && one.target == made.target && one.expires > now;
        if world.subscriptions.values().any(same) {
            return Err(exists("There is a subscription of this user and target already."));
        }
        if !flags.validate_only {
            world.subscriptions.insert(id.clone(), made.clone());
        }
    }
    if !flags.validate_only {
        meet.kit.ledger.record(TOOL, "subscription.create", &id, None, json!({ "target": made.target, "expires": expires }));
    }
    Ok(meet.subscribed(&made))
}

pub(super) async fn get(State(meet): State<Arc<Meet>>, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    let caller = meet.caller(&headers, RECORDS)?;
    Ok(Json(shown(&meet.own(&caller, &id)?)))
}

/// The filter names event types, and may name a target.
pub(super) async fn list(State(meet): State<Arc<Meet>>, Query(flags): Query<Flags>, headers: HeaderMap) -> Answer {
    let caller = meet.caller(&headers, RECORDS)?;
    let quoted = |mark: &str| -> Vec<String> {
        flags.filter.split(mark).skip(1).filter_map(|rest| rest.split_once('"').map(|(value, _)| value.to_owned())).collect()
    };
    let (types, targets) = (quoted("event_types:\""), quoted("target_resource=\""));
    if types.is_empty() {
        return Err(invalid("The filter must name an event type."));
    }
    let now = meet.kit.clock.now();
    let world = meet.world();
    let own = world.subscriptions.values().filter(|one| one.user == caller.account.id && one.expires > now);
    let wanted = own.filter(|one| one.event_types.iter().any(|name| types.contains(name)));
    let wanted = wanted.filter(|one| targets.is_empty() || targets.contains(&one.target));
    Ok(listed("subscriptions", wanted.map(shown).collect(), None))
}

pub(super) async fn patch(
    State(meet): State<Arc<Meet>>,
    Path(id): Path<String>,
    Query(flags): Query<Flags>,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Answer {
    let caller = meet.caller(&headers, RECORDS)?;
    let mut one = meet.own(&caller, &id)?;
    if asked.target_resource.is_some() || asked.notification_endpoint.is_some() {
        return Err(invalid("An immutable field cannot be changed."));
    }
    let mask: Vec<&str> = flags.update_mask.as_deref().unwrap_or("ttl,expire_time,event_types").split(',').collect();
    if mask.iter().any(|field| !["ttl", "expire_time", "event_types"].contains(field)) {
        return Err(invalid("The update mask names a field that cannot be changed."));
    }
    let now = meet.kit.clock.now();
    one.expires = asked.expires(now)?;
    if mask.contains(&"event_types") && !asked.event_types.is_empty() {
        if !asked.event_types.iter().all(|name| is_event(name)) {
            return Err(invalid("An event type does not exist for the target resource."));
        }
        one.event_types = asked.event_types;
    }
    one.updated = now;
    meet.world().subscriptions.insert(id.clone(), one.clone());
    meet.kit.ledger.record(TOOL, "subscription.update", &id, None, json!({ "expires": one.expires }));
    Ok(meet.subscribed(&one))
}

pub(super) async fn delete(
    State(meet): State<Arc<Meet>>,
    Path(id): Path<String>,
    Query(flags): Query<Flags>,
    headers: HeaderMap,
) -> Answer {
    let caller = meet.caller(&headers, RECORDS)?;
    match meet.own(&caller, &id) {
        Ok(_) => {
            meet.world().subscriptions.remove(&id);
            meet.kit.ledger.record(TOOL, "subscription.delete", &id, None, json!({}));
        }
        Err(_) if flags.allow_missing => {}
        Err(refusal) => return Err(refusal),
    }
    Ok(meet.done("google.protobuf.Empty", json!({})))
}

/// `POST subscriptions/{id}:reactivate`; one that is not suspended is rejected.
pub(super) async fn reactivate(State(meet): State<Arc<Meet>>, Path(name): Path<String>, headers: HeaderMap) -> Answer {
    let caller = meet.caller(&headers, RECORDS)?;
    let id = name.strip_suffix(":reactivate").ok_or_else(not_found)?;
    let mut one = meet.own(&caller, id)?;
    if !one.suspended {
        return Err(invalid("The subscription is not suspended."));
    }
    one.suspended = false;
    one.updated = meet.kit.clock.now();
    meet.world().subscriptions.insert(id.to_owned(), one.clone());
    meet.kit.ledger.record(TOOL, "subscription.reactivate", id, None, json!({}));
    Ok(meet.subscribed(&one))
}
