//! Issues: created under a client-chosen id, updated, archived, put into the trash.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::super::change::{Change, Patch, enter};
use super::super::failure::Failure;
use super::super::node::{Node, Payload};
use super::super::resolve::Context;
use super::super::webhooks::Action;
use super::super::world::Issue;
use super::{new_id, payload, read, record};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateInput {
    id: Option<String>,
    team_id: String,
    title: Option<String>,
    description: Option<String>,
    assignee_id: Option<String>,
    state_id: Option<String>,
    priority: Option<i64>,
    due_date: Option<Date>,
    label_ids: Option<Vec<String>>,
    estimate: Option<i64>,
    parent_id: Option<String>,
    sort_order: Option<f64>,
    created_at: Option<Timestamp>,
}

pub(super) fn create(context: &Context<'_>, input: &Value) -> Result<Payload, Failure> {
    let wanted: CreateInput = read(input)?;
    let id = new_id(context, wanted.id.as_deref())?;
    let title = wanted.title.ok_or_else(|| Failure::argument("title should not be empty."))?;
    let now = context.linear.kit.clock.now();
    let mut world = context.linear.world();
    if world.issues.iter().any(|issue| issue.id == id) {
        return Err(Failure::conflict("Issue", &id));
    }
    let team = world.team(&wanted.team_id)?.id.clone();
    let change = Change {
        title: Some(title.clone()),
        state: wanted.state_id,
        assignee: Patch::from(wanted.assignee_id.clone()),
        priority: wanted.priority,
        labels: wanted.label_ids,
        parent: Patch::from(wanted.parent_id.clone()),
        ..Change::default()
    };
    world.check(&team, &change)?;
    let state = match &change.state {
        Some(state) => world.state(state)?,
        None => world.first_state(&team)?,
    };
    let (state, kind) = (state.id.clone(), state.kind);
    let mut issue = Issue {
        id,
        number: 0,
        team: team.clone(),
        title,
        description: wanted.description,
        state,
        assignee: wanted.assignee_id,
        creator: Some(context.caller.account.id.clone()),
        parent: wanted.parent_id,
        priority: change.priority.and_then(|priority| u8::try_from(priority).ok()).unwrap_or_default(),
        estimate: wanted.estimate,
        due_date: wanted.due_date,
        labels: change.labels.unwrap_or_default(),
        sort_order: wanted.sort_order.unwrap_or_default(),
        created_at: wanted.created_at.unwrap_or(now),
        updated_at: now,
        started_at: None,
        completed_at: None,
        canceled_at: None,
        archived_at: None,
        trashed: false,
    };
    enter(&mut issue, kind, now);
    let sync_id = world.add_issue(&mut issue);
    drop(world);
    record(context, "issue.create", &issue.id, wanted.id.as_deref(), input);
    context.linear.tell_issue(Action::Create, &issue.id, None, Some(&context.caller.account.id));
    Ok(payload("IssuePayload", sync_id, "issue", Node::Issue(Box::new(issue))))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct UpdateInput {
    title: Option<String>,
    description: Patch<String>,
    assignee_id: Patch<String>,
    state_id: Option<String>,
    priority: Option<i64>,
    due_date: Patch<Date>,
    label_ids: Option<Vec<String>>,
    added_label_ids: Option<Vec<String>>,
    removed_label_ids: Option<Vec<String>>,
    estimate: Patch<i64>,
    parent_id: Patch<String>,
    sort_order: Option<f64>,
}

pub(super) fn update(context: &Context<'_>, reference: &str, input: &Value) -> Result<Payload, Failure> {
    let wanted: UpdateInput = read(input)?;
    let now = context.linear.kit.clock.now();
    let mut world = context.linear.world();
    let issue = world.live_issue(reference)?;
    let id = issue.id.clone();
    let mut labels = wanted.label_ids.clone();
    if wanted.added_label_ids.is_some() || wanted.removed_label_ids.is_some() {
        let mut changed = labels.unwrap_or_else(|| issue.labels.clone());
        changed.extend(wanted.added_label_ids.unwrap_or_default());
        let removed = wanted.removed_label_ids.unwrap_or_default();
        changed.retain(|label| !removed.contains(label));
        changed.dedup();
        labels = Some(changed);
    }
    let change = Change {
        title: wanted.title,
        description: wanted.description,
        state: wanted.state_id,
        assignee: wanted.assignee_id,
        priority: wanted.priority,
        due_date: wanted.due_date,
        labels,
        estimate: wanted.estimate,
        parent: wanted.parent_id,
        sort_order: wanted.sort_order,
        ..Change::default()
    };
    let updated_from = world.apply(&id, &change, now)?;
    let (issue, sync_id) = (world.issue(&id)?.clone(), world.sync_id);
    drop(world);
    if !updated_from.is_empty() {
        record(context, "issue.update", &id, None, input);
        context.linear.tell_issue(Action::Update, &id, Some(updated_from), Some(&context.caller.account.id));
    }
    Ok(payload("IssuePayload", sync_id, "issue", Node::Issue(Box::new(issue))))
}

/// Archives, or moves to the trash, where an issue can be seen for 30 days but not changed.
pub(super) fn put_away(context: &Context<'_>, reference: &str, trash: bool) -> Result<Payload, Failure> {
    let now = context.linear.kit.clock.now();
    let mut world = context.linear.world();
    let id = world.live_issue(reference)?.id.clone();
    let updated_from = world.apply(&id, &Change { archived: !trash, trashed: trash, ..Change::default() }, now)?;
    let (issue, sync_id) = (world.issue(&id)?.clone(), world.sync_id);
    drop(world);
    let (name, action) = if trash { ("issue.delete", Action::Remove) } else { ("issue.archive", Action::Update) };
    record(context, name, &id, None, &Value::Null);
    context.linear.tell_issue(action, &id, Some(updated_from), Some(&context.caller.account.id));
    Ok(payload("IssueArchivePayload", sync_id, "entity", Node::Issue(Box::new(issue))))
}
