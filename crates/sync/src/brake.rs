//! The brake: a run that would delete or overwrite unusually much stops before it does, until a person lets it go on
//! (FAULTS.md R7).

use model::Way;
use model::connection::Capability;
use serde_json::json;
use store::Workspace;
use store::connections::Connection;

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::pass::Pass;

/// What may be lost at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    Deletions,
    /// Records in which a value is emptied, or an edit of ours gives way to the tool's.
    Overwrites,
}

impl Loss {
    const fn words(self) -> &'static str {
        match self {
            Self::Deletions => "deletions",
            Self::Overwrites => "records that would lose a value",
        }
    }
}

/// Losses of one run that need no look: the larger of this and 5 % of what is linked.
const FEW: u64 = 50;

/// Stops the run if `count` of them, all those of the run together, are unusually many and nobody let them go on.
pub(crate) async fn hold(pass: &Pass, loss: Loss, count: u64) -> Result<()> {
    if count <= FEW {
        return Ok(());
    }
    let linked = pass.workspace.link_counts(&pass.connection.id).await?;
    let linked: i64 = linked.iter().filter(|(capability, _)| *capability == pass.stream.capability).map(|(_, count)| count).sum();
    if count <= u64::try_from(linked / 20).unwrap_or(0) {
        return Ok(());
    }
    let released = pass.fact(RELEASED);
    if pass.workspace.facts(&pass.connection.id).await?.iter().any(|fact| fact.name == released) {
        return Ok(());
    }
    Err(Error::Braked { count, what: loss.words() })
}

/// The fact that a person let a stream go on; it ends with the run that comes into step.
pub(crate) const RELEASED: &str = "released";

/// Lets what the brake holds back at a connection go on, once. Answers how many streams were held.
pub async fn release(workspace: &Workspace, actor: &Actor, connection: &Connection) -> Result<usize> {
    let facts = workspace.facts(&connection.id).await?;
    let held = facts.iter().filter_map(|fact| Some((stream(fact.name.strip_prefix("braked:")?)?, fact)));
    let held: Vec<_> = held.collect();
    let mut step = workspace.begin().await?;
    for ((capability, way), fact) in &held {
        let name = format!("{RELEASED}:{}:{}", capability.as_str(), way.as_str());
        step.note_evidence(&connection.id, &name, &fact.detail, None).await?;
        step.clear_evidence(&connection.id, &[&fact.name]).await?;
        step.wake(&connection.id, *capability, *way, "click").await?;
    }
    let details: Vec<&str> = held.iter().map(|(_, fact)| fact.detail.as_str()).collect();
    step.audit(&actor.name, &actor.address, "connection.released", connection.id.as_str(), &json!({ "held": details })).await?;
    step.commit().await?;
    Ok(held.len())
}

fn stream(name: &str) -> Option<(Capability, Way)> {
    let (capability, way) = name.split_once(':')?;
    Some((Capability::parse(capability)?, Way::parse(way)?))
}
