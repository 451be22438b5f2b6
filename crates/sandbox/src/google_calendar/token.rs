//! Page and sync tokens: opaque to the caller, signed so that only ours are understood. What they are used for is list.rs.

use serde::{Deserialize, Serialize};

use crate::google::sealed;

/// Where a row stands in the order asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place(pub i64, pub i64, pub String);

/// What a token remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Token {
    Page {
        collection: String,
        /// The parameters of the first request: the next ones must be the same.
        asked: String,
        after: Option<Place>,
        /// The change the reading started from, if it is incremental.
        since: Option<u64>,
        /// The last change when the first page was read.
        top: u64,
    },
    Sync {
        collection: String,
        asked: String,
        seen: u64,
        epoch: u64,
    },
}

impl Token {
    pub fn seal(&self, key: &[u8]) -> String {
        sealed::seal(self, key)
    }

    /// `None` for what was not made here or was changed.
    pub fn open(text: &str, key: &[u8]) -> Option<Self> {
        sealed::open(text, key)
    }
}
