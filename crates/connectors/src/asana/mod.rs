//! Asana: action items as tasks, both ways. What it is made of, and whose account it is.

#[cfg(test)]
pub(crate) mod contract;
mod error;
mod manifest;
mod map;
mod people;
mod places;
mod priority;
mod pull;
mod push;
#[cfg(test)]
mod tests;
mod webhook;
mod wire;

use connector_kit::connector::Account;
use connector_kit::{Connector, Error, Manifest, Reply, Result, Session, TaskBoard, WebhookSource, async_trait};

/// The tool as a value.
#[derive(Debug, Clone, Copy)]
pub struct Asana;

#[async_trait]
impl Connector for Asana {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    /// The person who signed in: what they see in their workspaces is what the connection can reach.
    async fn identify(&self, session: &Session) -> Result<Account> {
        let me: wire::Data<wire::User> = session.get("/users/me").query("opt_fields", "name,email").fetch().await?;
        Ok(map::account(me.data))
    }

    fn classify(&self, reply: &Reply) -> Option<Error> {
        error::classify(reply)
    }

    fn tasks(&self) -> Option<&dyn TaskBoard> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookSource> {
        Some(self)
    }
}
