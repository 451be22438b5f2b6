//! Zoom: cloud recordings of meetings, with transcript, participants and summary. What it is made of, and whose account it is.

mod details;
#[cfg(test)]
mod emulated_tests;
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

    /// The account, not the user: webhooks name it, and no user, in every event.
    async fn identify(&self, session: &Session) -> Result<Account> {
        map::account(details::user(session).await?)
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
