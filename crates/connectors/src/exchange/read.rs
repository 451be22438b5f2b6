//! Calls to Exchange and what they answer: one response message, or one for each id that was asked for.

use connector_kit::{Error, ErrorKind, Result, Session};
use jiff::Timestamp;

use super::request::{self, Id};
use super::wire::{CalendarItem, Envelope, Folder, Message, Root};
use super::{error, xml};

/// Items asked for at once ("batches of ten", learn.microsoft.com, mailbox synchronization and EWS).
const BATCH: usize = 10;
/// Folders on a page.
const FOLDERS: u32 = 250;

/// The response messages of an operation.
async fn messages(session: &Session, operation: &str) -> Result<Vec<Message>> {
    let reply = request::call(session, operation).send().await?;
    let Envelope { body } = xml::read(&reply)?;
    let messages = body.response.map(|response| response.messages.list).unwrap_or_default();
    if messages.is_empty() {
        return Err(Error::protocol("Exchange answers without a response message"));
    }
    Ok(messages)
}

/// The one response message of an operation that has no batches.
async fn message(session: &Session, operation: &str) -> Result<Message> {
    let message = messages(session, operation).await?.swap_remove(0);
    error::failed(&message).map_or(Ok(message), Err)
}

/// One folder.
pub async fn folder(session: &Session, id: &str) -> Result<Folder> {
    let folders = message(session, &request::get_folder(id)).await?.folders.unwrap_or_default();
    let folder = folders.calendars.into_iter().chain(folders.others).next();
    folder.ok_or_else(|| Error::protocol("Exchange gives no folder where one was asked for"))
}

/// All calendars of the mailbox.
pub async fn calendars(session: &Session) -> Result<Vec<Folder>> {
    let root_id = request::distinguished(session, "msgfolderroot");
    let (mut all, mut from) = (Vec::new(), 0);
    loop {
        let root = root(message(session, &request::find_folders(&root_id, from, FOLDERS)).await?)?;
        all.extend(root.folders.unwrap_or_default().calendars);
        if root.is_last != Some(false) {
            return Ok(all);
        }
        match root.next.filter(|next| *next > from) {
            Some(next) => from = next,
            None => return Err(Error::protocol("Exchange leads from a page of folders to the same page")),
        }
    }
}

/// What changed in a folder since a state.
pub async fn changes(session: &Session, folder: &str, state: Option<&str>, most: u32) -> Result<Message> {
    message(session, &request::sync_items(folder, state, most)).await
}

/// What lies in a window, by ids; `None`: more than `most` entries do.
pub async fn view(session: &Session, folder: &str, from: Timestamp, until: Timestamp, most: u32) -> Result<Option<Vec<CalendarItem>>> {
    let root = root(message(session, &request::view(folder, from, until, most)).await?)?;
    Ok((root.is_last != Some(false)).then(|| root.items.unwrap_or_default().list))
}

/// Items by their ids, in batches. One that is gone, or that Exchange itself cannot read, is `None`.
pub async fn items(session: &Session, ids: &[Id<'_>]) -> Result<Vec<Option<CalendarItem>>> {
    let mut all = Vec::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        let messages = messages(session, &request::get_items(batch)).await?;
        if messages.len() != batch.len() {
            return Err(Error::protocol(format!("Exchange answers {} ids with {} messages", batch.len(), messages.len())));
        }
        for message in messages {
            match error::failed(&message) {
                None => all.push(message.items.and_then(|items| items.list.into_iter().next())),
                Some(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Protocol) => {
                    tracing::debug!(code = error.code, "an item is left out");
                    all.push(None);
                }
                Some(error) => return Err(error),
            }
        }
    }
    Ok(all)
}

fn root(message: Message) -> Result<Root> {
    message.root.ok_or_else(|| Error::protocol("Exchange answers a search without a result"))
}
