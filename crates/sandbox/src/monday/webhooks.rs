//! Changes that webhooks tell, and the webhooks: the challenge, what is told to whom, the signed token.
//! <https://developer.monday.com/api-reference/docs/webhooks>, <https://developer.monday.com/apps/docs/authorization-header>
//!
//! The words of events are those that people report; monday.com sends to public addresses alone, the sandbox to loopback.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Monday;
use super::change::Wanted;
use super::failure::Failure;
use super::world::{Item, Webhook, World};
use crate::kit::{Delivery, Outgoing, WebhookError, hmac_sha256};

/// Once a minute for half an hour.
const RETRIES: &[i64] = &[60; 29];
/// A token that comes with a delivery.
const TOKEN_SECONDS: i64 = 5 * 60;

/// What happened to an item.
#[derive(Debug)]
pub(super) enum Happened {
    Created,
    Renamed { before: String },
    Changed { column: String, before: Value, after: Value },
    Archived,
    Deleted,
}

impl Happened {
    /// The event that is subscribed to, and what the payload calls it.
    const fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::Created => ("create_item", "create_pulse"),
            Self::Renamed { .. } => ("change_name", "update_name"),
            Self::Changed { .. } => ("change_column_value", "update_column_value"),
            Self::Archived => ("item_archived", "archive_pulse"),
            Self::Deleted => ("item_deleted", "delete_pulse"),
        }
    }
}

impl Monday {
    /// Changes an item, whoever does it, and tells of what differs.
    pub(super) fn apply(&self, id: &str, actor: &str, wanted: Wanted) -> Result<(), Failure> {
        let now = self.kit.clock.now();
        let mut happened = Vec::new();
        {
            let mut world = self.world();
            let item = world.active(id)?;
            if let Some(name) = wanted.name.filter(|name| *name != item.name) {
                happened.push(Happened::Renamed { before: std::mem::replace(&mut item.name, name) });
            }
            for (column, after) in wanted.values {
                let before = item.values.get(&column).cloned().unwrap_or(Value::Null);
                if before != after {
                    item.values.insert(column.clone(), after.clone());
                    happened.push(Happened::Changed { column, before, after });
                }
            }
            if !happened.is_empty() {
                item.updated_at = now;
                world.log("update_column_value", id, actor, now);
            }
        }
        for one in &happened {
            self.tell(id, actor, one);
        }
        Ok(())
    }

    /// Archives or deletes an item, whoever does it.
    pub(super) fn put_away(&self, id: &str, actor: &str, state: &'static str) -> Result<(), Failure> {
        let now = self.kit.clock.now();
        let (event, happened) =
            if state == "deleted" { ("delete_pulse", Happened::Deleted) } else { ("archive_pulse", Happened::Archived) };
        {
            let mut world = self.world();
            let item = world.active(id)?;
            (item.state, item.updated_at) = (state, now);
            world.log(event, id, actor, now);
        }
        self.tell(id, actor, &happened);
        Ok(())
    }

    pub(super) fn tell(&self, id: &str, actor: &str, happened: &Happened) {
        let world = self.world();
        let Ok(item) = world.item(id) else { return };
        let (subscribed, called) = happened.names();
        for webhook in world.webhooks.iter().filter(|webhook| webhook.board == item.board && webhook.event == subscribed) {
            self.send(&world, webhook, called, &payload(self, webhook, item, actor, called, happened));
        }
    }

    fn send(&self, world: &World, webhook: &Webhook, called: &str, body: &Value) {
        let (account, creator, url) = (world.account.clone(), webhook.creator.clone(), webhook.url.clone());
        let (by_app, secret) = (webhook.by_app, signing_secret());
        let short_lived = self.kit.token("");
        let body = body.to_string().into_bytes();
        self.kit.webhooks.queue(Delivery {
            tool: super::ID,
            event: called.to_owned(),
            url: webhook.url.clone(),
            compose: Arc::new(move |attempt| {
                let at = attempt.at.as_second();
                let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
                if by_app {
                    let number = |id: &str| id.parse::<u64>().unwrap_or_default();
                    let claims = json!({
                        "accountId": number(&account), "userId": number(&creator), "aud": url, "iat": at, "exp": at + TOKEN_SECONDS,
                        "shortLivedToken": short_lived,
                    });
                    headers.push(("authorization".to_owned(), signed(&claims, &secret)));
                }
                Outgoing { headers, body: body.clone() }
            }),
            retry_after_seconds: RETRIES,
            retry_on: |status| status != Some(200),
        });
    }

    /// The address has to send the challenge back, or there is no webhook.
    pub(super) async fn shake_hands(&self, id: &str) -> Result<(), Failure> {
        let Some(webhook) = self.world().webhooks.iter().find(|webhook| webhook.id == id).cloned() else { return Ok(()) };
        let outcome = self.challenge(&webhook.url).await;
        if outcome.is_ok() {
            self.kit.ledger.record(super::ID, "webhook.create", id, None, json!({ "event": webhook.event, "board_id": webhook.board }));
        } else {
            self.world().webhooks.retain(|webhook| webhook.id != id);
        }
        outcome
    }

    async fn challenge(&self, url: &str) -> Result<(), Failure> {
        if self.kit.webhooks.is_held() {
            return Ok(());
        }
        let challenge = json!({ "challenge": self.kit.token("") });
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let answer = self.kit.webhooks.ask(url, Outgoing { headers, body: challenge.to_string().into_bytes() }).await;
        let answer = answer.map_err(|error| match error {
            WebhookError::NotLoopback(_) => Failure::webhook("the url cannot be reached"),
            WebhookError::NoAnswer(_) => Failure::webhook("the url did not answer"),
        })?;
        let repeated = serde_json::from_slice::<Value>(&answer.body).is_ok_and(|body| body["challenge"] == challenge["challenge"]);
        if answer.status == 200 && repeated { Ok(()) } else { Err(Failure::webhook("the url did not send the challenge back")) }
    }
}

/// The app's signing secret.
pub(super) fn signing_secret() -> String {
    format!("sandbox-secret-{}", super::ID)
}

/// A JSON web token (RFC 7519) by HMAC-SHA256.
pub(super) fn signed(claims: &Value, secret: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&json!({ "alg": "HS256", "typ": "JWT" })), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(hmac_sha256(secret.as_bytes(), signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn payload(monday: &Monday, webhook: &Webhook, item: &Item, actor: &str, called: &str, happened: &Happened) -> Value {
    let number = |id: &str| id.parse::<u64>().unwrap_or_default();
    let mut event = json!({
        "type": called,
        "triggerTime": monday.kit.clock.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "triggerUuid": monday.kit.uuid().simple().to_string(),
        "subscriptionId": number(&webhook.id),
        "userId": number(actor),
        "boardId": number(&item.board),
        "groupId": item.group,
        "pulseId": number(&item.id),
        "pulseName": item.name,
    });
    match happened {
        Happened::Renamed { before } => {
            event["value"] = json!({ "name": item.name });
            event["previousValue"] = json!({ "name": before });
        }
        Happened::Changed { column, before, after } => {
            event["columnId"] = json!(column);
            event["value"] = after.clone();
            event["previousValue"] = before.clone();
        }
        Happened::Created | Happened::Archived | Happened::Deleted => {}
    }
    json!({ "event": event })
}
