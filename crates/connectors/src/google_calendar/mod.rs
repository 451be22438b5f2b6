//! Google Calendar: the meetings of one calendar, read incrementally. Read only.

mod calendar;
#[cfg(test)]
pub(crate) mod contract;
mod error;
mod manifest;
mod map;
#[cfg(test)]
mod tests;
mod webhook;
mod wire;

use connector_kit::{Account, CalendarSource, Connector, Error, Manifest, Reply, Result, Session, WebhookSource, async_trait};

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct GoogleCalendar;

#[async_trait]
impl Connector for GoogleCalendar {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    /// The primary calendar's id is the account's address. It needs no further scope, unlike `userinfo`.
    async fn identify(&self, session: &Session) -> Result<Account> {
        let primary = calendar::list(session).await?.into_iter().find(|entry| entry.primary);
        let primary = primary.ok_or_else(|| Error::protocol("this Google account has no calendar of its own"))?;
        Ok(Account { name: primary.id.clone(), id: primary.id })
    }

    fn classify(&self, reply: &Reply) -> Option<Error> {
        error::classify(reply)
    }

    fn calendar(&self) -> Option<&dyn CalendarSource> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookSource> {
        Some(self)
    }
}
