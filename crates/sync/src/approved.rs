//! Carrying out a preview that a person approved: exactly its writes, or, when the data no longer give them, none.

use std::collections::BTreeMap;

use connector_kit::Sink;
use model::RecordId;
use serde::{Deserialize, Serialize};

use crate::deletions;
use crate::error::{Error, Result};
use crate::pass::{Ended, Pass};
use crate::plan::{Plan, Planner};
use crate::project::Project;
use crate::push::{CHUNK, write};
use crate::unsettled::resolve;

/// The approved writes of one stream: each record, and the digest of what is to be done about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Approved(pub BTreeMap<RecordId, String>);

/// What a plan would do, as a digest; `None`: it writes nothing.
pub(crate) fn digest<T: Project>(plan: &Plan<T>) -> Option<String> {
    match plan {
        Plan::Write(planned) => {
            let what = if planned.outbound.link.is_some() { "update" } else { "create" };
            Some(format!("{what} {}", planned.wanted.digest()))
        }
        Plan::Delete(_) => Some("delete".to_owned()),
        Plan::Nothing | Plan::Unchanged | Plan::Forget { .. } | Plan::Skip { .. } => None,
    }
}

/// Does what was approved. A record that has come into step meanwhile needs nothing any more; any other difference refuses all.
pub(crate) async fn carry_out<T: Project>(pass: &mut Pass, sink: &dyn Sink<T>, approved: &str) -> Result<Ended> {
    let Approved(approved) = serde_json::from_str(approved).map_err(|error| Error::invalid("plan", error))?;
    let mut planner = Planner::default();
    let unsettled = resolve(pass, sink, &mut planner).await?;
    let (mut writes, mut deleted, mut stale) = (Vec::new(), Vec::new(), false);
    for (record, wanted) in &approved {
        let plan = planner.plan::<T>(pass, record).await?;
        let same = digest(&plan).as_ref() == Some(wanted) && !unsettled.wait_for.contains(record);
        match plan {
            Plan::Nothing | Plan::Unchanged => {}
            Plan::Write(planned) if same => writes.push(*planned),
            Plan::Delete(one) if same => deleted.push(*one),
            _ => stale = true,
        }
    }
    if stale {
        forget(pass).await?;
        return Err(Error::StalePreview);
    }
    deletions::carry(pass, sink, deleted).await?;
    while !writes.is_empty() {
        let rest = writes.split_off(writes.len().min(CHUNK));
        write(pass, sink, std::mem::replace(&mut writes, rest), Vec::new()).await?;
    }
    forget(pass).await?;
    Ok(Ended::Part)
}

async fn forget(pass: &mut Pass) -> Result<()> {
    let mut step = pass.step().await?;
    step.clear_approval(&pass.stream).await?;
    step.commit().await?;
    Ok(())
}
