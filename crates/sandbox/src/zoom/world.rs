//! What exists at the emulated Zoom: people, recorded meetings, their files. No HTTP, no JSON.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::media;
use crate::kit::{Account, Kit};

/// One line of what was said.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Turn {
    pub speaker: String,
    /// From the start of the recording.
    pub start_ms: i64,
    pub end_ms: i64,
    pub text: String,
}

/// Somebody who was in a meeting.
#[derive(Clone, Debug)]
pub(super) struct Participant {
    /// The id within the meeting.
    pub user_id: u64,
    /// The user's id where it is one of the account.
    pub id: String,
    pub name: String,
    pub email: String,
}

/// What the AI companion wrote.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Summary {
    pub overview: String,
    #[serde(default)]
    pub next_steps: Vec<String>,
    #[serde(default)]
    pub details: Vec<SummaryDetail>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SummaryDetail {
    pub label: String,
    pub summary: String,
}

/// One kind of recording file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Video,
    Audio,
    Transcript,
}

/// One recording file.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub id: String,
    pub kind: FileKind,
    pub bytes: Vec<u8>,
}

/// One meeting that was recorded to the cloud.
#[derive(Clone, Debug)]
pub(super) struct Meeting {
    /// Base64 of 16 bytes; may contain `/` and `+`.
    pub uuid: String,
    pub id: u64,
    pub host: Account,
    pub topic: String,
    pub start: Timestamp,
    pub duration: SignedDuration,
    pub participants: Vec<Participant>,
    pub turns: Vec<Turn>,
    pub files: Vec<File>,
    pub transcript_at: Option<Timestamp>,
    pub summary: Option<Summary>,
    /// A person moved the recording to the trash.
    pub trashed: bool,
}

impl Meeting {
    pub(super) fn end(&self) -> Timestamp {
        self.start.checked_add(self.duration).unwrap_or(self.start)
    }

    /// Whole minutes, as Zoom counts.
    pub(super) fn minutes(&self) -> i64 {
        (self.duration.as_secs() + 59) / 60
    }

    pub(super) fn add_transcript(&mut self, kit: &Kit) {
        let bytes = media::vtt(&self.turns).into_bytes();
        self.files.push(File { id: kit.uuid().to_string(), kind: FileKind::Transcript, bytes });
        self.transcript_at = Some(kit.clock.now());
    }
}

/// Where webhooks of the app go.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub url: String,
    pub secret: String,
    /// Passed the last `endpoint.url_validation`.
    pub valid: bool,
}

#[derive(Debug)]
pub(super) struct World {
    pub people: Vec<Account>,
    pub meetings: Vec<Meeting>,
    pub subscription: Option<Subscription>,
}

impl World {
    pub(super) fn new(people: &[Account]) -> Self {
        Self { people: people.to_vec(), meetings: Vec::new(), subscription: None }
    }

    pub(super) fn person(&self, id_or_email: &str) -> Option<&Account> {
        self.people.iter().find(|person| person.id == id_or_email || person.email == id_or_email)
    }

    /// By UUID, or the latest instance by meeting id.
    pub(super) fn meeting(&self, reference: &str) -> Option<&Meeting> {
        let by_id = reference.parse::<u64>().ok();
        self.meetings.iter().filter(|meeting| meeting.uuid == reference || Some(meeting.id) == by_id).max_by_key(|meeting| meeting.start)
    }

    pub(super) fn meeting_mut(&mut self, uuid: &str) -> Option<&mut Meeting> {
        self.meetings.iter_mut().find(|meeting| meeting.uuid == uuid)
    }

    /// The file with this id, and its meeting.
    pub(super) fn file(&self, id: &str) -> Option<(&Meeting, &File)> {
        let files = self.meetings.iter().flat_map(|meeting| meeting.files.iter().map(move |file| (meeting, file)));
        files.into_iter().find(|(meeting, file)| file.id == id && !meeting.trashed)
    }
}
