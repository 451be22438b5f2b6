//! The Events API: proof of the sender, the handshake, and the two events that end a connection.

use connector_kit::{
    Error, Handshake, Hints, InboundHook, Result, Secret, Session, Subscription, WebhookSource, async_trait, signature,
    webhook::SubscriptionRequest,
};
use jiff::Timestamp;

use super::{Slack, wire};

#[async_trait]
impl WebhookSource for Slack {
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        prove(hook)?;
        let envelope: wire::Envelope =
            serde_json::from_slice(hook.body).map_err(|error| Error::invalid(format!("Slack's event cannot be read: {error}")))?;
        if envelope.kind == "url_verification" {
            let challenge = envelope.challenge.ok_or_else(|| Error::invalid("Slack's handshake holds no challenge"))?;
            return Ok(Hints { answer: Some(Handshake::Body("text/plain", challenge)), ..Hints::default() });
        }
        let revoked = envelope.event.is_some_and(|event| match event.kind.as_str() {
            "app_uninstalled" => true,
            // A person's own token is none of ours; the connection lives on the bot's.
            "tokens_revoked" => event.tokens.is_some_and(|tokens| !tokens.bot.is_empty()),
            _ => false,
        });
        // Slack is only written to, so no event wakes a stream.
        Ok(Hints { delivery: envelope.event_id, account: envelope.team_id, revoked, ..Hints::default() })
    }

    /// The address is entered in the app's settings ("Event Subscriptions").
    async fn subscribe(&self, _: &Session, _: &SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        Ok(None)
    }

    async fn unsubscribe(&self, _: &Session, _: &Subscription) -> Result<()> {
        Ok(())
    }
}

/// Signature version 0 over "v0:stamp:body", and the five-minute rule
/// (docs.slack.dev/authentication/verifying-requests-from-slack).
fn prove(hook: &InboundHook<'_>) -> Result<()> {
    let secret: &Secret = hook.app_secret.ok_or_else(|| signature::forged("no signing secret is configured for Slack"))?;
    let stamp = hook.header("x-slack-request-timestamp").unwrap_or_default();
    let right = signature::hmac_hex(secret, &[b"v0:", stamp.as_bytes(), b":", hook.body]);
    signature::same(hook.header("x-slack-signature").unwrap_or_default(), &format!("v0={right}"))?;
    let stamp = stamp.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    signature::fresh(stamp.ok_or_else(|| signature::forged("its stamp is no time"))?, hook.now)
}
