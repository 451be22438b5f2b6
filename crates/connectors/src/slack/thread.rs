//! One message of ours and what hangs below it: posting, changing, finding and deleting single Slack messages by marker.

use connector_kit::{Error, ErrorKind, Result, Session};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::map::{self, Part, Role};
use super::{destinations, wire};

/// How far back a message of ours is looked for. A push of unknown outcome is looked for within minutes, or when a hub
/// comes back after an outage.
const LOOKBACK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A message: `conversation/ts`, as kept in the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub channel: String,
    pub ts: String,
}

impl Place {
    pub fn read(id: &str) -> Result<Self> {
        let (channel, ts) = id.split_once('/').ok_or_else(|| Error::invalid("this is not the id of a Slack message"))?;
        Ok(Self { channel: channel.to_owned(), ts: ts.to_owned() })
    }

    pub fn id(&self) -> String {
        format!("{}/{}", self.channel, self.ts)
    }
}

/// An item ready to be written: its messages and what marks them.
#[derive(Debug)]
pub struct Marked {
    pub key: String,
    pub content: String,
    pub parts: Vec<Part>,
}

impl Marked {
    fn parameters(&self, role: Role, index: usize, part: &Part) -> Result<Vec<(&'static str, String)>> {
        let json = |error: serde_json::Error| Error::invalid(format!("the message could not be written as JSON: {error}"));
        let parameters = vec![
            ("text", part.text.clone()),
            // Also when there are none: an update that leaves them out keeps the old ones.
            ("blocks", serde_json::to_string(&part.blocks).map_err(json)?),
            ("metadata", serde_json::to_string(&map::marker(role, &self.key, &self.content, index)).map_err(json)?),
            // `chat.update` would look for @names otherwise, `chat.postMessage` would not.
            ("parse", "none".to_owned()),
            ("link_names", "false".to_owned()),
        ];
        Ok(parameters)
    }

    /// Posts one part; below `thread`, if given. A public channel that the app is not in is joined first.
    pub async fn post(&self, session: &Session, channel: &str, thread: Option<&str>, role: Role, index: usize) -> Result<Place> {
        let part = self.parts.get(index).ok_or_else(|| Error::invalid("the message has no such part"))?;
        let mut parameters = self.parameters(role, index, part)?;
        parameters.extend([("channel", channel.to_owned()), ("unfurl_links", "false".to_owned()), ("unfurl_media", "false".to_owned())]);
        parameters.extend(thread.map(|ts| ("thread_ts", ts.to_owned())));
        let form: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let post = || session.post("/chat.postMessage").form(&form).fetch();
        let posted: wire::Posted = match post().await {
            Err(error) if is_outside(&error) => {
                join(session, channel, error).await?;
                post().await?
            }
            answer => answer?,
        };
        Ok(Place { channel: posted.channel, ts: posted.ts })
    }

    /// Changes one message to a part; doing it twice is harmless.
    pub async fn update(&self, session: &Session, place: &Place, index: usize) -> Result<()> {
        let part = self.parts.get(index).ok_or_else(|| Error::invalid("the message has no such part"))?;
        let mut parameters = self.parameters(Role::Item, index, part)?;
        parameters.extend([("channel", place.channel.clone()), ("ts", place.ts.clone())]);
        let form: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        session.post("/chat.update").form(&form).repeatable().send().await.map(drop)
    }

    /// Brings the parts below the first message in line with the item: changes, posts and deletes what differs.
    pub async fn settle(&self, session: &Session, first: &Place, replies: &[Own]) -> Result<()> {
        let below: Vec<&Own> = replies.iter().filter(|own| own.role == Role::Item && own.marker.part > 0 && own.place != *first).collect();
        for index in 1..self.parts.len() {
            match below.iter().find(|own| own.marker.part == index) {
                Some(own) if own.marker.content == self.content => {}
                Some(own) => self.update(session, &own.place, index).await?,
                None => self.post(session, &first.channel, Some(&first.ts), Role::Item, index).await.map(drop)?,
            }
        }
        for own in below.iter().filter(|own| own.marker.part >= self.parts.len()) {
            delete(session, &own.place).await?;
        }
        Ok(())
    }

    /// Adds the item's present form below the first message, unless that is its last form there already. What an
    /// interrupted earlier attempt left out is added.
    pub async fn reply(&self, session: &Session, first: &Place, replies: &[Own]) -> Result<()> {
        let written = self.written(replies);
        for index in (0..self.parts.len()).filter(|index| !written.contains(index)) {
            self.post(session, &first.channel, Some(&first.ts), Role::Edit, index).await?;
        }
        Ok(())
    }

    /// Which parts of this form the thread ends with.
    pub fn written(&self, replies: &[Own]) -> Vec<usize> {
        let edits = replies.iter().rev().filter(|own| own.role == Role::Edit);
        edits.take_while(|own| own.marker.content == self.content).map(|own| own.marker.part).collect()
    }
}

/// A Slack message that bears our marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    pub place: Place,
    pub role: Role,
    pub marker: wire::Marker,
}

/// Our marked messages among these, oldest first.
fn own<'m>(channel: &str, pages: impl IntoIterator<Item = &'m wire::History>) -> Vec<Own> {
    let read = |message: &wire::Message| {
        let metadata = message.metadata.as_ref()?;
        let role = Role::of(metadata.event_type.as_deref()?)?;
        let marker = wire::Marker::deserialize(&metadata.event_payload).ok()?;
        Some(Own { place: Place { channel: channel.to_owned(), ts: message.ts.clone() }, role, marker })
    };
    let mut own: Vec<Own> = pages.into_iter().flat_map(|page| &page.messages).filter_map(read).collect();
    // Stamps have ten digits and six more, so their order is that of their texts.
    own.sort_by(|one, other| one.place.ts.cmp(&other.place.ts));
    own
}

fn paging(page: &wire::History) -> &wire::Paging {
    &page.response_metadata
}

/// The thread of a message: the message itself, if it is ours, and our replies. Fails with `NotFound` if it is gone.
pub async fn read(session: &Session, first: &Place) -> Result<Vec<Own>> {
    let parameters = [("channel", first.channel.as_str()), ("ts", &first.ts), ("include_all_metadata", "true")];
    let pages = destinations::pages(session, "/conversations.replies", &parameters, paging, |_| false).await?;
    Ok(own(&first.channel, &pages))
}

/// The first message of an item, by its key. History is for members alone, so a public channel that the app is not in
/// (any more) is joined to look.
pub async fn find(session: &Session, channel: &str, key: &str, now: Timestamp) -> Result<Option<Own>> {
    let oldest = now.saturating_sub(LOOKBACK).unwrap_or(Timestamp::UNIX_EPOCH).as_second().to_string();
    let parameters = [("channel", channel), ("oldest", &oldest), ("include_all_metadata", "true")];
    let first = |pages: &[wire::History]| {
        let item = |own: &Own| own.role == Role::Item && own.marker.key == key && own.marker.part == 0;
        own(channel, pages).into_iter().find(item)
    };
    // Newest first: what was pushed a moment ago is on the first page.
    let enough = |page: &wire::History| first(std::slice::from_ref(page)).is_some();
    let history = || destinations::pages(session, "/conversations.history", &parameters, paging, enough);
    let pages = match history().await {
        Err(error) if is_outside(&error) => {
            join(session, channel, error).await?;
            history().await?
        }
        pages => pages?,
    };
    Ok(first(&pages))
}

fn is_outside(error: &Error) -> bool {
    error.code.as_deref() == Some("not_in_channel")
}

/// Joins a channel. Where the app may not, what the person can do is said by the first refusal.
async fn join(session: &Session, channel: &str, refusal: Error) -> Result<()> {
    let join = session.post("/conversations.join").form(&[("channel", channel)]).repeatable();
    join.send().await.map(drop).map_err(|error| if error.kind == ErrorKind::Unavailable { error } else { refusal })
}

/// Deletes one message; one that is gone already is a success.
pub async fn delete(session: &Session, place: &Place) -> Result<()> {
    let delete = session.post("/chat.delete").form(&[("channel", &place.channel), ("ts", &place.ts)]).repeatable();
    match delete.send().await {
        Ok(_) => Ok(()),
        Err(error) if is_gone(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether the message itself is gone (and not its channel, which may only be closed to us).
pub fn is_gone(error: &Error) -> bool {
    error.kind == ErrorKind::NotFound && matches!(error.code.as_deref(), Some("message_not_found" | "thread_not_found"))
}
