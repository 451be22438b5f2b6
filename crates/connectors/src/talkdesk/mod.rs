//! Talkdesk: recordings of calls, with who spoke and when. What it is made of, and whose account it is.

mod calls;
#[cfg(test)]
pub(crate) mod contract;
mod error;
mod manifest;
mod map;
mod recordings;
#[cfg(test)]
mod tests;
mod wire;

use connector_kit::connector::Account;
use connector_kit::{Connector, Error, Manifest, RecordingSource, Reply, Result, Session, async_trait};

/// The tool as a value.
#[derive(Debug, Clone, Copy)]
pub struct Talkdesk;

#[async_trait]
impl Connector for Talkdesk {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    async fn identify(&self, session: &Session) -> Result<Account> {
        let account: wire::AccountDetails = session.get("/account").fetch().await?;
        Ok(map::account(account))
    }

    fn classify(&self, reply: &Reply) -> Option<Error> {
        error::classify(reply)
    }

    fn recordings(&self) -> Option<&dyn RecordingSource> {
        Some(self)
    }
}
