//! monday.com's objects as it writes them, checked against the schema when compiled: only the fields that are read. What it is asked
//! stands in `query`, what it is told in `mutation`. No methods.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

#[cynic::schema("monday")]
pub(super) mod schema {}

cynic::impl_scalar!(Timestamp, schema::Date);

/// An instant in a request.
#[derive(cynic::Scalar, Debug, Clone)]
#[cynic(graphql_type = "ISO8601DateTime")]
pub(super) struct Instant(pub Timestamp);

/// Anything; what a caller writes into cells is JSON in a string.
#[derive(cynic::Scalar, Debug, Clone)]
#[cynic(graphql_type = "JSON")]
pub(super) struct Json(pub Value);

/// The answer to any operation; errors were read before, by `error::classify`.
#[derive(Debug, Deserialize)]
pub(super) struct Answer<T> {
    pub data: Option<T>,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) enum State {
    Active,
    All,
    Archived,
    Deleted,
    #[cynic(fallback)]
    Unknown,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) enum BoardObjectType {
    Board,
    CustomObject,
    Document,
    SubItemsBoard,
    #[cynic(fallback)]
    Unknown,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) enum ColumnType {
    Date,
    People,
    Status,
    Text,
    #[cynic(fallback)]
    Unknown,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) enum Kind {
    Agent,
    Person,
    Team,
    #[cynic(fallback)]
    Unknown,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday")]
pub(super) struct Account {
    pub id: cynic::Id,
    pub name: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "User")]
pub(super) struct Me {
    pub account: Account,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday")]
pub(super) struct User {
    pub id: cynic::Id,
    pub name: String,
    pub email: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday")]
pub(super) struct Group {
    pub id: cynic::Id,
    pub title: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Board")]
pub(super) struct BoardWithGroups {
    pub id: cynic::Id,
    pub name: String,
    #[cynic(rename = "type")]
    pub kind: Option<BoardObjectType>,
    pub groups: Option<Vec<Option<Group>>>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday")]
pub(super) struct Column {
    pub id: cynic::Id,
    pub title: String,
    #[cynic(rename = "type")]
    pub kind: ColumnType,
    pub settings: Option<Json>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Board")]
pub(super) struct BoardWithColumns {
    pub id: cynic::Id,
    #[arguments(types: [status, people, date, text])]
    pub columns: Option<Vec<Option<Column>>>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Column")]
pub(super) struct Heading {
    pub title: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) struct StatusValue {
    pub id: cynic::Id,
    pub column: Heading,
    pub label: Option<String>,
    pub is_done: Option<bool>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday")]
pub(super) struct PeopleEntity {
    pub id: cynic::Id,
    pub kind: Option<Kind>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) struct PeopleValue {
    pub id: cynic::Id,
    pub column: Heading,
    pub persons_and_teams: Option<Vec<PeopleEntity>>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday")]
pub(super) struct DateValue {
    pub id: cynic::Id,
    pub column: Heading,
    pub date: Option<String>,
}

#[derive(cynic::InlineFragments, Debug)]
#[cynic(schema = "monday")]
pub(super) enum ColumnValue {
    StatusValue(StatusValue),
    PeopleValue(PeopleValue),
    DateValue(DateValue),
    #[cynic(fallback)]
    Other,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) struct Item {
    pub id: cynic::Id,
    pub name: String,
    pub url: String,
    pub updated_at: Option<Timestamp>,
    #[arguments(types: [status, people, date])]
    pub column_values: Vec<ColumnValue>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "ItemsResponse")]
pub(super) struct ItemsPage {
    pub cursor: Option<String>,
    pub items: Vec<Item>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "ActivityLogType", rename_all = "snake_case")]
pub(super) struct Activity {
    pub event: String,
    /// JSON in a string.
    pub data: String,
    /// Ten-millionths of a second since 1970.
    pub created_at: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Board")]
pub(super) struct BoardId {
    pub id: cynic::Id,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Item")]
pub(super) struct Whereabouts {
    pub id: cynic::Id,
    pub state: Option<State>,
    pub board: Option<BoardId>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday")]
pub(super) struct Update {
    pub body: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Item", rename_all = "snake_case")]
pub(super) struct ItemWithUpdates {
    #[cynic(spread)]
    pub item: Item,
    #[arguments(limit: 100)]
    pub updates: Option<Vec<Update>>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday")]
pub(super) struct Complexity {
    pub after: i32,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "DailyLimit")]
pub(super) struct DailyLimit {
    pub total: Option<i32>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "PlatformApiDailyAnalyticsByDay")]
pub(super) struct CallsOfDay {
    pub day: String,
    pub usage: i32,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "DailyAnalytics", rename_all = "snake_case")]
pub(super) struct CallsByDay {
    pub by_day: Option<Vec<CallsOfDay>>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "PlatformApi", rename_all = "snake_case")]
pub(super) struct DailyBudget {
    pub daily_limit: Option<DailyLimit>,
    pub daily_analytics: Option<CallsByDay>,
}

/// An inbound webhook that asks for a handshake.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Challenge {
    pub challenge: String,
}

/// What the token of an inbound webhook says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Claims {
    pub account_id: Value,
    /// The address that it is meant for.
    pub aud: String,
    /// Seconds since 1970.
    pub iat: i64,
    pub exp: i64,
}
