//! Preview: what the next sync would write to the tool, field by field, and what would come in, with nothing written. Applying one
//! writes exactly what it showed, or refuses as stale.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::{Allowance, Source};
use model::action_item::Task;
use model::change::{FieldChange, Operation};
use model::connection::{Capability, Way};
use model::recording::RecordedMeeting;
use model::{Activity, Contact, DealUpdate, Meeting, Message, Note, RecordId};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use store::Workspace;
use store::connections::Connection;
use store::streams::Stream;

use crate::actor::Actor;
use crate::approved::{Approved, digest};
use crate::deletions::reaches_the_tool;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::pass::Pass;
use crate::plan::{Plan, Planner};
use crate::project::Project;
use crate::pull::{Absorb, look};
use crate::push::LOG_ROWS;

/// Records that a preview looks at; a longer plan says that there are more.
const MOST: usize = 500;

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanLine {
    pub capability: Capability,
    pub record: RecordId,
    pub label: String,
    /// `create`, `update`, `delete`, `unlink` (deleted here, kept at the tool) or `skip`.
    pub action: &'static str,
    /// Why it is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub fields: Vec<FieldChange>,
}

/// A plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// What would be written to the tool, and what would be left out.
    pub lines: Vec<PlanLine>,
    /// What the tool's next page would change here. It comes in with the next sync, and is no part of what applying does.
    pub incoming: Vec<PlanLine>,
    /// Records that are in step already.
    pub unchanged: usize,
    /// Changes that wait beyond what was looked at.
    pub more: bool,
    /// Calls to the tool that applying it needs, at least.
    pub calls: usize,
    /// What the tool still allows the account, where it says so.
    pub allowances: Vec<Allowance>,
    /// To be given back to apply exactly this.
    pub plan: String,
}

/// A preview, and the writes that approving it approves.
#[derive(Default)]
struct Found {
    preview: Preview,
    writes: Vec<(Stream, Approved)>,
}

/// Plans all of a connection's streams that are on.
pub async fn preview(hub: &Hub, workspace: &Workspace, connection: &Connection) -> Result<Preview> {
    let allowances = allowances(hub, workspace, connection).await.unwrap_or_else(|error| {
        tracing::debug!(connection = %connection.id, %error, "the tool does not tell its budgets");
        Vec::new()
    });
    Ok(Preview { allowances, ..find(hub, workspace, connection).await?.preview })
}

async fn allowances(hub: &Hub, workspace: &Workspace, connection: &Connection) -> Result<Vec<Allowance>> {
    let session = hub.session(workspace, connection)?;
    Ok(hub.connector(&connection.integration)?.allowances(&session).await?)
}

/// Applies a plan that was looked at. If the data still give the same one, the streams write exactly that, before anything else.
pub async fn apply(hub: &Hub, workspace: &Workspace, actor: &Actor, connection: &Connection, plan: &str) -> Result<()> {
    let found = find(hub, workspace, connection).await?;
    if found.preview.plan != plan {
        return Err(Error::StalePreview);
    }
    let mut step = workspace.begin().await?;
    for (stream, approved) in &found.writes {
        let text = serde_json::to_string(approved).map_err(|error| Error::invalid("plan", error))?;
        step.approve(stream, &text).await?;
    }
    let writes: usize = found.writes.iter().map(|(_, approved)| approved.0.len()).sum();
    let detail = json!({ "plan": plan, "writes": writes });
    step.audit(&actor.name, &actor.address, "connection.preview_applied", connection.id.as_str(), &detail).await?;
    step.commit().await?;
    Ok(())
}

async fn find(hub: &Hub, workspace: &Workspace, connection: &Connection) -> Result<Found> {
    let mut found = Found::default();
    for stream in workspace.streams(&connection.id).await? {
        if !stream.enabled {
            continue;
        }
        let Some(mut pass) = Pass::open(hub, stream.clone()).await? else { continue };
        match stream.way {
            Way::Push => outward(&mut pass, &stream, &mut found).await?,
            Way::Pull => inward(&mut pass, &mut found.preview).await?,
        }
    }
    let writes: BTreeMap<&str, &Approved> = found.writes.iter().map(|(stream, writes)| (stream.id.as_str(), writes)).collect();
    let text = serde_json::to_vec(&(&found.preview.lines, writes)).unwrap_or_default();
    found.preview.plan = hex::encode(Sha256::digest(&text));
    Ok(found)
}

async fn outward(pass: &mut Pass, stream: &Stream, found: &mut Found) -> Result<()> {
    match stream.capability {
        Capability::Activities => plan_stream::<Activity>(pass, stream, found).await,
        Capability::Contacts => plan_stream::<Contact>(pass, stream, found).await,
        Capability::Deals => plan_stream::<DealUpdate>(pass, stream, found).await,
        Capability::Tasks => plan_stream::<Task>(pass, stream, found).await,
        Capability::Notes => plan_stream::<Note>(pass, stream, found).await,
        Capability::Messages => plan_stream::<Message>(pass, stream, found).await,
        Capability::Calendar | Capability::Recordings => Ok(()),
    }
}

async fn inward(pass: &mut Pass, found: &mut Preview) -> Result<()> {
    let connector = std::sync::Arc::clone(&pass.connector);
    match pass.stream.capability {
        Capability::Calendar => show(pass, connector.calendar().map(|source| source as &dyn Source<Meeting>), found).await,
        Capability::Recordings => show(pass, connector.recordings().map(|source| source as &dyn Source<RecordedMeeting>), found).await,
        Capability::Contacts => show(pass, connector.contacts().map(|source| source as &dyn Source<Contact>), found).await,
        Capability::Tasks => show(pass, connector.tasks().map(|source| source as &dyn Source<Task>), found).await,
        Capability::Activities | Capability::Deals | Capability::Notes | Capability::Messages => Ok(()),
    }
}

/// The changes that the tool's next page would make here.
async fn show<T: Absorb>(pass: &mut Pass, source: Option<&dyn Source<T>>, found: &mut Preview) -> Result<()> {
    let Some(source) = source else { return Ok(()) };
    let seen = look(pass, source).await?;
    found.more |= seen.more || seen.changes.len() > MOST;
    found.incoming.extend(seen.changes.into_iter().take(MOST).map(|(change, label)| PlanLine {
        capability: pass.stream.capability,
        record: change.record,
        label,
        action: match change.operation {
            Operation::Created => "create",
            Operation::Updated => "update",
            Operation::Deleted => "delete",
        },
        reason: None,
        fields: change.fields,
    }));
    Ok(())
}

/// The records that the log names from a stream's place on, as far as a preview looks, and whether there are more.
async fn targets<T: Project>(pass: &Pass, stream: &Stream) -> Result<(BTreeSet<RecordId>, bool)> {
    let now = pass.hub.env().now();
    let retries = pass.workspace.items_to_retry(&stream.connection, stream.capability, now, LOG_ROWS).await?;
    let mut targets: BTreeSet<RecordId> = retries.into_iter().filter_map(|item| item.record).collect();
    let mut seq = stream.place_seq;
    while targets.len() <= MOST {
        let changes = pass.workspace.changes_after(seq, LOG_ROWS).await?;
        let Some(last) = changes.last() else { return Ok((targets, false)) };
        seq = last.seq;
        for change in &changes {
            targets.extend(T::touched(&pass.workspace, &change.record).await?);
        }
    }
    Ok((targets, true))
}

async fn plan_stream<T: Project>(pass: &mut Pass, stream: &Stream, found: &mut Found) -> Result<()> {
    let connector = std::sync::Arc::clone(&pass.connector);
    let Some(sink) = T::sink(&*connector) else { return Ok(()) };
    let (targets, more) = targets::<T>(pass, stream).await?;
    found.preview.more |= more;
    let (mut planner, mut approved, mut new) = (Planner::default(), Approved::default(), 0);
    for record in targets.into_iter().take(MOST) {
        let line = |label, action, reason, fields| PlanLine {
            capability: stream.capability,
            record: record.clone(),
            label,
            action,
            reason,
            fields,
        };
        let plan = planner.plan::<T>(pass, &record).await?;
        if let Some(digest) = digest(&plan) {
            approved.0.insert(record.clone(), digest);
        }
        found.preview.lines.push(match plan {
            Plan::Nothing | Plan::Forget { .. } => continue,
            Plan::Unchanged => {
                found.preview.unchanged += 1;
                continue;
            }
            Plan::Skip { label, detail, .. } => line(label, "skip", Some(detail), Vec::new()),
            Plan::Delete(one) => line(one.label, if reaches_the_tool::<T>(pass) { "delete" } else { "unlink" }, None, Vec::new()),
            Plan::Write(planned) => {
                new += usize::from(planned.outbound.link.is_none());
                line(planned.label, if planned.outbound.link.is_some() { "update" } else { "create" }, None, planned.changes)
            }
        });
    }
    found.preview.calls += sink.calls(new, approved.0.len().saturating_sub(new));
    if !approved.0.is_empty() {
        found.writes.push((stream.clone(), approved));
    }
    Ok(())
}
