//! An action item at a task tool, its owner resolved to one of the tool's members.

use std::collections::BTreeMap;

use connector_kit::{Connector, Member, Sink};
use model::action_item::Task;
use model::person::normal_email;
use model::{Capability, Fields, Kind, Meeting, Person, Record, RecordId};
use serde_json::json;
use store::Workspace;
use store::links::Link;
use store::records::Stored;

use super::summary::reference;
use super::{Project, Projected, Projection};
use crate::absorb::{OUR_OWNER, TWO_WAY};
use crate::error::Result;
use crate::pass::Pass;
use crate::plan::{Planner, needs};
use crate::rules::{Verdict, decide};

impl Project for Task {
    fn sink(connector: &dyn Connector) -> Option<&dyn Sink<Self>> {
        connector.tasks().map(|board| board as &dyn Sink<Self>)
    }

    async fn touched(_workspace: &Workspace, changed: &RecordId) -> Result<Option<RecordId>> {
        Ok((changed.kind() == Kind::ActionItem).then(|| changed.clone()))
    }

    async fn project(planner: &mut Planner, pass: &Pass, stored: &Stored, link: Option<&Link>) -> Result<Projection<Self>> {
        let Record::ActionItem(action) = &stored.record else { return Ok(Projection::None) };
        let meeting = meeting(pass, action.meeting.as_ref()).await?;
        if let (None, Some((_, meeting))) = (link, &meeting)
            && meeting.when.start() < pass.since()
        {
            let detail = format!("Its meeting is older than the last {} days.", pass.settings.backfill_days);
            return Ok(Projection::Skip { reason: "outside_backfill", detail, until: None });
        }
        let destination = match decide(&pass.settings, Capability::Tasks, meeting.as_ref().map(|(_, meeting)| meeting), &pass.own_domains) {
            Verdict::Skip(rule) => {
                return Ok(Projection::Skip { reason: "rule_skip", detail: format!("Rule {rule} leaves it out."), until: None });
            }
            Verdict::Send(to) => to,
        };
        let word = pass.connector.manifest().flow(Capability::Tasks, pass.stream.way).and_then(|flow| flow.destination);
        let destination = match word.map(|word| needs(destination, word)) {
            Some(Err((reason, detail))) => return Ok(Projection::Skip { reason, detail, until: None }),
            Some(Ok(destination)) => Some(destination),
            None => None,
        };
        let member = assignee(planner, pass, action.owner.as_ref()).await?;
        let item = Self {
            text: action.text.clone(),
            owner: member.as_ref().map(|member| Person { name: Some(member.name.clone()), email: member.email.clone(), phone: None }),
            assignee: member.map(|member| member.id),
            due: action.due,
            priority: action.priority,
            progress: action.progress,
            context: context(action.owner.as_ref(), meeting.as_ref().map(|(_, meeting)| meeting)),
            from: meeting.map(|(id, meeting)| reference(pass, &id, &meeting)),
        };
        let mut compared = Fields::of(&item).only(&TWO_WAY);
        compared.set(OUR_OWNER, json!(action.owner));
        Ok(Projection::Item(Box::new(Projected { item, destination, compared, properties: BTreeMap::new() })))
    }
}

async fn meeting(pass: &Pass, id: Option<&RecordId>) -> Result<Option<(RecordId, Meeting)>> {
    let Some(id) = id else { return Ok(None) };
    let stored = pass.workspace.record(id).await?;
    Ok(stored.and_then(|stored| if let Record::Meeting(meeting) = stored.record { Some((stored.id, meeting)) } else { None }))
}

/// The member who is the owner: by the settings' own list, else by address, else by the very same name.
async fn assignee(planner: &mut Planner, pass: &Pass, owner: Option<&Person>) -> Result<Option<Member>> {
    let (Some(owner), Some(board)) = (owner, pass.connector.tasks()) else { return Ok(None) };
    if planner.members.is_none() {
        planner.members = Some(board.members(&pass.session).await?);
    }
    let members = planner.members.as_deref().unwrap_or_default();
    let email = owner.email.as_deref().map(normal_email);
    let chosen = email.as_ref().and_then(|email| pass.settings.members.get(email));
    let found = members.iter().find(|member| match (chosen, &email) {
        (Some(id), _) => member.id == *id,
        (None, Some(email)) => member.email.as_deref().is_some_and(|own| normal_email(own) == *email),
        (None, None) => owner.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&member.name)),
    });
    Ok(found.cloned())
}

/// Words around the task; an owner whom the tool does not know stays visible here.
fn context(owner: Option<&Person>, meeting: Option<&Meeting>) -> Option<String> {
    let owner = owner.map(|owner| format!("Owner: {}", owner.label()));
    let summary = meeting.and_then(|meeting| meeting.summary.clone());
    let parts: Vec<String> = [owner, summary].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}
