//! An action item: what someone agreed to do in a meeting.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::RecordId;
use crate::meeting::MeetingRef;
use crate::person::Person;

/// How urgent it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    #[default]
    None,
    Low,
    Medium,
    High,
    Urgent,
}

/// How far it is; task tools' own states are mapped to these four.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    #[default]
    Open,
    Started,
    Done,
    /// Given up: counts as done, but nobody did it.
    Dropped,
}

impl Progress {
    /// Whether nothing is left to do.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Dropped)
    }
}

/// An action item. Two-way fields: `text`, `owner`, `due`, `priority`, `progress`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ActionItem {
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<RecordId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Person>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    #[serde(default)]
    pub priority: Priority,
    #[serde(default)]
    pub progress: Progress,
    /// Index of the transcript turn in which it was agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_turn: Option<u32>,
}

/// An action item as a task tool sees it: the item's two-way fields, the person resolved to one of the tool's members,
/// and where it comes from. What a task tool reads back leaves `from` empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Task {
    pub text: String,
    pub owner: Option<Person>,
    /// The tool's id of the member who is `owner`; `None`: unassigned.
    pub assignee: Option<String>,
    pub due: Option<Date>,
    pub priority: Priority,
    pub progress: Progress,
    pub from: Option<MeetingRef>,
    /// Words around it, from the meeting (plain text).
    pub context: Option<String>,
}
