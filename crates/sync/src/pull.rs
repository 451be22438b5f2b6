//! Pull: pages of a tool's objects become records, links and log rows, and the cursor moves in the same step.

use std::collections::HashMap;

use connector_kit::{Cursor, Entry, ErrorKind, Page, PullRequest, Remote, Source};
use jiff::Timestamp;
use model::settings::{Deletion, Destination, RuleAction};
use model::{Capability, Change, RecordId};
use store::Step;
use store::items::Outcome;
use store::links::Link;

use crate::brake::{self, Loss};
use crate::error::Result;
use crate::pass::{Ended, Pass};
use crate::places::{Place, Places};
use crate::sweep::sweep;

/// Pages of one pass; then the others have their turn.
const PAGES: usize = 20;
/// The same cursor so often in one pass, with more promised, is a loop at the tool, be it a wide one.
const SAME_CURSOR: usize = 3;
/// A page that a write of ours overtook is asked for again so often. Then it is taken: another node's clock may be ahead.
const OVERTAKEN: usize = 2;

/// What a pull does with a tool's objects of one noun.
pub(crate) trait Absorb: Sized + Send + Sync + 'static {
    /// Brings a page's objects (each once) into the records of the step. Counts what it does in `pass.run.counts`.
    /// Answers whether anything was written.
    fn absorb(
        pass: &mut Pass,
        step: &mut Step,
        remotes: Vec<Remote<Self>>,
        links: HashMap<String, Link>,
    ) -> impl Future<Output = Result<bool>> + Send;
}

/// Reads every place that the options name until there is no more.
pub(crate) async fn pull<T: Absorb>(pass: &mut Pass, source: &dyn Source<T>) -> Result<Ended> {
    let destinations = destinations(pass);
    let mut places = Places::read(pass.stream.place.as_deref(), &destinations);
    for destination in &destinations {
        if pull_from(pass, source, &mut places, destination.as_ref()).await? == Ended::More {
            return Ok(Ended::More);
        }
    }
    Ok(Ended::InStep)
}

/// The capability's own destination, and those that rules send to: what was written there comes back from there.
fn destinations(pass: &Pass) -> Vec<Option<Destination>> {
    let capability = pass.stream.capability;
    let own = pass.settings.on(capability).and_then(|sync| sync.destination.as_ref());
    let ruled = pass.settings.rules.iter().filter(|rule| rule.of == capability).filter_map(|rule| match &rule.action {
        RuleAction::Send { to } => Some(to),
        RuleAction::Skip => None,
    });
    let mut all: Vec<Option<Destination>> = Vec::new();
    for one in own.into_iter().chain(ruled) {
        if !all.iter().flatten().any(|known| known.id == one.id) {
            all.push(Some(one.clone()));
        }
    }
    if all.is_empty() { vec![None] } else { all }
}

/// Reads one destination's pages, then asks for what a reading from the beginning did not show.
async fn pull_from<T: Absorb>(
    pass: &mut Pass,
    source: &dyn Source<T>,
    places: &mut Places,
    destination: Option<&Destination>,
) -> Result<Ended> {
    let (mut restarted, mut overtaken) = (false, 0);
    let mut passed: Vec<Cursor> = places.at(destination).cursor.iter().cloned().collect();
    for _ in 0..PAGES {
        let cursor = places.at(destination).cursor.clone();
        let request = PullRequest { cursor: cursor.as_ref(), destination, since: pass.since(), now: pass.hub.env().now() };
        let page = match source.pull(&pass.session, &request).await {
            Ok(page) => page,
            Err(error) if error.kind == ErrorKind::CursorExpired && !restarted => {
                tracing::info!(stream = %pass.stream.id, "the tool no longer knows the cursor; everything is read again");
                *places.at(destination) = Place { cursor: None, sweep_from: Some(request.now) };
                restarted = true;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let same = passed.iter().filter(|earlier| **earlier == page.cursor).count();
        if same >= SAME_CURSOR && page.more {
            return Err(connector_kit::Error::protocol("the tool gave the same page again and again").into());
        }
        let (next, more) = (page.cursor.clone(), page.more);
        let asked = (overtaken < OVERTAKEN).then_some(request.now);
        if save_page(pass, places, destination, page, asked).await? == Saved::Overtaken {
            overtaken += 1;
            continue;
        }
        passed.push(next);
        overtaken = 0;
        if !more {
            return sweep(pass, source, places, destination).await;
        }
    }
    Ok(Ended::More)
}

/// What a tool's next page would change here.
pub(crate) struct Look {
    /// Each change with the record's label.
    pub changes: Vec<(Change, String)>,
    pub more: bool,
}

/// Looks at the next page of each destination: the same absorbing, in a step that is then dropped.
pub(crate) async fn look<T: Absorb>(pass: &mut Pass, source: &dyn Source<T>) -> Result<Look> {
    let destinations = destinations(pass);
    let mut places = Places::read(pass.stream.place.as_deref(), &destinations);
    let mut seen = Look { changes: Vec::new(), more: false };
    for destination in &destinations {
        let cursor = places.at(destination.as_ref()).cursor.clone();
        let request =
            PullRequest { cursor: cursor.as_ref(), destination: destination.as_ref(), since: pass.since(), now: pass.hub.env().now() };
        let page = match source.pull(&pass.session, &request).await {
            Err(error) if error.kind == ErrorKind::CursorExpired => {
                source.pull(&pass.session, &PullRequest { cursor: None, ..request }).await?
            }
            page => page?,
        };
        seen.more |= page.more;
        pass.place = destination.as_ref().map(|destination| destination.id.clone());
        let mut step = pass.workspace.begin().await?;
        let before = step.last_seq().await?;
        let met = Met::of(pass, &mut step, page.entries).await?;
        absorb(pass, &mut step, met).await?;
        let changes = step.changes_after(before).await?;
        let ids: Vec<RecordId> = changes.iter().map(|change| change.record.clone()).collect();
        let labels: HashMap<RecordId, String> =
            step.records(&ids).await?.into_iter().map(|stored| (stored.id, stored.record.label())).collect();
        seen.changes.extend(changes.into_iter().map(|change| {
            let label = labels.get(&change.record).cloned().unwrap_or_default();
            (change, label)
        }));
    }
    Ok(seen)
}

/// A page's objects, each once, with the links that there are.
struct Met<T> {
    remotes: Vec<Remote<T>>,
    gone: Vec<String>,
    links: HashMap<String, Link>,
}

impl<T> Met<T> {
    async fn of(pass: &Pass, step: &mut Step, entries: Vec<Entry<T>>) -> Result<Self> {
        let (remotes, gone) = latest(entries);
        let ids: Vec<&str> = remotes.iter().map(|remote| remote.id.as_str()).collect();
        let links = step.links_by_remote(&pass.connection.id, pass.stream.capability, &ids).await?;
        Ok(Self { links: links.into_iter().map(|link| (link.remote_id.clone(), link)).collect(), remotes, gone })
    }

    fn ids(&self) -> Vec<&str> {
        self.remotes.iter().map(|remote| remote.id.as_str()).chain(self.gone.iter().map(String::as_str)).collect()
    }
}

/// Brings a page's objects into the step. Answers whether anything was written.
async fn absorb<T: Absorb>(pass: &mut Pass, step: &mut Step, met: Met<T>) -> Result<bool> {
    pass.run.counts.read += u64::try_from(met.remotes.len() + met.gone.len()).unwrap_or(0);
    let wrote = if met.remotes.is_empty() { false } else { T::absorb(pass, step, met.remotes, met.links).await? };
    brake::hold(pass, Loss::Overwrites, pass.overwrites).await?;
    Ok(unlink(pass, step, &met.gone).await? || wrote)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Saved {
    Whole,
    /// Nothing of the page: since it was asked for, a write of ours agreed on a newer state of one of its objects, which would now
    /// look like an edit of theirs that takes ours back.
    Overtaken,
}

/// Saves a page with its cursor. `asked`: when it was asked for, where it may be asked for again.
async fn save_page<T: Absorb>(
    pass: &mut Pass,
    places: &mut Places,
    destination: Option<&Destination>,
    page: Page<T>,
    asked: Option<Timestamp>,
) -> Result<Saved> {
    let place = places.at(destination);
    let moved = place.cursor.as_ref() != Some(&page.cursor);
    let sweeping = place.sweep_from.is_some();
    if page.entries.is_empty() && !moved {
        return Ok(Saved::Whole);
    }
    pass.place = destination.map(|destination| destination.id.clone());
    let mut step = pass.step().await?;
    let met = Met::of(pass, &mut step, page.entries).await?;
    if asked.is_some_and(|asked| met.links.values().any(|link| link.at > asked)) {
        return Ok(Saved::Overtaken);
    }
    place.cursor = Some(page.cursor);
    if sweeping {
        step.touch_links(&pass.stream, &met.ids()).await?;
    }
    let wrote = absorb(pass, &mut step, met).await?;
    if wrote {
        pass.note_run(&mut step).await?;
        step.progress(&pass.run.id, &pass.run.counts, i64::try_from(pass.session.calls()).unwrap_or(i64::MAX)).await?;
    }
    if wrote || moved {
        let place = places.write();
        step.advance(&pass.stream, Some(&place), pass.stream.place_seq).await?;
        step.commit().await?;
        pass.stream.place = Some(place);
    }
    Ok(Saved::Whole)
}

/// The last entry of each object holds.
fn latest<T>(entries: Vec<Entry<T>>) -> (Vec<Remote<T>>, Vec<String>) {
    let mut order = Vec::new();
    let mut last: HashMap<String, Entry<T>> = HashMap::new();
    for entry in entries {
        let id = entry.id().to_owned();
        if last.insert(id.clone(), entry).is_none() {
            order.push(id);
        }
    }
    let (mut present, mut gone) = (Vec::new(), Vec::new());
    for id in order {
        match last.remove(&id) {
            Some(Entry::Present(remote)) => present.push(remote),
            Some(Entry::Gone { id }) => gone.push(id),
            None => {}
        }
    }
    (present, gone)
}

/// The tool said that these are gone: by default their links are marked so, and the record stays.
pub(crate) async fn unlink(pass: &mut Pass, step: &mut Step, gone: &[String]) -> Result<bool> {
    let ids: Vec<&str> = gone.iter().map(String::as_str).collect();
    let mut links = step.links_by_remote(&pass.connection.id, pass.stream.capability, &ids).await?;
    links.retain(|link| !link.gone);
    if links.is_empty() {
        return Ok(false);
    }
    let deletions = pass.run.counts.deleted + u64::try_from(links.len()).unwrap_or(0);
    brake::hold(pass, Loss::Deletions, deletions).await?;
    let records: Vec<RecordId> = links.iter().map(|link| link.record.clone()).collect();
    let stored = step.records(&records).await?;
    let mut items = Vec::with_capacity(links.len());
    let mut deleted = Vec::new();
    for link in &mut links {
        (link.gone, link.at) = (true, step.at());
        let Some(record) = stored.iter().find(|record| record.id == link.record) else { continue };
        let propagate = match pass.stream.capability {
            // An event that is gone was cancelled: nothing is left to keep.
            Capability::Calendar => true,
            // A meeting is more than its recording at one tool.
            Capability::Recordings => false,
            _ => pass.settings.deletion == Deletion::Propagate,
        };
        if propagate && !record.deleted {
            deleted.push(crate::absorb::deletion(record));
        }
        let words = if propagate { "Deleted at the tool, and here." } else { "Deleted at the tool; kept here, no longer linked." };
        items.push(pass.item(record.id.to_string(), record.record.label(), Outcome::Deleted, "gone_at_tool", words));
    }
    step.save_links(&links).await?;
    let origin = pass.origin();
    pass.note_run(step).await?;
    step.save(deleted, &origin, Some(&pass.run.id)).await?;
    step.save_items(&items).await?;
    pass.run.counts.deleted = deletions;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f38_an_object_that_comes_twice_counts_once_and_the_last_holds() {
        let present = |id: &str, item| Entry::Present(Remote { id: id.into(), version: None, modified: None, url: None, item });
        let (remotes, gone) = latest(vec![present("a", 1), present("b", 2), present("a", 3), Entry::Gone { id: "b".into() }]);
        assert_eq!(remotes.iter().map(|remote| (remote.id.as_str(), remote.item)).collect::<Vec<_>>(), [("a", 3)]);
        assert_eq!(gone, ["b"]);
    }
}
