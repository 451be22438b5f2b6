//! What Microsoft Graph sends of users, calendars and events, as far as it is read here (openapi v1.0).

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: String,
    pub display_name: Option<String>,
    pub mail: Option<String>,
    #[expect(clippy::struct_field_names, reason = "Graph's name")]
    pub user_principal_name: Option<String>,
}

/// A page of `/calendars`.
#[derive(Debug, Deserialize)]
pub struct Calendars {
    pub value: Vec<Calendar>,
    #[serde(rename = "@odata.nextLink")]
    pub next_link: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Calendar {
    pub id: String,
    pub name: Option<String>,
    #[expect(clippy::struct_field_names, reason = "Graph's name")]
    pub is_default_calendar: Option<bool>,
    /// Who made it, or shared it.
    pub owner: Option<Address>,
}

/// A page of `calendarView/delta`.
#[derive(Debug, Deserialize)]
pub struct Events {
    pub value: Vec<Event>,
    #[serde(rename = "@odata.nextLink")]
    pub next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    pub delta_link: Option<String>,
}

/// Of a removed event only `id` is there; of an occurrence in a delta page only what names and places it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub id: String,
    #[serde(rename = "@removed")]
    pub removed: Option<Removed>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub series_master_id: Option<String>,
    #[serde(rename = "iCalUId")]
    pub ical_uid: Option<String>,
    #[serde(rename = "@odata.etag")]
    pub etag: Option<String>,
    pub last_modified_date_time: Option<String>,
    pub web_link: Option<String>,
    pub subject: Option<String>,
    pub body: Option<Body>,
    pub location: Option<Location>,
    pub organizer: Option<Recipient>,
    pub attendees: Option<Vec<Attendee>>,
    pub start: Option<Moment>,
    /// Exclusive.
    pub end: Option<Moment>,
    pub is_all_day: Option<bool>,
    pub is_cancelled: Option<bool>,
    pub show_as: Option<String>,
    /// Where an instance of a series had its place at first, in UTC.
    pub original_start: Option<String>,
    pub original_start_time_zone: Option<String>,
    pub online_meeting: Option<OnlineMeeting>,
    pub online_meeting_url: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Removed {}

/// Local time without an offset, and the zone that it is meant in.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    pub date_time: Option<String>,
    pub time_zone: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    pub content_type: Option<String>,
    pub content: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    pub display_name: Option<String>,
    pub location_uri: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipient {
    pub email_address: Option<Address>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Address {
    pub name: Option<String>,
    pub address: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attendee {
    pub email_address: Option<Address>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub status: Option<Status>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    pub response: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnlineMeeting {
    pub join_url: Option<String>,
}
