//! The bodies of requests, exactly as the descriptions have them: what they lack is refused, what is required must be there.
//! Schemas: `PublicApiSpecs/CRM/Contacts/Rollouts/424/v3/contacts.json` and its siblings, `Associations/130902/v4`, `Properties/145899/v3`.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};

use super::errors::{misfit, refuse};
use crate::kit::Refusal;

/// Property values: strings, whatever the property's type.
pub type Strings = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Create {
    pub properties: Strings,
    pub associations: Vec<Link>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateOne {
    pub properties: Strings,
    pub associations: Vec<Link>,
    pub object_write_trace_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub to: Id,
    pub types: Vec<LinkType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkType {
    pub association_category: Category,
    pub association_type_id: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    HubspotDefined,
    IntegratorDefined,
    UserDefined,
    Work,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Id {
    pub id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub properties: Strings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeOne {
    pub id: String,
    pub id_property: Option<String>,
    pub properties: Strings,
    pub object_write_trace_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch<T> {
    pub inputs: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadBatch {
    pub inputs: Vec<Id>,
    pub properties: Vec<String>,
    pub properties_with_history: Vec<String>,
    pub id_property: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Search {
    pub filter_groups: Vec<FilterGroup>,
    pub sorts: Vec<Sort>,
    pub properties: Vec<String>,
    pub limit: usize,
    pub after: String,
    pub query: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterGroup {
    pub filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    pub property_name: String,
    pub operator: Operator,
    pub value: Option<String>,
    pub high_value: Option<String>,
    pub values: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Operator {
    Between,
    ContainsToken,
    Eq,
    Gt,
    Gte,
    HasProperty,
    In,
    Lt,
    Lte,
    Neq,
    NotContainsToken,
    NotHasProperty,
    NotIn,
}

/// The description says strings; the guide shows objects. Both are taken.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Sort {
    Name(String),
    Direction(Direction),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Direction {
    pub property_name: String,
    pub direction: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Way {
    Ascending,
    Descending,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    pub id: String,
    pub after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub from: Id,
    pub to: Id,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Property {
    pub name: String,
    pub label: String,
    pub r#type: String,
    pub field_type: String,
    pub group_name: String,
    pub description: Option<String>,
    pub options: Option<Vec<PropertyOption>>,
    pub has_unique_value: Option<bool>,
    // The rest of the schema is taken, held to its types, and has no effect here.
    #[serde(rename = "hidden")]
    _hidden: Option<bool>,
    #[serde(rename = "formField")]
    _form_field: Option<bool>,
    #[serde(rename = "displayOrder")]
    _display_order: Option<i32>,
    #[serde(rename = "externalOptions")]
    _external_options: Option<bool>,
    #[serde(rename = "dataSensitivity")]
    _data_sensitivity: Option<String>,
    #[serde(rename = "numberDisplayHint")]
    _number_display_hint: Option<String>,
    #[serde(rename = "textDisplayHint")]
    _text_display_hint: Option<String>,
    #[serde(rename = "showCurrencySymbol")]
    _show_currency_symbol: Option<bool>,
    #[serde(rename = "currencyPropertyName")]
    _currency_property_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PropertyOption {
    pub label: String,
    pub value: String,
    pub hidden: bool,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(rename = "displayOrder")]
    _display_order: Option<i32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    pub name: String,
    pub label: String,
    pub display_order: Option<i32>,
}

/// Reads a JSON body, and nothing else.
pub fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Refusal> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media_type.split(';').next().map(str::trim) != Some("application/json") {
        let refusal = refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "VALIDATION_ERROR", "HTTP 415 Unsupported Media Type");
        return Err(refusal.as_misfit(&format!("media type {media_type}")));
    }
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("Invalid input JSON on line {}, column {}: {error}", error.line(), error.column());
        misfit(&message)
    })
}
