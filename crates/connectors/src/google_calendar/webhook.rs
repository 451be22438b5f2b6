//! Push channels: watching a calendar's events, and the bodiless messages that say "something changed".

use connector_kit::{
    ErrorKind, Hints, InboundHook, Result, Secret, Session, Subscription, WebhookSource, async_trait, request, signature, webhook,
};
use jiff::Timestamp;
use model::connection::Capability;

use super::{GoogleCalendar, wire};

#[async_trait]
impl WebhookSource for GoogleCalendar {
    /// Google signs nothing; the channel's token, a secret of ours, is the proof.
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        let secret = hook.subscription_secret.map(Secret::expose).filter(|secret| !secret.is_empty());
        let secret = secret.ok_or_else(|| signature::forged("no channel is open for this connection"))?;
        signature::same(hook.header("x-goog-channel-token").unwrap_or_default(), secret)?;
        // `sync` only says that the channel is open.
        let wake = match hook.header("x-goog-resource-state") {
            Some("sync") => Vec::new(),
            _ => vec![Capability::Calendar],
        };
        // The number counts within its channel, upwards but with gaps.
        let channel = hook.header("x-goog-channel-id").unwrap_or_default();
        let delivery = hook.header("x-goog-message-number").map(|number| format!("{channel}:{number}"));
        Ok(Hints { wake, delivery, ..Hints::default() })
    }

    async fn subscribe(&self, session: &Session, request: &webhook::SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        let calendar = request.destination.map_or("primary", |chosen| chosen.id.as_str());
        let wanted = wire::NewChannel {
            id: request.id.to_string(),
            kind: "web_hook",
            address: request.callback.as_str(),
            token: request.secret.expose(),
        };
        let channel: wire::Channel =
            session.post(format!("/calendars/{}/events/watch", request::segment(calendar))).json(&wanted).fetch().await?;
        let expires = channel.expiration.and_then(|text| text.parse().ok()).and_then(|millis| Timestamp::from_millisecond(millis).ok());
        Ok(Some(Subscription { id: channel.id, resource: channel.resource_id, expires, secret: Some(request.secret.clone()) }))
    }

    async fn unsubscribe(&self, session: &Session, subscription: &Subscription) -> Result<()> {
        let stopped = wire::StoppedChannel { id: &subscription.id, resource_id: subscription.resource.as_deref() };
        match session.post("/channels/stop").json(&stopped).repeatable().send().await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}
