//! `/webhooks`: made after a handshake, told thin events signed by the secret of the handshake. <https://developers.asana.com/docs/webhooks-guide>
//!
//! Asana refuses `localhost` with 403; the sandbox sends nowhere else, so here it is the other way round. That a webhook dies after a
//! day of failures is left out.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::ask::{Ask, data};
use super::errors::{invalid, refuse, unknown};
use super::world::{Event, Webhook, World};
use super::{Asana, ID, render};
use crate::kit::{Caller, Delivery, Outgoing, Refusal, WebhookError, hmac_sha256_hex};

const READ: &[&str] = &["webhooks:read", "default"];
const WRITE: &[&str] = &["webhooks:write", "default"];
const DELETE: &[&str] = &["webhooks:delete", "default"];

/// For a day, at growing distances; the distances are not established.
const RETRIES: &[i64] = &[60, 300, 1_800, 7_200, 21_600, 43_200];

/// `POST /webhooks`
pub(super) async fn create(
    State(asana): State<Arc<Asana>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Refusal> {
    let caller = asana.caller(&headers, WRITE)?;
    let data = data(&body)?;
    let text = |name: &str| data.get(name).and_then(Value::as_str).ok_or_else(|| invalid(&format!("{name}: Missing input")));
    let (resource, target) = (text("resource")?.to_owned(), text("target")?.to_owned());
    let filters: Vec<Value> = data.get("filters").and_then(Value::as_array).cloned().unwrap_or_default();
    {
        let world = asana.world();
        if world.project(&resource).is_none() && !world.tasks.iter().any(|task| task.gid == resource) {
            return Err(unknown("resource", &resource));
        }
        if world.webhooks.iter().any(|known| known.target == target && known.resource == resource) {
            return Err(refuse(StatusCode::FORBIDDEN, "Duplicate webhook: this resource is told to this target already"));
        }
    }
    let secret = format!("{}{}", asana.kit.uuid().simple(), asana.kit.uuid().simple());
    shake_hands(&asana, &target, &secret).await?;
    let mut world = asana.world();
    let gid = world.new_gid();
    let (owner, client, created_at) = (caller.account.id, caller.client_id, asana.kit.clock.now());
    let webhook = Webhook { gid, resource, target, secret, owner, client, filters, created_at };
    let full = render::webhook(&world, &webhook);
    asana.kit.ledger.record(ID, "webhook.create", &webhook.gid, None, Value::Object(data));
    let secret = webhook.secret.clone();
    world.webhooks.push(webhook);
    let answer = Ask::of(query.as_deref()).chosen_of(&full);
    Ok((StatusCode::CREATED, Json(json!({ "data": answer, "X-Hook-Secret": secret }))).into_response())
}

/// The target has to send the secret back.
async fn shake_hands(asana: &Asana, target: &str, secret: &str) -> Result<(), Refusal> {
    if asana.kit.webhooks.is_held() {
        return Ok(());
    }
    let outgoing = Outgoing { headers: vec![("X-Hook-Secret".to_owned(), secret.to_owned())], body: Vec::new() };
    let answer = match asana.kit.webhooks.ask(target, outgoing).await {
        Ok(answer) => answer,
        Err(WebhookError::NotLoopback(_)) => return Err(refuse(StatusCode::FORBIDDEN, "Forbidden")),
        Err(WebhookError::NoAnswer(_)) => return Err(invalid("The remote server which is intended to receive the webhook did not answer")),
    };
    let repeated = answer.headers.get("x-hook-secret").and_then(|value| value.to_str().ok());
    if matches!(answer.status, 200 | 204) && repeated == Some(secret) {
        Ok(())
    } else {
        Err(invalid("The remote server did not respond with the handshake secret"))
    }
}

/// `GET /webhooks`
pub(super) async fn list(State(asana): State<Arc<Asana>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    let caller = asana.caller(&headers, READ)?;
    let ask = Ask::of(query.as_deref());
    let workspace = ask.get("workspace").ok_or_else(|| invalid("workspace: Missing input"))?;
    let own: Vec<Value> = {
        let world = asana.world();
        world.workspace(workspace).ok_or_else(|| unknown("workspace", workspace))?;
        let resource = ask.get("resource");
        let own = world.webhooks.iter().filter(|one| of(one, &caller) && resource.is_none_or(|resource| one.resource == resource));
        own.map(|one| render::webhook(&world, one)).collect()
    };
    ask.page(&asana, "/webhooks", &own)
}

/// `GET /webhooks/{webhook}`
pub(super) async fn one(
    State(asana): State<Arc<Asana>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let caller = asana.caller(&headers, READ)?;
    let world = asana.world();
    let webhook = world.webhooks.iter().find(|one| one.gid == id && of(one, &caller)).ok_or_else(|| unknown("webhook", &id))?;
    Ok(Ask::of(query.as_deref()).answer(StatusCode::OK, &render::webhook(&world, webhook)))
}

/// `DELETE /webhooks/{webhook}`
pub(super) async fn delete(State(asana): State<Arc<Asana>>, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Refusal> {
    let caller = asana.caller(&headers, DELETE)?;
    let mut world = asana.world();
    let at = world.webhooks.iter().position(|one| one.gid == id && of(one, &caller)).ok_or_else(|| unknown("webhook", &id))?;
    world.webhooks.remove(at);
    asana.kit.ledger.record(ID, "webhook.delete", &id, None, json!({}));
    Ok(Json(json!({ "data": {} })).into_response())
}

/// A webhook belongs to a person and an app.
fn of(webhook: &Webhook, caller: &Caller) -> bool {
    webhook.owner == caller.account.id && webhook.client == caller.client_id
}

/// Tells each webhook on these resources what passes its filters.
pub(super) fn deliver(asana: &Asana, world: &World, resources: &[String], events: &[Event]) {
    for webhook in world.webhooks.iter().filter(|webhook| resources.contains(&webhook.resource)) {
        let told: Vec<Value> = events.iter().filter(|event| passes(&webhook.filters, event)).map(thin).collect();
        if !told.is_empty() {
            send(asana, webhook, &json!({ "events": told }));
        }
    }
}

/// To every webhook: that Asana is alive.
pub(super) fn heartbeat(asana: &Asana) {
    let world = asana.world();
    for webhook in &world.webhooks {
        send(asana, webhook, &json!({ "events": [] }));
    }
}

fn passes(filters: &[Value], event: &Event) -> bool {
    let fits = |filter: &Value| {
        let says = |name: &str, value: &str| filter[name].as_str().is_none_or(|wanted| wanted == value);
        let fields = filter["fields"].as_array();
        let named = |fields: &Vec<Value>| event.field.is_some_and(|field| fields.iter().any(|one| one == field));
        says("resource_type", event.kind) && says("action", event.action) && fields.is_none_or(named)
    };
    filters.is_empty() || filters.iter().any(fits)
}

/// Ids and kinds alone.
fn thin(event: &Event) -> Value {
    let parent = event.parent.as_ref().map(|(gid, kind)| json!({ "gid": gid, "resource_type": kind }));
    let mut told = json!({
        "user": { "gid": event.user, "resource_type": "user" },
        "created_at": render::stamp(event.at),
        "action": event.action,
        "resource": { "gid": event.gid, "resource_type": event.kind },
        "parent": parent,
    });
    if let Some(field) = event.field {
        told["change"] = json!({ "field": field, "action": "changed" });
    }
    told
}

fn send(asana: &Asana, webhook: &Webhook, body: &Value) {
    let (secret, body) = (webhook.secret.clone(), body.to_string().into_bytes());
    asana.kit.webhooks.queue(Delivery {
        tool: ID,
        event: "events".into(),
        url: webhook.target.clone(),
        compose: Arc::new(move |_| {
            let headers =
                [("content-type", "application/json".to_owned()), ("x-hook-signature", hmac_sha256_hex(secret.as_bytes(), &body))];
            Outgoing { headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), body: body.clone() }
        }),
        retry_after_seconds: RETRIES,
        retry_on: |status| !status.is_some_and(|status| (200..300).contains(&status)),
    });
}
