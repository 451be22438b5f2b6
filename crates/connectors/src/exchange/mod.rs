//! Exchange on one's own servers (EWS): the meetings of one calendar, read incrementally. Read only.

mod autodiscover;
mod calendar;
#[cfg(test)]
pub(crate) mod contract;
mod error;
mod manifest;
mod map;
mod read;
mod recurrence;
mod request;
#[cfg(test)]
mod tests;
mod wire;
mod xml;
mod zones;

use connector_kit::locate::Locator;
use connector_kit::{Account, CalendarSource, Connector, Error, Manifest, Reply, Result, Session, async_trait};

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct Exchange;

#[async_trait]
impl Connector for Exchange {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    /// The id of the mailbox's root folder; an address may be given to somebody else one day.
    async fn identify(&self, session: &Session) -> Result<Account> {
        let root = read::folder(session, &request::distinguished(session, "msgfolderroot")).await?;
        let name = session.field("mailbox").or(session.field("impersonated")).unwrap_or("Exchange").to_owned();
        Ok(Account { id: root.id.id, name })
    }

    fn classify(&self, reply: &Reply) -> Option<Error> {
        error::classify(reply)
    }

    fn locator(&self) -> Option<&dyn Locator> {
        Some(self)
    }

    fn calendar(&self) -> Option<&dyn CalendarSource> {
        Some(self)
    }
}
