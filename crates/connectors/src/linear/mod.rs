//! Linear: action items as issues, both ways. What it is made of, and whose account it is.

#[cfg(test)]
pub(crate) mod contract;
mod error;
mod graphql;
mod manifest;
mod map;
mod mutation;
mod tasks;
#[cfg(test)]
mod tests;
mod webhook;
mod wire;

use connector_kit::connector::Account;
use connector_kit::{Connector, Error, Manifest, Reply, Result, Session, TaskBoard, WebhookSource, async_trait};
use cynic::QueryBuilder;

/// The tool as a value.
#[derive(Debug, Clone, Copy)]
pub struct Linear;

#[async_trait]
impl Connector for Linear {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    async fn identify(&self, session: &Session) -> Result<Account> {
        let organization = graphql::ask(session, wire::WhoseAccount::build(())).await?.organization;
        Ok(Account { id: organization.id.into_inner(), name: organization.name })
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
