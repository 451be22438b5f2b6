//! Records: the present state of every noun, saved together with the log's rows about them.

use std::collections::BTreeMap;

use model::change::{FieldChange, Operation, Origin};
use model::{Fields, Kind, Record, RecordId, RunId};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::db::{for_list, for_rows};
use crate::error::{Error, Result};
use crate::{Step, Workspace, millis, on, on_tx, statements};

statements! {
    ONE = "SELECT id, kind, body, seq, deleted FROM records WHERE workspace_id = $1 AND id = $2";
    SOME = "SELECT id, kind, body, seq, deleted FROM records WHERE workspace_id = $1 AND id IN ($2)";
    CHILDREN = "SELECT id, kind, body, seq, deleted FROM records WHERE workspace_id = $1 AND parent_id = $2 AND kind = $3 AND NOT deleted ORDER BY id";
    NEWEST = "SELECT id, kind, body, seq, deleted FROM records WHERE workspace_id = $1 AND kind = $2 AND NOT deleted
        AND sort_at >= $3 AND sort_at < $4 AND (sort_at < $5 OR (sort_at = $5 AND id < $6)) AND (LOWER(label) LIKE $7 ESCAPE '!' OR label LIKE $9 ESCAPE '!')
        ORDER BY sort_at DESC, id DESC LIMIT $8";
    OLDEST = "SELECT id, kind, body, seq, deleted FROM records WHERE workspace_id = $1 AND kind = $2 AND NOT deleted
        AND sort_at >= $3 AND sort_at < $4 AND (sort_at > $5 OR (sort_at = $5 AND id > $6)) AND (LOWER(label) LIKE $7 ESCAPE '!' OR label LIKE $9 ESCAPE '!')
        ORDER BY sort_at, id LIMIT $8";
    COUNT = "SELECT CAST(COUNT(*) AS BIGINT) FROM records WHERE workspace_id = $1 AND kind = $2 AND NOT deleted";
    BY_NAMES = "SELECT name, record_id FROM record_keys WHERE workspace_id = $1 AND name IN ($2)";
    SAVE = "INSERT INTO records (workspace_id, id, kind, parent_id, sort_at, label, body, seq, deleted)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (workspace_id, id) DO UPDATE SET parent_id = excluded.parent_id, sort_at = excluded.sort_at,
        label = excluded.label, body = excluded.body, seq = excluded.seq, deleted = excluded.deleted";
    SAVE_KEY = "INSERT INTO record_keys (workspace_id, name, record_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    LOG = "INSERT INTO changes (workspace_id, seq, record_id, operation, fields, origin, run_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    TAKE_SEQ = "UPDATE workspaces SET last_seq = last_seq + $2 WHERE id = $1 RETURNING last_seq";
}

/// Most rows in one statement.
const CHUNK: usize = 128;

/// A record as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub id: RecordId,
    pub record: Record,
    /// The log's row that last changed it: its version.
    pub seq: i64,
    pub deleted: bool,
}

/// A record to save.
#[derive(Debug, Clone)]
pub struct Save {
    pub id: RecordId,
    pub record: Record,
    /// The fields before; `None`: it is new.
    pub before: Option<Fields>,
    /// Names by which it can be found from now on, besides those it has.
    pub keys: Vec<String>,
    pub deleted: bool,
    /// Written to the log although the record does not differ: the values that lost a conflict.
    pub noted: Vec<FieldChange>,
}

/// Which records to list.
#[derive(Debug, Clone)]
pub struct Listing {
    pub kind: Kind,
    /// Sort times in milliseconds, from (inclusive) and until (exclusive).
    pub from: i64,
    pub until: i64,
    /// Newest first?
    pub descending: bool,
    /// The last of the page before: its sort time and id.
    pub after: Option<(i64, String)>,
    /// Part of the label as written, or in another case (in SQLite, whose LOWER knows ASCII alone, of ASCII letters alone).
    pub search: String,
    pub limit: u32,
}

impl Listing {
    /// All of a kind, newest first.
    pub const fn all(kind: Kind, limit: u32) -> Self {
        Self { kind, from: i64::MIN, until: i64::MAX, descending: true, after: None, search: String::new(), limit }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    body: String,
    seq: i64,
    deleted: bool,
}

impl Row {
    fn read(self) -> Result<Stored> {
        let kind = Kind::parse(&self.kind).ok_or_else(|| Error::unreadable("record", &self.kind))?;
        let record = Record::from_json(kind, &self.body).map_err(|error| Error::unreadable("record", error))?;
        let id = self.id.parse().map_err(|error| Error::unreadable("record", error))?;
        Ok(Stored { id, record, seq: self.seq, deleted: self.deleted })
    }
}

/// A text as a LIKE pattern that matches it anywhere; `!` takes its meaning from a wildcard.
fn containing(text: &str) -> String {
    format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}

impl Workspace {
    /// One record, deleted ones included.
    pub async fn record(&self, id: &RecordId) -> Result<Option<Stored>> {
        let row: Option<Row> = on!(self.db(), |e| sqlx::query_as(ONE).bind(self.id.as_str()).bind(id.as_str()).fetch_optional(e).await)?;
        row.map(Row::read).transpose()
    }

    /// What belongs to a meeting.
    pub async fn children(&self, parent: &RecordId, kind: Kind) -> Result<Vec<Stored>> {
        let rows: Vec<Row> = on!(self.db(), |e| {
            sqlx::query_as(CHILDREN).bind(self.id.as_str()).bind(parent.as_str()).bind(kind.as_str()).fetch_all(e).await
        })?;
        rows.into_iter().map(Row::read).collect()
    }

    /// A page of records.
    pub async fn list(&self, listing: &Listing) -> Result<Vec<Stored>> {
        let start = if listing.descending { (i64::MAX, "~".to_owned()) } else { (i64::MIN, String::new()) };
        let (at, id) = listing.after.clone().unwrap_or(start);
        let text = if listing.descending { NEWEST } else { OLDEST };
        let rows: Vec<Row> = on!(self.db(), |e| {
            sqlx::query_as(text)
                .bind(self.id.as_str())
                .bind(listing.kind.as_str())
                .bind(listing.from)
                .bind(listing.until)
                .bind(at)
                .bind(id)
                .bind(containing(&listing.search.to_lowercase()))
                .bind(i64::from(listing.limit))
                .bind(containing(&listing.search))
                .fetch_all(e)
                .await
        })?;
        rows.into_iter().map(Row::read).collect()
    }

    /// How many there are of a kind.
    pub async fn count(&self, kind: Kind) -> Result<i64> {
        Ok(on!(self.db(), |e| sqlx::query_scalar(COUNT).bind(self.id.as_str()).bind(kind.as_str()).fetch_one(e).await)?)
    }

    /// The records found by a key.
    pub async fn find(&self, name: &str) -> Result<Vec<RecordId>> {
        let rows: Vec<(String, String)> =
            on!(self.db(), |e| sqlx::query_as(BY_NAMES).bind(self.id.as_str()).bind(name).fetch_all(e).await)?;
        rows.into_iter().map(|(_, id)| id.parse().map_err(|error| Error::unreadable("record key", error))).collect()
    }
}

impl Step {
    /// Waits until no other step of the workspace that adds to the log is under way, and holds others back until this one ends.
    /// Who looks for a record and makes it where there is none asks this first, so that two do not both make it.
    pub async fn alone(&mut self) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| sqlx::query(TAKE_SEQ).bind(workspace).bind(0_i64).execute(e).await.map(drop))?;
        Ok(())
    }

    /// Records by id, inside the step.
    pub async fn records(&mut self, ids: &[RecordId]) -> Result<Vec<Stored>> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in chunks(ids) {
            let (text, workspace) = (for_list(SOME, chunk.len()), self.workspace_id());
            let rows: Vec<Row> = on_tx!(&mut self.tx, |e| {
                let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(workspace);
                for id in chunk {
                    query = query.bind(id.as_str());
                }
                query.fetch_all(e).await
            })?;
            found.extend(rows.into_iter().map(Row::read).collect::<Result<Vec<_>>>()?);
        }
        Ok(found)
    }

    /// One record, inside the step.
    pub async fn record(&mut self, id: &RecordId) -> Result<Option<Stored>> {
        Ok(self.records(std::slice::from_ref(id)).await?.pop())
    }

    /// Records found by keys, inside the step: pairs of key and id.
    pub async fn find(&mut self, names: &[String]) -> Result<Vec<(String, RecordId)>> {
        let mut found = Vec::new();
        for chunk in chunks(names) {
            let (text, workspace) = (for_list(BY_NAMES, chunk.len()), self.workspace_id());
            let rows: Vec<(String, String)> = on_tx!(&mut self.tx, |e| {
                let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(workspace);
                for name in chunk {
                    query = query.bind(name.as_str());
                }
                query.fetch_all(e).await
            })?;
            for (name, id) in rows {
                found.push((name, id.parse().map_err(|error| Error::unreadable("record key", error))?));
            }
        }
        Ok(found)
    }

    /// Saves records and the log's rows about them; the commit wakes the streams that push them. A record of which nothing
    /// differs is left alone; one that comes twice is saved once, as it came last. Answers the changed ones' new versions.
    pub async fn save(&mut self, saves: Vec<Save>, origin: &Origin, run: Option<&RunId>) -> Result<Vec<(RecordId, i64)>> {
        let changed = self.differing(once_each(saves))?;
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let count = i64::try_from(changed.len()).unwrap_or(i64::MAX);
        let workspace = self.workspace_id();
        let last: Option<i64> =
            on_tx!(&mut self.tx, |e| sqlx::query_scalar(TAKE_SEQ).bind(&workspace).bind(count).fetch_optional(e).await)?;
        let first = last.ok_or(Error::NotFound("the workspace"))? - count + 1;
        let rows: Vec<(i64, Changed)> = (first..).zip(changed).collect();
        for chunk in chunks(&rows) {
            self.save_records(chunk).await?;
            self.save_log(chunk, origin, run).await?;
        }
        let keys: Vec<(&str, &str)> = rows.iter().flat_map(|(_, row)| row.keys.iter().map(|key| (key.as_str(), row.id.as_str()))).collect();
        for chunk in chunks(&keys) {
            self.save_keys(chunk).await?;
        }
        self.changed.extend(rows.iter().map(|(_, row)| row.kind));
        Ok(rows.into_iter().map(|(seq, row)| (row.id, seq)).collect())
    }

    fn differing(&self, saves: Vec<Save>) -> Result<Vec<Changed>> {
        let mut changed = Vec::with_capacity(saves.len());
        for save in saves {
            let after = save.record.fields();
            let mut fields = match &save.before {
                Some(before) => before.changes_to(&after),
                None => Fields::default().changes_to(&after),
            };
            fields.extend(save.noted);
            if fields.is_empty() && save.before.is_some() && !save.deleted {
                continue;
            }
            let operation = match (&save.before, save.deleted) {
                (_, true) => Operation::Deleted,
                (None, false) => Operation::Created,
                (Some(_), false) => Operation::Updated,
            };
            changed.push(Changed {
                kind: save.record.kind(),
                parent: save.record.parent().map(|id| id.as_str().to_owned()),
                sort_at: save.record.sort_time().map_or_else(|| millis(self.at), millis),
                label: save.record.label(),
                body: save.record.to_json().map_err(|error| Error::unreadable("record", error))?,
                operation,
                fields: serde_json::to_string(&fields).map_err(|error| Error::unreadable("change", error))?,
                keys: save.keys,
                deleted: save.deleted,
                id: save.id,
            });
        }
        Ok(changed)
    }

    async fn save_records(&mut self, rows: &[(i64, Changed)]) -> Result<()> {
        let (text, workspace) = (for_rows(&self.tx, SAVE, rows.len()), self.workspace_id());
        on_tx!(&mut self.tx, |e| {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for (seq, row) in rows {
                query = query.bind(&workspace).bind(row.id.as_str()).bind(row.kind.as_str()).bind(&row.parent).bind(row.sort_at);
                query = query.bind(&row.label).bind(&row.body).bind(seq).bind(row.deleted);
            }
            query.execute(e).await.map(drop)
        })?;
        Ok(())
    }

    async fn save_log(&mut self, rows: &[(i64, Changed)], origin: &Origin, run: Option<&RunId>) -> Result<()> {
        let (text, workspace) = (for_rows(&self.tx, LOG, rows.len()), self.workspace_id());
        let origin = serde_json::to_string(origin).map_err(|error| Error::unreadable("origin", error))?;
        let (run, at) = (run.map(|id| id.as_str().to_owned()), millis(self.at));
        on_tx!(&mut self.tx, |e| {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for (seq, row) in rows {
                query = query.bind(&workspace).bind(seq).bind(row.id.as_str()).bind(name_of(row.operation)).bind(&row.fields);
                query = query.bind(&origin).bind(&run).bind(at);
            }
            query.execute(e).await.map(drop)
        })?;
        Ok(())
    }

    async fn save_keys(&mut self, keys: &[(&str, &str)]) -> Result<()> {
        let (text, workspace) = (for_rows(&self.tx, SAVE_KEY, keys.len()), self.workspace_id());
        on_tx!(&mut self.tx, |e| {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for (name, record) in keys {
                query = query.bind(&workspace).bind(*name).bind(*record);
            }
            query.execute(e).await.map(drop)
        })?;
        Ok(())
    }
}

struct Changed {
    id: RecordId,
    kind: Kind,
    parent: Option<String>,
    sort_at: i64,
    label: String,
    body: String,
    operation: Operation,
    fields: String,
    keys: Vec<String>,
    deleted: bool,
}

/// One save of each record, as it came last but from where it began: no statement of PostgreSQL may write a row twice.
fn once_each(saves: Vec<Save>) -> Vec<Save> {
    let mut kept: Vec<Save> = Vec::with_capacity(saves.len());
    let mut places: BTreeMap<RecordId, usize> = BTreeMap::new();
    for save in saves {
        if let Some(at) = places.get(&save.id) {
            let earlier = &mut kept[*at];
            earlier.record = save.record;
            earlier.deleted = save.deleted;
            earlier.keys.extend(save.keys);
            earlier.noted.extend(save.noted);
        } else {
            places.insert(save.id.clone(), kept.len());
            kept.push(save);
        }
    }
    kept
}

/// The last row of each key: no statement of PostgreSQL may write a row twice.
pub(crate) fn last_of_each<'a, T, K: Ord>(rows: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<&'a T> {
    rows.iter().map(|row| (key(row), row)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Powers of two, the largest first: few statements for any number of rows, and few texts of a statement that are ever prepared.
pub(crate) fn chunks<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = CHUNK.min(1 << rows.len().checked_ilog2()?);
        let (chunk, rest) = rows.split_at(size);
        rows = rest;
        Some(chunk)
    })
}

const fn name_of(operation: Operation) -> &'static str {
    match operation {
        Operation::Created => "created",
        Operation::Updated => "updated",
        Operation::Deleted => "deleted",
    }
}

/// The operation of a stored name.
pub(crate) fn operation(name: &str) -> Result<Operation> {
    serde_json::from_value(Value::from(name)).map_err(|error| Error::unreadable("change", error))
}

#[cfg(test)]
mod tests;
