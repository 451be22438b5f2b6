//! What exists at the emulated Linear, and how it is found. No GraphQL, no HTTP.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::failure::Failure;

#[derive(Clone, Debug)]
pub(super) struct User {
    pub id: String,
    pub name: String,
    pub email: String,
    pub admin: bool,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct Team {
    pub id: String,
    pub key: String,
    pub name: String,
    /// Ids of users.
    pub members: Vec<String>,
    pub created_at: Timestamp,
    /// The number that the next issue gets.
    pub next_number: u32,
}

/// What a workflow state means; the words are Linear's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StateKind {
    Backlog,
    Unstarted,
    Started,
    Completed,
    Canceled,
}

impl StateKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Backlog => "backlog",
            Self::Unstarted => "unstarted",
            Self::Started => "started",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct State {
    pub id: String,
    pub team: String,
    pub name: String,
    pub kind: StateKind,
    pub position: f64,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct Label {
    pub id: String,
    /// `None`: a label of the whole workspace.
    pub team: Option<String>,
    pub name: String,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct Issue {
    pub id: String,
    pub number: u32,
    pub team: String,
    pub title: String,
    pub description: Option<String>,
    pub state: String,
    pub assignee: Option<String>,
    pub creator: Option<String>,
    pub parent: Option<String>,
    pub priority: u8,
    pub estimate: Option<i64>,
    pub due_date: Option<Date>,
    pub labels: Vec<String>,
    pub sort_order: f64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    pub canceled_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
    pub trashed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Comment {
    pub id: String,
    pub issue: String,
    pub parent: Option<String>,
    pub body: String,
    pub user: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct Attachment {
    pub id: String,
    pub issue: String,
    pub title: String,
    pub subtitle: Option<String>,
    pub url: String,
    pub metadata: Value,
    pub group_by_source: bool,
    pub creator: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub id: String,
    pub url: String,
    pub label: Option<String>,
    pub secret: String,
    pub enabled: bool,
    pub resource_types: Vec<String>,
    /// `None`: all public teams.
    pub team: Option<String>,
    pub creator: Option<String>,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub organization: String,
    pub organization_name: String,
    pub url_key: String,
    pub created_at: Timestamp,
    pub users: Vec<User>,
    pub teams: Vec<Team>,
    pub states: Vec<State>,
    pub labels: Vec<Label>,
    pub issues: Vec<Issue>,
    pub comments: Vec<Comment>,
    pub attachments: Vec<Attachment>,
    pub webhooks: Vec<Webhook>,
    /// Grows with every change.
    pub sync_id: u64,
}

impl World {
    pub(super) fn user(&self, id: &str) -> Result<&User, Failure> {
        self.users.iter().find(|user| user.id == id).ok_or_else(|| Failure::not_found("User"))
    }

    pub(super) fn team(&self, id: &str) -> Result<&Team, Failure> {
        self.teams.iter().find(|team| team.id == id).ok_or_else(|| Failure::not_found("Team"))
    }

    pub(super) fn state(&self, id: &str) -> Result<&State, Failure> {
        self.states.iter().find(|state| state.id == id).ok_or_else(|| Failure::not_found("WorkflowState"))
    }

    pub(super) fn label(&self, id: &str) -> Result<&Label, Failure> {
        self.labels.iter().find(|label| label.id == id).ok_or_else(|| Failure::not_found("IssueLabel"))
    }

    /// By id or identifier (`DEMO-12`), archived and trashed ones too.
    pub(super) fn issue(&self, reference: &str) -> Result<&Issue, Failure> {
        let found = self.issues.iter().find(|issue| issue.id == reference || self.identifier(issue) == reference);
        found.ok_or_else(|| Failure::not_found("Issue"))
    }

    /// An issue that can still be changed: what lies in the trash cannot.
    pub(super) fn live_issue(&self, reference: &str) -> Result<&Issue, Failure> {
        self.issue(reference).ok().filter(|issue| !issue.trashed).ok_or_else(|| Failure::not_found("Issue"))
    }

    pub(super) fn identifier(&self, issue: &Issue) -> String {
        let key = self.team(&issue.team).map_or("", |team| &team.key);
        format!("{key}-{}", issue.number)
    }

    pub(super) fn url(&self, issue: &Issue) -> String {
        let slug: String = issue.title.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
        format!("https://linear.app/{}/issue/{}/{slug}", self.url_key, self.identifier(issue))
    }

    /// The state that new issues of a team start in.
    pub(super) fn first_state(&self, team: &str) -> Result<&State, Failure> {
        let states = self.states.iter().filter(|state| state.team == team && state.kind == StateKind::Backlog);
        states.min_by(|a, b| a.position.total_cmp(&b.position)).ok_or_else(|| Failure::not_found("WorkflowState"))
    }

    /// Gives the issue the next number of its team, and keeps it.
    pub(super) fn add_issue(&mut self, issue: &mut Issue) -> u64 {
        if let Some(team) = self.teams.iter_mut().find(|team| team.id == issue.team) {
            issue.number = team.next_number;
            team.next_number += 1;
        }
        self.issues.push(issue.clone());
        self.bump()
    }

    pub(super) fn bump(&mut self) -> u64 {
        self.sync_id += 1;
        self.sync_id
    }
}
