//! What Linear is told to do: mutations and their inputs, checked against the schema when compiled. No methods.

use cynic::coercions::CoercesTo;
use jiff::civil::Date;
use serde::Serialize;

use super::wire::{ByIdFields, Issue, schema};

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
