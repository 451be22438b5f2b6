//! The capability traits: what a tool can be read from or written to for. `Source` and `Sink` are the two shapes.

use std::collections::BTreeMap;
use std::pin::Pin;

use bytes::Bytes;
use jiff::Timestamp;
use model::action_item::Task;
use model::recording::RecordedMeeting;
use model::settings::Destination;
use model::{Activity, Associations, Contact, DealUpdate, Meeting, Message, Note, Recording};

use crate::error::Result;
use crate::outbound::{Outbound, Receipt};
use crate::page::{Page, PullRequest};
use crate::session::Session;

/// A readable stream of `T`.
#[async_trait::async_trait]
pub trait Source<T: Send + 'static>: Send + Sync {
    /// The next page. Fails with `CursorExpired` when the tool no longer takes the cursor.
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<T>>;

    /// Whether the tool says that an object is gone (404 or 410 on its id, a tombstone). Asked when everything was read anew and
    /// a linked object did not come: absence alone proves nothing.
    async fn is_gone(&self, session: &Session, id: &str, destination: Option<&Destination>) -> Result<bool>;
}

/// A writable stream of `T`.
#[async_trait::async_trait]
pub trait Sink<T: Send + Sync + 'static>: Send + Sync {
    /// How many items one `push` may be given (1 where the tool has no batch endpoint).
    fn batch(&self) -> usize {
        1
    }

    /// How many calls it takes to write so many items, at least: `new` without a link, `known` with one. For previews.
    fn calls(&self, new: usize, known: usize) -> usize {
        (new + known).div_ceil(self.batch().max(1))
    }

    /// Writes the items (creates those without a link, updates those with one); one result each, in order. What flows both ways is
    /// updated field by field: only what `Outbound::sends`.
    async fn push(&self, session: &Session, items: &[Outbound<T>]) -> Vec<Result<Receipt>>;

    /// Finds the object that an earlier `push` of this item may have made: by key, id or marker.
    /// Asked only after a write of unknown outcome. Class d cannot know and answers `None`.
    async fn find(&self, session: &Session, item: &Outbound<T>) -> Result<Option<Receipt>>;

    /// Deletes the object; one that is gone already is a success.
    async fn delete(&self, session: &Session, id: &str) -> Result<()>;

    /// The places to choose from; empty where there is no choice.
    async fn destinations(&self, session: &Session) -> Result<Vec<Destination>>;
}

/// Calendars: meetings with attendees and join links.
#[async_trait::async_trait]
pub trait CalendarSource: Source<Meeting> {
    /// The calendars to choose from.
    async fn calendars(&self, session: &Session) -> Result<Vec<Destination>>;
}

/// Media bytes as they arrive.
pub type MediaStream = Pin<Box<dyn futures::Stream<Item = Result<Bytes>> + Send>>;

/// Recordings and transcripts of meetings or calls.
#[async_trait::async_trait]
pub trait RecordingSource: Source<RecordedMeeting> {
    /// Opens a file's bytes from `offset` on, with a fresh link.
    async fn open(&self, session: &Session, recording: &Recording, offset: u64) -> Result<MediaStream>;
}

/// Whom and what a meeting may belong to in a CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssociationQuery {
    /// Normal addresses.
    pub emails: Vec<String>,
    /// Company domains (never free-mail ones).
    pub domains: Vec<String>,
    /// When the meeting is: deals open then, or closed within 14 days of it, count.
    pub at: Timestamp,
}

/// A tool's log of meetings: a CRM's timeline, a database of pages.
#[async_trait::async_trait]
pub trait ActivityLog: Sink<Activity> {
    /// Looks up contacts, companies and deals; a tool without them knows none.
    async fn associations(&self, session: &Session, query: &AssociationQuery) -> Result<Associations>;

    /// The present values of these properties of an activity, by the tool's own names; one without a value is absent.
    async fn properties(&self, session: &Session, id: &str, names: &[&str]) -> Result<BTreeMap<String, String>>;
}

/// A CRM's contacts, both ways.
pub trait ContactBook: Source<Contact> + Sink<Contact> {}

/// A CRM's deals: properties written when a meeting touched one.
#[async_trait::async_trait]
pub trait DealBoard: Sink<DealUpdate> {
    /// The present values of these properties of a deal, by the tool's own names; one without a value is absent.
    async fn properties(&self, session: &Session, id: &str, names: &[&str]) -> Result<BTreeMap<String, String>>;
}

/// A member of a tool, to whom work can be assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub id: String,
    pub name: String,
    pub email: Option<String>,
}

/// A task tool, both ways.
#[async_trait::async_trait]
pub trait TaskBoard: Source<Task> + Sink<Task> {
    /// The people to whom a task can be assigned.
    async fn members(&self, session: &Session) -> Result<Vec<Member>>;
}

/// A tool that keeps notes.
pub trait NoteSink: Sink<Note> {}

/// A chat tool.
pub trait MessageSink: Sink<Message> {}
