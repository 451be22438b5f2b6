//! What Slack sends and takes, as far as it is read or written here (Web API, Block Kit, Events API).

use serde::{Deserialize, Serialize};

/// Every answer: HTTP 200, and whether it went well.
#[derive(Debug, Deserialize)]
pub struct Ack {
    pub ok: bool,
    pub error: Option<String>,
    /// With `missing_scope`: the scope.
    pub needed: Option<String>,
}

/// `auth.test`
#[derive(Debug, Deserialize)]
pub struct Identity {
    pub team: Option<String>,
    pub team_id: String,
}

#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    /// Empty on the last page.
    #[serde(default)]
    pub next_cursor: String,
}

/// `conversations.list`
#[derive(Debug, Deserialize)]
pub struct Channels {
    pub channels: Vec<Channel>,
    #[serde(default)]
    pub response_metadata: Paging,
}

#[derive(Debug, Deserialize)]
pub struct Channel {
    pub id: String,
    pub name: Option<String>,
    #[serde(default)]
    pub is_private: bool,
    #[serde(default)]
    pub is_member: bool,
}

/// `users.list`
#[derive(Debug, Deserialize)]
pub struct Users {
    pub members: Vec<User>,
    #[serde(default)]
    pub response_metadata: Paging,
}

#[derive(Debug, Deserialize)]
pub struct User {
    pub id: String,
    pub name: Option<String>,
    pub real_name: Option<String>,
    #[serde(default)]
    pub deleted: bool,
    #[serde(default)]
    pub is_bot: bool,
}

/// `users.lookupByEmail`
#[derive(Debug, Deserialize)]
pub struct FoundUser {
    pub user: User,
}

/// `conversations.open`
#[derive(Debug, Deserialize)]
pub struct Opened {
    pub channel: OpenedChannel,
}

#[derive(Debug, Deserialize)]
pub struct OpenedChannel {
    pub id: String,
}

/// `chat.postMessage` and `chat.update`
#[derive(Debug, Deserialize)]
pub struct Posted {
    pub channel: String,
    pub ts: String,
}

/// `chat.getPermalink`
#[derive(Debug, Deserialize)]
pub struct Permalink {
    pub permalink: String,
}

/// `conversations.history` and `conversations.replies`
#[derive(Debug, Deserialize)]
pub struct History {
    pub messages: Vec<Message>,
    #[serde(default)]
    pub response_metadata: Paging,
}

#[derive(Debug, Deserialize)]
pub struct Message {
    pub ts: String,
    pub metadata: Option<FoundMetadata>,
}

/// What some app attached to a message; only its own app knows the payload's shape.
#[derive(Debug, Deserialize)]
pub struct FoundMetadata {
    pub event_type: Option<String>,
    #[serde(default)]
    pub event_payload: serde_json::Value,
}

/// What we attach to a message, unseen by people.
#[derive(Debug, Serialize)]
pub struct Metadata {
    pub event_type: &'static str,
    pub event_payload: Marker,
}

/// Our payload in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The push's key.
    pub key: String,
    /// Which of the messages that one item takes: 0 is the first.
    pub part: usize,
    /// A digest of the whole item.
    pub content: String,
}

/// A layout block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    Header { text: Text },
    Section { text: Text },
}

/// A text object. `mrkdwn` is needed for links alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Text {
    PlainText { text: String },
    Mrkdwn { text: String, verbatim: bool },
}

/// A delivery of the Events API.
#[derive(Debug, Deserialize)]
pub struct Envelope {
    #[serde(rename = "type")]
    pub kind: String,
    pub challenge: Option<String>,
    pub team_id: Option<String>,
    pub event_id: Option<String>,
    pub event: Option<Event>,
}

#[derive(Debug, Deserialize)]
pub struct Event {
    #[serde(rename = "type")]
    pub kind: String,
    pub tokens: Option<RevokedTokens>,
}

/// With `tokens_revoked`: whose tokens.
#[derive(Debug, Deserialize)]
pub struct RevokedTokens {
    #[serde(default)]
    pub bot: Vec<String>,
}
