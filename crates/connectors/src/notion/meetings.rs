//! A page for each meeting: title, time and mapped columns, and the box with what was said. A person's own words, columns and pages
//! around that are never written to.

use std::collections::BTreeMap;

use connector_kit::request::segment;
use connector_kit::{ActivityLog, AssociationQuery, Error, ErrorKind, Link, Member, Outbound, Receipt, Result, Session, Sink, async_trait};
use model::settings::Destination;
use model::{Activity, Associations, Fields};

use super::columns::{self, Columns, MARK};
use super::wire::{NewPage, NewParent, Page, PageUpdate, Values};
use super::{Notion, blocks, map, places, section, values};

#[async_trait]
impl Sink<Activity> for Notion {
    async fn push(&self, session: &Session, items: &[Outbound<Activity>]) -> Vec<Result<Receipt>> {
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            results.push(match &item.link {
                Some(link) => update(session, item, link).await,
                None => create(session, item).await,
            });
        }
        results
    }

    /// A page whose box took more than one request may lack some of it: it is written anew.
    async fn find(&self, session: &Session, item: &Outbound<Activity>) -> Result<Option<Receipt>> {
        let key = item.key.to_string();
        let Some(page) = places::marked(session, places::chosen(item)?, &key).await? else { return Ok(None) };
        let batches = blocks::batches(blocks::fitted(map::meeting_body(&item.item)));
        if batches.len() > 1 {
            section::replace(session, &page.id, &key, &batches).await?;
        }
        Ok(Some(map::receipt(&page, None)))
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        places::discard(session, id).await
    }

    async fn destinations(&self, session: &Session) -> Result<Vec<Destination>> {
        places::databases(session).await
    }
}

#[async_trait]
impl ActivityLog for Notion {
    /// Notion keeps no contacts, companies or deals.
    async fn associations(&self, _session: &Session, _query: &AssociationQuery) -> Result<Associations> {
        Ok(Associations::default())
    }

    async fn properties(&self, session: &Session, id: &str, names: &[&str]) -> Result<BTreeMap<String, String>> {
        let page = match places::page(session, id, None).await {
            Ok(page) => page,
            // The write that follows tells that it is gone, or why it is out of reach.
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(error),
        };
        let read = |name: &&str| Some(((*name).to_owned(), values::read(page.properties.get(*name)?)?));
        Ok(names.iter().filter_map(read).collect())
    }
}

async fn create(session: &Session, item: &Outbound<Activity>) -> Result<Receipt> {
    let place = places::chosen(item)?;
    let columns = places::with_mark(session, places::source(session, &place.id).await?).await?;
    let key = item.key.to_string();
    let mut properties = written(session, item, &columns, |_| true).await?;
    properties.insert(MARK.to_owned(), map::mark(&key));
    let mut batches = blocks::batches(blocks::fitted(map::meeting_body(&item.item)));
    let first = batches.remove(0);
    let parent = NewParent { kind: "data_source_id", data_source_id: &place.id };
    let body = NewPage { parent, properties: &properties, children: vec![blocks::own_box(&key, first)] };
    let answer = places::versioned(session.post("/v1/pages").json(&body)).send().await.map_err(places::out_of_reach)?;
    let page: Page = answer.parse().map_err(Error::in_doubt)?;
    if !batches.is_empty() {
        // From here on the page is there: a failure below it leads to `find`, which writes the rest.
        section::complete(session, &page.id, &key, &batches).await.map_err(Error::in_doubt)?;
    }
    Ok(map::receipt(&page, None))
}

async fn update(session: &Session, item: &Outbound<Activity>, link: &Link) -> Result<Receipt> {
    let mut page = places::page(session, &link.id, item.destination.as_ref()).await?;
    let wanted = Fields::of(&item.item);
    let sends = |name: &str| item.sends(name, wanted.get(name));
    if sends("title") || sends("start") || sends("end") || !item.properties.is_empty() {
        let columns = places::source_of(session, &page).await?.properties;
        let properties = written(session, item, &columns, sends).await?;
        if !properties.is_empty() {
            let request = session.patch(format!("/v1/pages/{}", segment(&page.id))).json(&PageUpdate { properties: &properties });
            page = places::versioned(request).fetch().await?;
        }
    }
    if sends("body") || sends("cancelled") {
        let batches = blocks::batches(blocks::fitted(map::meeting_body(&item.item)));
        section::replace(session, &page.id, &item.key.to_string(), &batches).await?;
    }
    Ok(map::receipt(&page, None))
}

/// The columns to write: title and time as far as they are sent, and those of the field mapping, each held to its kind.
async fn written(session: &Session, item: &Outbound<Activity>, columns: &Columns, sends: impl Fn(&str) -> bool) -> Result<Values> {
    let mut out = Values::new();
    if sends("title") {
        out.insert(columns::title(columns)?.to_owned(), map::title(&item.item.title));
    }
    if let Some(when) = columns::when(columns).filter(|_| sends("start") || sends("end")) {
        out.insert(when.to_owned(), map::span(&item.item));
    }
    let members = members(session, item, columns).await?;
    for (name, text) in &item.properties {
        let column = columns.get(name).ok_or_else(|| Error::invalid(format!("the database has no column `{name}`")))?;
        if let Some(value) = values::write(name, column, text, &members)? {
            out.insert(name.clone(), value);
        }
    }
    Ok(out)
}

/// The people of the workspace, where a mapped column holds people.
async fn members(session: &Session, item: &Outbound<Activity>, columns: &Columns) -> Result<Vec<Member>> {
    let wanted = item.properties.keys().filter_map(|name| columns.get(name)).any(values::holds_people);
    if wanted { places::people(session).await } else { Ok(Vec::new()) }
}
