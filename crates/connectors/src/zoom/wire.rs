//! Zoom's JSON, as far as it is read. No methods; meaning is in `map`.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    pub id: String,
    pub email: Option<String>,
    pub display_name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RecordingList {
    #[serde(default)]
    pub next_page_token: String,
    #[serde(default)]
    pub meetings: Vec<Recorded>,
}

/// A meeting number: a number in the API, a text in some webhooks.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum MeetingNumber {
    Number(u64),
    Text(String),
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Recorded {
    pub uuid: String,
    pub id: Option<MeetingNumber>,
    pub host_id: Option<String>,
    pub host_email: Option<String>,
    pub topic: Option<String>,
    pub start_time: Option<String>,
    pub timezone: Option<String>,
    /// Minutes.
    pub duration: Option<i64>,
    pub share_url: Option<String>,
    #[serde(default)]
    pub recording_files: Vec<File>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct File {
    /// A timeline's file has none.
    pub id: Option<String>,
    #[serde(rename = "file_type", default)]
    pub kind: String,
    #[serde(rename = "file_size")]
    pub size: Option<f64>,
    pub recording_start: Option<String>,
    pub recording_end: Option<String>,
    pub status: Option<String>,
    pub download_url: Option<String>,
    pub play_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Participants {
    #[serde(default)]
    pub next_page_token: String,
    #[serde(default)]
    pub participants: Vec<Attendee>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Attendee {
    /// The user's id, for those who were signed in.
    pub id: Option<String>,
    pub name: Option<String>,
    /// Empty for people of other accounts.
    pub user_email: Option<String>,
    pub status: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Summary {
    #[serde(rename = "summary_content")]
    pub content: Option<String>,
    #[serde(rename = "summary_overview")]
    pub overview: Option<String>,
    #[serde(rename = "summary_details")]
    pub details: Option<Vec<SummaryDetail>>,
    pub next_steps: Option<Vec<String>>,
    #[serde(rename = "summary_last_modified_time")]
    pub last_modified: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct SummaryDetail {
    pub label: Option<String>,
    pub summary: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorBody {
    pub code: Option<i64>,
    pub message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub event: String,
    #[serde(default)]
    pub payload: Payload,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Payload {
    /// Of `app_deauthorized`: who removed the app.
    pub user_id: Option<String>,
    pub object: Option<EventObject>,
    #[serde(rename = "plainToken")]
    pub plain_token: Option<String>,
}

/// What an event is about; a summary's names its host otherwise.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EventObject {
    pub host_id: Option<String>,
    pub meeting_host_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Validation<'a> {
    pub plain_token: &'a str,
    pub encrypted_token: String,
}
