//! A change of an issue, whoever makes it: checks it against the world, applies it, and tells what was there before.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::node::{stamp, stamp_or_null};
use super::world::{Issue, StateKind, World};

/// What becomes of a field that may be empty. In JSON: absent, null, or a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Patch<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T: Clone> Patch<T> {
    fn on(&self, before: Option<&T>) -> Option<T> {
        match self {
            Self::Keep => before.cloned(),
            Self::Clear => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

/// `None`: stays as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    pub title: Option<String>,
    pub description: Patch<String>,
    pub state: Option<String>,
    pub assignee: Patch<String>,
    pub priority: Option<i64>,
    pub due_date: Patch<Date>,
    pub labels: Option<Vec<String>>,
    pub estimate: Patch<i64>,
    pub parent: Patch<String>,
    pub sort_order: Option<f64>,
    pub archived: bool,
    pub trashed: bool,
}

impl World {
    /// Applies a change; returns `updatedFrom` (empty when nothing differed).
    pub(super) fn apply(&mut self, id: &str, change: &Change, now: Timestamp) -> Result<Map<String, Value>, Failure> {
        let before = self.live_issue(id)?.clone();
        self.check(&before.team, change)?;
        let mut after = before.clone();
        if let Some(title) = &change.title {
            after.title.clone_from(title);
        }
        if let Some(priority) = change.priority {
            after.priority = u8::try_from(priority).unwrap_or_default();
        }
        if let Some(labels) = &change.labels {
            after.labels.clone_from(labels);
        }
        after.description = change.description.on(before.description.as_ref());
        after.assignee = change.assignee.on(before.assignee.as_ref());
        after.parent = change.parent.on(before.parent.as_ref());
        after.due_date = change.due_date.on(before.due_date.as_ref());
        after.estimate = change.estimate.on(before.estimate.as_ref());
        after.sort_order = change.sort_order.unwrap_or(before.sort_order);
        if let Some(state) = &change.state {
            let kind = self.state(state)?.kind;
            after.state.clone_from(state);
            enter(&mut after, kind, now);
        }
        if change.archived || change.trashed {
            after.archived_at = Some(now);
            after.trashed = change.trashed;
        }
        let updated_from = difference(&before, &after);
        if !updated_from.is_empty() {
            after.updated_at = now;
            self.bump();
            if let Some(issue) = self.issues.iter_mut().find(|issue| issue.id == before.id) {
                *issue = after;
            }
        }
        Ok(updated_from)
    }

    /// Is everything that the change names there, and does it belong to the team?
    pub(super) fn check(&self, team: &str, change: &Change) -> Result<(), Failure> {
        if change.title.as_ref().is_some_and(|title| title.trim().is_empty()) {
            return Err(Failure::argument("title should not be empty."));
        }
        if change.priority.is_some_and(|priority| !(0..=4).contains(&priority)) {
            return Err(Failure::argument("priority must be between 0 and 4."));
        }
        if let Some(state) = &change.state
            && self.state(state)?.team != team
        {
            let text = "The workflow state does not belong to the team of the issue.";
            return Err(Failure::input("Discrepancy between issue team and state", text));
        }
        if let Patch::Set(assignee) = &change.assignee {
            self.user(assignee)?;
        }
        if let Patch::Set(parent) = &change.parent {
            self.issue(parent)?;
        }
        for label in change.labels.iter().flatten() {
            let label = self.label(label)?;
            if label.team.as_ref().is_some_and(|of| of != team) {
                let text = "The label does not belong to the team of the issue.";
                return Err(Failure::input("Discrepancy between issue team and label", text));
            }
        }
        Ok(())
    }
}

/// Entering a state sets and clears the times that go with it.
pub(super) fn enter(issue: &mut Issue, kind: StateKind, now: Timestamp) {
    issue.completed_at = (kind == StateKind::Completed).then(|| issue.completed_at.unwrap_or(now));
    issue.canceled_at = (kind == StateKind::Canceled).then(|| issue.canceled_at.unwrap_or(now));
    match kind {
        StateKind::Backlog | StateKind::Unstarted => issue.started_at = None,
        StateKind::Started | StateKind::Completed => issue.started_at = issue.started_at.or(Some(now)),
        StateKind::Canceled => {}
    }
}

/// The old values of the fields that differ, as a webhook's `updatedFrom` has them.
fn difference(before: &Issue, after: &Issue) -> Map<String, Value> {
    let (old, new) = (comparable(before), comparable(after));
    let mut changed = Map::new();
    for ((name, was), (_, is)) in old.into_iter().zip(new) {
        if was != is {
            changed.insert(name.to_owned(), was);
        }
    }
    if !changed.is_empty() {
        changed.insert("updatedAt".into(), stamp(before.updated_at));
    }
    changed
}

fn comparable(issue: &Issue) -> Vec<(&'static str, Value)> {
    vec![
        ("title", json!(issue.title)),
        ("description", json!(issue.description)),
        ("stateId", json!(issue.state)),
        ("assigneeId", json!(issue.assignee)),
        ("priority", json!(issue.priority)),
        ("dueDate", json!(issue.due_date)),
        ("labelIds", json!(issue.labels)),
        ("estimate", json!(issue.estimate)),
        ("parentId", json!(issue.parent)),
        ("sortOrder", json!(issue.sort_order)),
        ("startedAt", stamp_or_null(issue.started_at)),
        ("completedAt", stamp_or_null(issue.completed_at)),
        ("canceledAt", stamp_or_null(issue.canceled_at)),
        ("archivedAt", stamp_or_null(issue.archived_at)),
        ("trashed", json!(issue.trashed)),
    ]
}
