//! Pull: pages of a tool's objects become records, links and log rows, and the cursor moves in the same step.

use std::collections::HashMap;

use connector_kit::{Cursor, Entry, ErrorKind, PullRequest, Remote, Source};
use store::Step;
use store::items::Outcome;
use store::links::Link;

use crate::error::{Error, Result};
use crate::pass::{Ended, Pass};

/// Pages of one pass; then the others have their turn.
const PAGES: usize = 20;
/// The same cursor so often in one pass, with more promised, is a loop at the tool, be it a wide one.
const SAME_CURSOR: usize = 3;
/// Deletions of one pass that need no look (FAULTS.md R7): the larger of this and 5 % of what is linked.
const FEW_DELETIONS: u64 = 50;

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

/// Reads pages until there are no more.
pub(crate) async fn pull<T: Absorb>(pass: &mut Pass, source: &dyn Source<T>) -> Result<Ended> {
    let mut cursor = pass.stream.place.clone().map(Cursor);
    let mut restarted = false;
    let mut passed: Vec<Cursor> = cursor.iter().cloned().collect();
    for _ in 0..PAGES {
        let destination = pass.settings.on(pass.stream.capability).and_then(|sync| sync.destination.clone());
        let request =
            PullRequest { cursor: cursor.as_ref(), destination: destination.as_ref(), since: pass.since(), now: pass.hub.env().now() };
        let page = match source.pull(&pass.session, &request).await {
            Ok(page) => page,
            Err(error) if error.kind == ErrorKind::CursorExpired && !restarted => {
                tracing::info!(stream = %pass.stream.id, "the tool no longer knows the cursor; everything is read again");
                (cursor, restarted) = (None, true);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let same = passed.iter().filter(|earlier| **earlier == page.cursor).count();
        passed.push(page.cursor.clone());
        if same >= SAME_CURSOR && page.more {
            return Err(connector_kit::Error::protocol("the tool gave the same page again and again").into());
        }
        save_page(pass, page.entries, cursor.as_ref() != Some(&page.cursor), &page.cursor).await?;
        cursor = Some(page.cursor);
        if !page.more {
            return Ok(Ended::InStep);
        }
    }
    Ok(Ended::More)
}

async fn save_page<T: Absorb>(pass: &mut Pass, entries: Vec<Entry<T>>, moved: bool, cursor: &Cursor) -> Result<()> {
    if entries.is_empty() && !moved {
        return Ok(());
    }
    pass.run.counts.read += u64::try_from(entries.len()).unwrap_or(0);
    let (remotes, gone) = latest(entries);
    let capability = pass.stream.capability;
    let mut step = pass.step().await?;
    let ids: Vec<&str> = remotes.iter().map(|remote| remote.id.as_str()).collect();
    let links = step.links_by_remote(&pass.connection.id, capability, &ids).await?;
    let links = links.into_iter().map(|link| (link.remote_id.clone(), link)).collect();
    let mut wrote = if remotes.is_empty() { false } else { T::absorb(pass, &mut step, remotes, links).await? };
    wrote |= unlink(pass, &mut step, &gone).await?;
    if wrote {
        pass.note_run(&mut step).await?;
        step.progress(&pass.run.id, &pass.run.counts, i64::try_from(pass.session.calls()).unwrap_or(i64::MAX)).await?;
    }
    if wrote || moved {
        step.advance(&pass.stream, Some(&cursor.0), pass.stream.place_seq).await?;
        step.commit().await?;
    }
    pass.stream.place = Some(cursor.0.clone());
    Ok(())
}

/// The last entry of each object holds.
fn latest<T>(entries: Vec<Entry<T>>) -> (Vec<Remote<T>>, Vec<String>) {
    let mut order = Vec::new();
    let mut last: HashMap<String, Entry<T>> = HashMap::new();
    for entry in entries {
        let id = match &entry {
            Entry::Present(remote) => remote.id.clone(),
            Entry::Gone { id } => id.clone(),
        };
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
async fn unlink(pass: &mut Pass, step: &mut Step, gone: &[String]) -> Result<bool> {
    let ids: Vec<&str> = gone.iter().map(String::as_str).collect();
    let mut links = step.links_by_remote(&pass.connection.id, pass.stream.capability, &ids).await?;
    links.retain(|link| !link.gone);
    if links.is_empty() {
        return Ok(false);
    }
    let deletions = pass.run.counts.deleted + u64::try_from(links.len()).unwrap_or(0);
    if deletions > FEW_DELETIONS {
        let linked = pass.workspace.link_counts(&pass.connection.id).await?;
        let linked: i64 = linked.iter().filter(|(capability, _)| *capability == pass.stream.capability).map(|(_, count)| count).sum();
        if deletions > u64::try_from(linked / 20).unwrap_or(0) {
            return Err(Error::Braked(deletions));
        }
    }
    let records: Vec<model::RecordId> = links.iter().map(|link| link.record.clone()).collect();
    let stored = step.records(&records).await?;
    let mut items = Vec::with_capacity(links.len());
    let mut deleted = Vec::new();
    for link in &mut links {
        (link.gone, link.at) = (true, step.at());
        let Some(record) = stored.iter().find(|record| record.id == link.record) else { continue };
        let propagate =
            pass.settings.deletion == model::settings::Deletion::Propagate || GONE_IS_CANCELLED.contains(&pass.stream.capability);
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

/// A calendar's event that is gone was cancelled: nothing is left to keep.
const GONE_IS_CANCELLED: [model::Capability; 1] = [model::Capability::Calendar];

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
