//! Intents and receipts: a write to a tool is recorded before its bytes leave, and settled after the answer.

use jiff::Timestamp;
use model::connection::Capability;
use model::{ConnectionId, IntentId, RecordId, RunId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::{Step, Workspace, instant, millis, on, on_tx, statements};

statements! {
    OPEN = "INSERT INTO intents (workspace_id, id, connection_id, capability, record_id, run_id, operation, key, payload_hash, state, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10)";
    SETTLE = "UPDATE intents SET state = $3, settled_at = $4, detail = $5 WHERE workspace_id = $1 AND id = $2 AND state IN ('open', 'uncertain')";
    UNSETTLED = "SELECT id, connection_id, capability, record_id, run_id, operation, key, payload_hash, state, created_at, settled_at, detail
        FROM intents WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND state IN ('open', 'uncertain') ORDER BY id";
    OF_RECORD = "SELECT id, connection_id, capability, record_id, run_id, operation, key, payload_hash, state, created_at, settled_at, detail
        FROM intents WHERE workspace_id = $1 AND record_id = $2 ORDER BY id DESC LIMIT $3";
    OPEN_COUNT = "SELECT CAST(COUNT(*) AS BIGINT) FROM intents WHERE workspace_id = $1 AND state = 'open'";
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    Create,
    Update,
    Delete,
}

/// How far a write is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentState {
    /// Bytes may have left; no answer is known.
    Open,
    /// The tool confirmed it.
    Done,
    /// The tool refused it, or it certainly never arrived.
    Failed,
    /// It may or may not have arrived, and the tool offers no way to tell: a person looks.
    Uncertain,
}

/// A write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    pub id: IntentId,
    pub connection: ConnectionId,
    pub capability: Capability,
    pub record: RecordId,
    pub run: RunId,
    pub operation: Write,
    /// The idempotency key.
    pub key: Uuid,
    /// SHA-256 of what was to be sent, in hexadecimal.
    pub payload_hash: String,
    pub state: IntentState,
    pub created: Timestamp,
    pub settled: Option<Timestamp>,
    pub detail: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    connection_id: String,
    capability: String,
    record_id: String,
    run_id: String,
    operation: String,
    key: String,
    payload_hash: String,
    state: String,
    created_at: i64,
    settled_at: Option<i64>,
    detail: String,
}

impl Row {
    fn read(self) -> Result<Intent> {
        let bad = |error: &dyn std::fmt::Display| Error::unreadable("intent", error);
        Ok(Intent {
            id: self.id.parse().map_err(|error| bad(&error))?,
            connection: self.connection_id.parse().map_err(|error| bad(&error))?,
            capability: Capability::parse(&self.capability).ok_or_else(|| bad(&self.capability))?,
            record: self.record_id.parse().map_err(|error| bad(&error))?,
            run: self.run_id.parse().map_err(|error| bad(&error))?,
            operation: serde_json::from_value(Value::from(self.operation)).map_err(|error| bad(&error))?,
            key: self.key.parse().map_err(|error| bad(&error))?,
            payload_hash: self.payload_hash,
            state: serde_json::from_value(Value::from(self.state)).map_err(|error| bad(&error))?,
            created: instant(self.created_at),
            settled: self.settled_at.map(instant),
            detail: self.detail,
        })
    }
}

fn name(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

impl Workspace {
    /// Writes without a known outcome, oldest first: they are resolved before anything else is sent.
    pub async fn unsettled_intents(&self, connection: &ConnectionId, capability: Capability) -> Result<Vec<Intent>> {
        let rows: Vec<Row> = on!(self.db(), |e| {
            sqlx::query_as(UNSETTLED).bind(self.id.as_str()).bind(connection.as_str()).bind(capability.as_str()).fetch_all(e).await
        })?;
        rows.into_iter().map(Row::read).collect()
    }

    /// A record's writes, newest first.
    pub async fn intents_of(&self, record: &RecordId, limit: u32) -> Result<Vec<Intent>> {
        let rows: Vec<Row> = on!(self.db(), |e| {
            sqlx::query_as(OF_RECORD).bind(self.id.as_str()).bind(record.as_str()).bind(i64::from(limit)).fetch_all(e).await
        })?;
        rows.into_iter().map(Row::read).collect()
    }

    /// How many writes are open; none may be left at the end of a test.
    pub async fn open_intents(&self) -> Result<i64> {
        Ok(on!(self.db(), |e| sqlx::query_scalar(OPEN_COUNT).bind(self.id.as_str()).fetch_one(e).await)?)
    }
}

impl Step {
    /// Records a write that is about to be sent.
    pub async fn open_intent(&mut self, intent: &Intent) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| {
            sqlx::query(OPEN)
                .bind(workspace)
                .bind(intent.id.as_str())
                .bind(intent.connection.as_str())
                .bind(intent.capability.as_str())
                .bind(intent.record.as_str())
                .bind(intent.run.as_str())
                .bind(name(&intent.operation))
                .bind(intent.key.to_string())
                .bind(&intent.payload_hash)
                .bind(millis(intent.created))
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Records how a write ended.
    pub async fn settle_intent(&mut self, id: &IntentId, state: IntentState, detail: &str) -> Result<()> {
        let (workspace, now) = (self.workspace_id(), millis(self.at));
        on_tx!(&mut self.tx, |e| {
            sqlx::query(SETTLE).bind(workspace).bind(id.as_str()).bind(name(&state)).bind(now).bind(detail).execute(e).await.map(drop)
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
