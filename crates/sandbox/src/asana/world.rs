//! What Asana holds: workspaces, people, projects with their priority field, tasks, the log of events, webhooks. Knows no HTTP.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub workspaces: Vec<Workspace>,
    pub users: Vec<User>,
    pub projects: Vec<Project>,
    pub priority: Field,
    pub tasks: Vec<Task>,
    pub log: Vec<Logged>,
    pub webhooks: Vec<Webhook>,
    /// The last id that was given out.
    pub last_gid: u64,
}

#[derive(Debug)]
pub(super) struct Workspace {
    pub gid: String,
    pub name: String,
}

/// Everybody is in every workspace.
#[derive(Debug)]
pub(super) struct User {
    pub gid: String,
    pub name: String,
    pub email: String,
}

#[derive(Debug)]
pub(super) struct Project {
    pub gid: String,
    pub name: String,
    pub workspace: String,
    pub archived: bool,
    /// Whether its tasks have the priority field.
    pub has_priority: bool,
    pub created_at: Timestamp,
}

/// The custom field "Priority" as Asana's template makes it.
#[derive(Debug)]
pub(super) struct Field {
    pub gid: String,
    /// Id and name.
    pub options: Vec<(String, &'static str)>,
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    pub gid: String,
    pub workspace: String,
    pub projects: Vec<String>,
    pub name: String,
    pub notes: String,
    pub assignee: Option<String>,
    pub due_on: Option<Date>,
    pub completed_at: Option<Timestamp>,
    /// An option of the priority field.
    pub priority: Option<String>,
    pub external: Option<External>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    pub trashed: bool,
}

/// Data that one app sees alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct External {
    pub client: String,
    pub gid: Option<String>,
    pub data: Option<String>,
}

/// An event, for everybody who follows one of these resources.
#[derive(Debug)]
pub(super) struct Logged {
    pub resources: Vec<String>,
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub at: Timestamp,
    pub user: String,
    pub action: &'static str,
    /// `task` or `story`.
    pub kind: &'static str,
    pub gid: String,
    pub name: String,
    /// Id and kind of what it was added to or removed from.
    pub parent: Option<(String, &'static str)>,
    /// The field that changed.
    pub field: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub gid: String,
    pub resource: String,
    pub target: String,
    pub secret: String,
    pub owner: String,
    pub client: String,
    pub filters: Vec<Value>,
    pub created_at: Timestamp,
}

impl World {
    pub(super) fn new_gid(&mut self) -> String {
        self.last_gid += 1;
        self.last_gid.to_string()
    }

    pub(super) fn user(&self, gid: &str) -> Option<&User> {
        self.users.iter().find(|user| user.gid == gid)
    }

    /// By id, e-mail, or `me`.
    pub(super) fn user_named(&self, text: &str, me: &str) -> Option<&User> {
        let wanted = if text == "me" { me } else { text };
        self.users.iter().find(|user| user.gid == wanted || user.email == wanted)
    }

    pub(super) fn workspace(&self, gid: &str) -> Option<&Workspace> {
        self.workspaces.iter().find(|workspace| workspace.gid == gid)
    }

    pub(super) fn project(&self, gid: &str) -> Option<&Project> {
        self.projects.iter().find(|project| project.gid == gid)
    }

    pub(super) fn project_called(&self, name: &str) -> Option<&Project> {
        self.projects.iter().find(|project| project.name == name)
    }

    /// A task that is not in the trash, by its id or by the id that this app gave it.
    pub(super) fn task(&self, id: &str, client: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| !task.trashed && task.answers_to(id, client))
    }

    pub(super) fn task_mut(&mut self, gid: &str) -> Option<&mut Task> {
        self.tasks.iter_mut().find(|task| task.gid == gid)
    }

    pub(super) fn has_priority(&self, task: &Task) -> bool {
        task.projects.iter().any(|gid| self.project(gid).is_some_and(|project| project.has_priority))
    }

    pub(super) fn option_name(&self, option: &str) -> Option<&'static str> {
        self.priority.options.iter().find(|(gid, _)| gid == option).map(|(_, name)| *name)
    }
}

impl Task {
    fn answers_to(&self, id: &str, client: &str) -> bool {
        match id.strip_prefix("external:") {
            Some(ours) => self.external.as_ref().is_some_and(|known| known.client == client && known.gid.as_deref() == Some(ours)),
            None => self.gid == id,
        }
    }
}
