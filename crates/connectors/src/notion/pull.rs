//! What changed in a database's rows: those edited since, oldest first, and those in the trash.
//!
//! Notion tells times to the minute, so rows of the last minutes are read again, and one that is as it was is not told again.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::{Cursor, Entry, Error, ErrorKind, Page, PullRequest, Result, Session, Source, async_trait};
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::settings::Destination;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::columns::TaskColumns;
use super::places::{self, PAGE};
use super::wire::{self, Query, Row, Sort};
use super::{Notion, map};

/// A row may show up in a query so much later than it was edited.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);
/// So many rows of the last minutes are remembered; of more, some are told again.
const MOST_KNOWN: usize = 1_200;
/// So many pages of the trash are looked at, the latest first.
const TRASH_PAGES: usize = 3;

/// A place in a database's rows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Place {
    /// Rows edited before that are read.
    since: Timestamp,
    /// Where the query goes on.
    cursor: Option<String>,
    /// Rows told already: a digest of the id → the second of its edit, and a digest of what it said.
    known: BTreeMap<String, (i64, String)>,
    /// Digests of the ids in the trash that were told.
    gone: BTreeSet<String>,
}

#[async_trait]
impl Source<Task> for Notion {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<Task>> {
        let place = request.destination.ok_or_else(|| Error::invalid("choose the database whose rows are followed"))?;
        let at = match request.cursor {
            Some(cursor) => cursor.read()?,
            None => Place { since: request.since, ..Place::default() },
        };
        let columns = TaskColumns::of(&places::source(session, &place.id).await?)?;
        let query = Query {
            filter: Some(json!({ "timestamp": "last_edited_time", "last_edited_time": { "on_or_after": at.since } })),
            sorts: [Sort { timestamp: "last_edited_time", direction: "ascending" }],
            start_cursor: at.cursor.as_deref(),
            page_size: PAGE,
            in_trash: false,
        };
        let rows = places::queried(session, &place.id, &query).await?;
        let next = places::next(rows.has_more, rows.next_cursor.clone(), at.cursor.as_deref())?;
        let capped = rows.request_status.as_ref().is_some_and(|status| status.kind == "incomplete");
        let mut at = at;
        let mut entries = at.told(rows, &columns);
        if next.is_some() {
            at.cursor = next;
            return Ok(Page { entries, cursor: Cursor::of(&at), more: true });
        }
        at.advance(capped)?;
        if !capped {
            entries.extend(at.ended(session, &place.id).await?);
        }
        Ok(Page { entries, cursor: Cursor::of(&at), more: capped })
    }

    async fn is_gone(&self, session: &Session, id: &str, destination: Option<&Destination>) -> Result<bool> {
        match places::page(session, id, destination).await {
            Ok(_) => Ok(false),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }
}

impl Place {
    /// Rows that were not told as they are now.
    fn told(&mut self, rows: wire::List<Row>, columns: &TaskColumns) -> Vec<Entry<Task>> {
        let mut entries = Vec::new();
        for row in rows.results {
            let Row::Page(page) = row else { continue };
            let item = map::task(&page, columns);
            let text = serde_json::to_string(&item).unwrap_or_default();
            let (id, state) = (map::digest(&[&page.id], 12), map::digest(&[&page.id, &text], 8));
            let edited = page.last_edited_time.as_second();
            if self.known.get(&id).is_some_and(|(_, known)| *known == state) {
                self.known.insert(id, (edited, state));
                continue;
            }
            self.known.insert(id, (edited, state));
            entries.push(map::entry(&page, item));
        }
        self.forget();
        entries
    }

    /// Only the latest rows can come again.
    fn forget(&mut self) {
        let Some(newest) = self.known.values().map(|(edited, _)| *edited).max() else { return };
        self.known.retain(|_, (edited, _)| *edited >= newest - OVERLAP.as_secs());
        while self.known.len() > MOST_KNOWN {
            let oldest = self.known.iter().min_by_key(|(_, (edited, _))| *edited).map(|(id, _)| id.clone());
            self.known.remove(&oldest.unwrap_or_default());
        }
    }

    /// From the end of a query to where the next one begins. One that was cut off goes on from its last row.
    fn advance(&mut self, capped: bool) -> Result<()> {
        self.cursor = None;
        let newest = self.known.values().map(|(edited, _)| *edited).max();
        let Some(newest) = newest.and_then(|second| Timestamp::from_second(second).ok()) else {
            return if capped { Err(Error::protocol("Notion cuts a query off and tells no row")) } else { Ok(()) };
        };
        if capped && newest <= self.since {
            return Err(Error::protocol("Notion cuts a query off within one minute's rows"));
        }
        let next = if capped { newest } else { newest.saturating_sub(OVERLAP).unwrap_or(newest) };
        self.since = self.since.max(next);
        Ok(())
    }

    /// Rows that went into the trash since the last look.
    async fn ended(&mut self, session: &Session, source: &str) -> Result<Vec<Entry<Task>>> {
        let (mut entries, mut gone, mut cursor) = (Vec::new(), BTreeSet::new(), None::<String>);
        for _ in 0..TRASH_PAGES {
            let query = Query {
                filter: None,
                sorts: [Sort { timestamp: "last_edited_time", direction: "descending" }],
                start_cursor: cursor.as_deref(),
                page_size: PAGE,
                in_trash: true,
            };
            let rows = places::queried(session, source, &query).await?;
            let next = places::next(rows.has_more, rows.next_cursor, cursor.as_deref())?;
            for row in rows.results {
                let Row::Page(page) = row else { continue };
                let id = map::digest(&[&page.id], 12);
                if page.in_trash && gone.insert(id.clone()) && !self.gone.contains(&id) {
                    self.known.remove(&id);
                    entries.push(Entry::Gone { id: page.id });
                }
            }
            match next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        self.gone = gone;
        Ok(entries)
    }
}
