//! Salesforce's JSON, as far as it is read or written. No methods; meaning is in `map`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The answer to a query.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Records<T> {
    pub done: bool,
    #[expect(clippy::struct_field_names, reason = "Salesforce's name")]
    pub records: Vec<T>,
    pub next_records_url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Organization {
    pub id: String,
    pub name: Option<String>,
    pub is_sandbox: Option<bool>,
}

/// A contact or a lead.
#[derive(Debug, Clone, Hash, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PersonRecord {
    pub id: String,
    pub is_deleted: Option<bool>,
    pub system_modstamp: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub title: Option<String>,
    /// Of a lead.
    pub company: Option<String>,
    pub is_converted: Option<bool>,
    /// Of a contact.
    pub account_id: Option<String>,
    pub account: Option<Named>,
}

#[derive(Debug, Clone, Hash, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    pub name: Option<String>,
}

#[derive(Debug, Clone, Hash, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TaskRecord {
    pub id: String,
    pub is_deleted: Option<bool>,
    pub system_modstamp: Option<String>,
    pub subject: Option<String>,
    pub status: Option<String>,
    pub priority: Option<String>,
    pub is_closed: Option<bool>,
    pub is_high_priority: Option<bool>,
    pub activity_date: Option<String>,
    pub owner_id: Option<String>,
}

/// A record of which the id alone matters, and perhaps its text.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Found {
    pub id: String,
    pub description: Option<String>,
    #[serde(rename = "Harmony_Id__c")]
    pub mark: Option<String>,
    pub who_id: Option<String>,
    pub what_id: Option<String>,
    pub title: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Relation {
    pub event_id: String,
    pub relation_id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DocumentLink {
    pub content_document_id: String,
    pub linked_entity_id: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Role {
    pub opportunity_id: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountRecord {
    pub id: String,
    pub website: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Opportunity {
    pub id: String,
    pub name: Option<String>,
    pub created_date: Option<String>,
    pub close_date: Option<String>,
    pub system_modstamp: Option<String>,
    pub is_closed: Option<bool>,
    pub owner: Option<User>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct User {
    pub id: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// A value of a picklist of tasks.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Choice {
    pub api_name: Option<String>,
    pub master_label: Option<String>,
    #[serde(default)]
    pub is_default: bool,
    #[serde(default)]
    pub is_closed: bool,
    #[serde(default)]
    pub is_high_priority: bool,
}

/// What `describe` tells of an object.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Description {
    pub fields: Vec<DescribedField>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribedField {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub length: usize,
    #[serde(default)]
    pub updateable: bool,
    #[serde(default)]
    pub restricted_picklist: bool,
    #[serde(default = "Vec::new")]
    pub picklist_values: Vec<PicklistValue>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct PicklistValue {
    pub value: Option<String>,
    #[serde(default)]
    pub active: bool,
}

/// Records to write in one call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Collection<'a> {
    pub all_or_none: bool,
    pub records: &'a [Map<String, Value>],
}

/// What became of one of them.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Saved {
    pub id: Option<String>,
    pub success: bool,
    #[serde(default = "Vec::new")]
    pub errors: Vec<Refused>,
}

/// An error: `errorCode` for a whole call, `statusCode` for one record of several.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Refused {
    #[serde(alias = "errorCode", alias = "statusCode", default)]
    pub code: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub fields: Option<Vec<String>>,
}
