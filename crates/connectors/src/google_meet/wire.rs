//! What Google sends and takes, as far as it is read or written here (meet.v2.json, workspaceevents.v1.json, oauth2.v2.json).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `userinfo.get`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    pub id: String,
    pub email: Option<String>,
    pub name: Option<String>,
}

/// A page of `conferenceRecords.list`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Records {
    #[serde(default)]
    pub conference_records: Vec<Record>,
    pub next_page_token: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    /// `conferenceRecords/{id}`.
    pub name: String,
    pub start_time: Option<String>,
    /// Absent while the conference goes on.
    pub end_time: Option<String>,
    pub expire_time: Option<String>,
    pub space: Option<String>,
}

/// A page of what belongs to a record; each list method fills one of the lists.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Children {
    pub participants: Vec<Participant>,
    pub recordings: Vec<Artifact>,
    pub transcripts: Vec<Artifact>,
    pub smart_notes: Vec<Artifact>,
    pub transcript_entries: Vec<Entry>,
    pub next_page_token: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Participant {
    pub name: String,
    pub signedin_user: Option<Who>,
    pub anonymous_user: Option<Who>,
    pub phone_user: Option<Who>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Who {
    /// `users/{id}`, of those who were signed in.
    pub user: Option<String>,
    pub display_name: Option<String>,
}

/// A recording, a transcript or smart notes.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Artifact {
    pub name: String,
    pub state: Option<String>,
    pub start_time: Option<String>,
    pub end_time: Option<String>,
    /// Of a recording.
    pub drive_destination: Option<DriveDestination>,
    /// Of the others.
    pub docs_destination: Option<DocsDestination>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DriveDestination {
    pub file: Option<String>,
    pub export_uri: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocsDestination {
    pub document: Option<String>,
    pub export_uri: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    /// `conferenceRecords/{id}/participants/{id}`.
    pub participant: Option<String>,
    pub text: Option<String>,
    pub language_code: Option<String>,
    pub start_time: Option<String>,
    pub end_time: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Space {
    pub meeting_code: Option<String>,
    pub meeting_uri: Option<String>,
}

/// What `subscriptions.create` is asked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewSubscription<'a> {
    pub target_resource: &'a str,
    pub event_types: &'a [&'a str],
    pub notification_endpoint: Endpoint<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Endpoint<'a> {
    pub pubsub_topic: &'a str,
}

/// What `subscriptions.patch` is asked.
#[derive(Debug, Serialize)]
pub(super) struct Renewal {
    pub ttl: &'static str,
}

/// What changing subscriptions answers.
#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    #[serde(default)]
    pub done: bool,
    pub error: Option<OperationError>,
    pub response: Option<Subscription>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OperationError {
    pub code: Option<i64>,
}

/// A page of `subscriptions.list`.
#[derive(Debug, Deserialize)]
pub(super) struct Subscriptions {
    #[serde(default)]
    pub subscriptions: Vec<Subscription>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subscription {
    /// `subscriptions/{id}`.
    pub name: String,
    pub state: Option<String>,
    pub expire_time: Option<String>,
    pub notification_endpoint: Option<KnownEndpoint>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KnownEndpoint {
    pub pubsub_topic: Option<String>,
}

/// What a Pub/Sub push subscription posts.
#[derive(Debug, Deserialize)]
pub(super) struct Pushed {
    pub message: Message,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    pub message_id: String,
    /// Of the `CloudEvent`: `ce-type`, `ce-subject`, …
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// The error object of Google's APIs.
#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    pub error: FailureBody,
}

#[derive(Debug, Deserialize)]
pub(super) struct FailureBody {
    pub status: Option<String>,
    #[serde(default)]
    pub errors: Vec<FailureReason>,
    #[serde(default)]
    pub details: Vec<FailureReason>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FailureReason {
    pub reason: Option<String>,
}
