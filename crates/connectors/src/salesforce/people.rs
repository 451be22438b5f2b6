//! Contacts and leads, both ways, as one book: read one after the other, written by id, or to the one with the same address, or anew.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::{ContactBook, Entry, Error, Outbound, Page, PullRequest, Receipt, Result, Session, Sink, Source, async_trait};
use model::Contact;
use model::Fields;
use model::person::normal_email;
use model::settings::Destination;
use serde_json::json;

use super::Salesforce;
use super::collections::{self, By, MOST, Write};
use super::feed::{self, Dated, Feed};
use super::wire::PersonRecord;
use super::{map, mark, soql};

const FEEDS: [Feed; 2] = [Feed { object: "Contact", fields: map::CONTACT_FIELDS }, Feed { object: "Lead", fields: map::LEAD_FIELDS }];

impl Dated for PersonRecord {
    fn id(&self) -> &str {
        &self.id
    }

    fn modstamp(&self) -> Option<&str> {
        self.system_modstamp.as_deref()
    }
}

#[async_trait]
impl Source<Contact> for Salesforce {
    /// A lead that became a contact is told no more: the contact is, with the same address.
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<Contact>> {
        let news = feed::pull::<PersonRecord>(&FEEDS, session, request).await?;
        let base = session.base_url().await?;
        let told = news.records.iter().filter(|record| record.is_converted != Some(true));
        let entries = told.map(|record| match record.is_deleted {
            Some(true) => Entry::Gone { id: record.id.clone() },
            _ => Entry::Present(map::remote(&record.id, record.system_modstamp.as_deref(), &base, map::person(record))),
        });
        Ok(Page { entries: entries.collect(), cursor: news.cursor, more: news.more })
    }

    async fn is_gone(&self, session: &Session, id: &str, _destination: Option<&Destination>) -> Result<bool> {
        collections::is_gone(session, map::object_of(id), id).await
    }
}

#[async_trait]
impl Sink<Contact> for Salesforce {
    fn batch(&self) -> usize {
        MOST
    }

    async fn push(&self, session: &Session, items: &[Outbound<Contact>]) -> Vec<Result<Receipt>> {
        // Two new people with one address are one person: the second is written when the first is there.
        let mut addresses = BTreeSet::new();
        let is_twin = |item: &Outbound<Contact>, addresses: &mut BTreeSet<String>| {
            let email = item.item.email.as_deref().filter(|_| item.link.is_none()).map(normal_email);
            email.is_some_and(|email| !addresses.insert(email))
        };
        let (twins, first): (Vec<usize>, Vec<usize>) = (0..items.len()).partition(|place| is_twin(&items[*place], &mut addresses));
        let mut results: BTreeMap<usize, Result<Receipt>> = BTreeMap::new();
        for places in std::iter::once(first).chain(twins.into_iter().map(|twin| vec![twin])) {
            let some: Vec<&Outbound<Contact>> = places.iter().map(|place| &items[*place]).collect();
            let written = match push(session, &some).await {
                Ok(written) => written,
                Err(error) => some.iter().map(|_| Err(error.clone())).collect(),
            };
            results.extend(places.into_iter().zip(written));
        }
        results.into_values().collect()
    }

    async fn find(&self, session: &Session, item: &Outbound<Contact>) -> Result<Option<Receipt>> {
        let mut id = None;
        for object in ["Contact", "Lead"] {
            let query = format!("SELECT Id FROM {object} WHERE {} = {}", mark::MARK, soql::text(item.record.as_str()));
            let found = match soql::all::<super::wire::Found>(session, &query).await {
                Err(error) if mark::is_missing(&error) => Vec::new(),
                found => found?,
            };
            id = id.or_else(|| found.into_iter().next().map(|one| one.id));
        }
        let emails: Vec<String> = item.item.email.iter().map(|email| normal_email(email)).collect();
        let id = match id {
            Some(id) => Some(id),
            None => by_email(session, &emails).await?.into_values().next().map(|record| record.id),
        };
        match id {
            Some(id) => receipts(session, vec![Ok(id)]).await?.remove(0).map(Some),
            None => Ok(None),
        }
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        collections::delete(session, map::object_of(id), id).await
    }

    async fn destinations(&self, _session: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

impl ContactBook for Salesforce {}

async fn push(session: &Session, items: &[&Outbound<Contact>]) -> Result<Vec<Result<Receipt>>> {
    let new = items.iter().filter(|item| item.link.is_none());
    let emails: Vec<String> = new.filter_map(|item| item.item.email.as_deref()).map(normal_email).collect();
    let known = by_email(session, &emails).await?;
    let writes: Vec<Write> = items.iter().map(|item| write(item, &known)).collect();
    let mut results = collections::write(session, &writes).await;
    for (place, item) in items.iter().enumerate() {
        if results[place].as_ref().is_err_and(mark::is_missing) {
            results[place] = without_mark(session, item, &writes[place]).await;
        }
    }
    receipts(session, results).await
}

/// A linked person by id; a new one to whom has the address, filling in only what is empty there; else a new contact by our mark.
fn write(item: &Outbound<Contact>, known: &BTreeMap<String, PersonRecord>) -> Write {
    if let Some(link) = &item.link {
        let object = map::object_of(&link.id);
        return Write { object, by: By::Id(link.id.clone()), fields: map::person_fields(item, object) };
    }
    let twin = item.item.email.as_deref().and_then(|email| known.get(&normal_email(email)));
    if let Some(twin) = twin {
        let object = map::object_of(&twin.id);
        let mut fields = map::gaps(map::person_fields(item, object), twin);
        fields.insert(mark::MARK.to_owned(), json!(item.record));
        return Write { object, by: By::Id(twin.id.clone()), fields };
    }
    let mut fields = map::person_fields(item, "Contact");
    fields.insert("LastName".to_owned(), json!(map::last_name(&item.item)));
    Write { object: "Contact", by: By::Mark(item.record.to_string()), fields }
}

/// Where the organisation has no field for our mark yet, the address keeps a person from being made twice; nobody without one is made.
async fn without_mark(session: &Session, item: &Outbound<Contact>, refused: &Write) -> Result<String> {
    let mut write = refused.clone();
    write.fields.remove(mark::MARK);
    match &write.by {
        By::Id(id) if write.fields.is_empty() => return Ok(id.clone()),
        By::Id(_) => {}
        By::Mark(_) | By::New if item.item.email.is_some() => write.by = By::New,
        By::Mark(_) | By::New => {
            let why = format!("somebody without an e-mail address is only made in an organisation that has the field `{}`", mark::MARK);
            return Err(Error::invalid(why).with_code(super::error::NOT_SET_UP));
        }
    }
    collections::write(session, &[write]).await.remove(0)
}

/// Who has these addresses: a contact before a lead, of several the first that was made.
pub(super) async fn by_email(session: &Session, emails: &[String]) -> Result<BTreeMap<String, PersonRecord>> {
    let mut found: BTreeMap<String, PersonRecord> = BTreeMap::new();
    for (object, more, condition) in [("Contact", "", ""), ("Lead", ", Company", "IsConverted = false AND ")] {
        let query = format!("SELECT {}{more} FROM {object} WHERE {condition}Email IN", map::PERSON_FIELDS);
        let mut records: Vec<PersonRecord> = soql::all_in(session, &query, emails).await?;
        records.sort_by(|one, other| one.id.cmp(&other.id));
        for record in records {
            if let Some(email) = record.email.as_deref().map(normal_email) {
                found.entry(email).or_insert(record);
            }
        }
    }
    Ok(found)
}

/// What Salesforce now has of each who was written.
async fn receipts(session: &Session, written: Vec<Result<String>>) -> Result<Vec<Result<Receipt>>> {
    let base = session.base_url().await?;
    let mut seen: BTreeMap<String, PersonRecord> = BTreeMap::new();
    for feed in &FEEDS {
        let own = written.iter().flatten().filter(|id| map::object_of(id) == feed.object);
        let ids: Vec<String> = own.cloned().collect();
        let query = format!("SELECT {} FROM {} WHERE Id IN", feed.fields, feed.object);
        let records: Vec<PersonRecord> = soql::all_in(session, &query, &ids).await?;
        seen.extend(records.into_iter().map(|record| (record.id.clone(), record)));
    }
    let receipt = |id: String| {
        let record = seen.get(&id);
        Receipt {
            url: Some(map::url(&base, &id)),
            version: record.and_then(|record| record.system_modstamp.clone()),
            seen: record.map(|record| Fields::of(&map::person(record))),
            id,
        }
    };
    Ok(written.into_iter().map(|id| id.map(receipt)).collect())
}
