//! Webhooks of the app: what it subscribed to, and the batches of events that go out, signed. Facts: PROVIDERS section 7 and
//! developers.hubspot.com/docs/api-reference/webhooks; signature vectors in specs/webhook-vectors.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{TOOL, kind::Kind};
use crate::kit::{Attempt, Delivery, Outgoing, hmac_sha256};

/// "A batch holds at most 100 events."
const MOST_EVENTS: usize = 100;
/// Ten tries in 24 hours, ever further apart.
const RETRIES: &[i64] = &[60, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800];

/// Who changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A person in HubSpot.
    Person,
    /// An app by the API.
    App,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Person => "CRM_UI",
            Self::App => "INTEGRATION",
        }
    }
}

/// What one subscription asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub id: u64,
    pub kind: Kind,
    /// `creation`, `deletion` or `propertyChange`.
    pub event: String,
    /// For `propertyChange`.
    pub property: Option<String>,
}

/// The app's webhook settings, and what waits to be sent.
#[derive(Debug, Default)]
pub struct Hooks {
    pub target: Option<String>,
    /// The client secret signs.
    pub secret: String,
    pub subscriptions: Vec<Subscription>,
    events: Vec<Value>,
    last_event: u64,
}

impl Hooks {
    pub fn created(&mut self, kind: Kind, id: u64, set: &[(Arc<str>, String)], at_ms: i64, source: Source) {
        self.note(kind, id, "creation", None, at_ms, source);
        self.changed(kind, id, set, at_ms, source);
    }

    pub fn changed(&mut self, kind: Kind, id: u64, changes: &[(Arc<str>, String)], at_ms: i64, source: Source) {
        for (name, value) in changes {
            self.note(kind, id, "propertyChange", Some((name, value)), at_ms, source);
        }
    }

    pub fn deleted(&mut self, kind: Kind, id: u64, at_ms: i64, source: Source) {
        self.note(kind, id, "deletion", None, at_ms, source);
    }

    fn note(&mut self, kind: Kind, id: u64, event: &str, change: Option<(&str, &str)>, at_ms: i64, source: Source) {
        let wanted = |own: &&Subscription| {
            own.kind == kind && own.event == event && change.is_none_or(|(name, _)| own.property.as_deref() == Some(name))
        };
        let Some(subscription) = self.subscriptions.iter().find(wanted).filter(|_| self.target.is_some()) else { return };
        self.last_event += 1;
        let mut line = json!({
            "eventId": self.last_event,
            "subscriptionId": subscription.id,
            "subscriptionType": format!("{}.{event}", kind.singular()),
            "objectId": id,
            "occurredAt": at_ms,
            "changeSource": source.name(),
        });
        match change {
            Some((name, value)) => {
                line["propertyName"] = json!(name);
                line["propertyValue"] = json!(value);
            }
            None => line["changeFlag"] = json!(if event == "creation" { "CREATED" } else { "DELETED" }),
        }
        self.events.push(line);
    }

    /// The batches that wait, ready to be queued; nothing waits afterwards.
    pub fn drain(&mut self, portal: &str, app: u64) -> Vec<Delivery> {
        let mut events = std::mem::take(&mut self.events);
        let Some(target) = &self.target else { return Vec::new() };
        for event in &mut events {
            event["portalId"] = json!(portal.parse::<u64>().unwrap_or_default());
            event["appId"] = json!(app);
        }
        events
            .chunks(MOST_EVENTS)
            .map(|batch| {
                let (batch, url, secret) = (batch.to_vec(), target.clone(), self.secret.clone());
                Delivery {
                    tool: TOOL,
                    event: format!("{} events", batch.len()),
                    url: url.clone(),
                    compose: Arc::new(move |attempt| compose(&batch, &url, &secret, attempt)),
                    retry_after_seconds: RETRIES,
                    // Anything but a success is tried again.
                    retry_on: |status| !matches!(status, Some(200..=299)),
                }
            })
            .collect()
    }
}

fn compose(batch: &[Value], url: &str, secret: &str, attempt: &Attempt) -> Outgoing {
    let numbered: Vec<Value> = batch
        .iter()
        .cloned()
        .map(|mut event| {
            event["attemptNumber"] = json!(attempt.number - 1);
            event
        })
        .collect();
    let body = Value::Array(numbered).to_string();
    let stamp = attempt.at.as_millisecond().to_string();
    let v1 = hex::encode(Sha256::digest(format!("{secret}{body}").as_bytes()));
    let headers = vec![
        ("Content-Type".to_owned(), "application/json".to_owned()),
        ("X-HubSpot-Signature-v3".to_owned(), signature(secret, "POST", url, &body, &stamp)),
        ("X-HubSpot-Request-Timestamp".to_owned(), stamp),
        ("X-HubSpot-Signature".to_owned(), v1),
        ("X-HubSpot-Signature-Version".to_owned(), "v1".to_owned()),
    ];
    Outgoing { headers, body: body.into_bytes() }
}

/// Base64 of HMAC-SHA256 over method, URI, body and timestamp, without anything between them.
pub fn signature(secret: &str, method: &str, uri: &str, body: &str, stamp: &str) -> String {
    STANDARD.encode(hmac_sha256(secret.as_bytes(), format!("{method}{uri}{body}{stamp}").as_bytes()))
}
