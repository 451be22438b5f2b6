//! Contacts, both ways: read by listing and searching, written by id, by address, or by our mark where there is no address.

use connector_kit::request::segment;
use connector_kit::{
    ContactBook, Entry, ErrorKind, Outbound, Page, PullRequest, Receipt, Request, Result, Session, Sink, Source, async_trait,
};
use model::Contact;
use model::settings::Destination;

use super::HubSpot;
use super::batch::{self, By, MOST, Write};
use super::feed::Feed;
use super::map;
use super::property::MARK;
use super::wire::Record;

const FEED: Feed = Feed { object: "contacts", modified: "lastmodifieddate", properties: &map::CONTACT_PROPERTIES };

#[async_trait]
impl Source<Contact> for HubSpot {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<Contact>> {
        let news = FEED.pull(session, request).await?;
        let present = news.present.iter().map(|record| Entry::Present(map::remote(record, FEED.modified, map::contact(record))));
        let gone = news.gone.into_iter().map(|id| Entry::Gone { id });
        Ok(Page { entries: present.chain(gone).collect(), cursor: news.cursor, more: news.more })
    }

    async fn is_gone(&self, session: &Session, id: &str, _destination: Option<&Destination>) -> Result<bool> {
        FEED.is_gone(session, id).await
    }
}

#[async_trait]
impl Sink<Contact> for HubSpot {
    fn batch(&self) -> usize {
        MOST
    }

    async fn push(&self, session: &Session, items: &[Outbound<Contact>]) -> Vec<Result<Receipt>> {
        let writes: Vec<Write> = items.iter().map(write).collect();
        let records = batch::write(session, FEED.object, &writes).await;
        records.into_iter().zip(items).map(|(record, item)| record.map(|record| receipt(&item.item, &record))).collect()
    }

    async fn find(&self, session: &Session, item: &Outbound<Contact>) -> Result<Option<Receipt>> {
        let Write { by, id, .. } = write(item);
        let request =
            session.get(format!("/crm/v3/objects/contacts/{}", segment(&id))).query("properties", &map::CONTACT_PROPERTIES.join(","));
        let request = match by {
            By::Id => request,
            By::Mark => request.query("idProperty", MARK),
            By::Email => request.query("idProperty", "email"),
        };
        Ok(found(request).await?.map(|record| receipt(&item.item, &record)))
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        batch::archive(session, FEED.object, id).await
    }

    async fn destinations(&self, _session: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

impl ContactBook for HubSpot {}

/// Reads one object. That HubSpot knows neither it nor (before anything was written) our property means that it is not there.
pub(super) async fn found(request: Request<'_>) -> Result<Option<Record>> {
    match request.fetch().await {
        Ok(record) => Ok(Some(record)),
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Invalid) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An upsert by address must not be partial (HubSpot's guide on contacts); it carries all that we know of the contact.
fn write(item: &Outbound<Contact>) -> Write {
    let mut properties = map::contact_properties(item);
    let (by, id) = match (&item.link, properties.get("email").filter(|email| !email.is_empty())) {
        (Some(link), _) => (By::Id, link.id.clone()),
        (None, Some(email)) => (By::Email, email.clone()),
        (None, None) => (By::Mark, item.record.to_string()),
    };
    if by == By::Mark {
        properties.insert(MARK.to_owned(), id.clone());
    }
    Write { by, id, properties }
}

fn receipt(sent: &Contact, record: &Record) -> Receipt {
    Receipt {
        id: record.id.clone(),
        version: record.updated_at.map(|at| at.to_string()),
        url: record.url.clone(),
        seen: Some(map::contact_seen(sent, record)),
    }
}
