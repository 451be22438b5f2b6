//! Reading the log. It is written by `Step::save` alone.

use model::{Change, RecordId};

use crate::error::{Error, Result};
use crate::{Step, Workspace, instant, on, on_tx, statements};

statements! {
    AFTER = "SELECT seq, record_id, operation, fields, origin, run_id, at FROM changes WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    OF_RECORD = "SELECT seq, record_id, operation, fields, origin, run_id, at FROM changes WHERE workspace_id = $1 AND record_id = $2
        ORDER BY seq DESC LIMIT $3";
    OF_RECORD_SINCE = "SELECT seq, record_id, operation, fields, origin, run_id, at FROM changes WHERE workspace_id = $1 AND record_id = $2
        AND at > $3 ORDER BY seq DESC LIMIT 1000";
    LAST = "SELECT last_seq FROM workspaces WHERE id = $1";
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    record_id: String,
    operation: String,
    fields: String,
    origin: String,
    run_id: Option<String>,
    at: i64,
}

impl Row {
    fn read(self) -> Result<Change> {
        Ok(Change {
            seq: self.seq,
            at: instant(self.at),
            record: self.record_id.parse().map_err(|error| Error::unreadable("change", error))?,
            operation: crate::records::operation(&self.operation)?,
            fields: serde_json::from_str(&self.fields).map_err(|error| Error::unreadable("change", error))?,
            origin: serde_json::from_str(&self.origin).map_err(|error| Error::unreadable("change", error))?,
            run: self.run_id.map(|id| id.parse()).transpose().map_err(|error| Error::unreadable("change", error))?,
        })
    }
}

impl Workspace {
    /// The log's rows after `seq`, in order.
    pub async fn changes_after(&self, seq: i64, limit: u32) -> Result<Vec<Change>> {
        let rows: Vec<Row> =
            on!(self.db(), |e| sqlx::query_as(AFTER).bind(self.id.as_str()).bind(seq).bind(i64::from(limit)).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }

    /// A record's history, newest first.
    pub async fn history(&self, record: &RecordId, limit: u32) -> Result<Vec<Change>> {
        let rows: Vec<Row> = on!(self.db(), |e| {
            sqlx::query_as(OF_RECORD).bind(self.id.as_str()).bind(record.as_str()).bind(i64::from(limit)).fetch_all(e).await
        })?;
        rows.into_iter().map(Row::read).collect()
    }

    /// A record's changes since an instant, newest first: who edited last.
    pub async fn history_since(&self, record: &RecordId, since: jiff::Timestamp) -> Result<Vec<Change>> {
        let rows: Vec<Row> = on!(self.db(), |e| {
            sqlx::query_as(OF_RECORD_SINCE).bind(self.id.as_str()).bind(record.as_str()).bind(crate::millis(since)).fetch_all(e).await
        })?;
        rows.into_iter().map(Row::read).collect()
    }

    /// The log's last row.
    pub async fn last_seq(&self) -> Result<i64> {
        let seq: Option<i64> = on!(self.db(), |e| sqlx::query_scalar(LAST).bind(self.id.as_str()).fetch_optional(e).await)?;
        seq.ok_or(Error::NotFound("the workspace"))
    }
}

impl Step {
    /// The log's last row, as this step sees it.
    pub async fn last_seq(&mut self) -> Result<i64> {
        let workspace = self.workspace_id();
        let seq: Option<i64> = on_tx!(&mut self.tx, |e| sqlx::query_scalar(LAST).bind(workspace).fetch_optional(e).await)?;
        seq.ok_or(Error::NotFound("the workspace"))
    }

    /// The log's rows after `seq`, those of this step among them.
    pub async fn changes_after(&mut self, seq: i64) -> Result<Vec<Change>> {
        let workspace = self.workspace_id();
        let rows: Vec<Row> = on_tx!(&mut self.tx, |e| sqlx::query_as(AFTER).bind(workspace).bind(seq).bind(i64::MAX).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }
}
