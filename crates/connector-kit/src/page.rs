//! What a pull returns: a page of the tool's objects in our nouns, and where to go on.

use jiff::Timestamp;
use model::settings::Destination;
use serde::{Deserialize, Serialize};

/// A connector's own place in a tool's data; opaque to everyone else. Kept as text (usually JSON) up to 64 kB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

impl Cursor {
    /// Writes a connector's cursor type.
    pub fn of<T: Serialize>(value: &T) -> Self {
        Self(serde_json::to_string(value).unwrap_or_default())
    }

    /// Reads it back; a cursor of an older shape counts as expired.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> crate::Result<T> {
        serde_json::from_str(&self.0)
            .map_err(|_| crate::Error::new(crate::ErrorKind::CursorExpired, "the saved cursor has another shape than this version writes"))
    }
}

/// What to pull.
#[derive(Debug, Clone)]
pub struct PullRequest<'a> {
    /// `None`: from the beginning (bounded by `since`); the engine then treats what it does not see as unknown, not as deleted.
    pub cursor: Option<&'a Cursor>,
    /// From where, for capabilities that have a choice.
    pub destination: Option<&'a Destination>,
    /// The backfill's bound: nothing older is wanted.
    pub since: Timestamp,
    /// The present, by the hub's clock.
    pub now: Timestamp,
}

/// An object as the tool has it, in our noun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote<T> {
    pub id: String,
    /// The tool's version of it (`ETag`, sequence, modification time), where there is one.
    pub version: Option<String>,
    /// When it was last edited there, by the tool's clock.
    pub modified: Option<Timestamp>,
    /// Where a person can see it.
    pub url: Option<String>,
    pub item: T,
}

/// One line of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<T> {
    Present(Remote<T>),
    /// The tool says that it is gone (tombstone, 404 or 410 on the id). Absence alone is never this.
    Gone {
        id: String,
    },
}

impl<T> Entry<T> {
    /// The tool's id of the object.
    pub fn id(&self) -> &str {
        match self {
            Self::Present(remote) => &remote.id,
            Self::Gone { id } => id,
        }
    }
}

/// A page. The same object may come twice; the later entry holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub entries: Vec<Entry<T>>,
    /// Where to go on: saved in the same transaction as the entries.
    pub cursor: Cursor,
    /// Whether more can be had at once.
    pub more: bool,
}
