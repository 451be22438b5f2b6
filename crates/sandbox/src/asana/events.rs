//! `GET /events`: what happened to a resource since a token. A token that is missing, unknown or older than a day is answered 412,
//! with one that begins now.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::ask::Ask;
use super::errors::{invalid, unknown};
use super::world::{Event, World};
use super::{Asana, render};
use crate::kit::Refusal;

/// Events of one answer at most.
const MOST: usize = 100;
/// How long a token lives.
const TOKEN_LIVES_MS: i64 = 24 * 60 * 60 * 1000;

const TOO_OLD: &str = "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch the full dataset for \
                       this query now and use the new sync token for the next sync.";

/// `GET /events`. The description names no scope for it.
pub(super) async fn since(State(asana): State<Arc<Asana>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    asana.caller(&headers, &[])?;
    let ask = Ask::of(query.as_deref());
    let resource = ask.get("resource").ok_or_else(|| invalid("resource: Missing input"))?;
    let world = asana.world();
    if world.project(resource).is_none() && !world.tasks.iter().any(|task| task.gid == resource) {
        return Err(unknown("resource", resource));
    }
    let token = |place: usize| hex::encode(format!("{resource}|{place}|{}", asana.kit.clock.now_ms()));
    let Some(place) = ask.get("sync").and_then(|sync| place(&asana, resource, sync)) else {
        let body = json!({ "errors": [{ "message": TOO_OLD }], "sync": token(world.log.len()) });
        return Err(Refusal::json(StatusCode::PRECONDITION_FAILED, body));
    };
    let followed = |resources: &[String]| resources.iter().any(|one| one == resource);
    let new = world.log.iter().enumerate().skip(place).filter(|(_, logged)| followed(&logged.resources));
    let told: Vec<(usize, &Event)> = new.take(MOST + 1).map(|(at, logged)| (at, &logged.event)).collect();
    let has_more = told.len() > MOST;
    let next = if has_more { told[MOST].0 } else { world.log.len() };
    let data: Vec<Value> = told.iter().take(MOST).map(|(_, event)| full(&world, event)).collect();
    Ok(Json(json!({ "data": data, "sync": token(next), "has_more": has_more })).into_response())
}

/// Where in the log a token is; `None`: it is no longer good, or never was.
fn place(asana: &Asana, resource: &str, sync: &str) -> Option<usize> {
    let text = String::from_utf8(hex::decode(sync).ok()?).ok()?;
    let mut parts = text.split('|');
    let (of, place, issued) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse::<i64>().ok()?);
    (of == resource && asana.kit.clock.now_ms() - issued <= TOKEN_LIVES_MS).then_some(place)
}

/// An event with the names of what it is about.
fn full(world: &World, event: &Event) -> Value {
    let mut told = json!({
        "user": { "gid": event.user, "resource_type": "user", "name": world.user(&event.user).map_or("", |user| user.name.as_str()) },
        "created_at": render::stamp(event.at),
        "type": event.kind,
        "action": event.action,
        "resource": { "gid": event.gid, "resource_type": event.kind, "name": event.name },
    });
    if let Some((gid, kind)) = &event.parent {
        let project = world.project(gid).map(|project| project.name.clone());
        let name = project.or_else(|| world.tasks.iter().find(|task| task.gid == *gid).map(|task| task.name.clone()));
        told["parent"] = json!({ "gid": gid, "resource_type": kind, "name": name.unwrap_or_default() });
    }
    if let Some(field) = event.field {
        told["change"] = json!({ "field": field, "action": "changed" });
    }
    told
}
