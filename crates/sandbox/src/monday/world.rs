//! What exists at the emulated monday.com, and how it is found. No GraphQL, no HTTP.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use super::failure::Failure;

#[derive(Clone, Debug)]
pub(super) struct User {
    pub id: String,
    pub name: String,
    pub email: String,
}

/// One label of a status column.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub index: i64,
    pub text: String,
    pub is_done: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub id: String,
    pub title: String,
    /// The words of the enum `ColumnType`.
    pub kind: &'static str,
    /// Of a status column.
    pub labels: Vec<Label>,
}

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub id: String,
    pub title: String,
}

/// A line of a board's activity log.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub id: String,
    pub event: &'static str,
    pub item: String,
    pub name: String,
    pub user: String,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct Board {
    pub id: String,
    pub name: String,
    /// The words of the enum `BoardObjectType`.
    pub kind: &'static str,
    pub columns: Vec<Column>,
    pub groups: Vec<Group>,
    pub log: Vec<Log>,
}

#[derive(Clone, Debug)]
pub(super) struct Update {
    pub id: String,
    pub body: String,
    pub creator: String,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub id: String,
    pub name: String,
    pub board: String,
    pub group: String,
    /// `active`, `archived` or `deleted`.
    pub state: &'static str,
    pub creator: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// By column: a label's index, ids of people, a date, a text.
    pub values: BTreeMap<String, Value>,
    /// The newest first.
    pub updates: Vec<Update>,
}

#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub id: String,
    pub board: String,
    pub event: String,
    pub url: String,
    pub creator: String,
    /// Made by an app's token: then the app's signing secret proves each delivery.
    pub by_app: bool,
}

/// A list as it was when its first page was asked for.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    pub items: Vec<String>,
    pub at: usize,
    pub made: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub account: String,
    pub account_name: String,
    pub slug: String,
    pub users: Vec<User>,
    pub boards: Vec<Board>,
    pub items: Vec<Item>,
    pub webhooks: Vec<Webhook>,
    pub cursors: HashMap<String, Listing>,
    /// Tokens of persons, made without an app.
    pub personal: BTreeSet<String>,
    /// How long a new item is not found by its columns' values. That it takes a while is assumed.
    pub index_lag_seconds: i64,
    pub next_id: u64,
}

impl World {
    pub(super) fn new_id(&mut self) -> String {
        self.next_id += 7;
        self.next_id.to_string()
    }

    pub(super) fn board(&self, id: &str) -> Result<&Board, Failure> {
        self.boards.iter().find(|board| board.id == id).ok_or_else(Failure::board)
    }

    /// Archived and deleted ones too.
    pub(super) fn item(&self, id: &str) -> Result<&Item, Failure> {
        self.items.iter().find(|item| item.id == id).ok_or_else(Failure::item)
    }

    /// An item that can be changed.
    pub(super) fn active(&mut self, id: &str) -> Result<&mut Item, Failure> {
        self.items.iter_mut().find(|item| item.id == id && item.state == "active").ok_or_else(Failure::item)
    }

    pub(super) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(super) fn url(&self, item: &Item) -> String {
        format!("https://{}.monday.com/boards/{}/pulses/{}", self.slug, item.board, item.id)
    }

    /// Writes a line into a board's activity log.
    pub(super) fn log(&mut self, event: &'static str, item: &str, user: &str, now: Timestamp) {
        let Ok(item) = self.item(item).cloned() else { return };
        let id = self.new_id();
        if let Some(board) = self.boards.iter_mut().find(|board| board.id == item.board) {
            board.log.push(Log { id, event, item: item.id, name: item.name, user: user.to_owned(), at: now });
        }
    }
}
