//! Asana's objects as it writes them (schemas `TaskResponse`, `UserResponse`, `EventResponse`, …), only fields that are read; and the
//! bodies it is sent. No methods.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Everything stands in `data`, in requests and in answers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Data<T> {
    pub data: T,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub data: Vec<T>,
    /// Null on the last page.
    pub next_page: Option<NextPage>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NextPage {
    pub offset: String,
}

/// An object of which the id alone is read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Compact {
    pub gid: String,
}

/// A workspace, a project, or whoever a task is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Named {
    pub gid: String,
    #[serde(default)]
    pub name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub gid: String,
    #[serde(default)]
    pub name: String,
    pub email: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Task {
    pub gid: String,
    pub name: String,
    pub completed: bool,
    pub due_on: Option<Date>,
    pub assignee: Option<Named>,
    pub modified_at: Option<Timestamp>,
    pub permalink_url: Option<String>,
    #[serde(default)]
    pub projects: Vec<Compact>,
    #[serde(default)]
    pub custom_fields: Vec<CustomField>,
}

/// A custom field: of a project with its options, of a task also with its value.
#[derive(Debug, Deserialize)]
pub(super) struct CustomField {
    pub gid: String,
    /// Which of Asana's own templates it was made from.
    pub asana_created_field: Option<String>,
    pub enum_value: Option<Named>,
    #[serde(default)]
    pub enum_options: Vec<EnumOption>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EnumOption {
    pub gid: String,
    pub name: String,
    /// Options are never deleted, only disabled.
    pub enabled: Option<bool>,
}

/// A task of which the custom fields alone were asked for.
#[derive(Debug, Deserialize)]
pub(super) struct FieldsOfTask {
    #[serde(default)]
    pub custom_fields: Vec<CustomField>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CustomFieldSetting {
    pub custom_field: CustomField,
}

/// What happened in a project since a token.
#[derive(Debug, Deserialize)]
pub(super) struct Events {
    pub data: Vec<Event>,
    pub sync: String,
    #[serde(default)]
    pub has_more: bool,
}

/// The answer 412: there is no token yet, or it is too old. This one begins now.
#[derive(Debug, Deserialize)]
pub(super) struct NewToken {
    pub sync: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub action: String,
    pub resource: Option<Resource>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    pub gid: String,
    pub resource_type: Option<String>,
}

/// In an update: a new value, or `null` to clear the old one. Around it, an absent `Option` leaves the old one as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct OrNull<T>(pub Option<T>);

/// `TaskCreateRequest`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct NewTask {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<Date>,
    pub completed: bool,
    pub projects: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<String, String>,
    pub external: External,
}

/// The id of ours under which Asana knows the task too.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct External {
    pub gid: String,
}

/// `TaskUpdateRequest`: only what changed, so that nobody's edit of another field is undone.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct TaskUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<OrNull<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<OrNull<Date>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<String, String>,
}

/// `WebhookRequest`.
#[derive(Debug, Serialize)]
pub(super) struct NewWebhook<'a> {
    pub resource: &'a str,
    pub target: &'a str,
    pub filters: Vec<WebhookFilter>,
}

#[derive(Debug, Serialize)]
pub(super) struct WebhookFilter {
    pub resource_type: &'static str,
    pub action: &'static str,
}

/// The answer to it: Asana's id, and the secret that it has chosen.
#[derive(Deserialize)]
pub(super) struct MadeWebhook {
    pub data: Compact,
    #[serde(rename = "X-Hook-Secret")]
    pub secret: String,
}

/// A delivery. One without events is a heartbeat.
#[derive(Debug, Deserialize)]
pub(super) struct Delivery {
    pub events: Vec<Event>,
}

/// The errors of an answer.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorBody {
    pub errors: Vec<OneError>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OneError {
    #[serde(default)]
    pub message: String,
    /// With status 500: words by which Asana's support finds the incident.
    pub phrase: Option<String>,
}
