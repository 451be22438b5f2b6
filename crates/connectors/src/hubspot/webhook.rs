//! HubSpot's webhooks: proof by the v3 signature, and which streams an event wakes. The address stands in the app's settings.

use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{Error, Hints, InboundHook, Result, Session, Subscription, WebhookSource, async_trait, signature};
use jiff::Timestamp;

use super::wire::HookEvent;
use super::{HubSpot, map};

/// What HubSpot decodes in the address before it signs (its table of "URL-encoded characters").
const DECODED: [(&str, &str); 12] = [
    ("%3A", ":"),
    ("%2F", "/"),
    ("%3F", "?"),
    ("%40", "@"),
    ("%21", "!"),
    ("%24", "$"),
    ("%27", "'"),
    ("%28", "("),
    ("%29", ")"),
    ("%2A", "*"),
    ("%2C", ","),
    ("%3B", ";"),
];

#[async_trait]
impl WebhookSource for HubSpot {
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        let secret = hook.app_secret.ok_or_else(|| signature::forged("the app's client secret is not configured"))?;
        let header = |name: &str| hook.header(name).ok_or_else(|| signature::forged(&format!("the header {name} is missing")));
        let stamp = header("x-hubspot-request-timestamp")?;
        let signed = header("x-hubspot-signature-v3")?;
        let at = stamp.parse().ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
        signature::fresh(at.ok_or_else(|| signature::forged("its time is no number"))?, hook.now)?;
        let address = signed_address(hook.url);
        let right = signature::hmac_base64(secret, &[hook.method.as_bytes(), address.as_bytes(), hook.body, stamp.as_bytes()]);
        signature::same(signed, &right)?;
        let events: Vec<HookEvent> =
            serde_json::from_slice(hook.body).map_err(|error| Error::invalid(format!("a webhook of HubSpot cannot be read: {error}")))?;
        Ok(map::hints(&events))
    }

    async fn subscribe(&self, _session: &Session, _request: &SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        Ok(None)
    }

    async fn unsubscribe(&self, _session: &Session, _subscription: &Subscription) -> Result<()> {
        Ok(())
    }
}

fn signed_address(url: &str) -> String {
    let address = url.split('#').next().unwrap_or_default();
    DECODED.iter().fold(address.to_owned(), |text, (code, char)| text.replace(code, char).replace(&code.to_lowercase(), char))
}
