//! Webhooks: proof of the sender, the handshake, which streams to wake, and the event that ends a connection.

use connector_kit::{
    Error, Handshake, Hints, InboundHook, Result, Secret, Session, Subscription, WebhookSource, async_trait, signature,
    webhook::SubscriptionRequest,
};
use jiff::Timestamp;
use model::connection::Capability;

use super::{Zoom, wire};

#[async_trait]
impl WebhookSource for Zoom {
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        let secret = prove(hook)?;
        let wire::Event { event, payload } =
            serde_json::from_slice(hook.body).map_err(|error| Error::invalid(format!("Zoom's event cannot be read: {error}")))?;
        if event == "endpoint.url_validation" {
            let plain = payload.plain_token.ok_or_else(|| Error::invalid("Zoom's handshake holds no plainToken"))?;
            let answer = wire::Validation { plain_token: &plain, encrypted_token: signature::hmac_hex(secret, &[plain.as_bytes()]) };
            let text = serde_json::to_string(&answer).map_err(|error| Error::invalid(format!("no answer can be written: {error}")))?;
            return Ok(Hints { answer: Some(Handshake::Body("application/json", text)), ..Hints::default() });
        }
        if event == "app_deauthorized" {
            // Without a name it would end the sign-in of everybody whom this address serves.
            let user = payload.user_id.ok_or_else(|| Error::invalid("Zoom does not say who removed the app"))?;
            return Ok(Hints { account: Some(user), revoked: true, ..Hints::default() });
        }
        let account = payload.object.and_then(|object| object.host_id.or(object.meeting_host_id));
        Ok(match event.as_str() {
            "recording.completed" | "recording.transcript_completed" | "meeting.ended" | "meeting.summary_completed" => {
                Hints { wake: vec![Capability::Recordings], account, ..Hints::default() }
            }
            _ => Hints { account, ..Hints::default() },
        })
    }

    /// The address is entered in the app's settings ("Event subscriptions").
    async fn subscribe(&self, _: &Session, _: &SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        Ok(None)
    }

    async fn unsubscribe(&self, _: &Session, _: &Subscription) -> Result<()> {
        Ok(())
    }
}

/// Signature version 0 over "v0:stamp:body", and the five-minute rule (developers.zoom.us/docs/api/webhooks).
fn prove<'a>(hook: &InboundHook<'a>) -> Result<&'a Secret> {
    let secret = hook.app_secret.ok_or_else(|| signature::forged("no secret token is configured for Zoom"))?;
    let stamp = hook.header("x-zm-request-timestamp").unwrap_or_default();
    let right = signature::hmac_hex(secret, &[b"v0:", stamp.as_bytes(), b":", hook.body]);
    signature::same(hook.header("x-zm-signature").unwrap_or_default(), &format!("v0={right}"))?;
    let stamp = stamp.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    signature::fresh(stamp.ok_or_else(|| signature::forged("its stamp is no time"))?, hook.now)?;
    Ok(secret)
}
