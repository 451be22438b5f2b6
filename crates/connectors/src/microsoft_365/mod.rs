//! Microsoft 365: the meetings of one Outlook calendar, read incrementally through Microsoft Graph. Read only.

mod calendar;
#[cfg(test)]
pub(crate) mod contract;
mod events;
mod manifest;
mod map;
#[cfg(test)]
mod tests;
mod webhook;
mod wire;

use connector_kit::{Account, CalendarSource, Connector, Error, Manifest, Reply, Result, Session, WebhookSource, async_trait, request};

use crate::microsoft::{error, sign_in};

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct Microsoft365;

#[async_trait]
impl Connector for Microsoft365 {
    fn manifest(&self) -> &'static Manifest {
        &manifest::MANIFEST
    }

    /// The person's object id, whether they signed in or an application reads for them.
    async fn identify(&self, session: &Session) -> Result<Account> {
        let ask = session.get(root(session)).query("$select", "id,displayName,mail,userPrincipalName");
        let user: wire::User = ask.fetch().await?;
        let named = [user.mail, user.user_principal_name, user.display_name].into_iter().flatten().find(|name| !name.is_empty());
        Ok(Account { name: named.unwrap_or_else(|| user.id.clone()), id: user.id })
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

/// Where the mailbox is: the signed-in person's, or the one that an application was pointed to.
fn root(session: &Session) -> String {
    match session.field(sign_in::MAILBOX_FIELD) {
        Some(mailbox) => format!("/users/{}", request::segment(mailbox)),
        None => "/me".to_owned(),
    }
}
