//! Between Asana's tasks and ours. Pure, and total: what is unknown has a fallback.

use std::collections::BTreeMap;

use connector_kit::connector::Account;
use connector_kit::{Entry, Link, Member, Outbound, Remote};
use jiff::tz::TimeZone;
use model::action_item::Task;
use model::person::normal_email;
use model::{Fields, Person, Priority, Progress};

use super::priority::{self, Choice};
use super::wire::{self, Event, External, NewTask, OrNull, TaskUpdate};

/// The two-way fields of a task, by their names in the model.
const TWO_WAY: [&str; 5] = ["text", "owner", "due", "priority", "progress"];

pub(super) fn account(me: wire::User) -> Account {
    let name = if me.name.is_empty() { me.email.unwrap_or_else(|| me.gid.clone()) } else { me.name };
    Account { id: me.gid, name }
}

pub(super) fn member(user: wire::User) -> Member {
    Member { id: user.gid, name: user.name, email: user.email }
}

pub(super) fn person(user: &wire::User) -> Person {
    Person {
        name: Some(user.name.clone()).filter(|name| !name.is_empty()),
        email: user.email.as_deref().map(normal_email).filter(|email| !email.is_empty()),
        phone: None,
    }
}

/// A name is one line.
pub(super) fn title(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A task as Asana has it; `owner` is the person behind its assignee. Asana knows open and completed alone.
pub(super) fn task(task: &wire::Task, owner: Option<Person>) -> Task {
    Task {
        text: task.name.clone(),
        owner,
        assignee: task.assignee.as_ref().map(|assignee| assignee.gid.clone()),
        due: task.due_on,
        priority: priority::read(&task.custom_fields),
        progress: if task.completed { Progress::Done } else { Progress::Open },
        from: None,
        context: None,
    }
}

pub(super) fn entry(task: wire::Task, item: Task) -> Entry<Task> {
    Entry::Present(Remote {
        id: task.gid,
        version: task.modified_at.map(|at| at.to_string()),
        modified: task.modified_at,
        url: task.permalink_url,
        item,
    })
}

/// What became of a task, by the events of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touched {
    /// It has to be read.
    Changed,
    /// Asana says that it was deleted.
    Gone,
}

/// The tasks that events are about, each once, in the order they were met; the last event decides. Being moved out of the
/// project is a change, and no end; a comment or a section is none of ours.
pub(super) fn touched(events: &[Event]) -> Vec<(String, Touched)> {
    let mut tasks: Vec<(String, Touched)> = Vec::new();
    for event in events {
        let Some(resource) = event.resource.as_ref().filter(|resource| resource.resource_type.as_deref() == Some("task")) else { continue };
        let what = if event.action == "deleted" { Touched::Gone } else { Touched::Changed };
        match tasks.iter_mut().find(|(id, _)| *id == resource.gid) {
            Some(known) => known.1 = what,
            None => tasks.push((resource.gid.clone(), what)),
        }
    }
    tasks
}

/// A new task of a project.
pub(super) fn creation(item: &Outbound<Task>, project: &str, priority: Option<Choice>) -> NewTask {
    let task = &item.item;
    NewTask {
        name: title(&task.text),
        notes: notes(task),
        assignee: task.assignee.clone(),
        due_on: task.due,
        completed: task.progress.is_over(),
        projects: vec![project.to_owned()],
        custom_fields: custom_fields(priority),
        external: External { gid: item.key.to_string() },
    }
}

fn custom_fields(priority: Option<Choice>) -> BTreeMap<String, String> {
    priority.map(|choice| (choice.field, choice.option)).into_iter().collect()
}

/// The two-way fields in which the task differs from what both sides last agreed on, as far as Asana can tell the difference.
pub(super) fn changed(task: &Task, link: &Link) -> Vec<&'static str> {
    let agreed: Option<Progress> = serde_json::from_value(link.base.get("progress").clone()).ok();
    let wanted = Fields::of(task);
    let differs = |name: &&str| match *name {
        "text" => link.base.get("text").as_str().map(title) != Some(title(&task.text)),
        "owner" => !same_owner(task, &link.base),
        "progress" => agreed.map(Progress::is_over) != Some(task.progress.is_over()),
        name => wanted.get(name) != link.base.get(name),
    };
    TWO_WAY.into_iter().filter(differs).collect()
}

/// Whether the agreed owner is the wanted one, in whichever words: Asana writes a person its own way.
fn same_owner(task: &Task, base: &Fields) -> bool {
    let agreed: Option<Person> = serde_json::from_value(base.get("owner").clone()).ok();
    match (&task.assignee, &agreed) {
        (None, None) => true,
        (Some(_), Some(agreed)) => task.owner.as_ref().is_some_and(|owner| owner.is(agreed)),
        _ => false,
    }
}

/// What an update sends: the changed fields alone.
pub(super) fn update(task: &Task, changed: &[&str], priority: Option<Choice>) -> TaskUpdate {
    let has = |name: &str| changed.contains(&name);
    TaskUpdate {
        name: has("text").then(|| title(&task.text)),
        assignee: has("owner").then(|| OrNull(task.assignee.clone())),
        due_on: has("due").then_some(OrNull(task.due)),
        completed: has("progress").then(|| task.progress.is_over()),
        custom_fields: custom_fields(priority),
    }
}

/// What is agreed after a creation: what Asana made of it.
pub(super) fn seen_at_creation(theirs: &Task) -> Fields {
    two_way(theirs)
}

/// What is agreed after an update: Asana's form of the fields sent. The others keep their base, so that an edit which somebody
/// made meanwhile is still found by the next pull.
pub(super) fn seen_after_update(theirs: &Task, changed: &[&str], base: &Fields) -> Fields {
    overlaid(base, &two_way(theirs), |name| changed.contains(&name))
}

/// What is agreed about a task found later: what was sent, in Asana's form where it says the same. A person may have edited it
/// since, and that edit must still be found.
pub(super) fn seen_later(theirs: &Task, sent: &Task) -> Fields {
    let as_sent =
        Task { text: title(&sent.text), progress: if sent.progress.is_over() { Progress::Done } else { Progress::Open }, ..sent.clone() };
    // Many projects have no priorities, and most of the others none above high.
    let unsaid = theirs.priority == Priority::None || (sent.priority, theirs.priority) == (Priority::Urgent, Priority::High);
    overlaid(&two_way(&as_sent), &two_way(theirs), |name| match name {
        "owner" => theirs.assignee == sent.assignee,
        "priority" => unsaid,
        _ => false,
    })
}

fn two_way(task: &Task) -> Fields {
    Fields::of(task).only(&TWO_WAY)
}

fn overlaid(base: &Fields, newer: &Fields, takes: impl Fn(&str) -> bool) -> Fields {
    let mut fields = base.clone();
    for name in TWO_WAY.into_iter().filter(|name| takes(name)) {
        fields.set(name, newer.get(name).clone());
    }
    fields
}

/// The words around the task and where it was agreed, as plain text: Asana makes a link of an address.
fn notes(task: &Task) -> Option<String> {
    let context = task.context.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let from = task.from.as_ref().map(|meeting| {
        let day = meeting.start.to_zoned(TimeZone::UTC).strftime("%-d %B %Y");
        format!("From meeting: {}, {day}\n{}", title(&meeting.title), title(&meeting.url))
    });
    let parts: Vec<String> = [context, from].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}
