//! Slack: summaries and alerts as messages in channels, threads and direct messages. Nothing is read but our own messages.

#[cfg(test)]
pub(crate) mod contract;
mod destinations;
mod error;
mod manifest;
mod map;
mod messages;
#[cfg(test)]
mod tests;
mod thread;
mod webhook;
mod wire;

use connector_kit::{Account, Connector, Error, Manifest, MessageSink, Reply, Result, Session, WebhookSource, async_trait};

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct Slack;

#[async_trait]
impl Connector for Slack {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    async fn identify(&self, session: &Session) -> Result<Account> {
        let identity: wire::Identity = session.get("/auth.test").fetch().await?;
        Ok(Account { name: identity.team.unwrap_or_else(|| identity.team_id.clone()), id: identity.team_id })
    }

    fn classify(&self, reply: &Reply) -> Option<Error> {
        error::classify(reply)
    }

    fn messages(&self) -> Option<&dyn MessageSink> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookSource> {
        Some(self)
    }
}
