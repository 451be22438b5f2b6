//! Notion: a page for each meeting, and action items as rows, both ways. What it is made of, and whose account it is.

mod blocks;
mod columns;
#[cfg(test)]
pub(crate) mod contract;
mod error;
mod manifest;
mod map;
mod markdown;
mod meetings;
mod places;
mod progress;
mod pull;
mod section;
mod tasks;
#[cfg(test)]
mod tests;
mod values;
mod webhook;
mod wire;

use connector_kit::connector::Account;
use connector_kit::{ActivityLog, Connector, Error, Manifest, Reply, Result, Session, TaskBoard, WebhookSource, async_trait};

/// The tool as a value.
#[derive(Debug, Clone, Copy)]
pub struct Notion;

#[async_trait]
impl Connector for Notion {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    /// The workspace in which the integration's bot is: what people share there is what the connection can reach.
    async fn identify(&self, session: &Session) -> Result<Account> {
        let me: wire::Me = places::versioned(session.get("/v1/users/me")).fetch().await?;
        Ok(map::account(me))
    }

    fn classify(&self, reply: &Reply) -> Option<Error> {
        error::classify(reply)
    }

    fn activities(&self) -> Option<&dyn ActivityLog> {
        Some(self)
    }

    fn tasks(&self) -> Option<&dyn TaskBoard> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookSource> {
        Some(self)
    }
}
