//! Notion's objects as it writes them (version 2025-09-03), only fields that are read; and the bodies it is sent. No methods.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub results: Vec<T>,
    pub next_cursor: Option<String>,
    #[serde(default)]
    pub has_more: bool,
    pub request_status: Option<RequestStatus>,
}

/// Whether a query told all rows; it tells 10,000 at most.
#[derive(Debug, Deserialize)]
pub(super) struct RequestStatus {
    #[serde(rename = "type")]
    pub kind: String,
}

/// A row of a query. In a wiki other objects stand among them.
#[derive(Debug, Deserialize)]
#[serde(tag = "object", rename_all = "snake_case")]
pub(super) enum Row {
    Page(Box<Page>),
    #[serde(other)]
    Other,
}

/// A result of a search.
#[derive(Debug, Deserialize)]
#[serde(tag = "object", rename_all = "snake_case")]
pub(super) enum Found {
    DataSource(Box<Source>),
    #[serde(other)]
    Other,
}

/// Who calls: the integration's bot.
#[derive(Debug, Deserialize)]
pub(super) struct Me {
    pub id: String,
    pub name: Option<String>,
    #[serde(default)]
    pub bot: BotFacts,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct BotFacts {
    pub workspace_id: Option<String>,
    pub workspace_name: Option<String>,
}

/// A member, or somebody by id alone; a bot has no `person`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    pub id: String,
    pub name: Option<String>,
    pub person: Option<PersonFacts>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct PersonFacts {
    pub email: Option<String>,
}

/// A piece of rich text.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Text {
    #[serde(default)]
    pub plain_text: String,
}

/// A data source: the table of a database.
#[derive(Debug, Deserialize)]
pub(super) struct Source {
    pub id: String,
    #[serde(default)]
    pub title: Vec<Text>,
    #[serde(default)]
    pub in_trash: bool,
    #[serde(default)]
    pub properties: BTreeMap<String, Column>,
}

/// A column, by its name.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Column {
    #[serde(rename = "type")]
    pub kind: String,
    pub select: Option<Options>,
    pub status: Option<Options>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Options {
    #[serde(default)]
    pub options: Vec<Choice>,
    /// Of a status: to do, in progress, complete.
    #[serde(default)]
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Group {
    #[serde(default)]
    pub option_ids: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Page {
    pub id: String,
    pub last_edited_time: Timestamp,
    #[serde(default)]
    pub in_trash: bool,
    pub url: Option<String>,
    pub parent: Option<Parent>,
    #[serde(default)]
    pub properties: BTreeMap<String, Cell>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Parent {
    pub data_source_id: Option<String>,
}

/// A value, under the name of its kind. Kinds that are not read leave all empty.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Cell {
    #[serde(rename = "type", default)]
    pub kind: String,
    pub title: Option<Vec<Text>>,
    pub rich_text: Option<Vec<Text>>,
    pub number: Option<serde_json::Number>,
    pub checkbox: Option<bool>,
    pub select: Option<Choice>,
    pub status: Option<Choice>,
    pub multi_select: Option<Vec<Choice>>,
    pub people: Option<Vec<User>>,
    pub date: Option<Span>,
    pub url: Option<String>,
    pub email: Option<String>,
    pub phone_number: Option<String>,
}

/// A date or a time, or a span of them.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Span {
    #[serde(default)]
    pub start: String,
}

/// A block, as far as the own one is told from others.
#[derive(Debug, Deserialize)]
pub(super) struct Block {
    pub id: String,
    pub callout: Option<Callout>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Callout {
    #[serde(default)]
    pub rich_text: Vec<Text>,
}

/// Values by the columns' names.
pub(super) type Values = BTreeMap<String, Value>;

#[derive(Debug, Serialize)]
pub(super) struct NewPage<'a> {
    pub parent: NewParent<'a>,
    pub properties: &'a Values,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<NewBlock>,
}

#[derive(Debug, Serialize)]
pub(super) struct NewParent<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub data_source_id: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct PageUpdate<'a> {
    pub properties: &'a Values,
}

#[derive(Debug, Serialize)]
pub(super) struct PageEnd {
    pub in_trash: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct NewChildren<'a> {
    pub children: &'a [NewBlock],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<&'a str>,
}

/// A block to write: its content stands under its kind's name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct NewBlock {
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(flatten)]
    pub content: BTreeMap<&'static str, NewContent>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct NewContent {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rich_text: Option<Vec<NewText>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<Icon>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<NewBlock>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Icon {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub emoji: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct NewText {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub text: NewTextContent,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<&'static str, bool>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct NewTextContent {
    pub content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Link {
    pub url: String,
}

/// What a data source is asked for.
#[derive(Debug, Serialize)]
pub(super) struct Query<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Value>,
    pub sorts: [Sort; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_cursor: Option<&'a str>,
    pub page_size: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_trash: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Sort {
    pub timestamp: &'static str,
    pub direction: &'static str,
}

/// What a search is asked for.
#[derive(Debug, Serialize)]
pub(super) struct Search<'a> {
    pub filter: SearchFilter,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_cursor: Option<&'a str>,
    pub page_size: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct SearchFilter {
    pub property: &'static str,
    pub value: &'static str,
}

/// A webhook: an event, or the token by which a new subscription is verified.
#[derive(Deserialize)]
pub(super) struct Delivery {
    pub verification_token: Option<String>,
    pub id: Option<String>,
    #[serde(rename = "type", default)]
    pub kind: String,
    pub workspace_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ErrorBody {
    pub object: String,
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub message: String,
}
