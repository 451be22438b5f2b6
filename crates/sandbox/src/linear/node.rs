//! The objects of the graph and their fields. What is asked of the roots, and what changes, is elsewhere.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::connection::{self, Connection, Page};
use super::failure::Failure;
use super::resolve::{Context, Found};
use super::world::{Attachment, Comment, Issue, Label, State, Team, User, Webhook, World};

/// One object of the graph.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Query,
    Mutation,
    Organization,
    User(User),
    Team(Team),
    State(State),
    Label(Label),
    Issue(Box<Issue>),
    Comment(Comment),
    Attachment(Attachment),
    Webhook(Webhook),
    Connection(Connection),
    Edge(Box<Node>),
    Page(Page),
    Payload(Payload),
}

/// The answer to a mutation.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    pub type_name: &'static str,
    pub sync_id: u64,
    /// Name of the field that holds the entity, and the entity.
    pub entity: Option<(&'static str, Box<Node>)>,
    /// Of deletions.
    pub entity_id: Option<String>,
}

/// Milliseconds and `Z`, as Linear writes times.
pub(super) fn stamp(time: Timestamp) -> Value {
    json!(time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

pub(super) fn stamp_or_null(time: Option<Timestamp>) -> Value {
    time.map_or(Value::Null, stamp)
}

type Field = Result<Option<Found>, Failure>;

#[expect(clippy::unnecessary_wraps, reason = "reads as the other outcomes of a field do")]
fn leaf(value: Value) -> Field {
    Ok(Some(Found::Leaf(value)))
}

impl Node {
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Organization => "Organization",
            Self::User(_) => "User",
            Self::Team(_) => "Team",
            Self::State(_) => "WorkflowState",
            Self::Label(_) => "IssueLabel",
            Self::Issue(_) => "Issue",
            Self::Comment(_) => "Comment",
            Self::Attachment(_) => "Attachment",
            Self::Webhook(_) => "Webhook",
            Self::Connection(connection) => connection.type_name,
            Self::Edge(node) => connection::edge_type(node),
            Self::Page(_) => "PageInfo",
            Self::Payload(payload) => payload.type_name,
        }
    }

    /// The id, which is also the cursor.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::User(one) => &one.id,
            Self::Team(one) => &one.id,
            Self::State(one) => &one.id,
            Self::Label(one) => &one.id,
            Self::Issue(one) => &one.id,
            Self::Comment(one) => &one.id,
            Self::Attachment(one) => &one.id,
            Self::Webhook(one) => &one.id,
            _ => "",
        }
    }

    /// Created, updated.
    pub(super) fn times(&self) -> (Timestamp, Timestamp) {
        match self {
            Self::User(one) => (one.created_at, one.created_at),
            Self::Team(one) => (one.created_at, one.created_at),
            Self::State(one) => (one.created_at, one.created_at),
            Self::Label(one) => (one.created_at, one.created_at),
            Self::Issue(one) => (one.created_at, one.updated_at),
            Self::Comment(one) => (one.created_at, one.updated_at),
            Self::Attachment(one) => (one.created_at, one.updated_at),
            Self::Webhook(one) => (one.created_at, one.created_at),
            _ => (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH),
        }
    }

    /// `Ok(None)`: this field is not emulated.
    pub(super) fn field(&self, context: &Context<'_>, name: &str, arguments: &Value) -> Field {
        match (self, name) {
            (Self::Connection(connection), _) => return Ok(connection.field(name)),
            (Self::Page(page), _) => return Ok(page.field(name)),
            (Self::Edge(node), "node") => return Ok(Some(Found::Node((**node).clone()))),
            (Self::Edge(node), "cursor") => return leaf(json!(node.id())),
            (Self::Payload(payload), _) => return Ok(payload.field(name)),
            (Self::Query | Self::Mutation | Self::Edge(_), _) => return Ok(None),
            (Self::Organization, _) => {}
            (_, "id") => return leaf(json!(self.id())),
            (_, "createdAt") => return leaf(stamp(self.times().0)),
            (_, "updatedAt") => return leaf(stamp(self.times().1)),
            (Self::Issue(issue), "archivedAt") => return leaf(stamp_or_null(issue.archived_at)),
            (_, "archivedAt") => return leaf(Value::Null),
            _ => {}
        }
        let world = context.linear.world();
        match self {
            Self::Organization => organization(&world, name, arguments),
            Self::User(user) => self::user(&world, context, user, name, arguments),
            Self::Team(team) => self::team(&world, team, name, arguments),
            Self::State(state) => self::state(&world, state, name),
            Self::Label(label) => self::label(&world, label, name),
            Self::Issue(issue) => self::issue(&world, issue, name, arguments),
            Self::Comment(comment) => self::comment(&world, comment, name),
            Self::Attachment(attachment) => self::attachment(&world, attachment, name),
            Self::Webhook(webhook) => self::webhook(&world, webhook, name),
            _ => Ok(None),
        }
    }
}

impl Payload {
    fn field(&self, name: &str) -> Option<Found> {
        match name {
            "success" => Some(Found::Leaf(json!(true))),
            "lastSyncId" => Some(Found::Leaf(json!(self.sync_id))),
            "entityId" => self.entity_id.as_ref().map(|id| Found::Leaf(json!(id))),
            _ => self.entity.as_ref().filter(|(field, _)| *field == name).map(|(_, node)| Found::Node((**node).clone())),
        }
    }
}

fn organization(world: &World, name: &str, arguments: &Value) -> Field {
    match name {
        "id" => leaf(json!(world.organization)),
        "name" => leaf(json!(world.organization_name)),
        "urlKey" => leaf(json!(world.url_key)),
        "createdAt" | "updatedAt" => leaf(stamp(world.created_at)),
        "logoUrl" | "archivedAt" => leaf(Value::Null),
        "userCount" => leaf(json!(world.users.len())),
        "teams" => connection::teams(world, world.teams.iter(), arguments),
        "users" => connection::users(world, world.users.iter(), arguments),
        "labels" => connection::labels(world, world.labels.iter(), arguments),
        _ => Ok(None),
    }
}

fn user(world: &World, context: &Context<'_>, user: &User, name: &str, arguments: &Value) -> Field {
    match name {
        "name" | "displayName" => leaf(json!(user.name)),
        "email" => leaf(json!(user.email)),
        "active" | "isAssignable" => leaf(json!(true)),
        "admin" => leaf(json!(user.admin)),
        "app" | "guest" => leaf(json!(false)),
        "isMe" => leaf(json!(user.id == context.caller.account.id)),
        "url" => leaf(json!(format!("https://linear.app/{}/profiles/{}", world.url_key, user.email))),
        "timezone" => leaf(json!("UTC")),
        "organization" => Ok(Some(Found::Node(Node::Organization))),
        "teams" => connection::teams(world, world.teams.iter().filter(|team| team.members.contains(&user.id)), arguments),
        "assignedIssues" => {
            let assigned = world.issues.iter().filter(|issue| issue.assignee.as_ref() == Some(&user.id));
            connection::issues(world, assigned, arguments)
        }
        _ => Ok(None),
    }
}

fn team(world: &World, team: &Team, name: &str, arguments: &Value) -> Field {
    match name {
        "key" => leaf(json!(team.key)),
        "name" | "displayName" => leaf(json!(team.name)),
        "description" | "icon" => leaf(Value::Null),
        "color" => leaf(json!("#5e6ad2")),
        "timezone" => leaf(json!("UTC")),
        "organization" => Ok(Some(Found::Node(Node::Organization))),
        "defaultIssueState" => Ok(Some(Found::Node(Node::State(world.first_state(&team.id)?.clone())))),
        "states" => connection::states(world, world.states.iter().filter(|state| state.team == team.id), arguments),
        "members" => connection::users(world, world.users.iter().filter(|user| team.members.contains(&user.id)), arguments),
        "labels" => {
            let of_team = world.labels.iter().filter(|label| label.team.as_ref().is_none_or(|of| *of == team.id));
            connection::labels(world, of_team, arguments)
        }
        "issues" => connection::issues(world, world.issues.iter().filter(|issue| issue.team == team.id), arguments),
        _ => Ok(None),
    }
}

fn state(world: &World, state: &State, name: &str) -> Field {
    match name {
        "name" => leaf(json!(state.name)),
        "type" => leaf(json!(state.kind.name())),
        "color" => leaf(json!("#bec2c8")),
        "description" => leaf(Value::Null),
        "position" => leaf(json!(state.position)),
        "team" => Ok(Some(Found::Node(Node::Team(world.team(&state.team)?.clone())))),
        _ => Ok(None),
    }
}

fn label(world: &World, label: &Label, name: &str) -> Field {
    match name {
        "name" => leaf(json!(label.name)),
        "color" => leaf(json!("#eb5757")),
        "description" => leaf(Value::Null),
        "isGroup" => leaf(json!(false)),
        "team" => optional(label.team.as_deref().map(|id| world.team(id).cloned().map(Node::Team))),
        _ => Ok(None),
    }
}

fn issue(world: &World, issue: &Issue, name: &str, arguments: &Value) -> Field {
    match name {
        "identifier" => leaf(json!(world.identifier(issue))),
        "number" => leaf(json!(issue.number)),
        "title" => leaf(json!(issue.title)),
        "description" => leaf(json!(issue.description)),
        "priority" => leaf(json!(issue.priority)),
        "priorityLabel" => leaf(json!(priority_label(issue.priority))),
        "estimate" => leaf(json!(issue.estimate)),
        "dueDate" => leaf(json!(issue.due_date)),
        "url" => leaf(json!(world.url(issue))),
        "branchName" => leaf(json!(world.identifier(issue).to_lowercase())),
        "sortOrder" => leaf(json!(issue.sort_order)),
        "startedAt" => leaf(stamp_or_null(issue.started_at)),
        "completedAt" => leaf(stamp_or_null(issue.completed_at)),
        "canceledAt" => leaf(stamp_or_null(issue.canceled_at)),
        "trashed" => leaf(if issue.trashed { json!(true) } else { Value::Null }),
        "labelIds" => leaf(json!(issue.labels)),
        "previousIdentifiers" => leaf(json!([])),
        "team" => Ok(Some(Found::Node(Node::Team(world.team(&issue.team)?.clone())))),
        "state" => Ok(Some(Found::Node(Node::State(world.state(&issue.state)?.clone())))),
        "assignee" => optional(issue.assignee.as_deref().map(|id| world.user(id).cloned().map(Node::User))),
        "creator" => optional(issue.creator.as_deref().map(|id| world.user(id).cloned().map(Node::User))),
        "parent" => optional(issue.parent.as_deref().map(|id| world.issue(id).cloned().map(|one| Node::Issue(Box::new(one))))),
        "labels" => connection::labels(world, world.labels.iter().filter(|label| issue.labels.contains(&label.id)), arguments),
        "comments" => connection::comments(world, world.comments.iter().filter(|one| one.issue == issue.id), arguments),
        "attachments" => connection::attachments(world, world.attachments.iter().filter(|one| one.issue == issue.id), arguments),
        _ => Ok(None),
    }
}

fn comment(world: &World, comment: &Comment, name: &str) -> Field {
    match name {
        "body" => leaf(json!(comment.body)),
        "url" => leaf(json!(format!("{}#comment-{}", world.url(world.issue(&comment.issue)?), &comment.id[..8]))),
        "editedAt" => leaf(Value::Null),
        "issueId" => leaf(json!(comment.issue)),
        "parentId" => leaf(json!(comment.parent)),
        "issue" => Ok(Some(Found::Node(Node::Issue(Box::new(world.issue(&comment.issue)?.clone()))))),
        "user" => optional(comment.user.as_deref().map(|id| world.user(id).cloned().map(Node::User))),
        _ => Ok(None),
    }
}

fn attachment(world: &World, attachment: &Attachment, name: &str) -> Field {
    match name {
        "title" => leaf(json!(attachment.title)),
        "subtitle" => leaf(json!(attachment.subtitle)),
        "url" => leaf(json!(attachment.url)),
        "metadata" => leaf(attachment.metadata.clone()),
        "sourceType" => leaf(json!("api")),
        "groupBySource" => leaf(json!(attachment.group_by_source)),
        "issue" => Ok(Some(Found::Node(Node::Issue(Box::new(world.issue(&attachment.issue)?.clone()))))),
        "creator" => optional(attachment.creator.as_deref().map(|id| world.user(id).cloned().map(Node::User))),
        _ => Ok(None),
    }
}

fn webhook(world: &World, webhook: &Webhook, name: &str) -> Field {
    match name {
        "label" => leaf(json!(webhook.label)),
        "url" => leaf(json!(webhook.url)),
        "enabled" => leaf(json!(webhook.enabled)),
        "secret" => leaf(json!(webhook.secret)),
        "resourceTypes" => leaf(json!(webhook.resource_types)),
        "allPublicTeams" => leaf(json!(webhook.team.is_none())),
        "team" => optional(webhook.team.as_deref().map(|id| world.team(id).cloned().map(Node::Team))),
        "creator" => optional(webhook.creator.as_deref().map(|id| world.user(id).cloned().map(Node::User))),
        _ => Ok(None),
    }
}

fn optional(node: Option<Result<Node, Failure>>) -> Field {
    Ok(Some(node.transpose()?.map_or(Found::Nothing, Found::Node)))
}

pub(super) fn priority_label(priority: u8) -> &'static str {
    match priority {
        1 => "Urgent",
        2 => "High",
        3 => "Medium",
        4 => "Low",
        _ => "No priority",
    }
}
