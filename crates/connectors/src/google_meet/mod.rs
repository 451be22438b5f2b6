//! Google Meet: conferences that were held, with participants, transcript, smart notes and recordings. Read only.

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

use connector_kit::{Account, Connector, Error, Manifest, RecordingSource, Reply, Result, Session, WebhookSource, async_trait};

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct GoogleMeet;

#[async_trait]
impl Connector for GoogleMeet {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    /// By the account's id, which Meet's participants and events name too; an address can be given to somebody else.
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
