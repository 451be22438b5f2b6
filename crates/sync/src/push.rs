//! Push: the log's changes become writes. An intent is committed before bytes leave, the receipt after; the place on the log
//! moves when everything up to it is settled.

use std::collections::BTreeSet;

use connector_kit::{EffectClass, Error as ToolError, ErrorKind, Outbound, Receipt, Sink};
use futures::StreamExt;
use futures::future::BoxFuture;
use jiff::SignedDuration;
use model::{IntentId, RecordId};
use serde_json::json;
use store::intents::{Intent, IntentState, Write};
use store::items::{Item, Outcome};
use store::links::Link;

use crate::error::{Error, Result};
use crate::pass::{Ended, Pass};
use crate::plan::{Plan, Planned, Planner, SENT};
use crate::project::Project;
use crate::schedule::pause_after;

/// Rows of the log read at once.
const LOG_ROWS: u32 = 500;
/// Writes under way at once, where the tool takes one item a call.
const AT_ONCE: usize = 8;
/// Records planned together.
const CHUNK: usize = 64;
/// After so many refusals an item is set aside until a person asks.
const ATTEMPTS: i64 = 5;

/// Brings the tool up to date with the log.
pub(crate) async fn push<T: Project>(pass: &mut Pass, sink: &dyn Sink<T>) -> Result<Ended> {
    let now = pass.hub.env().now();
    let (connection, capability) = (pass.connection.id.clone(), pass.stream.capability);
    let mut planner = Planner::default();
    let unsettled = resolve(pass, sink, &mut planner).await?;
    let mut targets: BTreeSet<RecordId> = unsettled.again;
    let due = pass.workspace.items_to_retry(&connection, capability, now, LOG_ROWS).await?;
    targets.extend(due.iter().filter_map(|item| item.record.clone()));
    let changes = pass.workspace.changes_after(pass.stream.place_seq, LOG_ROWS).await?;
    let last = changes.last().map(|change| change.seq);
    for change in &changes {
        targets.extend(T::touched(&pass.workspace, &change.record).await?);
    }
    targets.retain(|record| !unsettled.wait_for.contains(record));
    let targets: Vec<RecordId> = targets.into_iter().collect();
    for chunk in targets.chunks(CHUNK) {
        push_some(pass, sink, &mut planner, chunk).await?;
    }
    end_retries(pass, due, &unsettled.wait_for).await?;
    // While a write's outcome is still to be asked for, the place stays: the log is then the proof that its record is looked at
    // again, whatever happens to this process before that.
    if let (Some(last), None) = (last, unsettled.look_again) {
        let mut step = pass.step().await?;
        let place = pass.stream.place.clone();
        step.advance(&pass.stream, place.as_deref(), last).await?;
        step.commit().await?;
        pass.stream.place_seq = last;
    }
    if changes.len() == LOG_ROWS as usize {
        return Ok(Ended::More);
    }
    let retry = pass.workspace.next_retry(&connection, capability).await?;
    Ok(match (unsettled.look_again, retry) {
        (Some(one), Some(other)) => Ended::Until(one.min(other)),
        (Some(at), None) | (None, Some(at)) => Ended::Until(at),
        (None, None) => Ended::InStep,
    })
}

/// What is to be done about writes whose outcome is unknown.
#[derive(Default)]
struct Unsettled {
    /// To be planned again: the write is harmless to repeat, or certainly did not arrive.
    again: BTreeSet<RecordId>,
    /// Not to be touched yet.
    wait_for: BTreeSet<RecordId>,
    look_again: Option<jiff::Timestamp>,
}

/// Resolves open intents by the endpoint's effect class (FAULTS.md R3), before anything else is sent.
async fn resolve<T: Project>(pass: &mut Pass, sink: &dyn Sink<T>, planner: &mut Planner) -> Result<Unsettled> {
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

/// Items whose time had come and that needed no write after all: without this the stream would wish itself back for ever.
async fn end_retries(pass: &mut Pass, due: Vec<Item>, wait_for: &BTreeSet<RecordId>) -> Result<()> {
    let mut ended = Vec::new();
    for item in due {
        let Some(now) = pass.workspace.item(&item.connection, item.capability, &item.item).await? else { continue };
        if now.retry_at != item.retry_at {
            continue;
        }
        let waits = now.record.as_ref().is_some_and(|record| wait_for.contains(record));
        ended.push(if waits {
            Item { retry_at: None, ..now }
        } else {
            pass.item(now.item, now.label, Outcome::Unchanged, "nothing_to_do", "Nothing is left to write.")
        });
    }
    if ended.is_empty() {
        return Ok(());
    }
    let mut step = pass.step().await?;
    pass.note_run(&mut step).await?;
    step.save_items(&ended).await?;
    step.commit().await?;
    Ok(())
}

async fn settle(pass: &mut Pass, intent: &Intent, state: IntentState, detail: &str) -> Result<()> {
    let mut step = pass.step().await?;
    step.settle_intent(&intent.id, state, detail).await?;
    step.commit().await?;
    Ok(())
}

/// Plans some records, writes down the intents, sends, writes down the receipts.
async fn push_some<T: Project>(pass: &mut Pass, sink: &dyn Sink<T>, planner: &mut Planner, records: &[RecordId]) -> Result<()> {
    let (mut writes, mut notes) = (Vec::new(), Vec::new());
    for record in records {
        match planner.plan::<T>(pass, record).await? {
            Plan::Nothing => {}
            Plan::Unchanged => pass.run.counts.unchanged += 1,
            Plan::Skip { label, reason, detail, until } => {
                pass.run.counts.skipped += 1;
                let item = pass.item(record.to_string(), label, Outcome::Skipped, reason, detail);
                notes.push(Item { retry_at: until, ..item });
            }
            Plan::Write(planned) => writes.push(*planned),
        }
    }
    if writes.is_empty() && notes.is_empty() {
        return Ok(());
    }
    let intents: Vec<Intent> = writes.iter().map(|planned| intent_of(pass, planned)).collect();
    let mut step = pass.step().await?;
    pass.note_run(&mut step).await?;
    step.save_items(&notes).await?;
    for intent in &intents {
        step.open_intent(intent).await?;
    }
    step.commit().await?;
    let outbound: Vec<Outbound<T>> = writes.iter().map(|planned| planned.outbound.clone()).collect();
    let results = send(pass, sink, &outbound).await;
    let written = writes.into_iter().zip(intents.iter().map(|intent| intent.id.clone())).zip(results).collect();
    save_results(pass, written).await
}

fn intent_of<T: Project>(pass: &Pass, planned: &Planned<T>) -> Intent {
    Intent {
        id: IntentId::new(pass.hub.env()),
        connection: pass.connection.id.clone(),
        capability: pass.stream.capability,
        record: planned.outbound.record.clone(),
        run: pass.run.id.clone(),
        operation: if planned.outbound.link.is_some() { Write::Update } else { Write::Create },
        key: planned.outbound.key,
        payload_hash: planned.wanted.digest(),
        state: IntentState::Open,
        created: pass.hub.env().now(),
        settled: None,
        detail: String::new(),
    }
}

async fn send<T: Project>(pass: &Pass, sink: &dyn Sink<T>, outbound: &[Outbound<T>]) -> Vec<connector_kit::Result<Receipt>> {
    let batch = sink.batch().max(1);
    let mut calls: Vec<BoxFuture<'_, (usize, Vec<connector_kit::Result<Receipt>>)>> = Vec::new();
    for items in outbound.chunks(batch) {
        calls.push(Box::pin(async move { (items.len(), sink.push(&pass.session, items).await) }));
    }
    let answers: Vec<_> = futures::stream::iter(calls).buffered(AT_ONCE).collect().await;
    let mut results = Vec::with_capacity(outbound.len());
    for (asked, mut answered) in answers {
        let missing = asked.saturating_sub(answered.len());
        answered.extend((0..missing).map(|_| Err(ToolError::protocol("the tool's answer leaves an item out").in_doubt())));
        results.append(&mut answered);
    }
    results
}

type Written<T> = ((Planned<T>, IntentId), connector_kit::Result<Receipt>);

async fn save_results<T: Project>(pass: &mut Pass, written: Vec<Written<T>>) -> Result<()> {
    let (mut links, mut items, mut settled, mut stop) = (Vec::new(), Vec::new(), Vec::new(), None);
    for ((planned, intent), result) in written {
        let id = planned.outbound.record.to_string();
        let created = planned.outbound.link.is_none();
        match result {
            Ok(receipt) => {
                settled.push((intent, IntentState::Done, String::new()));
                let (outcome, words) =
                    if created { (Outcome::Created, "Created at the tool.") } else { (Outcome::Updated, "Updated at the tool.") };
                *(if created { &mut pass.run.counts.created } else { &mut pass.run.counts.updated }) += 1;
                let url = receipt.url.clone().or_else(|| planned.outbound.link.as_ref().and_then(|link| link.url.clone()));
                items.push(Item { url: url.clone(), ..pass.item(id, planned.label.clone(), outcome, "pushed", words) });
                links.push(link_of(pass, &planned, receipt, url));
            }
            Err(error) if created && error.may_have_happened => {
                stop = stop.or(Some(error));
            }
            Err(error) => {
                settled.push((intent, IntentState::Failed, error.to_string()));
                if let (ErrorKind::NotFound, Some(link)) = (error.kind, &planned.outbound.link) {
                    items.push(pass.item(
                        id,
                        planned.label.clone(),
                        Outcome::Deleted,
                        "gone_at_tool",
                        "Deleted at the tool; kept here, no longer linked.",
                    ));
                    links.push(gone(pass, &planned, link));
                } else if is_about_the_item(error.kind) {
                    items.push(refused(pass, &planned, &error).await?);
                } else {
                    stop = stop.or(Some(error));
                }
            }
        }
    }
    let mut step = pass.step().await?;
    for (intent, state, detail) in &settled {
        step.settle_intent(intent, *state, detail).await?;
    }
    step.save_links(&links).await?;
    step.save_items(&items).await?;
    step.progress(&pass.run.id, &pass.run.counts, i64::try_from(pass.session.calls()).unwrap_or(i64::MAX)).await?;
    step.commit().await?;
    stop.map_or(Ok(()), |error| Err(Error::Tool(error)))
}

/// Whether only this item is refused, so that the others go on.
const fn is_about_the_item(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Invalid | ErrorKind::Conflict)
}

async fn refused<T: Project>(pass: &mut Pass, planned: &Planned<T>, error: &ToolError) -> Result<Item> {
    pass.run.counts.failed += 1;
    let id = planned.outbound.record.to_string();
    let before = pass.workspace.item(&pass.connection.id, pass.stream.capability, &id).await?;
    let attempt = before.filter(|item| item.outcome == Outcome::Failed).map_or(1, |item| item.attempt + 1);
    let item = pass.item(id, planned.label.clone(), Outcome::Failed, error.kind.as_str(), error.to_string());
    let retry_at = (attempt < ATTEMPTS).then(|| item.at + pause_after(attempt + 2, 999));
    Ok(Item { attempt, retry_at, ..item })
}

fn link_of<T: Project>(pass: &Pass, planned: &Planned<T>, receipt: Receipt, url: Option<String>) -> Link {
    let mut base = planned.wanted.clone();
    if let Some(seen) = &receipt.seen {
        for (name, value) in seen.iter() {
            base.set(name, value.clone());
        }
    }
    // The tool may show another form of what was sent; without this mark that form would look like a difference for ever.
    base.set(SENT, json!(planned.wanted.agreed().digest()));
    Link {
        connection: pass.connection.id.clone(),
        capability: pass.stream.capability,
        remote_id: receipt.id,
        record: planned.outbound.record.clone(),
        version: receipt.version,
        url: receipt.url.or(url),
        base,
        gone: false,
        at: pass.hub.env().now(),
    }
}

fn gone<T: Project>(pass: &Pass, planned: &Planned<T>, link: &connector_kit::Link) -> Link {
    let receipt = Receipt { id: link.id.clone(), version: link.version.clone(), url: link.url.clone(), seen: None };
    Link { gone: true, base: link.base.clone(), ..link_of(pass, planned, receipt, None) }
}
