//! What is written to rows: an action item as a new row with our id, updates of what changed, deletions.

use connector_kit::request::segment;
use connector_kit::{Error, Link, Outbound, Receipt, Result, Session, Sink, async_trait};
use model::Fields;
use model::action_item::Task;
use model::settings::Destination;

use super::columns::{MARK, TaskColumns};
use super::wire::{NewPage, NewParent, Page, PageUpdate};
use super::{Notion, blocks, map, places, values};

#[async_trait]
impl Sink<Task> for Notion {
    async fn push(&self, session: &Session, items: &[Outbound<Task>]) -> Vec<Result<Receipt>> {
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            results.push(write(session, item).await);
        }
        results
    }

    async fn find(&self, session: &Session, item: &Outbound<Task>) -> Result<Option<Receipt>> {
        let place = places::chosen(item)?;
        let Some(page) = places::marked(session, place, &item.key.to_string()).await? else { return Ok(None) };
        let columns = TaskColumns::of(&places::source(session, &place.id).await?)?;
        // A person may have edited it since, and that must still be found: what was sent is agreed, in Notion's form.
        Ok(Some(map::receipt(&page, Some(map::agreed(&map::rounded(&item.item, &columns))))))
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        places::discard(session, id).await
    }

    async fn destinations(&self, session: &Session) -> Result<Vec<Destination>> {
        places::databases(session).await
    }
}

async fn write(session: &Session, item: &Outbound<Task>) -> Result<Receipt> {
    if values::one_line(&item.item.text).is_empty() {
        return Err(Error::invalid("a row needs a title, and this action item has no text"));
    }
    if let Some(property) = item.properties.keys().next() {
        return Err(Error::invalid(format!("action items have no property `{property}` to write to")));
    }
    match &item.link {
        Some(link) => change(session, item, link).await,
        None => create(session, item).await,
    }
}

async fn create(session: &Session, item: &Outbound<Task>) -> Result<Receipt> {
    let place = places::chosen(item)?;
    let source = places::source(session, &place.id).await?;
    let columns = TaskColumns::of(&source)?;
    places::with_mark(session, source).await?;
    let mut properties = map::task_values(&item.item, &columns, |_| true);
    properties.insert(MARK.to_owned(), map::mark(&item.key.to_string()));
    // Words around a task fit one request, and what does not is in the meeting's own page.
    let children = blocks::batches(blocks::fitted(map::task_body(item))).remove(0);
    let body = NewPage { parent: NewParent { kind: "data_source_id", data_source_id: &place.id }, properties: &properties, children };
    let answer = places::versioned(session.post("/v1/pages").json(&body)).send().await.map_err(places::out_of_reach)?;
    let page: Page = answer.parse().map_err(Error::in_doubt)?;
    let seen = map::agreed(&map::task(&page, &columns));
    Ok(map::receipt(&page, Some(seen)))
}

/// Only what differs from what was last agreed is sent: the rest may be edited there, and unread.
async fn change(session: &Session, item: &Outbound<Task>, link: &Link) -> Result<Receipt> {
    let page = places::page(session, &link.id, item.destination.as_ref()).await?;
    let columns = TaskColumns::of(&places::source_of(session, &page).await?)?;
    let wanted = Fields::of(&item.item);
    let sends = |name: &str| item.sends(name, wanted.get(name));
    let properties = map::task_values(&item.item, &columns, sends);
    if properties.is_empty() {
        return Ok(map::receipt(&page, Some(map::agreed(&map::rounded(&item.item, &columns)))));
    }
    let request = session.patch(format!("/v1/pages/{}", segment(&page.id))).json(&PageUpdate { properties: &properties });
    let page: Page = places::versioned(request).fetch().await?;
    let seen = map::agreed(&map::task(&page, &columns));
    Ok(map::receipt(&page, Some(seen)))
}
