//! Messages out: an item becomes one Slack message, what does not fit hangs below it, and each bears a marker.
//!
//! Slack has no idempotency key (class c): after a lost answer the first message is found by its marker in the
//! conversation's history, and what is missing below it is added.

use connector_kit::{Edit, Error, Link, MessageSink, Outbound, Receipt, Result, Session, Sink, async_trait};
use model::message::Message;
use model::settings::Destination;

use super::map::{self, Role};
use super::thread::{self, Marked, Place};
use super::{Slack, destinations, wire};

#[async_trait]
impl Sink<Message> for Slack {
    async fn push(&self, session: &Session, items: &[Outbound<Message>]) -> Vec<Result<Receipt>> {
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            results.push(match &item.link {
                Some(link) => update(session, item, link).await,
                None => create(session, item).await,
            });
        }
        results
    }

    async fn find(&self, session: &Session, item: &Outbound<Message>) -> Result<Option<Receipt>> {
        let marked = marked(item);
        if let Some(link) = &item.link {
            let first = Place::read(&link.id)?;
            let thread = thread::read(session, &first).await?;
            let done = match item.edit {
                Edit::InPlace => thread.iter().filter(|own| own.role == Role::Item && own.marker.content == marked.content).count(),
                Edit::InThread => marked.written(&thread).len(),
            };
            return Ok((done >= marked.parts.len()).then(|| Receipt { id: link.id.clone(), url: link.url.clone(), ..Receipt::default() }));
        }
        let channel = conversation(session, item).await?;
        let Some(own) = thread::find(session, &channel, &marked.key, session.now()).await? else {
            return Ok(None);
        };
        if marked.parts.len() > 1 {
            let thread = thread::read(session, &own.place).await?;
            marked.settle(session, &own.place, &thread).await?;
        }
        receipt(session, &own.place).await.map(Some)
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        let first = Place::read(id)?;
        let below = match thread::read(session, &first).await {
            Err(error) if thread::is_gone(&error) => return Ok(()),
            thread => thread?,
        };
        // The first message last: without it the others could not be found again after an interruption.
        for own in below.iter().filter(|own| own.place != first) {
            thread::delete(session, &own.place).await?;
        }
        thread::delete(session, &first).await
    }

    async fn destinations(&self, session: &Session) -> Result<Vec<Destination>> {
        destinations::all(session).await
    }
}

impl MessageSink for Slack {}

fn marked(item: &Outbound<Message>) -> Marked {
    let key = item.key.to_string();
    let parts = map::parts(&item.item);
    Marked { content: map::content(&key, &parts), key, parts }
}

async fn conversation(session: &Session, item: &Outbound<Message>) -> Result<String> {
    let chosen = item.destination.as_ref().ok_or_else(|| Error::invalid("no channel was chosen for Slack"))?;
    destinations::conversation(session, chosen).await
}

async fn create(session: &Session, item: &Outbound<Message>) -> Result<Receipt> {
    let marked = marked(item);
    let channel = conversation(session, item).await?;
    let first = marked.post(session, &channel, None, Role::Item, 0).await?;
    // From here on the item is there: a failure below it leads to `find`, which adds the rest.
    for index in 1..marked.parts.len() {
        marked.post(session, &first.channel, Some(&first.ts), Role::Item, index).await.map_err(Error::in_doubt)?;
    }
    receipt(session, &first).await
}

async fn update(session: &Session, item: &Outbound<Message>, link: &Link) -> Result<Receipt> {
    let marked = marked(item);
    let first = Place::read(&link.id)?;
    match item.edit {
        Edit::InThread => {
            let thread = thread::read(session, &first).await?;
            marked.reply(session, &first, &thread).await?;
        }
        Edit::InPlace => {
            marked.update(session, &first, 0).await?;
            if marked.parts.len() > 1 || may_have_parts_below(link) {
                let thread = thread::read(session, &first).await?;
                marked.settle(session, &first, &thread).await?;
            }
        }
    }
    Ok(Receipt { id: link.id.clone(), url: link.url.clone(), ..Receipt::default() })
}

/// Whether the last agreed form of the item took more than one message, or is not known.
fn may_have_parts_below(link: &Link) -> bool {
    link.base.to::<Message>().map_or(true, |last| map::parts(&last).len() > 1)
}

/// The receipt of a message that is there; without its address if Slack does not tell it just now.
async fn receipt(session: &Session, place: &Place) -> Result<Receipt> {
    let ask = session.get("/chat.getPermalink").query("channel", &place.channel).query("message_ts", &place.ts);
    let url = ask.fetch::<wire::Permalink>().await.ok().map(|answer| answer.permalink);
    Ok(Receipt { id: place.id(), url, ..Receipt::default() })
}
