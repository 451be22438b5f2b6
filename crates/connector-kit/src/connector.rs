//! The trait of a tool. Capabilities that a tool lacks are absent: the default `None`.

use serde::{Deserialize, Serialize};

use crate::capability::{ActivityLog, CalendarSource, ContactBook, DealBoard, MessageSink, NoteSink, RecordingSource, TaskBoard};
use crate::error::{Error, Result};
use crate::locate::Locator;
use crate::manifest::Manifest;
use crate::request::Reply;
use crate::session::Session;
use crate::webhook::WebhookSource;

/// Whose account a sign-in opened. A reconnect must find the same `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The tool's own stable id of the account, workspace or organisation that data belongs to.
    pub id: String,
    /// What to show: an address, a workspace name.
    pub name: String,
}

/// One tool. A stateless value; everything it needs comes in by argument.
#[async_trait::async_trait]
pub trait Connector: Send + Sync + 'static {
    /// The facts.
    fn manifest(&self) -> &'static Manifest;

    /// Whose account is this? One cheap call; also the proof that the token works.
    async fn identify(&self, session: &Session) -> Result<Account>;

    /// Reads an answer as an error of this tool; `None`: the common reading by HTTP status holds. Called for every
    /// answer, also for 200 (several tools report errors with it).
    fn classify(&self, reply: &Reply) -> Option<Error>;

    /// Where the tool can be asked for its own address.
    fn locator(&self) -> Option<&dyn Locator> {
        None
    }
    fn calendar(&self) -> Option<&dyn CalendarSource> {
        None
    }
    fn recordings(&self) -> Option<&dyn RecordingSource> {
        None
    }
    fn activities(&self) -> Option<&dyn ActivityLog> {
        None
    }
    fn contacts(&self) -> Option<&dyn ContactBook> {
        None
    }
    fn deals(&self) -> Option<&dyn DealBoard> {
        None
    }
    fn tasks(&self) -> Option<&dyn TaskBoard> {
        None
    }
    fn notes(&self) -> Option<&dyn NoteSink> {
        None
    }
    fn messages(&self) -> Option<&dyn MessageSink> {
        None
    }
    fn webhooks(&self) -> Option<&dyn WebhookSource> {
        None
    }
}
