//! What Linear is asked and what it answers: GraphQL operations and their fragments, checked against the schema when compiled.
//! Only the fields that are read. No methods.

use cynic::coercions::CoercesTo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

#[cynic::schema("linear")]
pub(super) mod schema {}

cynic::impl_scalar!(Timestamp, schema::DateTime);
cynic::impl_scalar!(Date, schema::TimelessDate);

/// An instant in a filter, where a duration would be allowed too.
#[derive(cynic::Scalar, Debug, Clone)]
pub(super) struct DateTimeOrDuration(pub Timestamp);

/// In an update: a new value, or `null` to clear the old one. Around it, an absent `Option` leaves the old one as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct OrNull<T>(pub Option<T>);

impl CoercesTo<String> for OrNull<String> {}
impl CoercesTo<schema::TimelessDate> for OrNull<Date> {}

impl cynic::schema::IsScalar<String> for OrNull<String> {
    type SchemaType = String;
}

impl cynic::schema::IsScalar<schema::TimelessDate> for OrNull<Date> {
    type SchemaType = schema::TimelessDate;
}

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

#[derive(cynic::InputObject, Debug, Clone, PartialEq)]
#[cynic(schema = "linear")]
pub(super) struct IssueCreateInput {
    pub id: Option<String>,
    pub team_id: String,
    pub title: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub state_id: Option<String>,
    pub priority: Option<i32>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Date>,
}

/// Only what changed is sent, so that nobody's edit of another field is undone.
#[derive(cynic::InputObject, Debug, Clone, Default, PartialEq)]
#[cynic(schema = "linear")]
pub(super) struct IssueUpdateInput {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<OrNull<String>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub state_id: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub due_date: Option<OrNull<Date>>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct IssuePayload {
    pub issue: Option<Issue>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct NewIssue {
    pub input: IssueCreateInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Mutation", variables = "NewIssue")]
pub(super) struct CreateIssue {
    #[arguments(input: $input)]
    pub issue_create: IssuePayload,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct ChangedIssue<'a> {
    pub id: &'a str,
    pub input: IssueUpdateInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Mutation", variables = "ChangedIssue")]
pub(super) struct UpdateIssue {
    #[arguments(id: $id, input: $input)]
    pub issue_update: IssuePayload,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct IssueArchivePayload {
    pub success: bool,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Mutation", variables = "ById")]
pub(super) struct DeleteIssue {
    #[arguments(id: $id)]
    pub issue_delete: IssueArchivePayload,
}

#[derive(cynic::InputObject, Debug, Clone, PartialEq)]
#[cynic(schema = "linear")]
pub(super) struct AttachmentCreateInput {
    pub issue_id: String,
    pub title: String,
    pub subtitle: Option<String>,
    pub url: String,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct NewAttachment {
    pub input: AttachmentCreateInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct AttachmentPayload {
    pub success: bool,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Mutation", variables = "NewAttachment")]
pub(super) struct Attach {
    #[arguments(input: $input)]
    pub attachment_create: AttachmentPayload,
}

#[derive(cynic::InputObject, Clone)]
#[cynic(schema = "linear")]
pub(super) struct WebhookCreateInput {
    pub id: Option<String>,
    pub label: Option<String>,
    pub url: String,
    pub secret: Option<String>,
    pub resource_types: Vec<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub all_public_teams: Option<bool>,
}

#[derive(cynic::QueryVariables)]
pub(super) struct NewWebhook {
    pub input: WebhookCreateInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct WebhookPayload {
    pub success: bool,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Mutation", variables = "NewWebhook")]
pub(super) struct CreateWebhook {
    #[arguments(input: $input)]
    pub webhook_create: WebhookPayload,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear")]
pub(super) struct DeletePayload {
    pub success: bool,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "linear", graphql_type = "Mutation", variables = "ById")]
pub(super) struct DeleteWebhook {
    #[arguments(id: $id)]
    pub webhook_delete: DeletePayload,
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
