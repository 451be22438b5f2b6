//! Zoom: cloud recordings of meetings, with transcript, participants and summary. What it is made of, and whose account it is.

#[cfg(test)]
pub(crate) mod contract;
mod details;
mod error;
mod manifest;
mod map;
mod place;
mod recordings;
#[cfg(test)]
mod tests;
mod webhook;
mod wire;

use connector_kit::connector::Account;
use connector_kit::{Connector, Error, Manifest, RecordingSource, Reply, Result, Session, WebhookSource, async_trait};

/// The tool as a value.
#[derive(Debug, Clone, Copy)]
pub struct Zoom;

#[async_trait]
impl Connector for Zoom {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    /// The user, not the account that a whole company shares: each has their own recordings, and leaves on their own.
    async fn identify(&self, session: &Session) -> Result<Account> {
        Ok(map::account(details::user(session).await?))
    }

    fn classify(&self, reply: &Reply) -> Option<Error> {
        error::classify(reply)
    }

    fn recordings(&self) -> Option<&dyn RecordingSource> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookSource> {
        Some(self)
    }
}
