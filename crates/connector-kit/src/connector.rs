//! The trait of a tool. Capabilities that a tool lacks are absent: the default `None`.

use jiff::SignedDuration;
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

/// What a tool still lets an account do, by the tool's own word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Allowance {
    /// What is counted, and in which time: `calls a day`.
    pub of: &'static str,
    pub limit: Option<u64>,
    pub left: Option<u64>,
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

    /// What is left of the tool's budgets, where it can be asked; shown before much is written. Most tools tell by their answers alone.
    async fn allowances(&self, _session: &Session) -> Result<Vec<Allowance>> {
        Ok(Vec::new())
    }

    /// How long this account is to be left alone, by what an answer says of what is left of its limit. Called for every answer; the
    /// pause holds for all jobs of the account, and this answer counts all the same.
    fn respite(&self, _reply: &Reply) -> Option<SignedDuration> {
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
