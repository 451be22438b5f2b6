//! Salesforce: contacts, leads and tasks both ways; meetings, notes and opportunity updates outward. What it is made of, and whose
//! account it is.

mod activities;
mod associations;
mod choices;
mod collections;
#[cfg(test)]
pub(crate) mod contract;
mod deals;
mod error;
mod feed;
mod fields;
mod manifest;
mod map;
mod mark;
mod notes;
mod people;
mod soql;
mod tasks;
#[cfg(test)]
mod tests;
mod users;
mod wire;

use connector_kit::connector::Account;
use connector_kit::{
    ActivityLog, Connector, ContactBook, DealBoard, Error, Manifest, NoteSink, Reply, Result, Session, TaskBoard, async_trait,
};
use jiff::SignedDuration;

/// The tool as a value.
#[derive(Debug, Clone, Copy)]
pub struct Salesforce;

#[async_trait]
impl Connector for Salesforce {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    /// By the organisation's own record: its id is never given to another one.
    async fn identify(&self, session: &Session) -> Result<Account> {
        let found: Vec<wire::Organization> = soql::all(session, "SELECT Id, Name, IsSandbox FROM Organization").await?;
        let organization = found.first().ok_or_else(|| Error::protocol("Salesforce does not say whose organisation this is"))?;
        Ok(map::account(organization))
    }

    fn classify(&self, reply: &Reply) -> Option<Error> {
        error::classify(reply)
    }

    fn respite(&self, reply: &Reply) -> Option<SignedDuration> {
        error::respite(reply)
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
}
