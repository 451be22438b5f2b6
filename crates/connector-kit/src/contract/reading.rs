//! What every `Source` keeps: pages end, and a cursor leads on after a crash at any page edge.

use std::collections::BTreeSet;
use std::fmt::Debug;

use jiff::{SignedDuration, Timestamp};
use model::connection::Capability;
use model::settings::Destination;

use super::{Bench, Reading};
use crate::capability::Source;
use crate::error::Result;
use crate::page::{Cursor, Entry, PullRequest};
use crate::session::Session;

/// More pages than this are taken for a list without end.
const MOST_PAGES: usize = 300;
/// A saved cursor is at most so long.
const LONGEST_CURSOR: usize = 64 << 10;
/// How far back the suite reads.
const BACKFILL: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A pull flow, whatever it reads.
#[async_trait::async_trait]
pub trait Reads: Send + Sync {
    fn capability(&self) -> Capability;
    /// Where faults strike.
    fn path(&self) -> &str;
    /// One pull from the beginning.
    async fn first_page(&self, bench: &Bench, session: &Session) -> Result<()>;
    /// Holds it to what every `Source` keeps.
    async fn holds(&self, bench: &Bench);
}

#[async_trait::async_trait]
impl<T: Debug + Send + Sync + 'static> Reads for Reading<T> {
    fn capability(&self) -> Capability {
        self.capability
    }

    fn path(&self) -> &str {
        self.path
    }

    async fn first_page(&self, bench: &Bench, session: &Session) -> Result<()> {
        let (now, since) = (bench.now(), bench.now() - BACKFILL);
        let request = PullRequest { cursor: None, destination: self.destination.as_ref(), since, now };
        self.source.pull(session, &request).await.map(drop)
    }

    async fn holds(&self, bench: &Bench) {
        let made = self.editor.make(self.more_than_a_page).await;
        let since = bench.now() - BACKFILL;
        let walk = pages_end_and_resume(bench, self.source, self.destination.as_ref(), since).await;
        assert!(walk.edges.len() > 1, "{} objects came on one page", made.len());
        let present = walk.present();
        for id in &made {
            assert!(present.contains(id.as_str()), "{id} is not told");
        }
        let on = async |cursor: &Cursor| reads_from(bench, self.source, self.destination.as_ref(), since, Some(cursor)).await;
        let mut after = on(walk.end()).await;
        assert_eq!(ids(&after.entries), BTreeSet::new(), "what did not change is not told again");

        let gone = async |id: &str| self.source.is_gone(&bench.session(), id, self.destination.as_ref()).await;
        assert_eq!(gone(&made[1]).await, Ok(false), "what is there is not gone");
        if self.editor.change(&made[0]).await {
            after = on(after.end()).await;
            assert_eq!(ids(&after.entries), BTreeSet::from([made[0].clone()]), "the change is told, and nothing else");
            assert!(after.present().contains(made[0].as_str()), "a change is no end");
            after = on(after.end()).await;
            assert_eq!(ids(&after.entries), BTreeSet::new(), "a change is told once");
        }
        if self.editor.remove(&made[1]).await {
            after = on(after.end()).await;
            assert_eq!(ids(&after.entries), BTreeSet::from([made[1].clone()]), "the end is told, and nothing else");
            assert!(after.present().is_empty(), "an end is no change");
            assert_eq!(ids(&on(after.end()).await.entries), BTreeSet::new(), "an end is told once");
            assert_eq!(gone(&made[1]).await, Ok(true), "asked for, the tool says the same");
        }
    }
}

/// A whole way through a source.
#[derive(Debug)]
pub struct Walk<T> {
    /// All entries, in the order they came.
    pub entries: Vec<Entry<T>>,
    /// The cursor after each page; the last one is where the next sync begins.
    pub edges: Vec<Cursor>,
    /// How many entries had come at each edge.
    counts: Vec<usize>,
}

impl<T> Walk<T> {
    /// Where the next sync begins.
    pub fn end(&self) -> &Cursor {
        self.edges.last().expect("a walk has at least one page")
    }

    /// The objects that are there at the end: a later entry of the same object holds.
    pub fn present(&self) -> BTreeSet<&str> {
        let mut ids = BTreeSet::new();
        for entry in &self.entries {
            match entry {
                Entry::Present(remote) => ids.insert(remote.id.as_str()),
                Entry::Gone { id } => ids.remove(id.as_str()),
            };
        }
        ids
    }
}

fn ids<T>(entries: &[Entry<T>]) -> BTreeSet<String> {
    let id = |entry: &Entry<T>| match entry {
        Entry::Present(remote) => remote.id.clone(),
        Entry::Gone { id } => id.clone(),
    };
    entries.iter().map(id).collect()
}

/// Reads from a cursor (`None`: from the beginning) to the end.
pub async fn reads_from<T: Send + 'static>(
    bench: &Bench,
    source: &dyn Source<T>,
    destination: Option<&Destination>,
    since: Timestamp,
    cursor: Option<&Cursor>,
) -> Walk<T> {
    let session = bench.session();
    let mut walk = Walk { entries: Vec::new(), edges: Vec::new(), counts: Vec::new() };
    for _ in 0..MOST_PAGES {
        let request = PullRequest { cursor: walk.edges.last().or(cursor), destination, since, now: bench.now() };
        let page = source.pull(&session, &request).await.expect("nothing is wrong with the emulator");
        assert!(page.cursor.0.len() <= LONGEST_CURSOR, "a cursor of {} bytes", page.cursor.0.len());
        walk.entries.extend(page.entries);
        walk.counts.push(walk.entries.len());
        walk.edges.push(page.cursor);
        if !page.more {
            return walk;
        }
    }
    panic!("after {MOST_PAGES} pages there is still more");
}

/// Reads everything; then again from every page's edge, as after a crash there; then on from the end, where nothing is
/// lost and the pages end too.
pub async fn pages_end_and_resume<T: Debug + Send + 'static>(
    bench: &Bench,
    source: &dyn Source<T>,
    destination: Option<&Destination>,
    since: Timestamp,
) -> Walk<T> {
    let whole = reads_from(bench, source, destination, since, None).await;
    let all = ids(&whole.entries);
    for (edge, count) in whole.edges.iter().zip(&whole.counts) {
        let text = edge.0.clone();
        let rest = reads_from(bench, source, destination, since, Some(&Cursor(text))).await;
        let mut seen = ids(&whole.entries[..*count]);
        seen.extend(ids(&rest.entries));
        assert_eq!(seen, all, "something is lost when going on from a page's edge");
    }
    whole
}
