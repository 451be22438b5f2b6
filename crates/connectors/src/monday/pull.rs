//! What changed on a board: its items by their last edit, the newest first, and the deletions of its activity log.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use connector_kit::{Cursor, Entry, Error, ErrorKind, Page, PullRequest, Result, Session, Source, async_trait};
use cynic::QueryBuilder;
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::settings::Destination;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::graphql::ask;
use super::query::{ByIds, FirstPage, Further, ItemsOrderByDirection, ItemsQuery, ItemsQueryOrderBy, NextPage, Since, WhereItemsAre};
use super::wire::{Activity, Instant, Item, ItemsPage, State, Whereabouts};
use super::{Monday, map, people, places};

/// Items on one page: of 500 allowed, as many as one answer carries without haste.
const PAGE: i32 = 100;
/// What was edited this long before the newest edit known is read again: times are told in seconds, and may be told late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);
/// So many things of the overlap are remembered, and not told again. More are told again, which is harmless.
const REMEMBERED: usize = 400;
/// So many items can be asked for by their ids at once.
const MOST_IDS: usize = 100;
/// How the activity log calls a deletion.
const DELETED: &str = "delete_pulse";
/// Stands where an item's digest would stand.
const DELETION: u64 = 0;

/// A place among the items of a board. They come newest edit first, so a pass ends where the one before began.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    /// This pass asks for edits from here on.
    from: Timestamp,
    /// Deletions are asked for from here on; before, nothing was known that could be deleted.
    deletions_from: Option<Timestamp>,
    /// The newest edit or deletion met in this pass.
    newest: Option<Timestamp>,
    /// monday.com's own cursor within the pass.
    after: Option<String>,
    /// Told by the pass before.
    told: Vec<Told>,
    /// Told by this pass, as far as the next one will meet them again.
    telling: Vec<Told>,
}

/// What was told: of what, when it happened, and a digest of what it was, because times are told in seconds.
type Told = (String, Timestamp, u64);

impl Place {
    /// Notes an edit or a deletion; `false`: it was told before. A time that has not come yet moves nothing.
    fn meet(&mut self, met: Told, now: Timestamp) -> bool {
        let at = met.1;
        let newest = self.newest.map_or(at, |known| known.max(at)).min(now);
        self.newest = Some(newest);
        let fresh = !self.told.contains(&met);
        if at >= newest.saturating_sub(OVERLAP).unwrap_or(newest) && self.telling.len() < REMEMBERED {
            self.telling.push(met);
        }
        fresh
    }

    /// The place after a page; and whether more can be had at once. `end`: the page reached what is older than this pass asks for.
    fn turn(mut self, next: Option<String>, end: bool, now: Timestamp) -> Result<(Self, bool)> {
        if let Some(next) = next.filter(|_| !end) {
            if self.after.as_ref() == Some(&next) {
                return Err(Error::protocol("monday.com gives the same cursor again"));
            }
            self.after = Some(next);
            return Ok((self, true));
        }
        let back = |at: Timestamp| at.saturating_sub(OVERLAP).unwrap_or(at);
        let from = self.newest.map_or(self.from, |newest| back(newest).max(self.from));
        let told = if self.newest.is_some() { self.telling } else { self.told };
        let told = told.into_iter().filter(|(_, at, _)| *at >= from).collect();
        Ok((Self { from, deletions_from: Some(self.deletions_from.map_or_else(|| back(now), |_| from)), told, ..Self::default() }, false))
    }
}

#[async_trait]
impl Source<Task> for Monday {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<Task>> {
        let board = places::chosen(request.destination)?.board;
        let mut place: Place = match request.cursor {
            Some(cursor) => cursor.read()?,
            None => Place { from: request.since, ..Place::default() },
        };
        let (page, log) = match &place.after {
            None => first_page(session, board, &place, request.now).await?,
            Some(cursor) => match next_page(session, cursor).await {
                Ok(page) => (page, Vec::new()),
                // Cursors live for an hour. The pass begins again; what it told is told again, and nothing is lost.
                Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound) => {
                    place = Place { after: None, newest: None, telling: Vec::new(), ..place };
                    first_page(session, board, &place, request.now).await?
                }
                Err(error) => return Err(error),
            },
        };
        let end = page.items.iter().any(|item| item.updated_at.is_some_and(|at| at < place.from));
        let mut fresh = Vec::new();
        for item in &page.items {
            let told = match item.updated_at {
                Some(at) if at < place.from => false,
                Some(at) => place.meet((item.id.inner().to_owned(), at, digest(item)), request.now),
                None => true,
            };
            if told {
                fresh.push(item);
            }
        }
        let people = people::behind(session, fresh.iter().copied()).await?;
        let mut entries: Vec<Entry<Task>> = fresh.into_iter().map(|item| map::entry(item, &people)).collect();
        let deleted: BTreeSet<String> =
            log.into_iter().filter(|(id, at)| place.meet((id.clone(), *at, DELETION), request.now)).map(|(id, _)| id).collect();
        entries.extend(gone(session, deleted.into_iter().collect()).await?.into_iter().map(|id| Entry::Gone { id }));
        let (place, more) = place.turn(page.cursor, end, request.now)?;
        Ok(Page { entries, cursor: Cursor::of(&place), more })
    }

    /// An item that is asked for by its id is shown after its deletion too, and says so; for a month, then no more.
    async fn is_gone(&self, session: &Session, id: &str, _destination: Option<&Destination>) -> Result<bool> {
        Ok(gone(session, vec![id.to_owned()]).await?.iter().any(|gone| gone == id))
    }
}

async fn first_page(session: &Session, board: &str, place: &Place, now: Timestamp) -> Result<(ItemsPage, Vec<(String, Timestamp)>)> {
    let order = ItemsQueryOrderBy { column_id: "__last_updated__".to_owned(), direction: Some(ItemsOrderByDirection::Desc) };
    let variables = Since {
        ids: Some(vec![cynic::Id::new(board)]),
        limit: PAGE,
        query: ItemsQuery { order_by: Some(vec![order]) },
        from: Instant(place.deletions_from.unwrap_or(now)),
    };
    let boards = ask(session, FirstPage::build(variables)).await?.boards;
    let board = boards.into_iter().flatten().flatten().next().ok_or_else(places::no_such_board)?;
    let log = board.activity_logs.into_iter().flatten().flatten();
    Ok((board.items_page, log.filter_map(|line| deletion(&line)).collect()))
}

async fn next_page(session: &Session, cursor: &str) -> Result<ItemsPage> {
    let variables = Further { cursor: cursor.to_owned(), limit: PAGE };
    Ok(ask(session, NextPage::build(variables)).await?.next_items_page)
}

/// Another digest than this of an older version only tells an item once more.
fn digest(item: &Item) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{item:?}").hash(&mut hasher);
    hasher.finish()
}

/// Of a line of the activity log that tells a deletion: what was deleted, and when. Another line is none.
fn deletion(line: &Activity) -> Option<(String, Timestamp)> {
    if line.event != DELETED {
        return None;
    }
    let data: Value = serde_json::from_str(&line.data).ok()?;
    let id = [&data["pulse_id"], &data["item_id"]].into_iter().find(|id| !id.is_null())?;
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let at = Timestamp::from_microsecond(line.created_at.parse::<i64>().ok()? / 10).ok()?;
    Some((id, at))
}

/// Which of these items are deleted, by monday.com's word for each: a line of a log may be older than a restoration.
async fn gone(session: &Session, ids: Vec<String>) -> Result<Vec<String>> {
    let mut gone = Vec::new();
    for some in ids.chunks(MOST_IDS) {
        let items = whereabouts(session, some.iter().map(String::as_str)).await?;
        gone.extend(items.into_iter().filter(|item| item.state == Some(State::Deleted)).map(|item| item.id.into_inner()));
    }
    Ok(gone)
}

/// Where these items are, as far as monday.com shows them.
pub(super) async fn whereabouts(session: &Session, ids: impl Iterator<Item = &str>) -> Result<Vec<Whereabouts>> {
    let ids: Vec<cynic::Id> = ids.map(cynic::Id::new).collect();
    let limit = i32::try_from(ids.len()).unwrap_or(i32::MAX);
    Ok(ask(session, WhereItemsAre::build(ByIds { ids: Some(ids), limit })).await?.items.into_iter().flatten().flatten().collect())
}
