//! One subscription: what Graph takes when it is made, what it answers, and the notifications it sends.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use url::Url;

use super::entra::TENANT;
use super::errors::bad_request;
use crate::kit::{Delivery, Kit, Outgoing, Refusal};

/// "Any value under 45 minutes is automatically set to 45 minutes."
const SHORTEST: SignedDuration = SignedDuration::from_mins(45);
/// For up to four hours, at growing distances; the distances are not established.
const RETRIES: &[i64] = &[10, 60, 300, 900, 3_600, 7_200];

/// What of it counts here.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub id: String,
    pub resource: String,
    /// What is watched: the tool's own name of it.
    pub watched: String,
    pub changes: Vec<String>,
    pub url: String,
    pub lifecycle_url: Option<String>,
    pub state: Option<String>,
    pub expires: Timestamp,
    pub owner: String,
    pub client: String,
    pub immutable_ids: bool,
    /// It waits to be authorized anew, and announces nothing meanwhile.
    pub paused: bool,
}

impl Subscription {
    pub fn render(&self) -> Value {
        json!({
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#subscriptions/$entity",
            "id": self.id,
            "resource": self.resource,
            "applicationId": self.client,
            "changeType": self.changes.join(","),
            "clientState": self.state,
            "notificationUrl": self.url,
            "lifecycleNotificationUrl": self.lifecycle_url,
            "expirationDateTime": self.expires.to_string(),
            "creatorId": self.owner,
            "includeResourceData": null,
            "latestSupportedTlsVersion": "v1_2",
        })
    }

    /// Tells of a change; `resource_data` names what changed.
    pub fn announce(&self, kit: &Kit, tool: &'static str, change: &str, resource: &str, resource_data: &Value) {
        let mut told = self.head();
        told["changeType"] = json!(change);
        told["resource"] = json!(resource);
        told["resourceData"] = resource_data.clone();
        send(kit, tool, change, &self.url, &told);
    }

    /// Tells of the subscription itself.
    pub fn tell(&self, kit: &Kit, tool: &'static str, event: &str) -> bool {
        let Some(url) = &self.lifecycle_url else { return false };
        let mut told = self.head();
        told["lifecycleEvent"] = json!(event);
        send(kit, tool, event, url, &told);
        true
    }

    fn head(&self) -> Value {
        json!({
            "subscriptionId": self.id,
            "subscriptionExpirationDateTime": self.expires.to_string(),
            "tenantId": TENANT,
            "clientState": self.state,
        })
    }
}

fn send(kit: &Kit, tool: &'static str, event: &str, url: &str, one: &Value) {
    let body = json!({ "value": [one] }).to_string().into_bytes();
    kit.webhooks.queue(Delivery {
        tool,
        event: event.to_owned(),
        url: url.to_owned(),
        compose: Arc::new(move |_| Outgoing {
            headers: vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())],
            body: body.clone(),
        }),
        retry_after_seconds: RETRIES,
        retry_on: |status| !status.is_some_and(|status| (200..300).contains(&status)),
    });
}

/// A body that makes a subscription.
#[derive(Debug)]
pub struct Wanted {
    pub resource: String,
    pub changes: Vec<String>,
    pub url: String,
    pub lifecycle_url: Option<String>,
    pub state: Option<String>,
    pub expires: Timestamp,
}

impl Wanted {
    /// Reads and checks what does not depend on the resource.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let body: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| bad_request("BadRequest", "Unable to read JSON request payload."))?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let need = |name: &str| text(name).ok_or_else(|| invalid(&format!("{name} is a required property for subscription creation.")));
        let changes: Vec<String> = need("changeType")?.split(',').map(|one| one.trim().to_owned()).collect();
        if let Some(odd) = changes.iter().find(|one| !["created", "updated", "deleted"].contains(&one.as_str())) {
            return Err(invalid(&format!("changeType {odd} is not supported.")));
        }
        let state = text("clientState");
        if state.as_ref().is_some_and(|state| state.chars().count() > 128) {
            return Err(invalid("clientState has more than 128 characters."));
        }
        if body.get("includeResourceData") == Some(&json!(true)) && text("encryptionCertificate").is_none() {
            return Err(invalid("encryptionCertificate is required with includeResourceData."));
        }
        let lifecycle_url = text("lifecycleNotificationUrl").map(|url| https(&url)).transpose()?;
        Ok(Self {
            resource: need("resource")?,
            changes,
            url: https(&need("notificationUrl")?)?,
            lifecycle_url,
            state,
            expires: instant(&need("expirationDateTime")?)?,
        })
    }
}

/// Graph takes https alone; the loopback of the sandbox is the one exception.
fn https(text: &str) -> Result<String, Refusal> {
    let url = Url::parse(text).map_err(|_| invalid("The notification URL is no address."))?;
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if url.scheme() == "https" || loopback { Ok(text.to_owned()) } else { Err(invalid("Notification URL scheme must be HTTPS.")) }
}

pub fn instant(text: &str) -> Result<Timestamp, Refusal> {
    text.parse().map_err(|_| invalid("expirationDateTime is no date."))
}

/// When a subscription will end; the resource says how long it may live at most.
pub fn bounded(expires: Timestamp, now: Timestamp, most: SignedDuration) -> Result<Timestamp, Refusal> {
    if expires <= now {
        return Err(invalid("Subscription expiration must be in the future."));
    }
    if expires.duration_since(now) > most {
        return Err(invalid(&format!("Subscription expiration can only be {} minutes in the future.", most.as_mins())));
    }
    Ok(expires.max(now.saturating_add(SHORTEST).unwrap_or(expires)))
}

pub fn invalid(message: &str) -> Refusal {
    bad_request("InvalidRequest", message)
}
