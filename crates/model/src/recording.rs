//! A recording of a meeting: its facts, and where its media is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::RecordId;
use crate::meeting::Meeting;
use crate::transcript::Transcript;

/// What the media is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordingKind {
    #[default]
    Audio,
    Video,
}

/// Where the media is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "at", deny_unknown_fields)]
pub enum Media {
    /// Still at the tool; it will be streamed to the media store.
    Remote,
    /// In the media store under `key`.
    Stored { key: String, bytes: u64, sha256: String },
    /// It could not be fetched, and why.
    Missing { reason: String },
}

/// A recording. Media bytes never pass through the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Recording {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<RecordId>,
    /// The tool's own id of the file.
    pub file: String,
    #[serde(default)]
    pub kind: RecordingKind,
    pub content_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    pub media: Media,
}

/// What a recording tool knows of one meeting: the meeting itself, its transcript once there is one, and its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordedMeeting {
    pub meeting: Meeting,
    pub transcript: Option<Transcript>,
    pub recordings: Vec<Recording>,
}
