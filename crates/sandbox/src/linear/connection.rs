//! Relay connections: archived or not, filtered, ordered, windowed by cursors. What is listed comes from elsewhere.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::failure::Failure;
use super::filter;
use super::node::Node;
use super::resolve::Found;
use super::world::{Attachment, Comment, Issue, Label, State, Team, User, Webhook, World};

const DEFAULT_SIZE: usize = 50;
const LARGEST_SIZE: usize = 250;

/// One page of a list.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub type_name: &'static str,
    nodes: Vec<Node>,
    page: Page,
}

/// Where the page stands in the list.
#[derive(Clone, Debug)]
pub(super) struct Page {
    start: Option<String>,
    end: Option<String>,
    has_next: bool,
    has_previous: bool,
}

impl Connection {
    pub(super) fn field(&self, name: &str) -> Option<Found> {
        match name {
            "nodes" => Some(Found::Nodes(self.nodes.clone())),
            "edges" => Some(Found::Nodes(self.nodes.iter().map(|node| Node::Edge(Box::new(node.clone()))).collect())),
            "pageInfo" => Some(Found::Node(Node::Page(self.page.clone()))),
            _ => None,
        }
    }
}

impl Page {
    pub(super) fn field(&self, name: &str) -> Option<Found> {
        let value = match name {
            "startCursor" => json!(self.start),
            "endCursor" => json!(self.end),
            "hasNextPage" => json!(self.has_next),
            "hasPreviousPage" => json!(self.has_previous),
            _ => return None,
        };
        Some(Found::Leaf(value))
    }
}

pub(super) fn edge_type(node: &Node) -> &'static str {
    match node {
        Node::User(_) => "UserEdge",
        Node::Team(_) => "TeamEdge",
        Node::State(_) => "WorkflowStateEdge",
        Node::Label(_) => "IssueLabelEdge",
        Node::Comment(_) => "CommentEdge",
        Node::Attachment(_) => "AttachmentEdge",
        Node::Webhook(_) => "WebhookEdge",
        _ => "IssueEdge",
    }
}

type Field = Result<Option<Found>, Failure>;

pub(super) fn users<'w>(world: &World, all: impl Iterator<Item = &'w User>, arguments: &Value) -> Field {
    list(world, "UserConnection", all.cloned().map(Node::User).collect(), arguments)
}

pub(super) fn teams<'w>(world: &World, all: impl Iterator<Item = &'w Team>, arguments: &Value) -> Field {
    list(world, "TeamConnection", all.cloned().map(Node::Team).collect(), arguments)
}

pub(super) fn states<'w>(world: &World, all: impl Iterator<Item = &'w State>, arguments: &Value) -> Field {
    list(world, "WorkflowStateConnection", all.cloned().map(Node::State).collect(), arguments)
}

pub(super) fn labels<'w>(world: &World, all: impl Iterator<Item = &'w Label>, arguments: &Value) -> Field {
    list(world, "IssueLabelConnection", all.cloned().map(Node::Label).collect(), arguments)
}

pub(super) fn issues<'w>(world: &World, all: impl Iterator<Item = &'w Issue>, arguments: &Value) -> Field {
    list(world, "IssueConnection", all.cloned().map(|one| Node::Issue(Box::new(one))).collect(), arguments)
}

pub(super) fn comments<'w>(world: &World, all: impl Iterator<Item = &'w Comment>, arguments: &Value) -> Field {
    list(world, "CommentConnection", all.cloned().map(Node::Comment).collect(), arguments)
}

pub(super) fn attachments<'w>(world: &World, all: impl Iterator<Item = &'w Attachment>, arguments: &Value) -> Field {
    list(world, "AttachmentConnection", all.cloned().map(Node::Attachment).collect(), arguments)
}

pub(super) fn webhooks<'w>(world: &World, all: impl Iterator<Item = &'w Webhook>, arguments: &Value) -> Field {
    list(world, "WebhookConnection", all.cloned().map(Node::Webhook).collect(), arguments)
}

/// Newest first, by `createdAt` or `updatedAt`; the id decides between equal times.
type Key = (Timestamp, String);

fn list(world: &World, type_name: &'static str, mut all: Vec<Node>, arguments: &Value) -> Field {
    let by_update = arguments["orderBy"] == "updatedAt";
    let key = |node: &Node| -> Key {
        let (created, updated) = node.times();
        (if by_update { updated } else { created }, node.id().to_owned())
    };
    all.sort_by_key(|node| std::cmp::Reverse(key(node)));
    let window = Window::read(arguments, |cursor| all.iter().find(|node| node.id() == cursor).map(key))?;
    let with_archived = arguments["includeArchived"] == true;
    let mut kept = Vec::new();
    for node in all {
        let archived = matches!(&node, Node::Issue(issue) if issue.archived_at.is_some());
        if (with_archived || !archived) && filter::matches(&arguments["filter"], &filter::view(world, &node))? {
            kept.push(node);
        }
    }
    let (nodes, has_previous, has_next) = window.cut(kept, key);
    let page = Page {
        start: nodes.first().map(|node| node.id().to_owned()),
        end: nodes.last().map(|node| node.id().to_owned()),
        has_next,
        has_previous,
    };
    Ok(Some(Found::Node(Node::Connection(Connection { type_name, nodes, page }))))
}

struct Window {
    after: Option<Key>,
    before: Option<Key>,
    /// From the end (`last`), not from the start (`first`).
    backward: bool,
    size: usize,
}

impl Window {
    fn read(arguments: &Value, find: impl Fn(&str) -> Option<Key>) -> Result<Self, Failure> {
        let cursor = |name: &str| match arguments[name].as_str() {
            None => Ok(None),
            Some(text) => find(text).map(Some).ok_or_else(|| Failure::argument(format!("{name} is no known cursor."))),
        };
        let size = |name: &str| match arguments[name].as_i64() {
            None => Ok(None),
            Some(size) => match usize::try_from(size) {
                Ok(size) if (1..=LARGEST_SIZE).contains(&size) => Ok(Some(size)),
                _ => Err(Failure::argument(format!("{name} must be between 1 and {LARGEST_SIZE}."))),
            },
        };
        let (first, last) = (size("first")?, size("last")?);
        Ok(Self {
            after: cursor("after")?,
            before: cursor("before")?,
            backward: first.is_none() && last.is_some(),
            size: first.or(last).unwrap_or(DEFAULT_SIZE),
        })
    }

    /// The page, and whether something stands before and behind it.
    fn cut(&self, kept: Vec<Node>, key: impl Fn(&Node) -> Key) -> (Vec<Node>, bool, bool) {
        let total = kept.len();
        let from = self.after.as_ref().map_or(0, |after| kept.partition_point(|node| key(node) >= *after));
        let to = self.before.as_ref().map_or(total, |before| kept.partition_point(|node| key(node) > *before)).max(from);
        let (from, to) = if self.backward { (to.saturating_sub(self.size).max(from), to) } else { (from, to.min(from + self.size)) };
        let page = kept.into_iter().skip(from).take(to - from).collect();
        (page, from > 0, to < total)
    }
}
