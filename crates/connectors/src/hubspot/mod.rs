//! HubSpot: contacts and tasks both ways, meetings, notes and deal updates outward. What it is made of, and whose account it is.

mod activities;
mod associations;
mod batch;
mod contacts;
#[cfg(test)]
pub(crate) mod contract;
mod deals;
mod error;
mod feed;
mod manifest;
mod map;
mod markup;
mod notes;
mod owners;
mod property;
mod tasks;
#[cfg(test)]
mod tests;
mod webhook;
mod wire;

use connector_kit::connector::Account;
use connector_kit::{
    ActivityLog, Connector, ContactBook, DealBoard, Error, Manifest, NoteSink, Reply, Result, Session, TaskBoard, WebhookSource,
    async_trait,
};

/// The tool as a value.
#[derive(Debug, Clone, Copy)]
pub struct HubSpot;

#[async_trait]
impl Connector for HubSpot {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    /// By the account's own details, not by the token: an endpoint that takes the token in its path would leave it in logs.
    async fn identify(&self, session: &Session) -> Result<Account> {
        let details: wire::AccountDetails = session.get("/account-info/v3/details").fetch().await?;
        Ok(map::account(&details))
    }

    fn classify(&self, reply: &Reply) -> Option<Error> {
        error::classify(reply)
    }

    fn activities(&self) -> Option<&dyn ActivityLog> {
        Some(self)
    }

    fn contacts(&self) -> Option<&dyn ContactBook> {
        Some(self)
    }

    fn deals(&self) -> Option<&dyn DealBoard> {
        Some(self)
    }

    fn tasks(&self) -> Option<&dyn TaskBoard> {
        Some(self)
    }

    fn notes(&self) -> Option<&dyn NoteSink> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookSource> {
        Some(self)
    }
}
