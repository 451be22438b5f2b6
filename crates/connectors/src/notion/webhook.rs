//! Notion's webhooks: the token by which a subscription is verified, who sent an event, what it wakes.

use connector_kit::signature::{forged, hmac_hex, same};
use connector_kit::webhook::{Subscription, SubscriptionRequest};
use connector_kit::{Error, Handshake, Hints, InboundHook, Result, Secret, Session, WebhookSource, async_trait};
use model::connection::Capability;

use super::Notion;
use super::wire::Delivery;

const SIGNATURE: &str = "x-notion-signature";

#[async_trait]
impl WebhookSource for Notion {
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        let Some(signature) = hook.header(SIGNATURE) else { return verification(hook) };
        let secret = hook.subscription_secret.or(hook.app_secret).ok_or_else(|| forged("no verification token is known to prove it by"))?;
        same(signature, &format!("sha256={}", hmac_hex(secret, &[hook.body])))?;
        let event: Delivery =
            serde_json::from_slice(hook.body).map_err(|error| Error::invalid(format!("Notion's webhook cannot be read: {error}")))?;
        // The same event is sent again with another number of the attempt; its id stays.
        let delivery = event.id.ok_or_else(|| Error::invalid("Notion's webhook bears no id"))?;
        let of_rows = event.kind.starts_with("page.") || event.kind.starts_with("data_source.");
        Ok(Hints {
            wake: if of_rows { vec![Capability::Tasks] } else { Vec::new() },
            account: event.workspace_id,
            delivery: Some(delivery),
            ..Hints::default()
        })
    }

    /// The address is entered in the integration's settings ("Webhooks").
    async fn subscribe(&self, _: &Session, _: &SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        Ok(None)
    }

    async fn unsubscribe(&self, _: &Session, _: &Subscription) -> Result<()> {
        Ok(())
    }
}

/// The longest token that is kept.
const LONGEST_TOKEN: usize = 256;

/// A new subscription's first request brings its token, unsigned. Where that token is the one that is configured, all is said;
/// else it is kept for the person who enters it in Notion.
fn verification(hook: &InboundHook<'_>) -> Result<Hints> {
    let token = serde_json::from_slice::<Delivery>(hook.body).ok().and_then(|delivery| delivery.verification_token);
    let token = token.ok_or_else(|| forged("it bears no signature"))?;
    let known = hook.subscription_secret.or(hook.app_secret);
    if known.is_some_and(|known| same(&token, known.expose()).is_ok()) {
        return Ok(Hints { answer: Some(Handshake::Body("text/plain", String::new())), ..Hints::default() });
    }
    let plausible = (16..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
    if !plausible {
        return Err(forged("it brings no token that could sign anything"));
    }
    Ok(Hints { entrusted: Some(Secret::new(token)), ..Hints::default() })
}
