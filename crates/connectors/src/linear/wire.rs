//! What Linear is asked and what it answers: GraphQL operations and their fragments, checked against the schema when compiled.
//! Only the fields that are read; mutations stand in `mutation`. No methods.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

#[cynic::schema("linear")]
pub(super) mod schema {}

cynic::impl_scalar!(Timestamp, schema::DateTime);
cynic::impl_scalar!(Date, schema::TimelessDate);

/// An instant in a filter, where a duration would be allowed too.
#[derive(cynic::Scalar, Debug, Clone)]
pub(super) struct DateTimeOrDuration(pub Timestamp);

/// The answer to any operation; errors were read before, by `error::classify`.
#[derive(Debug, Deserialize)]
pub(super) struct Answer<T> {
    pub data: Option<T>,
}

#[derive(cynic::Enum, Debug, Clone, Copy)]
#[cynic(schema = "linear", rename_all = "camelCase")]
pub(super) enum PaginationOrderBy {
    CreatedAt,
    UpdatedAt,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct PageInfo {
    pub end_cursor: Option<String>,
    pub has_next_page: bool,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct Organization {
    pub id: cynic::Id,
    pub name: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct User {
    pub id: cynic::Id,
    pub name: String,
    pub email: String,
    pub is_assignable: bool,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "User")]
pub(super) struct Assignee {
    pub id: cynic::Id,
    pub name: String,
    pub email: String,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(schema = "linear")]
pub(super) struct WorkflowState {
    pub id: cynic::Id,
    #[cynic(rename = "type")]
    pub kind: String,
    pub position: f64,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "WorkflowState")]
pub(super) struct IssueState {
    #[cynic(rename = "type")]
    pub kind: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct WorkflowStateConnection {
    pub nodes: Vec<WorkflowState>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Team")]
pub(super) struct TeamStates {
    #[arguments(first: 50)]
    pub states: WorkflowStateConnection,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct Team {
    pub id: cynic::Id,
    pub name: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct Issue {
    pub id: cynic::Id,
    pub title: String,
    pub priority: f64,
    pub due_date: Option<Date>,
    pub url: String,
    pub updated_at: Timestamp,
    pub trashed: Option<bool>,
    pub state: IssueState,
    pub assignee: Option<Assignee>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct IssueConnection {
    pub nodes: Vec<Issue>,
    pub page_info: PageInfo,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct TeamConnection {
    pub nodes: Vec<Team>,
    pub page_info: PageInfo,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct UserConnection {
    pub nodes: Vec<User>,
    pub page_info: PageInfo,
}

#[derive(cynic::InputObject, Debug)]
#[cynic(schema = "linear")]
pub(super) struct DateComparator {
    pub gte: Option<DateTimeOrDuration>,
}

#[derive(cynic::InputObject, Debug)]
#[cynic(schema = "linear", graphql_type = "IDComparator")]
pub(super) struct IdComparator {
    pub eq: Option<cynic::Id>,
}

#[derive(cynic::InputObject, Debug)]
#[cynic(schema = "linear")]
pub(super) struct BooleanComparator {
    pub eq: Option<bool>,
}

#[derive(cynic::InputObject, Debug)]
#[cynic(schema = "linear")]
pub(super) struct TeamFilter {
    pub id: Option<IdComparator>,
}

#[derive(cynic::InputObject, Debug)]
#[cynic(schema = "linear")]
pub(super) struct UserFilter {
    pub active: Option<BooleanComparator>,
}

#[derive(cynic::InputObject, Debug)]
#[cynic(schema = "linear")]
pub(super) struct IssueFilter {
    pub team: Option<TeamFilter>,
    pub updated_at: Option<DateComparator>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Query")]
pub(super) struct WhoseAccount {
    pub organization: Organization,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct ById<'a> {
    pub id: &'a str,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Query", variables = "ById")]
pub(super) struct OneIssue {
    #[arguments(id: $id)]
    pub issue: Issue,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Issue")]
pub(super) struct TeamOfIssue {
    pub team: TeamStates,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Query", variables = "ById")]
pub(super) struct StatesAroundIssue {
    #[arguments(id: $id)]
    pub issue: TeamOfIssue,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Query", variables = "ById")]
pub(super) struct StatesOfTeam {
    #[arguments(id: $id)]
    pub team: TeamStates,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct IssuesSince {
    pub after: Option<String>,
    pub filter: IssueFilter,
    pub first: i32,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Query", variables = "IssuesSince")]
pub(super) struct ChangedIssues {
    #[arguments(after: $after, filter: $filter, first: $first, includeArchived: true, orderBy: "updatedAt")]
    pub issues: IssueConnection,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct After {
    pub after: Option<String>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Query", variables = "After")]
pub(super) struct Teams {
    #[arguments(after: $after, first: 100)]
    pub teams: TeamConnection,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct UsersAfter {
    pub after: Option<String>,
    pub filter: UserFilter,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Query", variables = "UsersAfter")]
pub(super) struct Users {
    #[arguments(after: $after, filter: $filter, first: 100)]
    pub users: UserConnection,
}

/// The errors of an answer.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    pub errors: Vec<GraphqlError>,
}

#[derive(Debug, Deserialize)]
pub(super) struct GraphqlError {
    #[serde(default)]
    pub message: String,
    pub extensions: Option<Extensions>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Extensions {
    pub code: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub status_code: Option<u16>,
}

/// An inbound webhook, as far as it is a hint.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub kind: String,
    pub organization_id: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    pub webhook_timestamp: i64,
}
