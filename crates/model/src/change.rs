//! One row of the log: what changed on a record, when, and who made it change.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{ConnectionId, RecordId, RunId, UserId};

/// What happened to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    Created,
    Updated,
    Deleted,
}

/// Who made the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Origin {
    /// Read from a tool.
    Connection { id: ConnectionId },
    /// A person, on a page.
    Person { id: UserId },
    /// A caller of the API.
    Api { token: String },
    /// An imported file.
    Upload { name: String },
    /// Harmony itself (a retention rule, a finished download).
    Harmony,
}

/// One field's change. A long value is logged as its SHA-256 and its length, not twice in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldChange {
    pub field: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub from: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub to: Value,
}

/// A row of the log. `seq` has no gaps and rises in commit order within a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    pub seq: i64,
    pub at: Timestamp,
    pub record: RecordId,
    pub operation: Operation,
    pub fields: Vec<FieldChange>,
    pub origin: Origin,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}
