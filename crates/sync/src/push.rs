//! Push: the log's changes become writes. An intent is committed before bytes leave, the receipt after; the place on the log
//! moves when everything up to it is settled.

use std::collections::{BTreeSet, HashMap};

use connector_kit::{Error as ToolError, ErrorKind, Outbound, Receipt, Sink};
use futures::StreamExt;
use futures::future::BoxFuture;
use model::change::Operation;
use model::{Fields, IntentId, RecordId};
use serde_json::{Value, json};
use store::Step;
use store::intents::{Intent, IntentState, Write};
use store::items::{Item, Outcome};
use store::links::Link;

use crate::approved;
use crate::deletions::{self, Deleted};
use crate::error::{Error, Result};
use crate::pass::{Ended, Pass};
use crate::plan::{Plan, Planned, Planner, SENT};
use crate::project::Project;
use crate::schedule::pause_after;
use crate::unsettled::resolve;

/// Rows of the log read at once.
pub(crate) const LOG_ROWS: u32 = 500;
/// Writes under way at once, where the tool takes one item a call.
pub(crate) const AT_ONCE: usize = 8;
/// Records planned together.
pub(crate) const CHUNK: usize = 64;
/// After so many refusals an item is set aside until a person asks.
const ATTEMPTS: i64 = 5;

/// Brings the tool up to date with the log.
pub(crate) async fn push<T: Project>(pass: &mut Pass, sink: &dyn Sink<T>) -> Result<Ended> {
    if let Some(approved) = pass.stream.approved.take() {
        return approved::carry_out(pass, sink, &approved).await;
    }
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
    // What was deleted here comes first and all at once: the brake looks at all of it before anything is done.
    let deleted: BTreeSet<&RecordId> =
        changes.iter().filter(|change| change.operation == Operation::Deleted).map(|change| &change.record).collect();
    let (deleted, targets): (Vec<RecordId>, Vec<RecordId>) = targets.into_iter().partition(|record| deleted.contains(record));
    push_some(pass, sink, &mut planner, &deleted).await?;
    let mut news = News::beyond(pass, changes.len() == LOG_ROWS as usize).await?;
    for chunk in targets.chunks(CHUNK) {
        let fresh = news.next::<T>(pass, &unsettled.wait_for).await?;
        push_some(pass, sink, &mut planner, &fresh).await?;
        push_some(pass, sink, &mut planner, chunk).await?;
    }
    end_retries(pass, due, &unsettled.wait_for).await?;
    // While a write's outcome is still to be asked for, the place stays: the log is then the proof that its record is looked at
    // again, whatever happens to this process before that.
    if let (Some(last), None) = (last, unsettled.look_again) {
        let mut step = pass.step().await?;
        step.advance(&pass.stream, news.place().as_deref(), last).await?;
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

/// The log beyond a long backlog: what happens now is not made to wait for the past. Between the backlog's chunks the newest rows
/// are looked at; when the place comes to them in its turn, they are in step already.
struct News {
    /// The row up to which they are looked at; `None`: there is no backlog.
    seen: Option<i64>,
}

impl News {
    async fn beyond(pass: &Pass, backlog: bool) -> Result<Self> {
        if !backlog {
            return Ok(Self { seen: None });
        }
        let seen = pass.stream.place.as_deref().and_then(|place| place.parse().ok());
        Ok(Self {
            seen: Some(match seen {
                Some(seen) => seen,
                None => pass.workspace.last_seq().await?,
            }),
        })
    }

    async fn next<T: Project>(&mut self, pass: &Pass, wait_for: &BTreeSet<RecordId>) -> Result<Vec<RecordId>> {
        let Some(seen) = self.seen else { return Ok(Vec::new()) };
        let changes = pass.workspace.changes_after(seen, u32::try_from(CHUNK).unwrap_or(LOG_ROWS)).await?;
        self.seen = changes.last().map_or(self.seen, |last| Some(last.seq));
        let mut targets = BTreeSet::new();
        for change in &changes {
            targets.extend(T::touched(&pass.workspace, &change.record).await?);
        }
        Ok(targets.into_iter().filter(|record| !wait_for.contains(record)).collect())
    }

    /// As kept in the stream's row.
    fn place(&self) -> Option<String> {
        self.seen.map(|seen| seen.to_string())
    }
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

/// Plans some records and does what is planned.
async fn push_some<T: Project>(pass: &mut Pass, sink: &dyn Sink<T>, planner: &mut Planner, records: &[RecordId]) -> Result<()> {
    let (mut writes, mut deleted, mut notes): (_, Vec<Deleted>, _) = (Vec::new(), Vec::new(), Vec::new());
    for record in records {
        match planner.plan::<T>(pass, record).await? {
            Plan::Nothing => {}
            Plan::Unchanged => pass.run.counts.unchanged += 1,
            Plan::Skip { label, reason, detail, until } => {
                pass.run.counts.skipped += 1;
                let item = pass.item(record.to_string(), label, Outcome::Skipped, reason, detail);
                notes.push(Item { retry_at: until, ..item });
            }
            Plan::Delete(one) => deleted.push(*one),
            Plan::Forget { label } => {
                let words = "Deleted here before it was written.";
                notes.push(pass.item(record.to_string(), label, Outcome::Deleted, "deleted_here", words));
            }
            Plan::Write(planned) => writes.push(*planned),
        }
    }
    deletions::carry(pass, sink, deleted).await?;
    write(pass, sink, writes, notes).await
}

/// Writes down the intents, sends, writes down the receipts.
pub(crate) async fn write<T: Project>(pass: &mut Pass, sink: &dyn Sink<T>, writes: Vec<Planned<T>>, notes: Vec<Item>) -> Result<()> {
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
        calls.push(Box::pin(async move {
            // Another worker may have the stream by now (FAULTS.md F10): nothing leaves after the lease.
            match pass.lease_ran_out() {
                Some(error) => (items.len(), items.iter().map(|_| Err(error.clone())).collect()),
                None => (items.len(), sink.push(&pass.session, items).await),
            }
        }));
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
    let mut planned_from: HashMap<String, Fields> = HashMap::new();
    for ((planned, intent), result) in written {
        planned_from.extend(planned.outbound.link.iter().map(|link| (link.id.clone(), link.base.clone())));
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
                    items.push(refusal(pass, &planned.outbound.record, &planned.label, &error).await?);
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
    keep_what_was_read_meanwhile(pass, &mut step, &mut links, &planned_from).await?;
    step.save_links(&links).await?;
    step.save_items(&items).await?;
    step.progress(&pass.run.id, &pass.run.counts, i64::try_from(pass.session.calls()).unwrap_or(i64::MAX)).await?;
    step.commit().await?;
    stop.map_or(Ok(()), |error| Err(Error::Tool(error)))
}

/// While the write was under way, a pull may have read the object: what it agreed on in fields of its own stays agreed.
async fn keep_what_was_read_meanwhile(
    pass: &Pass,
    step: &mut Step,
    links: &mut [Link],
    planned_from: &HashMap<String, Fields>,
) -> Result<()> {
    let ids: Vec<&str> = links.iter().map(|link| link.remote_id.as_str()).collect();
    let present = step.links_by_remote(&pass.connection.id, pass.stream.capability, &ids).await?;
    let present: HashMap<&str, &Link> = present.iter().map(|link| (link.remote_id.as_str(), link)).collect();
    for link in links {
        let (Some(now), Some(then)) = (present.get(link.remote_id.as_str()), planned_from.get(&link.remote_id)) else { continue };
        for changed in then.agreed().changes_to(&now.base.agreed()) {
            link.base.set(&changed.field, now.base.get(&changed.field).clone());
            // What was sent is no longer all that the tool has.
            link.base.set(SENT, Value::Null);
        }
        link.gone |= now.gone;
    }
    Ok(())
}

/// Whether only this item is refused, so that the others go on.
pub(crate) const fn is_about_the_item(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Invalid | ErrorKind::Conflict)
}

/// The item of a record that the tool refused: tried again a few times, then set aside.
pub(crate) async fn refusal(pass: &mut Pass, record: &RecordId, label: &str, error: &ToolError) -> Result<Item> {
    pass.run.counts.failed += 1;
    let id = record.to_string();
    let before = pass.workspace.item(&pass.connection.id, pass.stream.capability, &id).await?;
    let attempt = before.filter(|item| item.outcome == Outcome::Failed).map_or(1, |item| item.attempt + 1);
    let item = pass.item(id, label.to_owned(), Outcome::Failed, error.kind.as_str(), error.to_string());
    let retry_at = (attempt < ATTEMPTS).then(|| item.at + pause_after(attempt + 2, 999));
    Ok(Item { attempt, retry_at, ..item })
}

pub(crate) fn link_of<T: Project>(pass: &Pass, planned: &Planned<T>, receipt: Receipt, url: Option<String>) -> Link {
    let mut base = planned.wanted.clone();
    // Of a field that was not sent, the tool's answer may tell an edit there that has not come here yet: it is no agreement.
    let sent = |name: &str| planned.outbound.sends(name, planned.wanted.get(name));
    for (name, value) in receipt.seen.iter().flat_map(Fields::iter).filter(|(name, _)| sent(name)) {
        base.set(name, value.clone());
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
        place: planned.place.clone(),
        at: pass.hub.env().now(),
    }
}

fn gone<T: Project>(pass: &Pass, planned: &Planned<T>, link: &connector_kit::Link) -> Link {
    let receipt = Receipt { id: link.id.clone(), version: link.version.clone(), url: link.url.clone(), seen: None };
    Link { gone: true, base: link.base.clone(), ..link_of(pass, planned, receipt, None) }
}
