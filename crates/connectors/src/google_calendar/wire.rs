//! What Google Calendar sends and takes, as far as it is read or written here (calendar.v3.json).

use serde::{Deserialize, Serialize};

/// A page of `events.list`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Events {
    #[serde(default)]
    pub items: Vec<Event>,
    /// The calendar's own zone.
    pub time_zone: Option<String>,
    pub next_page_token: Option<String>,
    pub next_sync_token: Option<String>,
}

/// Of a deleted event only `id` is sure to be there, of a cancelled instance also the two that name it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub id: String,
    pub status: Option<String>,
    #[serde(rename = "eventType")]
    pub kind: Option<String>,
    pub etag: Option<String>,
    pub updated: Option<String>,
    pub html_link: Option<String>,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub location: Option<String>,
    pub creator: Option<Who>,
    pub organizer: Option<Who>,
    pub start: Option<Moment>,
    /// Exclusive.
    pub end: Option<Moment>,
    pub recurring_event_id: Option<String>,
    pub original_start_time: Option<Moment>,
    #[serde(rename = "iCalUID")]
    pub ical_uid: Option<String>,
    #[serde(default)]
    pub attendees: Vec<Attendee>,
    pub hangout_link: Option<String>,
    pub conference_data: Option<ConferenceData>,
}

/// `date` for whole days, else `dateTime`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    pub date: Option<String>,
    pub date_time: Option<String>,
    pub time_zone: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Who {
    pub email: Option<String>,
    pub display_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attendee {
    pub email: Option<String>,
    pub display_name: Option<String>,
    #[serde(default)]
    pub resource: bool,
    pub response_status: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConferenceData {
    pub conference_id: Option<String>,
    #[serde(default)]
    pub entry_points: Vec<EntryPoint>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryPoint {
    pub entry_point_type: Option<String>,
    pub uri: Option<String>,
}

/// A page of `calendarList.list`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CalendarList {
    #[serde(default)]
    pub items: Vec<CalendarEntry>,
    pub next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CalendarEntry {
    pub id: String,
    pub summary: Option<String>,
    pub summary_override: Option<String>,
    #[serde(default)]
    pub primary: bool,
    #[serde(default)]
    pub hidden: bool,
}

/// What `events.watch` is asked.
#[derive(Debug, Serialize)]
pub struct NewChannel<'a> {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub address: &'a str,
    pub token: &'a str,
}

/// What `events.watch` answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    pub id: String,
    pub resource_id: Option<String>,
    /// Unix milliseconds; an int64 travels as a string.
    pub expiration: Option<String>,
}

/// What `channels.stop` is asked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoppedChannel<'a> {
    pub id: &'a str,
    pub resource_id: Option<&'a str>,
}

/// The error object of Google's APIs.
#[derive(Debug, Deserialize)]
pub struct Failure {
    pub error: FailureBody,
}

#[derive(Debug, Deserialize)]
pub struct FailureBody {
    #[serde(default)]
    pub errors: Vec<FailureReason>,
    #[serde(default)]
    pub details: Vec<FailureDetail>,
}

#[derive(Debug, Deserialize)]
pub struct FailureReason {
    pub reason: Option<String>,
    pub location: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct FailureDetail {
    pub reason: Option<String>,
}
