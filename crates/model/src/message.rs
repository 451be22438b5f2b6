//! A message to a chat tool, in blocks that every chat tool can show.

use serde::{Deserialize, Serialize};

use crate::meeting::MeetingRef;

/// One block of a message; texts are plain, the connector escapes and splits them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Block {
    Heading { text: String },
    Text { text: String },
    List { items: Vec<String> },
    Link { label: String, url: String },
}

/// A message about a meeting (its summary), or an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// One line, for notifications and for clients that show no blocks.
    pub fallback: String,
    pub blocks: Vec<Block>,
    pub about: Option<MeetingRef>,
}
