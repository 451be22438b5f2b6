//! Runs: one pass of a stream that did something, with its counts and its error.

use jiff::Timestamp;
use model::connection::{Capability, Way};
use model::{ConnectionId, RunId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::{Step, Workspace, instant, millis, on, on_tx, statements};

statements! {
    START = "INSERT INTO runs (workspace_id, id, connection_id, capability, way, reason, state, started_at, counts)
        VALUES ($1, $2, $3, $4, $5, $6, 'running', $7, '{}') ON CONFLICT DO NOTHING";
    FINISH = "UPDATE runs SET state = $3, ended_at = $4, counts = $5, calls = $6, error_code = $7, error = $8 WHERE workspace_id = $1 AND id = $2";
    PROGRESS = "UPDATE runs SET counts = $3, calls = $4 WHERE workspace_id = $1 AND id = $2";
    ABANDON = "UPDATE runs SET state = 'interrupted', ended_at = $5 WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND way = $4
        AND state = 'running'";
    PAGE = "SELECT id, connection_id, capability, way, reason, state, started_at, ended_at, counts, calls, error_code, error FROM runs
        WHERE workspace_id = $1 AND connection_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
    ONE = "SELECT id, connection_id, capability, way, reason, state, started_at, ended_at, counts, calls, error_code, error FROM runs
        WHERE workspace_id = $1 AND id = $2";
    RECENT = "SELECT id, connection_id, capability, way, reason, state, started_at, ended_at, counts, calls, error_code, error FROM runs
        WHERE workspace_id = $1 ORDER BY id DESC LIMIT $2";
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Counts {
    pub read: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub deleted: u64,
    pub skipped: u64,
    pub conflicts: u64,
    pub failed: u64,
}

impl Counts {
    /// Whether it did nothing that is worth a row.
    pub fn is_idle(&self) -> bool {
        Self { read: 0, unchanged: 0, ..*self } == Self::default()
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Running,
    Done,
    Failed,
    /// Its process ended in the middle; the next run went on from the last saved place.
    Interrupted,
}

/// One pass of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Run {
    pub id: RunId,
    pub connection: ConnectionId,
    pub capability: Capability,
    pub way: Way,
    /// What woke it: `webhook`, `change`, `schedule`, `click`, `connect`, `retry`.
    pub reason: String,
    pub state: RunState,
    pub started: Timestamp,
    pub ended: Option<Timestamp>,
    pub counts: Counts,
    /// Calls to the tool.
    pub calls: i64,
    pub error_code: Option<String>,
    pub error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    connection_id: String,
    capability: String,
    way: String,
    reason: String,
    state: String,
    started_at: i64,
    ended_at: Option<i64>,
    counts: String,
    calls: i64,
    error_code: Option<String>,
    error: Option<String>,
}

impl Row {
    fn read(self) -> Result<Run> {
        let bad = |error: &dyn std::fmt::Display| Error::unreadable("run", error);
        Ok(Run {
            id: self.id.parse().map_err(|error| bad(&error))?,
            connection: self.connection_id.parse().map_err(|error| bad(&error))?,
            capability: Capability::parse(&self.capability).ok_or_else(|| bad(&self.capability))?,
            way: Way::parse(&self.way).ok_or_else(|| bad(&self.way))?,
            reason: self.reason,
            state: serde_json::from_value(Value::from(self.state)).map_err(|error| bad(&error))?,
            started: instant(self.started_at),
            ended: self.ended_at.map(instant),
            counts: serde_json::from_str(&self.counts).map_err(|error| bad(&error))?,
            calls: self.calls,
            error_code: self.error_code,
            error: self.error,
        })
    }
}

impl Workspace {
    /// A connection's runs, newest first, older than `before`.
    pub async fn runs(&self, connection: &ConnectionId, before: Option<&RunId>, limit: u32) -> Result<Vec<Run>> {
        // Every id goes on with hexadecimal digits: this one sorts behind them all, by bytes and by a language's rules.
        let before = before.map_or("run_g", RunId::as_str);
        let rows: Vec<Row> = on!(self.db(), |e| {
            sqlx::query_as(PAGE).bind(self.id.as_str()).bind(connection.as_str()).bind(before).bind(i64::from(limit)).fetch_all(e).await
        })?;
        rows.into_iter().map(Row::read).collect()
    }

    /// The workspace's runs, newest first.
    pub async fn recent_runs(&self, limit: u32) -> Result<Vec<Run>> {
        let rows: Vec<Row> = on!(self.db(), |e| sqlx::query_as(RECENT).bind(self.id.as_str()).bind(i64::from(limit)).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }

    /// One run.
    pub async fn run(&self, id: &RunId) -> Result<Option<Run>> {
        let row: Option<Row> = on!(self.db(), |e| sqlx::query_as(ONE).bind(self.id.as_str()).bind(id.as_str()).fetch_optional(e).await)?;
        row.map(Row::read).transpose()
    }
}

impl Step {
    /// Writes down that a run does something, once; earlier ones of the stream that never ended were interrupted.
    pub async fn start_run(&mut self, run: &Run) -> Result<()> {
        let (workspace, now) = (self.workspace_id(), millis(self.at));
        on_tx!(&mut self.tx, |e| {
            sqlx::query(ABANDON)
                .bind(&workspace)
                .bind(run.connection.as_str())
                .bind(run.capability.as_str())
                .bind(run.way.as_str())
                .bind(now)
                .execute(&mut *e)
                .await?;
            sqlx::query(START)
                .bind(&workspace)
                .bind(run.id.as_str())
                .bind(run.connection.as_str())
                .bind(run.capability.as_str())
                .bind(run.way.as_str())
                .bind(&run.reason)
                .bind(millis(run.started))
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Counts so far, for whoever looks while it runs.
    pub async fn progress(&mut self, run: &RunId, counts: &Counts, calls: i64) -> Result<()> {
        let (workspace, counts) = (self.workspace_id(), serde_json::to_string(counts).unwrap_or_default());
        on_tx!(&mut self.tx, |e| sqlx::query(PROGRESS)
            .bind(workspace)
            .bind(run.as_str())
            .bind(counts)
            .bind(calls)
            .execute(e)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Writes down how a run ended.
    pub async fn finish_run(&mut self, run: &Run) -> Result<()> {
        let (workspace, counts) = (self.workspace_id(), serde_json::to_string(&run.counts).unwrap_or_default());
        let state = if run.state == RunState::Done { "done" } else { "failed" };
        let ended = millis(run.ended.unwrap_or(self.at));
        on_tx!(&mut self.tx, |e| {
            sqlx::query(FINISH)
                .bind(workspace)
                .bind(run.id.as_str())
                .bind(state)
                .bind(ended)
                .bind(counts)
                .bind(run.calls)
                .bind(&run.error_code)
                .bind(&run.error)
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
