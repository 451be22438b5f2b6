//! Asana's webhooks: the handshake while one is made, who sent one, what it wakes.

use connector_kit::request::segment;
use connector_kit::signature::{forged, hmac_hex, same};
use connector_kit::webhook::{Subscription, SubscriptionRequest};
use connector_kit::{Error, ErrorKind, Handshake, Hints, InboundHook, Result, Secret, Session, WebhookSource, async_trait};
use model::connection::Capability;

use super::Asana;
use super::wire::{Data, Delivery, MadeWebhook, NewWebhook, WebhookFilter};

/// In Asana's own spelling, but in lower case: `X-Hook-Secret`.
const SECRET: &str = "x-hook-secret";
const SIGNATURE: &str = "x-hook-signature";
/// A secret is 64 hexadecimal digits; more than this is none.
const LONGEST_SECRET: usize = 256;
/// What of tasks is told.
const ACTIONS: [&str; 4] = ["changed", "added", "deleted", "undeleted"];

#[async_trait]
impl WebhookSource for Asana {
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        let Some(signature) = hook.header(SIGNATURE) else { return handshake(hook) };
        let secret = hook.subscription_secret.ok_or_else(|| forged("no secret is known to prove it by"))?;
        same(signature, &hmac_hex(secret, &[hook.body]))?;
        let delivery: Delivery =
            serde_json::from_slice(hook.body).map_err(|error| Error::invalid(format!("Asana's webhook cannot be read: {error}")))?;
        Ok(Hints {
            wake: if delivery.events.is_empty() { Vec::new() } else { vec![Capability::Tasks] },
            // Nothing else tells a replay: the signature is that of this body, and events tell their time to the millisecond.
            delivery: Some(signature.to_owned()),
            ..Hints::default()
        })
    }

    /// Asana asks the address for a handshake before it answers. An address is never used twice, so that a webhook whose secret
    /// was lost with the answer is in nobody's way; it dies of being refused.
    async fn subscribe(&self, session: &Session, request: &SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        let project = request.destination.ok_or_else(|| Error::invalid("choose the project whose tasks are followed"))?;
        let mut target = request.callback.clone();
        target.query_pairs_mut().append_pair("subscription", &request.id.to_string());
        let filters = ACTIONS.map(|action| WebhookFilter { resource_type: "task", action }).into();
        let body = Data { data: NewWebhook { resource: &project.id, target: target.as_str(), filters } };
        let made: MadeWebhook = session.post("/webhooks").json(&body).fetch().await.map_err(explained)?;
        let secret = Some(Secret::new(made.secret));
        Ok(Some(Subscription { id: made.data.gid, resource: None, expires: None, secret }))
    }

    async fn unsubscribe(&self, session: &Session, subscription: &Subscription) -> Result<()> {
        match session.delete(format!("/webhooks/{}", segment(&subscription.id))).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Why Asana makes no webhook, in most cases.
fn explained(error: Error) -> Error {
    let message = match error.kind {
        ErrorKind::Forbidden => "Asana sends webhooks to public addresses alone, and only where the scope `webhooks:write` was granted",
        ErrorKind::Invalid => "Asana made no webhook: it asks the hub's public address for a handshake, and got no answer",
        _ => return error,
    };
    Error { message: message.to_owned(), ..error }
}

/// The secret comes back as it came, and is not believed: the one that counts is in the answer to our own request.
fn handshake(hook: &InboundHook<'_>) -> Result<Hints> {
    let secret = hook.header(SECRET).ok_or_else(|| forged("it bears no signature"))?;
    let plausible = (1..=LONGEST_SECRET).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic());
    if !plausible {
        return Err(forged("it asks for a handshake without a secret"));
    }
    Ok(Hints { answer: Some(Handshake::Header(SECRET, secret.to_owned())), ..Hints::default() })
}
