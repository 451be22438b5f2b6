//! Change notifications of a mailbox's events.

use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{Hints, InboundHook, Result, Session, Subscription, WebhookSource, async_trait};
use jiff::SignedDuration;
use model::connection::Capability;

use super::{Microsoft365, root};
use crate::microsoft::notifications;

/// Short enough for both bounds that Microsoft's pages have named for events (4,230 and 10,080 minutes).
const LIFE: SignedDuration = SignedDuration::from_mins(4_200);

#[async_trait]
impl WebhookSource for Microsoft365 {
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        notifications::receive(hook, Capability::Calendar)
    }

    /// Graph announces the events of a whole mailbox, whichever calendar was chosen.
    async fn subscribe(&self, session: &Session, request: &SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        let resource = format!("{}/events", root(session));
        notifications::subscribe(session, request, resource.trim_start_matches('/'), LIFE).await.map(Some)
    }

    async fn renew(&self, session: &Session, subscription: &Subscription) -> Result<Option<Subscription>> {
        notifications::renew(session, subscription, LIFE).await
    }

    async fn unsubscribe(&self, session: &Session, subscription: &Subscription) -> Result<()> {
        notifications::unsubscribe(session, subscription).await
    }
}
