//! What exists at the emulated Google Meet: conferences and what came of them, files in Drive, subscriptions and topics. No HTTP.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// "The resource is deleted 30 days after the conference ends" (meet.v2.json, ConferenceRecord.expireTime).
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What a participant joined as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// The id of a Google account.
    SignedIn(String),
    Anonymous,
    Phone,
}

#[derive(Clone, Debug)]
pub(super) struct Participant {
    pub id: String,
    pub joined: Joined,
    /// Of a phone, a partly hidden number.
    pub name: String,
    /// When this person was there; whoever comes back has two sessions.
    pub sessions: Vec<(Timestamp, Option<Timestamp>)>,
}

/// One line of what was said.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub id: String,
    /// Id of the participant.
    pub participant: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    Recording,
    Transcript,
    SmartNote,
}

impl Kind {
    /// As in addresses.
    pub(super) const fn plural(self) -> &'static str {
        match self {
            Self::Recording => "recordings",
            Self::Transcript => "transcripts",
            Self::SmartNote => "smartNotes",
        }
    }

    pub(super) fn parse(plural: &str) -> Option<Self> {
        [Self::Recording, Self::Transcript, Self::SmartNote].into_iter().find(|kind| kind.plural() == plural)
    }

    /// As in the names of events.
    pub(super) const fn singular(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Transcript => "transcript",
            Self::SmartNote => "smartNote",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum State {
    Started,
    Ended,
    FileGenerated,
}

/// A recording, a transcript or smart notes of a conference.
#[derive(Clone, Debug)]
pub(super) struct Artifact {
    pub id: String,
    pub kind: Kind,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
    pub state: State,
    /// Id of its file in Drive.
    pub file: String,
    /// Of a transcript.
    pub entries: Vec<Entry>,
}

/// A place where conferences are held.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub id: String,
    pub code: String,
    /// E-mail address of the owner.
    pub owner: String,
}

#[derive(Clone, Debug)]
pub(super) struct Conference {
    pub id: String,
    pub space: Space,
    pub start: Timestamp,
    /// `None`: it goes on.
    pub end: Option<Timestamp>,
    pub people: Vec<Participant>,
    pub artifacts: Vec<Artifact>,
}

impl Conference {
    pub(super) fn name(&self) -> String {
        format!("conferenceRecords/{}", self.id)
    }

    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.end.and_then(|end| end.checked_add(KEPT).ok())
    }
}

/// A file in Drive.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// E-mail address.
    pub owner: String,
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// A subscription to events about a person's spaces, or about one space.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub id: String,
    pub uid: String,
    /// Id of the account that authorised it.
    pub user: String,
    pub target: String,
    pub event_types: Vec<String>,
    pub topic: String,
    pub made: Timestamp,
    pub updated: Timestamp,
    pub expires: Timestamp,
    pub suspended: bool,
}

/// The one push subscription of a Pub/Sub topic.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Push {
    pub topic: String,
    pub endpoint: String,
    /// `None`: the endpoint (pubsub.v1.json, OidcToken.audience).
    pub audience: Option<String>,
    /// E-mail address of the service account in whose name the tokens are.
    pub service_account: String,
}

#[derive(Debug, Default)]
pub(super) struct World {
    /// By id.
    pub conferences: BTreeMap<String, Conference>,
    pub files: BTreeMap<String, File>,
    pub subscriptions: BTreeMap<String, Subscription>,
    /// By topic.
    pub topics: BTreeMap<String, Push>,
    /// Page tokens of an earlier one are refused.
    pub epoch: u64,
    /// So many on a page at most.
    pub most: Option<usize>,
    pub odd_pages: Option<OddPages>,
}

/// How a list's pages may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OddPages {
    /// Each page leads to itself.
    Repeat,
    /// After each page comes the first again, under another token.
    Endless,
}

impl World {
    /// The conferences that there still are.
    pub(super) fn kept(&self, now: Timestamp) -> impl Iterator<Item = &Conference> {
        self.conferences.values().filter(move |one| one.expires().is_none_or(|expires| expires > now))
    }
}
