//! Items: the latest outcome of each record at each connection, behind the lists "in sync", "excluded" and "failing".

use jiff::Timestamp;
use model::connection::Capability;
use model::{ConnectionId, RecordId, RunId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::db::for_rows;
use crate::error::{Error, Result};
use crate::records::{chunks, last_of_each};
use crate::{Step, Workspace, instant, millis, on, on_tx, statements};

statements! {
    SAVE = "INSERT INTO items (workspace_id, connection_id, capability, item, record_id, label, outcome, reason, detail, url, run_id, at, attempt, retry_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (workspace_id, connection_id, capability, item) DO UPDATE SET record_id = excluded.record_id, label = excluded.label,
        outcome = excluded.outcome, reason = excluded.reason, detail = excluded.detail, url = excluded.url, run_id = excluded.run_id,
        at = excluded.at, attempt = excluded.attempt, retry_at = excluded.retry_at";
    OF_CONNECTION = "SELECT connection_id, capability, item, record_id, label, outcome, reason, detail, url, run_id, at, attempt, retry_at FROM items
        WHERE workspace_id = $1 AND connection_id = $2 AND outcome = $3 AND (at < $4 OR (at = $4 AND item < $5)) ORDER BY at DESC, item DESC LIMIT $6";
    OF_RECORD = "SELECT connection_id, capability, item, record_id, label, outcome, reason, detail, url, run_id, at, attempt, retry_at FROM items
        WHERE workspace_id = $1 AND record_id = $2 ORDER BY connection_id, capability";
    OF_RUN = "SELECT connection_id, capability, item, record_id, label, outcome, reason, detail, url, run_id, at, attempt, retry_at FROM items
        WHERE workspace_id = $1 AND run_id = $2 ORDER BY item LIMIT $3";
    ONE = "SELECT connection_id, capability, item, record_id, label, outcome, reason, detail, url, run_id, at, attempt, retry_at FROM items
        WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND item = $4";
    TO_RETRY = "SELECT connection_id, capability, item, record_id, label, outcome, reason, detail, url, run_id, at, attempt, retry_at FROM items
        WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND retry_at <= $4 ORDER BY retry_at, item LIMIT $5";
    NEXT_RETRY = "SELECT MIN(retry_at) FROM items WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3";
    RETRY_NOW = "UPDATE items SET retry_at = $3 WHERE workspace_id = $1 AND connection_id = $2 AND outcome IN ('failed', 'skipped')";
    RETRY_ONE = "UPDATE items SET retry_at = $5 WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND item = $4
        AND outcome IN ('failed', 'skipped')";
    COUNTS = "SELECT outcome, CAST(COUNT(*) AS BIGINT) FROM items WHERE workspace_id = $1 AND connection_id = $2 GROUP BY outcome";
}

/// How a record fared at a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
    Deleted,
    /// Left out by a rule or a setting.
    Skipped,
    /// Both sides edited the same field; the loser is in `detail`.
    Conflict,
    Failed,
    /// It may or may not have arrived.
    Uncertain,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Created, Self::Updated, Self::Unchanged, Self::Deleted, Self::Skipped, Self::Conflict, Self::Failed, Self::Uncertain];

    /// The name as stored and as in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
            Self::Skipped => "skipped",
            Self::Conflict => "conflict",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
        }
    }
}

/// The latest outcome of one record at one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Item {
    pub connection: ConnectionId,
    pub capability: Capability,
    /// Our record's id, or `remote:` and the tool's.
    pub item: String,
    pub record: Option<RecordId>,
    pub label: String,
    pub outcome: Outcome,
    /// A stable reason code: `pushed`, `rule_skip`, `no_destination`, `rate_limited`, …
    pub reason: String,
    /// The reason in words.
    pub detail: String,
    /// Where a person can see it at the tool.
    pub url: Option<String>,
    pub run: RunId,
    pub at: Timestamp,
    pub attempt: i64,
    pub retry_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    connection_id: String,
    capability: String,
    item: String,
    record_id: Option<String>,
    label: String,
    outcome: String,
    reason: String,
    detail: String,
    url: Option<String>,
    run_id: String,
    at: i64,
    attempt: i64,
    retry_at: Option<i64>,
}

impl Row {
    fn read(self) -> Result<Item> {
        let bad = |error: &dyn std::fmt::Display| Error::unreadable("item", error);
        Ok(Item {
            connection: self.connection_id.parse().map_err(|error| bad(&error))?,
            capability: Capability::parse(&self.capability).ok_or_else(|| bad(&self.capability))?,
            item: self.item,
            record: self.record_id.map(|id| id.parse()).transpose().map_err(|error| bad(&error))?,
            label: self.label,
            outcome: serde_json::from_value(Value::from(self.outcome)).map_err(|error| bad(&error))?,
            reason: self.reason,
            detail: self.detail,
            url: self.url,
            run: self.run_id.parse().map_err(|error| bad(&error))?,
            at: instant(self.at),
            attempt: self.attempt,
            retry_at: self.retry_at.map(instant),
        })
    }
}

fn read_all(rows: Vec<Row>) -> Result<Vec<Item>> {
    rows.into_iter().map(Row::read).collect()
}

impl Workspace {
    /// A connection's items of one outcome, newest first, after the last of the page before (its time and `item`).
    pub async fn items(
        &self,
        connection: &ConnectionId,
        outcome: Outcome,
        after: Option<(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<Item>> {
        let (at, item) = after.map_or((i64::MAX, String::new()), |(at, item)| (millis(at), item));
        let rows: Vec<Row> = on!(self.db(), |e| {
            sqlx::query_as(OF_CONNECTION)
                .bind(self.id.as_str())
                .bind(connection.as_str())
                .bind(outcome.as_str())
                .bind(at)
                .bind(item)
                .bind(i64::from(limit))
                .fetch_all(e)
                .await
        })?;
        read_all(rows)
    }

    /// How a record fared everywhere.
    pub async fn items_of(&self, record: &RecordId) -> Result<Vec<Item>> {
        read_all(on!(self.db(), |e| sqlx::query_as(OF_RECORD).bind(self.id.as_str()).bind(record.as_str()).fetch_all(e).await)?)
    }

    /// The items whose latest outcome is of that run.
    pub async fn items_of_run(&self, run: &RunId, limit: u32) -> Result<Vec<Item>> {
        read_all(on!(self.db(), |e| sqlx::query_as(OF_RUN)
            .bind(self.id.as_str())
            .bind(run.as_str())
            .bind(i64::from(limit))
            .fetch_all(e)
            .await)?)
    }

    /// One item.
    pub async fn item(&self, connection: &ConnectionId, capability: Capability, item: &str) -> Result<Option<Item>> {
        let row: Option<Row> = on!(self.db(), |e| {
            sqlx::query_as(ONE)
                .bind(self.id.as_str())
                .bind(connection.as_str())
                .bind(capability.as_str())
                .bind(item)
                .fetch_optional(e)
                .await
        })?;
        row.map(Row::read).transpose()
    }

    /// Failing or waiting items whose time to try again has come.
    pub async fn items_to_retry(&self, connection: &ConnectionId, capability: Capability, now: Timestamp, limit: u32) -> Result<Vec<Item>> {
        let rows: Vec<Row> = on!(self.db(), |e| {
            sqlx::query_as(TO_RETRY)
                .bind(self.id.as_str())
                .bind(connection.as_str())
                .bind(capability.as_str())
                .bind(millis(now))
                .bind(i64::from(limit))
                .fetch_all(e)
                .await
        })?;
        read_all(rows)
    }

    /// When the next failing or waiting item is due.
    pub async fn next_retry(&self, connection: &ConnectionId, capability: Capability) -> Result<Option<Timestamp>> {
        let at: Option<i64> = on!(self.db(), |e| {
            sqlx::query_scalar(NEXT_RETRY).bind(self.id.as_str()).bind(connection.as_str()).bind(capability.as_str()).fetch_one(e).await
        })?;
        Ok(at.map(instant))
    }

    /// How many items there are of each outcome.
    pub async fn item_counts(&self, connection: &ConnectionId) -> Result<Vec<(String, i64)>> {
        Ok(on!(self.db(), |e| sqlx::query_as(COUNTS).bind(self.id.as_str()).bind(connection.as_str()).fetch_all(e).await)?)
    }
}

impl Step {
    /// Saves outcomes; an earlier one of the same item is replaced, be it stored or in the same list.
    pub async fn save_items(&mut self, items: &[Item]) -> Result<()> {
        let items = last_of_each(items, |item| (&item.connection, item.capability, &item.item));
        for chunk in chunks(&items) {
            let (text, workspace) = (for_rows(&self.tx, SAVE, chunk.len()), self.workspace_id());
            on_tx!(&mut self.tx, |e| {
                let mut query = sqlx::query(AssertSqlSafe(text));
                for item in chunk {
                    query = query.bind(&workspace).bind(item.connection.as_str()).bind(item.capability.as_str()).bind(&item.item);
                    query = query.bind(item.record.as_ref().map(RecordId::as_str)).bind(&item.label).bind(item.outcome.as_str());
                    query = query.bind(&item.reason).bind(&item.detail).bind(&item.url).bind(item.run.as_str()).bind(millis(item.at));
                    query = query.bind(item.attempt).bind(item.retry_at.map(millis));
                }
                query.execute(e).await.map(drop)
            })?;
        }
        Ok(())
    }

    /// Makes every failing or excluded item of a connection due now.
    pub async fn retry_items(&mut self, connection: &ConnectionId) -> Result<()> {
        let (workspace, now) = (self.workspace_id(), millis(self.at));
        on_tx!(&mut self.tx, |e| sqlx::query(RETRY_NOW).bind(workspace).bind(connection.as_str()).bind(now).execute(e).await.map(drop))?;
        Ok(())
    }

    /// Makes one failing or excluded item due now; `false`: there is none.
    pub async fn retry_item(&mut self, connection: &ConnectionId, capability: Capability, item: &str) -> Result<bool> {
        let (workspace, now) = (self.workspace_id(), millis(self.at));
        let found = on_tx!(&mut self.tx, |e| {
            let query = sqlx::query(RETRY_ONE).bind(workspace).bind(connection.as_str()).bind(capability.as_str());
            query.bind(item).bind(now).execute(e).await.map(|done| done.rows_affected())
        })?;
        Ok(found > 0)
    }
}

#[cfg(test)]
mod tests;
