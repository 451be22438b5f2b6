//! What a person chose for a connection: what syncs, which way, how often, where to, and by which rules.

use std::collections::BTreeMap;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::connection::Capability;
use crate::fields::Owner;

/// How often a connection's streams run on their own. "Sync now" works at every frequency and changes no schedule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "every", deny_unknown_fields)]
pub enum Frequency {
    /// At once on the event, with a reconciling poll behind it.
    #[default]
    RealTime,
    Hourly,
    /// Once each local day at this wall-clock time of the workspace's zone.
    Daily {
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = "time-local"))]
        at: Time,
    },
    /// Only by the button.
    Manual,
}

/// Which way one data kind flows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// For a tool that is written to: Harmony → tool. For a tool that is read (a calendar): tool → Harmony.
    #[default]
    OneWay,
    TwoWay,
}

/// A place in a tool: a calendar, channel, team, board, pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// The tool's own id.
    pub id: String,
    /// The name when it was chosen.
    pub name: String,
}

/// How much of a meeting is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TranscriptDetail {
    Full,
    #[default]
    Summary,
    KeyMoments,
    ActionItems,
}

/// One capability's switch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Sync {
    pub enabled: bool,
    #[serde(default)]
    pub direction: Direction,
    /// Where to, or where from; some capabilities need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
}

/// What a rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "if", deny_unknown_fields)]
pub enum Condition {
    /// The title contains this text, ignoring case.
    TitleContains {
        text: String,
    },
    /// The organizer's address is this one.
    HostIs {
        email: String,
    },
    /// Somebody from outside the own domains takes part (`external`), or nobody does.
    Participants {
        external: bool,
    },
    /// The meeting bears this tag.
    HasTag {
        tag: String,
    },
    Always,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "then", deny_unknown_fields)]
pub enum RuleAction {
    Send { to: Destination },
    Skip,
}

/// Rules are tried in order; the first whose condition holds decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// For which capability.
    pub of: Capability,
    pub when: Condition,
    pub action: RuleAction,
}

/// What to do where the target already has a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IfPresent {
    Keep,
    #[default]
    Overwrite,
    Append,
}

/// One line of the field mapping: Harmony's field to a property of the tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FieldMapping {
    pub of: Capability,
    /// A field of ours: `title`, `summary`, `start`, `end`, `organizer`, `participants`, `tags`, `join_url`, `url`.
    pub source: String,
    /// The tool's property.
    pub target: String,
    #[serde(default)]
    pub if_present: IfPresent,
}

/// What to do with a participant whom the CRM does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UnknownPeople {
    /// Create a contact.
    Create,
    /// Log the meeting without that association.
    #[default]
    LogUnattached,
    /// Do not log a meeting of which nobody is known.
    Skip,
}

/// Which of several open deals a meeting belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DealRule {
    /// The one whose owner took part, else the most recently changed.
    #[default]
    OwnerInMeeting,
    MostRecent,
    /// None, and say so: a person chooses.
    Ask,
}

/// What a deletion on one side does on the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Deletion {
    /// Unlink, and tell.
    #[default]
    Unlink,
    /// Delete there too, behind the brake.
    Propagate,
}

/// All of a connection's options. Nothing is written to a tool before they are saved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default)]
    pub syncs: BTreeMap<Capability, Sync>,
    #[serde(default)]
    pub frequency: Frequency,
    #[serde(default)]
    pub transcript: TranscriptDetail,
    #[serde(default)]
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub mapping: Vec<FieldMapping>,
    /// Field of ours → who decides it in a two-way sync; absent: shared.
    #[serde(default)]
    pub owners: BTreeMap<String, Owner>,
    /// How far back the first sync reads and writes, in days.
    #[serde(default = "Settings::default_backfill_days")]
    pub backfill_days: u16,
    #[serde(default)]
    pub unknown_people: UnknownPeople,
    #[serde(default)]
    pub deal_rule: DealRule,
    #[serde(default)]
    pub deletion: Deletion,
    /// Address of ours → the tool's member id, where addresses differ.
    #[serde(default)]
    pub members: BTreeMap<String, String>,
    /// Later edits of a shared meeting go into the message's thread instead of changing the message.
    #[serde(default)]
    pub edits_in_thread: bool,
}

impl Settings {
    const fn default_backfill_days() -> u16 {
        90
    }

    /// The switch of one capability, if it is on.
    pub fn on(&self, capability: Capability) -> Option<&Sync> {
        self.syncs.get(&capability).filter(|sync| sync.enabled)
    }
}
