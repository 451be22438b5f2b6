//! What Exchange answers, as far as it is read here (the XML schemas of EWS). Prefixes are left out; an operation's answer has the
//! same shape whatever the operation is called.

use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
pub struct Envelope {
    #[serde(rename = "Body")]
    pub body: Body,
}

#[derive(Debug, Deserialize)]
pub struct Body {
    #[serde(rename = "Fault")]
    pub fault: Option<Fault>,
    #[serde(
        rename = "GetFolderResponse",
        alias = "FindFolderResponse",
        alias = "SyncFolderItemsResponse",
        alias = "FindItemResponse",
        alias = "GetItemResponse"
    )]
    pub response: Option<Response>,
}

#[derive(Debug, Deserialize)]
pub struct Fault {
    pub faultcode: Option<String>,
    pub detail: Option<Detail>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Detail {
    #[serde(rename = "ResponseCode")]
    pub code: Option<String>,
    #[serde(rename = "MessageXml")]
    pub values: Option<Values>,
}

/// `MessageXml`: named values that go with an error.
#[derive(Debug, Default, Deserialize)]
pub struct Values {
    #[serde(rename = "Value", default)]
    pub list: Vec<Value>,
}

#[derive(Debug, Deserialize)]
pub struct Value {
    #[serde(rename = "@Name")]
    pub name: String,
    #[serde(rename = "$text", default)]
    pub text: String,
}

#[derive(Debug, Deserialize)]
pub struct Response {
    #[serde(rename = "ResponseMessages")]
    pub messages: Messages,
}

#[derive(Debug, Deserialize)]
pub struct Messages {
    #[serde(
        rename = "GetFolderResponseMessage",
        alias = "FindFolderResponseMessage",
        alias = "SyncFolderItemsResponseMessage",
        alias = "FindItemResponseMessage",
        alias = "GetItemResponseMessage",
        default
    )]
    pub list: Vec<Message>,
}

/// One response message; each operation fills its own part.
#[derive(Debug, Deserialize)]
pub struct Message {
    #[serde(rename = "@ResponseClass")]
    pub class: String,
    #[serde(rename = "ResponseCode")]
    pub code: Option<String>,
    #[serde(rename = "MessageXml")]
    pub values: Option<Values>,
    #[serde(rename = "SyncState")]
    pub sync_state: Option<String>,
    #[serde(rename = "IncludesLastItemInRange")]
    pub is_last: Option<bool>,
    #[serde(rename = "Changes")]
    pub changes: Option<Changes>,
    #[serde(rename = "RootFolder")]
    pub root: Option<Root>,
    #[serde(rename = "Items")]
    pub items: Option<Items>,
    #[serde(rename = "Folders")]
    pub folders: Option<Folders>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Changes {
    #[serde(rename = "$value", default)]
    pub list: Vec<Change>,
}

#[derive(Debug, Deserialize)]
pub enum Change {
    Create(Changed),
    Update(Changed),
    Delete(Deleted),
    /// Whether it was read, and what may come later.
    #[serde(other)]
    Other,
}

/// Of items that are in no calendar nothing is read.
#[derive(Debug, Deserialize)]
pub struct Changed {
    #[serde(rename = "CalendarItem")]
    pub item: Option<CalendarItem>,
}

#[derive(Debug, Deserialize)]
pub struct Deleted {
    #[serde(rename = "ItemId")]
    pub id: ItemId,
}

/// Of a view: what was found, or a page of folders.
#[derive(Debug, Deserialize)]
pub struct Root {
    #[serde(rename = "@IncludesLastItemInRange")]
    pub is_last: Option<bool>,
    #[serde(rename = "@IndexedPagingOffset")]
    pub next: Option<u32>,
    #[serde(rename = "Items")]
    pub items: Option<Items>,
    #[serde(rename = "Folders")]
    pub folders: Option<Folders>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Items {
    #[serde(rename = "CalendarItem", default)]
    pub list: Vec<CalendarItem>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Folders {
    #[serde(rename = "CalendarFolder", default)]
    pub calendars: Vec<Folder>,
    #[serde(rename = "Folder", default)]
    pub others: Vec<Folder>,
}

#[derive(Debug, Deserialize)]
pub struct Folder {
    #[serde(rename = "FolderId")]
    pub id: ItemId,
    #[serde(rename = "DisplayName")]
    pub name: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ItemId {
    #[serde(rename = "@Id")]
    pub id: String,
    #[serde(rename = "@ChangeKey")]
    pub change_key: Option<String>,
}

/// A meeting, a series, or an occurrence of one. Times are UTC, because no request names another zone.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CalendarItem {
    pub item_id: ItemId,
    pub subject: Option<String>,
    pub body: Option<Text>,
    pub last_modified_time: Option<String>,
    pub web_client_read_form_query_string: Option<String>,
    #[serde(rename = "UID")]
    pub uid: Option<String>,
    pub recurrence_id: Option<String>,
    pub start: Option<String>,
    pub end: Option<String>,
    pub original_start: Option<String>,
    pub is_all_day_event: Option<bool>,
    pub legacy_free_busy_status: Option<String>,
    pub location: Option<String>,
    pub is_cancelled: Option<bool>,
    #[serde(rename = "CalendarItemType")]
    pub kind: Option<String>,
    pub organizer: Option<Organizer>,
    pub required_attendees: Option<Attendees>,
    pub optional_attendees: Option<Attendees>,
    pub resources: Option<Attendees>,
    pub recurrence: Option<Recurrence>,
    pub modified_occurrences: Option<Modified>,
    pub deleted_occurrences: Option<DeletedOccurrences>,
    pub start_time_zone: Option<Zone>,
    pub join_online_meeting_url: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Text {
    #[serde(rename = "$text", default)]
    pub text: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Organizer {
    #[serde(rename = "Mailbox")]
    pub mailbox: Mailbox,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Attendees {
    #[serde(rename = "Attendee", default)]
    pub list: Vec<Attendee>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Attendee {
    #[serde(rename = "Mailbox")]
    pub mailbox: Mailbox,
    #[serde(rename = "ResponseType")]
    pub response: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Mailbox {
    #[serde(rename = "Name")]
    pub name: Option<String>,
    #[serde(rename = "EmailAddress")]
    pub address: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Zone {
    #[serde(rename = "@Id")]
    pub id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Modified {
    #[serde(rename = "Occurrence", default)]
    pub list: Vec<Occurrence>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Occurrence {
    pub item_id: ItemId,
    pub start: Option<String>,
    pub original_start: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct DeletedOccurrences {
    #[serde(rename = "DeletedOccurrence", default)]
    pub list: Vec<DeletedOccurrence>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct DeletedOccurrence {
    #[serde(rename = "Start")]
    pub start: Option<String>,
}

/// One of the patterns, and one of the ranges.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Recurrence {
    #[serde(rename = "DailyRecurrence")]
    pub daily: Option<Pattern>,
    #[serde(rename = "WeeklyRecurrence")]
    pub weekly: Option<Pattern>,
    #[serde(rename = "AbsoluteMonthlyRecurrence")]
    pub absolute_monthly: Option<Pattern>,
    #[serde(rename = "RelativeMonthlyRecurrence")]
    pub relative_monthly: Option<Pattern>,
    #[serde(rename = "AbsoluteYearlyRecurrence")]
    pub absolute_yearly: Option<Pattern>,
    #[serde(rename = "RelativeYearlyRecurrence")]
    pub relative_yearly: Option<Pattern>,
    #[serde(rename = "NoEndRecurrence")]
    pub no_end: Option<Range>,
    #[serde(rename = "EndDateRecurrence")]
    pub end_date: Option<Range>,
    #[serde(rename = "NumberedRecurrence")]
    pub numbered: Option<Range>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Pattern {
    pub interval: Option<i32>,
    pub days_of_week: Option<String>,
    pub first_day_of_week: Option<String>,
    pub day_of_month: Option<i32>,
    pub day_of_week_index: Option<String>,
    pub month: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Range {
    pub start_date: Option<String>,
    pub end_date: Option<String>,
    pub number_of_occurrences: Option<u32>,
}
