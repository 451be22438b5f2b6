//! Writes that may or may not have arrived, where the tool offers no way to ask: a person looks, and says what is there.

use model::connection::{Capability, Way};
use model::{Fields, RecordId};
use serde_json::json;
use store::Workspace;
use store::connections::Connection;
use store::intents::{Intent, IntentState};
use store::items::{Item, Outcome};
use store::links::Link;

use crate::actor::Actor;
use crate::error::{Error, Result};

/// What a person found at the tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is not there: it is sent again.
    Missing,
    /// It is there. With the tool's id later changes are carried to it; without, it is left alone from now on.
    Arrived { remote_id: Option<String> },
}

/// The mark in a link's base: it is at the tool by a person's word, and nobody knows where.
pub(crate) const SOMEWHERE: &str = "~somewhere";

/// Ends an uncertain write by a person's word.
pub async fn settle(
    workspace: &Workspace,
    actor: &Actor,
    connection: &Connection,
    capability: Capability,
    record: &RecordId,
    finding: &Finding,
) -> Result<()> {
    let unsettled = workspace.unsettled_intents(&connection.id, capability).await?;
    let ours = unsettled.into_iter().find(|intent| intent.state == IntentState::Uncertain && intent.record == *record);
    let intent = ours.ok_or_else(|| Error::invalid("record", "no write of this record is uncertain"))?;
    let item = workspace.item(&connection.id, capability, record.as_str()).await?;
    let item = item.ok_or_else(|| Error::invalid("record", "no write of this record is uncertain"))?;
    let mut step = workspace.begin().await?;
    let now = step.at();
    match finding {
        Finding::Missing => {
            step.settle_intent(&intent.id, IntentState::Failed, "a person saw that it is not at the tool").await?;
            let detail = "Not at the tool, by a person's word; sent again.".to_owned();
            step.save_items(&[Item { outcome: Outcome::Failed, reason: "missing".into(), detail, at: now, retry_at: Some(now), ..item }])
                .await?;
        }
        Finding::Arrived { remote_id } => {
            step.settle_intent(&intent.id, IntentState::Done, "a person saw it at the tool").await?;
            let link = link(connection, &intent, remote_id.as_deref());
            step.save_links(&[Link { at: now, ..link }]).await?;
            let detail = "At the tool, by a person's word.".to_owned();
            let retry_at = remote_id.is_some().then_some(now);
            step.save_items(&[Item { outcome: Outcome::Created, reason: "confirmed".into(), detail, at: now, retry_at, ..item }]).await?;
        }
    }
    step.wake(&connection.id, capability, Way::Push, "click").await?;
    let found = matches!(finding, Finding::Arrived { .. });
    let detail = json!({ "capability": capability, "record": record, "found": found });
    step.audit(&actor.name, &actor.address, "connection.uncertain_settled", connection.id.as_str(), &detail).await?;
    step.commit().await?;
    Ok(())
}

fn link(connection: &Connection, intent: &Intent, remote_id: Option<&str>) -> Link {
    let mut base = Fields::default();
    if remote_id.is_none() {
        base.set(SOMEWHERE, json!(true));
    }
    Link {
        connection: connection.id.clone(),
        capability: intent.capability,
        remote_id: remote_id.map_or_else(|| format!("?{}", intent.id), str::to_owned),
        record: intent.record.clone(),
        version: None,
        url: None,
        base,
        gone: remote_id.is_none(),
        place: None,
        at: intent.created,
    }
}
