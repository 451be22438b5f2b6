//! Events on their way: `CloudEvents` as Pub/Sub messages, pushed with an identity token that names caller and address.
//! Facts: developers.google.com/workspace/events (structure of events), docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::world::{Conference, Push, Subscription};
use super::{Meet, TOOL};
use crate::kit::{Delivery, Outgoing};

/// The key of the emulated Google (PKCS #1): made for the sandbox, and secret to nobody.
const KEY: &[u8] = include_bytes!("push_key.der");
const KEY_ID: &str = "sandbox-1";
const TOKEN_SECONDS: i64 = 3_600;
/// Pub/Sub tries again with growing pauses until the message is a week old; here for some time.
const RETRIES: &[i64] = &[10, 20, 40, 80, 160, 320, 600];

/// Signs identity tokens.
pub(super) struct Signer(EncodingKey);

impl Signer {
    pub(super) fn new() -> Self {
        Self(EncodingKey::from_rsa_der(KEY))
    }

    fn token(&self, push: &Push, at: Timestamp) -> String {
        let claims = json!({
            "aud": push.audience.as_deref().unwrap_or(&push.endpoint),
            "azp": "117000000000000000001",
            "email": push.service_account,
            "email_verified": true,
            "exp": at.as_second() + TOKEN_SECONDS,
            "iat": at.as_second(),
            "iss": "https://accounts.google.com",
            "sub": "117000000000000000001",
        });
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::RS256) };
        encode(&header, &claims, &self.0).unwrap_or_default()
    }

    fn keys(&self) -> JwkSet {
        let key = Jwk::from_encoding_key(&self.0, Algorithm::RS256).map(|mut key| {
            key.common.key_id = Some(KEY_ID.to_owned());
            key
        });
        JwkSet { keys: key.into_iter().collect() }
    }
}

/// `GET /oauth2/v3/certs`: Google's public keys.
pub(super) async fn certs(State(meet): State<Arc<Meet>>) -> Response {
    ([(header::CACHE_CONTROL, "public, max-age=22500, must-revalidate, no-transform")], Json(meet.signer.keys())).into_response()
}

impl Meet {
    /// Tells every subscription that asked for it; answers how many were told.
    pub(super) fn announce(&self, event: &str, conference: &Conference, data: &Value) -> usize {
        let now = self.kit.clock.now();
        let owner = self.authority.accounts().iter().find(|account| account.email == conference.space.owner);
        let user = owner.map(|owner| format!("//cloudidentity.googleapis.com/users/{}", owner.id));
        let space = format!("//meet.googleapis.com/spaces/{}", conference.space.id);
        let concerned: Vec<Subscription> = {
            let world = self.world();
            let live = world.subscriptions.values().filter(|one| !one.suspended && one.expires > now);
            let about = live.filter(|one| one.event_types.iter().any(|asked| asked == event));
            about.filter(|one| one.target == space || Some(&one.target) == user.as_ref()).cloned().collect()
        };
        for subscription in &concerned {
            self.publish(subscription, event, &subscription.target, data);
        }
        concerned.len()
    }

    /// Puts one event on the subscription's topic, whose push subscription gets it.
    pub(super) fn publish(&self, subscription: &Subscription, event: &str, subject: &str, data: &Value) {
        let Some(push) = self.world().topics.get(&subscription.topic).cloned() else { return };
        let source = format!("//workspaceevents.googleapis.com/subscriptions/{}", subscription.id);
        let now = self.kit.clock.now();
        let id = self.kit.number(1 << 53).to_string();
        let project = subscription.topic.split('/').nth(1).unwrap_or_default();
        let message = json!({
            "message": {
                "attributes": {
                    "ce-datacontenttype": "application/json",
                    "ce-id": self.kit.uuid(),
                    "ce-source": source,
                    "ce-specversion": "1.0",
                    "ce-subject": subject,
                    "ce-time": now,
                    "ce-type": event,
                },
                "data": STANDARD.encode(data.to_string()),
                "messageId": id,
                "message_id": id,
                "orderingKey": source,
                "publishTime": now,
                "publish_time": now,
            },
            "subscription": format!("projects/{project}/subscriptions/hub"),
        });
        let body = message.to_string().into_bytes();
        let signer = Signer(self.signer.0.clone());
        self.kit.webhooks.queue(Delivery {
            tool: TOOL,
            event: event.to_owned(),
            url: push.endpoint.clone(),
            compose: Arc::new(move |attempt| {
                let headers = vec![
                    ("content-type".to_owned(), "application/json".to_owned()),
                    ("authorization".to_owned(), format!("Bearer {}", signer.token(&push, attempt.at))),
                ];
                Outgoing { headers, body: body.clone() }
            }),
            retry_after_seconds: RETRIES,
            retry_on: |status| !matches!(status, Some(102 | 200 | 201 | 202 | 204)),
        });
    }
}
