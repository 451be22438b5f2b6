//! Preview: what the next push would do, field by field, with nothing written. Applying one does exactly that, or refuses as stale.

use std::collections::BTreeSet;

use model::action_item::Task;
use model::change::FieldChange;
use model::connection::{Capability, Way};
use model::{Activity, Contact, DealUpdate, Message, Note, RecordId};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::Workspace;
use store::connections::Connection;
use store::streams::Stream;

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::options::sync_now;
use crate::pass::Pass;
use crate::plan::{Plan, Planner};
use crate::project::Project;

/// Records that a preview looks at; a longer plan says how many more there are.
const MOST: usize = 500;

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanLine {
    pub capability: Capability,
    pub record: RecordId,
    pub label: String,
    /// `create`, `update` or `skip`.
    pub action: &'static str,
    /// Why it is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub fields: Vec<FieldChange>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    pub lines: Vec<PlanLine>,
    /// Records that are in step already.
    pub unchanged: usize,
    /// Changes that wait beyond what was looked at.
    pub more: bool,
    /// Calls to the tool that applying it needs, at least.
    pub calls: usize,
    /// To be given back to apply exactly this.
    pub plan: String,
}

/// Plans all of a connection's pushes.
pub async fn preview(hub: &Hub, workspace: &Workspace, connection: &Connection) -> Result<Preview> {
    let mut found = Preview { lines: Vec::new(), unchanged: 0, more: false, calls: 0, plan: String::new() };
    for stream in workspace.streams(&connection.id).await? {
        if stream.way != Way::Push || !stream.enabled {
            continue;
        }
        let Some(mut pass) = Pass::open(hub, stream.clone()).await? else { continue };
        match stream.capability {
            Capability::Activities => plan_stream::<Activity>(&mut pass, &stream, &mut found).await?,
            Capability::Contacts => plan_stream::<Contact>(&mut pass, &stream, &mut found).await?,
            Capability::Deals => plan_stream::<DealUpdate>(&mut pass, &stream, &mut found).await?,
            Capability::Tasks => plan_stream::<Task>(&mut pass, &stream, &mut found).await?,
            Capability::Notes => plan_stream::<Note>(&mut pass, &stream, &mut found).await?,
            Capability::Messages => plan_stream::<Message>(&mut pass, &stream, &mut found).await?,
            Capability::Calendar | Capability::Recordings => {}
        }
    }
    let text = serde_json::to_vec(&found.lines).unwrap_or_default();
    found.plan = hex::encode(Sha256::digest(&text));
    Ok(found)
}

/// Applies a plan that was looked at: if the data still give the same one, the streams run now.
pub async fn apply(hub: &Hub, workspace: &Workspace, actor: &Actor, connection: &Connection, plan: &str) -> Result<()> {
    if preview(hub, workspace, connection).await?.plan != plan {
        return Err(Error::StalePreview);
    }
    sync_now(workspace, actor, connection).await
}

async fn plan_stream<T: Project>(pass: &mut Pass, stream: &Stream, found: &mut Preview) -> Result<()> {
    let Some(sink) = T::sink(&*pass.connector).map(connector_kit::Sink::batch) else { return Ok(()) };
    let now = pass.hub.env().now();
    let changes = pass.workspace.changes_after(stream.place_seq, u32::MAX >> 1).await?;
    let retries = pass.workspace.items_to_retry(&stream.connection, stream.capability, now, 1_000).await?;
    let mut targets: BTreeSet<RecordId> = retries.into_iter().filter_map(|item| item.record).collect();
    for change in &changes {
        targets.extend(T::touched(&pass.workspace, &change.record).await?);
    }
    found.more |= targets.len() > MOST;
    let mut planner = Planner::default();
    let mut writes = 0;
    for record in targets.into_iter().take(MOST) {
        let line = |label, action, reason, fields| PlanLine {
            capability: stream.capability,
            record: record.clone(),
            label,
            action,
            reason,
            fields,
        };
        match planner.plan::<T>(pass, &record).await? {
            Plan::Nothing => {}
            Plan::Unchanged => found.unchanged += 1,
            Plan::Skip { label, detail, .. } => found.lines.push(line(label, "skip", Some(detail), Vec::new())),
            Plan::Write(planned) => {
                writes += 1;
                let action = if planned.outbound.link.is_some() { "update" } else { "create" };
                found.lines.push(line(planned.label, action, None, planned.changes));
            }
        }
    }
    found.calls += usize::div_ceil(writes, sink.max(1));
    Ok(())
}
