//! Writes whose outcome is unknown: what a run does about them before it sends anything else (FAULTS.md R3).

use std::collections::BTreeSet;

use connector_kit::{EffectClass, Sink};
use jiff::SignedDuration;
use model::RecordId;
use store::intents::{Intent, IntentState, Write};
use store::items::{Item, Outcome};

use crate::error::Result;
use crate::pass::Pass;
use crate::plan::{Plan, Planner};
use crate::project::Project;
use crate::push::link_of;

/// What is to be done about writes whose outcome is unknown.
#[derive(Default)]
pub(crate) struct Unsettled {
    /// To be planned again: the write is harmless to repeat, or certainly did not arrive.
    pub again: BTreeSet<RecordId>,
    /// Not to be touched yet.
    pub wait_for: BTreeSet<RecordId>,
    pub look_again: Option<jiff::Timestamp>,
}

/// Resolves open intents by the endpoint's effect class (FAULTS.md R3), before anything else is sent.
pub(crate) async fn resolve<T: Project>(pass: &mut Pass, sink: &dyn Sink<T>, planner: &mut Planner) -> Result<Unsettled> {
    let mut unsettled = Unsettled::default();
    let class = pass
        .connector
        .manifest()
        .flow(pass.stream.capability, pass.stream.way)
        .and_then(|flow| flow.effect)
        .unwrap_or(EffectClass::AtMostOnce);
    for intent in pass.workspace.unsettled_intents(&pass.connection.id, pass.stream.capability).await? {
        if intent.state == IntentState::Uncertain {
            unsettled.wait_for.insert(intent.record);
            continue;
        }
        let harmless = intent.operation != Write::Create || class == EffectClass::Upsert;
        let lag = match class {
            EffectClass::Marker { lag_seconds } => Some(lag_seconds),
            // A second create would be refused as existing; the object is read by the id that we chose.
            EffectClass::ChosenId => Some(0),
            EffectClass::Upsert | EffectClass::AtMostOnce => None,
        };
        if harmless {
            settle(pass, &intent, IntentState::Failed, "the outcome was unknown; sent again under the same key").await?;
            unsettled.again.insert(intent.record);
        } else if let Some(lag_seconds) = lag {
            let known_from = intent.created + SignedDuration::from_secs(i64::from(lag_seconds));
            if known_from > pass.hub.env().now() {
                unsettled.look_again = Some(unsettled.look_again.map_or(known_from, |at| at.min(known_from)));
                unsettled.wait_for.insert(intent.record);
            } else {
                find_sent(pass, sink, planner, &intent).await?;
                unsettled.again.insert(intent.record);
            }
        } else {
            ask_a_person(pass, &intent).await?;
            unsettled.wait_for.insert(intent.record);
        }
    }
    Ok(unsettled)
}

/// Classes b and c: looks for the object that the write would have left, by its id or its marker.
async fn find_sent<T: Project>(pass: &mut Pass, sink: &dyn Sink<T>, planner: &mut Planner, intent: &Intent) -> Result<()> {
    let Plan::Write(planned) = planner.plan::<T>(pass, &intent.record).await? else {
        return settle(pass, intent, IntentState::Failed, "no longer wanted").await;
    };
    let Some(receipt) = sink.find(&pass.session, &planned.outbound).await? else {
        return settle(pass, intent, IntentState::Failed, "it never arrived: it is not at the tool").await;
    };
    let (seen, url) = (receipt.seen.clone(), receipt.url.clone());
    let mut link = link_of(pass, &planned, receipt, None);
    if intent.payload_hash != planned.wanted.digest() {
        // Edited since: the object has what was sent then, so nothing of today's values may count as agreed.
        link.base = seen.unwrap_or_default();
    }
    pass.run.counts.created += 1;
    let words = "Created at the tool; its answer was lost, and it was found.";
    let item = pass.item(intent.record.to_string(), planned.label.clone(), Outcome::Created, "pushed", words);
    let mut step = pass.step().await?;
    pass.note_run(&mut step).await?;
    step.save_links(&[link]).await?;
    step.save_items(&[Item { url, ..item }]).await?;
    step.settle_intent(&intent.id, IntentState::Done, "found at the tool").await?;
    step.commit().await?;
    Ok(())
}

/// Class d: nobody but a person can tell whether it arrived.
async fn ask_a_person(pass: &mut Pass, intent: &Intent) -> Result<()> {
    let words = "no answer came, and the tool offers no way to ask";
    let label = pass.workspace.record(&intent.record).await?.map(|stored| stored.record.label()).unwrap_or_default();
    let item = pass.item(intent.record.to_string(), label, Outcome::Uncertain, "no_answer", words);
    let mut step = pass.step().await?;
    pass.note_run(&mut step).await?;
    step.settle_intent(&intent.id, IntentState::Uncertain, words).await?;
    step.save_items(&[item]).await?;
    step.commit().await?;
    Ok(())
}

async fn settle(pass: &mut Pass, intent: &Intent, state: IntentState, detail: &str) -> Result<()> {
    let mut step = pass.step().await?;
    step.settle_intent(&intent.id, state, detail).await?;
    step.commit().await?;
    Ok(())
}
