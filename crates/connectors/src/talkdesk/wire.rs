//! Talkdesk's JSON, as far as it is read or written. No methods; meaning is in `map`.

use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
pub(super) struct AccountDetails {
    pub id: String,
    pub name: Option<String>,
    pub company_name: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct JobRequest<'a> {
    pub name: &'a str,
    pub timezone: &'a str,
    pub format: &'a str,
    pub timespan: Timespan,
}

#[derive(Debug, Serialize)]
pub(super) struct Timespan {
    pub from: String,
    pub to: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Job {
    pub id: String,
    pub status: String,
}

/// A job, wrapped (as the examples and real answers have it) or bare (as the description's schema has it).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum JobAnswer {
    Wrapped { job: Job },
    Bare(Job),
}

/// What the address of a job leads to: the job while it runs, the report's file once it is done.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum JobOrFile {
    File { entries: Vec<Call> },
    Wrapped { job: Job },
    Bare(Job),
}

/// A row of the report `calls`. Older accounts name some columns otherwise; every column may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Call {
    #[serde(rename = "call_id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction_id: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talkdesk_phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talkdesk_phone_display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handling_user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handling_user_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ring_groups: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Recordings {
    #[serde(default)]
    pub total: usize,
    #[serde(rename = "_embedded")]
    pub embedded: Option<EmbeddedRecordings>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EmbeddedRecordings {
    #[serde(default = "Vec::new")]
    pub recordings: Vec<RecordingFile>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct RecordingFile {
    pub id: String,
    pub created_at: Option<String>,
    pub index: Option<i64>,
    pub duration: Option<u64>,
}

/// The body of an error: the API's own, or OAuth's.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorBody {
    pub code: Option<String>,
    pub message: Option<String>,
    pub description: Option<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
}
