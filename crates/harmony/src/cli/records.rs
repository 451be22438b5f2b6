//! `harmony action-items`, `contacts` and `notes`: looking at what meetings left.

use anyhow::Result;

use super::client::Ask;
use super::show::{Column, Desk, Noun, Paging};

const ACTION_ITEMS: [Column; 5] =
    [("Id", "/id"), ("Text", "/body/text"), ("Owner", "/body/owner/name"), ("Due", "/body/due"), ("Progress", "/body/progress")];
const CONTACTS: [Column; 5] = [
    ("Id", "/id"),
    ("First name", "/body/first_name"),
    ("Last name", "/body/last_name"),
    ("E-mail", "/body/email"),
    ("Company", "/body/company"),
];
const NOTES: [Column; 3] = [("Id", "/id"), ("Meeting", "/body/meeting"), ("Note", "/body/body")];

/// What to do with what belongs to meetings.
#[derive(Debug, clap::Subcommand)]
pub enum OfMeetingCommand {
    /// Lists them, the latest changed first.
    List {
        /// Those of one meeting alone, in its order.
        #[arg(long)]
        meeting: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Shows one.
    Show { id: String },
}

/// What to do with contacts.
#[derive(Debug, clap::Subcommand)]
pub enum ContactsCommand {
    /// Lists them, the latest changed first.
    List {
        /// A part of the name.
        #[arg(long)]
        search: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Shows one.
    Show { id: String },
}

/// `harmony action-items`.
pub async fn action_items(noun: Noun<OfMeetingCommand>) -> Result<()> {
    of_meeting(noun, "action-items", &ACTION_ITEMS).await
}

/// `harmony notes`.
pub async fn notes(noun: Noun<OfMeetingCommand>) -> Result<()> {
    of_meeting(noun, "notes", &NOTES).await
}

async fn of_meeting(noun: Noun<OfMeetingCommand>, name: &str, columns: &[Column]) -> Result<()> {
    let desk = Desk::open(noun.json)?;
    match noun.command {
        OfMeetingCommand::List { meeting, paging } => desk.list(paging.of(Ask::get([name])).query("meeting", meeting), columns).await,
        OfMeetingCommand::Show { id } => desk.one(Ask::get([name, &id])).await,
    }
}

/// `harmony contacts`.
pub async fn contacts(noun: Noun<ContactsCommand>) -> Result<()> {
    let desk = Desk::open(noun.json)?;
    match noun.command {
        ContactsCommand::List { search, paging } => desk.list(paging.of(Ask::get(["contacts"])).query("q", search), &CONTACTS).await,
        ContactsCommand::Show { id } => desk.one(Ask::get(["contacts", &id])).await,
    }
}
