//! A record: any noun that lives in the log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::action_item::ActionItem;
use crate::contact::Contact;
use crate::fields::Fields;
use crate::ids::RecordId;
use crate::meeting::Meeting;
use crate::note::Note;
use crate::recording::Recording;
use crate::transcript::Transcript;

/// The kinds of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Meeting,
    Transcript,
    ActionItem,
    Contact,
    Note,
    Recording,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Meeting, Self::Transcript, Self::ActionItem, Self::Contact, Self::Note, Self::Recording];

    /// The prefix of its ids.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Meeting => "mtg",
            Self::Transcript => "trn",
            Self::ActionItem => "act",
            Self::Contact => "ctc",
            Self::Note => "nte",
            Self::Recording => "rec",
        }
    }

    /// The name as stored and as in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Meeting => "meeting",
            Self::Transcript => "transcript",
            Self::ActionItem => "action_item",
            Self::Contact => "contact",
            Self::Note => "note",
            Self::Recording => "recording",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A record's body.
#[expect(clippy::large_enum_variant, reason = "records are handled one page at a time, and a box for each would cost more than the slack")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    Meeting(Meeting),
    Transcript(Transcript),
    ActionItem(ActionItem),
    Contact(Contact),
    Note(Note),
    Recording(Recording),
}

impl Record {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Meeting(_) => Kind::Meeting,
            Self::Transcript(_) => Kind::Transcript,
            Self::ActionItem(_) => Kind::ActionItem,
            Self::Contact(_) => Kind::Contact,
            Self::Note(_) => Kind::Note,
            Self::Recording(_) => Kind::Recording,
        }
    }

    /// The meeting it belongs to; `None` for meetings and contacts.
    pub fn parent(&self) -> Option<&RecordId> {
        match self {
            Self::Meeting(_) | Self::Contact(_) => None,
            Self::Transcript(body) => body.meeting.as_ref(),
            Self::ActionItem(body) => body.meeting.as_ref(),
            Self::Note(body) => body.meeting.as_ref(),
            Self::Recording(body) => body.meeting.as_ref(),
        }
    }

    /// What lists are sorted by; a record without a time of its own has none.
    pub fn sort_time(&self) -> Option<Timestamp> {
        match self {
            Self::Meeting(meeting) => Some(meeting.when.start()),
            Self::Recording(recording) => recording.started,
            _ => None,
        }
    }

    /// One line to show in lists and searches.
    pub fn label(&self) -> String {
        match self {
            Self::Meeting(meeting) => meeting.title.clone(),
            Self::Transcript(transcript) => format!("Transcript, {} turns", transcript.turns.len()),
            Self::ActionItem(item) => item.text.clone(),
            Self::Contact(contact) => contact.label(),
            Self::Note(note) => {
                note.title.clone().unwrap_or_else(|| note.body.lines().next().unwrap_or_default().chars().take(80).collect())
            }
            Self::Recording(recording) => recording.file.clone(),
        }
    }

    /// Its fields, as compared, merged and logged.
    pub fn fields(&self) -> Fields {
        match self {
            Self::Meeting(body) => Fields::of(body),
            Self::Transcript(body) => Fields::of(body),
            Self::ActionItem(body) => Fields::of(body),
            Self::Contact(body) => Fields::of(body),
            Self::Note(body) => Fields::of(body),
            Self::Recording(body) => Fields::of(body),
        }
    }

    /// The JSON text in which the store keeps it.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Meeting(body) => serde_json::to_string(body),
            Self::Transcript(body) => serde_json::to_string(body),
            Self::ActionItem(body) => serde_json::to_string(body),
            Self::Contact(body) => serde_json::to_string(body),
            Self::Note(body) => serde_json::to_string(body),
            Self::Recording(body) => serde_json::to_string(body),
        }
    }

    /// Reads what `to_json` wrote, or what an API caller sent; the error names the field.
    pub fn from_json(kind: Kind, text: &str) -> Result<Self, serde_json::Error> {
        Ok(match kind {
            Kind::Meeting => Self::Meeting(serde_json::from_str(text)?),
            Kind::Transcript => Self::Transcript(serde_json::from_str(text)?),
            Kind::ActionItem => Self::ActionItem(serde_json::from_str(text)?),
            Kind::Contact => Self::Contact(serde_json::from_str(text)?),
            Kind::Note => Self::Note(serde_json::from_str(text)?),
            Kind::Recording => Self::Recording(serde_json::from_str(text)?),
        })
    }
}
