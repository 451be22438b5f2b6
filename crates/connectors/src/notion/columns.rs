//! Which column of a database carries what: by its kind, and by its name where there are several of a kind. Pure.

use std::collections::BTreeMap;

use connector_kit::{Error, Result};

use super::progress::Progressing;
use super::wire::{Choice, Column, Source};

/// The column in which our id stands.
pub(super) const MARK: &str = "Harmony ID";

const WHEN: &[&str] = &["date", "when", "start", "meeting date"];
const DUE: &[&str] = &["due", "due date", "deadline", "date"];
const OWNER: &[&str] = &["assignee", "owner", "assigned to", "assign", "person", "responsible"];

pub(super) type Columns = BTreeMap<String, Column>;

/// The columns of one kind.
fn of_kind<'c>(columns: &'c Columns, kind: &str) -> impl Iterator<Item = (&'c str, &'c Column)> {
    columns.iter().filter(move |(_, column)| column.kind == kind).map(|(name, column)| (name.as_str(), column))
}

/// Of the columns of a kind the first that bears one of the names; without such, the only one.
fn chosen<'c>(columns: &'c Columns, kind: &str, names: &[&str]) -> Option<(&'c str, &'c Column)> {
    let named = names.iter().find_map(|name| of_kind(columns, kind).find(|(own, _)| own.trim().eq_ignore_ascii_case(name)));
    named.or_else(|| {
        let mut all = of_kind(columns, kind);
        all.next().filter(|_| all.next().is_none())
    })
}

/// Only where it bears one of the names.
pub(super) fn named<'c>(columns: &'c Columns, kind: &str, names: &[&str]) -> Option<(&'c str, &'c Column)> {
    names.iter().find_map(|name| of_kind(columns, kind).find(|(own, _)| own.trim().eq_ignore_ascii_case(name)))
}

/// Every database has a title.
pub(super) fn title(columns: &Columns) -> Result<&str> {
    let found = of_kind(columns, "title").next().map(|(name, _)| name);
    found.ok_or_else(|| Error::protocol("Notion tells of a database without a title"))
}

/// Where a meeting's time goes.
pub(super) fn when(columns: &Columns) -> Option<&str> {
    chosen(columns, "date", WHEN).map(|(name, _)| name)
}

/// The columns of action items.
#[derive(Debug, Clone)]
pub(super) struct TaskColumns {
    pub title: String,
    pub due: Option<String>,
    pub owner: Option<String>,
    pub priority: Option<(String, Vec<Choice>)>,
    pub progress: Option<Progressing>,
}

impl TaskColumns {
    pub(super) fn of(source: &Source) -> Result<Self> {
        let columns = &source.properties;
        let owned = |found: Option<(&str, &Column)>| found.map(|(name, _)| name.to_owned());
        let options = |column: &Column| column.select.clone().unwrap_or_default().options;
        Ok(Self {
            title: title(columns)?.to_owned(),
            due: owned(chosen(columns, "date", DUE)),
            owner: owned(chosen(columns, "people", OWNER)),
            priority: named(columns, "select", &["priority"]).map(|(name, column)| (name.to_owned(), options(column))),
            progress: Progressing::of(columns, chosen(columns, "status", &["status", "progress", "state"])),
        })
    }
}
