//! Between Linear's issues and our tasks. Pure and total.

use connector_kit::{Entry, Link, Outbound, Remote};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::action_item::Task;
use model::{Fields, MeetingRef, Person, Priority, Progress};

use super::mutation::{AttachmentCreateInput, IssueCreateInput, IssueUpdateInput, OrNull};
use super::wire::{Issue, WorkflowState};

/// The two-way fields of a task, by their names in the model.
const TWO_WAY: [&str; 5] = ["text", "owner", "due", "priority", "progress"];

/// What a type of workflow state counts as that this version does not know.
const UNKNOWN_STATE: Progress = Progress::Open;

/// Types of workflow state, and what they count as. The first that a team has is the one chosen when writing.
const STATES: [(&str, Progress); 7] = [
    ("unstarted", Progress::Open),
    ("backlog", Progress::Open),
    ("triage", Progress::Open),
    ("started", Progress::Started),
    ("completed", Progress::Done),
    ("canceled", Progress::Dropped),
    ("duplicate", Progress::Dropped),
];

pub(super) fn progress(state_type: &str) -> Progress {
    STATES.iter().find(|(name, _)| *name == state_type).map_or(UNKNOWN_STATE, |(_, progress)| *progress)
}

/// The state of a team that says so: of the preferred type, the first in the team's own order.
pub(super) fn state_for(progress: Progress, states: &[WorkflowState]) -> Option<String> {
    let types = STATES.iter().filter(|(_, of)| *of == progress).map(|(name, _)| *name);
    let first_of = |name: &str| {
        let of_type = states.iter().filter(|state| state.kind == name);
        of_type.min_by(|a, b| a.position.total_cmp(&b.position)).map(|state| state.id.inner().to_owned())
    };
    types.into_iter().find_map(first_of)
}

/// Linear counts downwards: 1 is urgent, 4 is low, 0 is none. What is none of them counts as none.
pub(super) fn priority(number: f64) -> Priority {
    match number {
        1.0 => Priority::Urgent,
        2.0 => Priority::High,
        3.0 => Priority::Medium,
        4.0 => Priority::Low,
        _ => Priority::None,
    }
}

const fn priority_number(priority: Priority) -> i32 {
    match priority {
        Priority::None => 0,
        Priority::Urgent => 1,
        Priority::High => 2,
        Priority::Medium => 3,
        Priority::Low => 4,
    }
}

/// A title is one line.
pub(super) fn title(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn task(issue: &Issue) -> Task {
    Task {
        text: issue.title.clone(),
        owner: issue.assignee.as_ref().map(|user| Person {
            name: Some(user.name.clone()).filter(|name| !name.is_empty()),
            email: Some(user.email.clone()).filter(|email| !email.is_empty()),
            phone: None,
        }),
        assignee: issue.assignee.as_ref().map(|user| user.id.inner().to_owned()),
        due: issue.due_date,
        priority: priority(issue.priority),
        progress: progress(&issue.state.kind),
        from: None,
        context: None,
    }
}

/// An issue in the trash is gone, by Linear's own word; an archived one is only put away, and lives on.
pub(super) fn entry(issue: &Issue) -> Entry<Task> {
    let id = issue.id.inner().to_owned();
    if issue.trashed == Some(true) {
        return Entry::Gone { id };
    }
    Entry::Present(Remote {
        id,
        version: Some(issue.updated_at.to_string()),
        modified: Some(issue.updated_at),
        url: Some(issue.url.clone()),
        item: task(issue),
    })
}

/// A new issue.
pub(super) fn creation(item: &Outbound<Task>, team: &str, state: Option<String>) -> IssueCreateInput {
    let task = &item.item;
    IssueCreateInput {
        id: Some(item.key.to_string()),
        team_id: team.to_owned(),
        title: Some(title(&task.text)),
        description: description(task),
        assignee_id: task.assignee.clone(),
        state_id: state,
        priority: Some(priority_number(task.priority)),
        due_date: task.due,
    }
}

/// The two-way fields in which the task differs from what both sides last agreed on.
pub(super) fn changed(task: &Task, link: &Link) -> Vec<&'static str> {
    let wanted = two_way(task);
    let differs = |name: &&str| match *name {
        "text" => link.base.get("text").as_str().map(title) != Some(title(&task.text)),
        "owner" => !same_owner(task, &link.base),
        name => wanted.get(name) != link.base.get(name),
    };
    TWO_WAY.into_iter().filter(differs).collect()
}

/// Whether the agreed owner is the wanted one, in whichever words: Linear writes a person its own way.
fn same_owner(task: &Task, base: &Fields) -> bool {
    let agreed: Option<Person> = serde_json::from_value(base.get("owner").clone()).ok();
    match (&task.assignee, &agreed) {
        (None, None) => true,
        (Some(_), Some(agreed)) => task.owner.as_ref().is_some_and(|owner| owner.is(agreed)),
        _ => false,
    }
}

/// What an update sends: the changed fields alone. `state` is the chosen state, where the progress changed.
pub(super) fn update(task: &Task, changed: &[&str], state: Option<String>) -> IssueUpdateInput {
    let if_changed = |name: &str| changed.contains(&name).then_some(());
    IssueUpdateInput {
        title: if_changed("text").map(|()| title(&task.text)),
        assignee_id: if_changed("owner").map(|()| OrNull(task.assignee.clone())),
        state_id: state,
        priority: if_changed("priority").map(|()| priority_number(task.priority)),
        due_date: if_changed("due").map(|()| OrNull(task.due)),
    }
}

fn two_way(task: &Task) -> Fields {
    Fields::of(task).only(&TWO_WAY)
}

/// What is agreed after a creation: what Linear made of it.
pub(super) fn seen_at_creation(issue: &Issue) -> Fields {
    two_way(&task(issue))
}

/// What is agreed after an update: Linear's form of the fields sent. The others keep their base, so that an edit which
/// somebody made meanwhile is still found by the next pull.
pub(super) fn seen_after_update(issue: &Issue, changed: &[&str], base: &Fields) -> Fields {
    overlaid(base, &two_way(&task(issue)), |name| changed.contains(&name))
}

/// What is agreed about an issue found later: what was sent, in Linear's form where it says the same. A person may have
/// edited it since, and that edit must still be found.
pub(super) fn seen_later(issue: &Issue, sent: &Task) -> Fields {
    let theirs = task(issue);
    overlaid(&two_way(sent), &two_way(&theirs), |name| match name {
        "text" => theirs.text == title(&sent.text),
        "owner" => theirs.assignee == sent.assignee,
        _ => false,
    })
}

fn overlaid(base: &Fields, newer: &Fields, takes: impl Fn(&str) -> bool) -> Fields {
    let mut fields = base.clone();
    for name in TWO_WAY.into_iter().filter(|name| takes(name)) {
        fields.set(name, newer.get(name).clone());
    }
    fields
}

/// The words around the task and where it was agreed, as Markdown.
fn description(task: &Task) -> Option<String> {
    let context = task.context.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(markdown);
    let from = task
        .from
        .as_ref()
        .map(|meeting| format!("From meeting: [{}](<{}>), {}", markdown(&meeting.title), address(&meeting.url), day(meeting.start)));
    let parts: Vec<String> = [context, from].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// The meeting's page as an attachment. Linear keeps one for each issue and address; a second one updates the first.
pub(super) fn attachment(issue: &str, meeting: &MeetingRef) -> AttachmentCreateInput {
    let named = title(&meeting.title);
    AttachmentCreateInput {
        issue_id: issue.to_owned(),
        title: if named.is_empty() { "Meeting".to_owned() } else { named },
        subtitle: Some(format!("Meeting of {}", day(meeting.start))),
        url: meeting.url.clone(),
    }
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y").to_string()
}

/// Inside `<…>`, a link's address ends at `>` or at the line's end (`CommonMark` section 6.3).
fn address(url: &str) -> String {
    url.replace('<', "%3C").replace('>', "%3E").replace(['\r', '\n'], "")
}

/// Plain text as Markdown: what would be markup is escaped (`CommonMark` section 2.4).
pub(super) fn markdown(text: &str) -> String {
    let line = |line: &str| {
        let mut out = String::with_capacity(line.len());
        for (at, c) in line.char_indices() {
            let at_start = line[..at].trim().is_empty();
            let after_number = matches!(c, '.' | ')') && at > 0 && line[..at].trim().bytes().all(|b| b.is_ascii_digit());
            if "\\`*_[]<>#|~!&".contains(c) || (at_start && "-+=".contains(c)) || after_number {
                out.push('\\');
            }
            out.push(c);
        }
        out
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
