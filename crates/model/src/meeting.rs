//! A meeting: the one noun that calendars, video tools, uploads and the API all describe.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::RecordId;
use crate::person::Person;

/// When a meeting is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum When {
    /// From one instant to another; `zone` is the IANA name in which it was planned.
    Timed {
        start: Timestamp,
        end: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// Whole days, without a zone; `last` is the last day itself (inclusive).
    AllDay { first: Date, last: Date },
}

impl When {
    /// The instant to sort by; a whole day sorts at its midnight in UTC.
    pub fn start(&self) -> Timestamp {
        match self {
            Self::Timed { start, .. } => *start,
            Self::AllDay { first, .. } => midnight(*first),
        }
    }

    /// The instant it is over; a whole day ends at the next midnight in UTC.
    pub fn end(&self) -> Timestamp {
        match self {
            Self::Timed { end, .. } => *end,
            Self::AllDay { last, .. } => midnight(last.tomorrow().unwrap_or(*last)),
        }
    }
}

fn midnight(date: Date) -> Timestamp {
    date.to_zoned(jiff::tz::TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// Whether it will happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MeetingState {
    #[default]
    Confirmed,
    Tentative,
    Cancelled,
}

/// What a participant is: rooms and bots are no people, and never become contacts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ParticipantKind {
    #[default]
    Person,
    Room,
    Bot,
}

/// One invitee or attendee. The list is the union of both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Participant {
    #[serde(default)]
    pub person: Person,
    #[serde(default)]
    pub kind: ParticipantKind,
    /// Was on the invitation.
    #[serde(default)]
    pub invited: bool,
    /// Was seen in the meeting.
    #[serde(default)]
    pub attended: bool,
}

/// What sources know a meeting by; two records that share one of these may be the same meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// iCalendar UID (RFC 5545 section 3.8.4.7), the same for every instance of a series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ical_uid: Option<String>,
    /// The original start of an instance of a series (RFC 5545 section 3.8.4.4), as an instant or a date in text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence_id: Option<String>,
    /// The video tool's own meeting number or code, as in its join link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conference_id: Option<String>,
    /// The key that an API caller or an upload gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A meeting, planned or past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Meeting {
    pub title: String,
    pub when: When,
    #[serde(default)]
    pub state: MeetingState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizer: Option<Person>,
    #[serde(default)]
    pub participants: Vec<Participant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub identity: Identity,
}

impl Meeting {
    /// A meeting of which only title and time are known.
    pub fn new(title: impl Into<String>, when: When) -> Self {
        Self {
            title: title.into(),
            when,
            state: MeetingState::Confirmed,
            organizer: None,
            participants: Vec::new(),
            join_url: None,
            location: None,
            description: None,
            summary: None,
            tags: Vec::new(),
            identity: Identity::default(),
        }
    }
}

/// As much of a meeting as another record shows of it ("From meeting: …").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeetingRef {
    pub id: RecordId,
    pub title: String,
    pub start: Timestamp,
    /// The meeting's page in Harmony.
    pub url: String,
}
