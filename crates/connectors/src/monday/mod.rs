//! monday.com: action items as items of a board, both ways. What it is made of, and whose account it is.

mod budget;
mod columns;
#[cfg(test)]
pub(crate) mod contract;
mod error;
mod graphql;
mod manifest;
mod map;
mod mutation;
mod people;
mod places;
mod pull;
mod push;
mod query;
#[cfg(test)]
mod tests;
mod webhook;
mod wire;

use connector_kit::connector::Account;
use connector_kit::{Allowance, Connector, Error, Manifest, Reply, Result, Session, TaskBoard, WebhookSource, async_trait};
use cynic::QueryBuilder;

/// The tool as a value.
#[derive(Debug, Clone, Copy)]
pub struct Monday;

#[async_trait]
impl Connector for Monday {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    async fn identify(&self, session: &Session) -> Result<Account> {
        let me = graphql::ask(session, query::WhoseAccount::build(())).await?.me;
        let account = me.ok_or_else(|| Error::protocol("monday.com does not say whose account this is"))?.account;
        Ok(Account { id: account.id.into_inner(), name: account.name })
    }

    fn classify(&self, reply: &Reply) -> Option<Error> {
        error::classify(reply)
    }

    async fn allowances(&self, session: &Session) -> Result<Vec<Allowance>> {
        budget::left(session).await
    }

    fn tasks(&self) -> Option<&dyn TaskBoard> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookSource> {
        Some(self)
    }
}
