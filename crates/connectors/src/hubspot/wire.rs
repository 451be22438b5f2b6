//! HubSpot's JSON, as far as it is read or written. No methods; meaning is in `map`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An id: text in the descriptions, a number in some answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Text(String),
    Number(u64),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountDetails {
    pub portal_id: Id,
    pub ui_domain: Option<String>,
    pub time_zone: Option<String>,
}

/// Any CRM object. A property without a value is null or absent.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    pub id: String,
    #[serde(default)]
    pub properties: BTreeMap<String, Option<String>>,
    pub updated_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
    pub url: Option<String>,
    pub object_write_trace_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Next {
    pub after: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Paging {
    pub next: Option<Next>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Records {
    pub results: Vec<Record>,
    pub paging: Option<Paging>,
}

/// The answer of a batch call: 200 or 201 (all went well) or 207 (some did not).
#[derive(Debug, Deserialize)]
pub(super) struct BatchAnswer<T> {
    pub results: Vec<T>,
    #[serde(default = "Vec::new")]
    pub errors: Vec<ErrorBody>,
}

/// The body of an error answer, and of one error of a 207. Every field may be missing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ErrorBody {
    pub message: String,
    pub category: Option<String>,
    pub policy_name: Option<String>,
    pub context: BTreeMap<String, Vec<String>>,
    pub errors: Vec<ErrorDetail>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorDetail {
    pub code: Option<String>,
    #[serde(rename = "in")]
    pub place: Option<String>,
    pub context: BTreeMap<String, Vec<String>>,
}

/// One property that was refused, as listed in JSON inside the text of a validation error.
#[derive(Debug, Deserialize)]
pub(super) struct RefusedProperty {
    pub name: Option<String>,
    pub error: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Inputs<T> {
    pub inputs: Vec<T>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WriteInput<'a> {
    pub id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_property: Option<&'static str>,
    pub object_write_trace_id: String,
    pub properties: &'a BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
pub(super) struct IdInput<'a> {
    pub id: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchRead<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_property: Option<&'a str>,
    pub inputs: Vec<IdInput<'a>>,
    pub properties: &'a [&'a str],
    pub properties_with_history: &'a [&'a str],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Search<'a> {
    pub filter_groups: Vec<FilterGroup<'a>>,
    pub sorts: Vec<&'a str>,
    pub properties: &'a [&'a str],
    pub limit: u32,
    pub after: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct FilterGroup<'a> {
    pub filters: Vec<Filter<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter<'a> {
    pub property_name: &'a str,
    pub operator: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
pub(super) struct AssociationInput<'a> {
    pub from: IdInput<'a>,
    pub to: IdInput<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AssociatedFrom {
    pub id: Id,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssociatedTo {
    pub to_object_id: Id,
}

#[derive(Debug, Deserialize)]
pub(super) struct Associated {
    pub from: AssociatedFrom,
    pub to: Vec<AssociatedTo>,
}

/// The answer of creating associations; what they are is known already.
#[derive(Debug, Deserialize)]
pub(super) struct NothingRead {}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Owner {
    pub id: String,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Owners {
    pub results: Vec<Owner>,
    pub paging: Option<Paging>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Property {
    pub has_unique_value: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PropertyGroupCreate {
    pub name: &'static str,
    pub label: &'static str,
    pub display_order: i32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PropertyCreate {
    pub name: &'static str,
    pub label: &'static str,
    pub group_name: &'static str,
    pub description: &'static str,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub field_type: &'static str,
    pub has_unique_value: bool,
}

/// One event of a webhook.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HookEvent {
    pub portal_id: Option<Id>,
    pub subscription_type: String,
    pub object_type_id: Option<String>,
}
