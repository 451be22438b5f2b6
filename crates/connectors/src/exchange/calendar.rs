//! Reading a calendar: first its sync state, then a bounded window of it by views, then what changed since.

use std::collections::BTreeMap;

use connector_kit::{CalendarSource, Cursor, Entry, Error, ErrorKind, Page, PullRequest, Result, Session, Source, async_trait};
use jiff::{SignedDuration, Timestamp};
use model::meeting::Meeting;
use model::settings::Destination;
use serde::{Deserialize, Serialize};

use super::request::{self, Id};
use super::wire::{CalendarItem, Change, Message};
use super::{Exchange, map, read, recurrence};

/// How far ahead the window reaches when it is opened.
const AHEAD: SignedDuration = SignedDuration::from_hours(180 * 24);
/// When less than this is left of it, it is made longer.
const LEAST_AHEAD: SignedDuration = SignedDuration::from_hours(150 * 24);
/// How much of the window one page reads.
const VIEW: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Entries of a view; one with more is read in two halves.
const MOST_IN_A_VIEW: u32 = 100;
/// Ids on a page of the first reading, which asks for nothing else. The schema allows no more.
const MOST_IDS: u32 = 512;
/// Changes on a page: each is then asked for by its id.
const MOST_CHANGES: u32 = 100;

/// Where a reading stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// `None`: the default calendar.
    calendar: Option<String>,
    from: Timestamp,
    until: Timestamp,
    sync_state: Option<String>,
    stage: Stage,
    /// The series that lie in the window, by digests of their ids and patterns. An end of one is told by its id alone, and a new
    /// pattern does not tell where the old one was.
    series: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// The sync state is read to its end, so that no change is lost while the window is read.
    State,
    /// The window is read from here on.
    Window {
        at: Timestamp,
    },
    Changes,
}

impl Place {
    /// The place of a saved cursor. One of another calendar is of no use.
    fn of(request: &PullRequest<'_>) -> Result<Self> {
        let calendar = request.destination.map(|chosen| chosen.id.clone());
        let Some(cursor) = request.cursor else {
            let until = whole_seconds(request.now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX));
            let from = whole_seconds(request.since.min(request.now));
            return Ok(Self { calendar, from, until, sync_state: None, stage: Stage::State, series: BTreeMap::new() });
        };
        let place: Self = cursor.read()?;
        if place.calendar == calendar { Ok(place) } else { Err(anew("another calendar was chosen; it is read from the beginning")) }
    }

    fn is_inside(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// Takes the sync state of an answer; whether it was the last page.
    fn moved(&mut self, message: &Message) -> Result<bool> {
        let state = message.sync_state.clone().filter(|state| !state.is_empty());
        let state = state.ok_or_else(|| Error::protocol("Exchange gives no sync state"))?;
        let is_last = message.is_last != Some(false);
        if !is_last && self.sync_state.as_ref() == Some(&state) {
            return Err(Error::protocol("Exchange leads from a sync state to the same one"));
        }
        self.sync_state = Some(state);
        Ok(is_last)
    }
}

fn anew(why: &str) -> Error {
    Error::new(ErrorKind::CursorExpired, why)
}

/// Exchange keeps whole seconds.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[async_trait]
impl Source<Meeting> for Exchange {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<Meeting>> {
        let mut place = Place::of(request)?;
        let folder = request::calendar(session, place.calendar.as_deref());
        let mut entries = Vec::new();
        let more = match place.stage {
            Stage::State => {
                let message = read::changes(session, &folder, place.sync_state.as_deref(), MOST_IDS).await?;
                if place.moved(&message)? {
                    place.stage = Stage::Window { at: place.from };
                }
                true
            }
            Stage::Window { at } => {
                let (found, until) = window(session, &folder, at, place.until).await?;
                entries = window_entries(session, &mut place, found).await?;
                place.stage = if until < place.until { Stage::Window { at: until } } else { Stage::Changes };
                until < place.until
            }
            Stage::Changes => {
                let message = read::changes(session, &folder, place.sync_state.as_deref(), MOST_CHANGES).await?;
                let is_last = place.moved(&message)?;
                entries = changed_entries(session, &mut place, message).await?;
                let is_short = place.until.duration_since(request.now) < LEAST_AHEAD;
                if is_last && is_short {
                    place.stage = Stage::Window { at: place.until };
                    place.until = whole_seconds(request.now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX));
                }
                !is_last || is_short
            }
        };
        Ok(Page { entries, cursor: Cursor::of(&place), more })
    }

    async fn is_gone(&self, session: &Session, id: &str, destination: Option<&Destination>) -> Result<bool> {
        let (item_id, original) = map::occurrence_of(id).map_or((id, None), |(master, original)| (master, Some(original)));
        let Some(item) = read::items(session, &[Id::Item(item_id)]).await?.pop().flatten() else { return Ok(true) };
        if item.is_cancelled == Some(true) {
            return Ok(true);
        }
        let Some(original) = original else { return Ok(false) };
        if deleted(&item).any(|start| start == original) {
            return Ok(true);
        }
        if modified(&item).any(|(_, other, _)| other == original) {
            return Ok(false);
        }
        let folder = request::calendar(session, destination.map(|chosen| chosen.id.as_str()));
        let end = original.saturating_add(SignedDuration::from_secs(1)).unwrap_or(original);
        let found = read::view(session, &folder, original, end, MOST_IN_A_VIEW).await?;
        let found = found.ok_or_else(|| Error::protocol("Exchange gives too many meetings at once"))?;
        Ok(!found.iter().any(|other| other.uid == item.uid))
    }
}

/// The entries of a view that begins at `at`, and where it ends: sooner where there are too many.
async fn window(session: &Session, folder: &str, at: Timestamp, until: Timestamp) -> Result<(Vec<CalendarItem>, Timestamp)> {
    let mut end = at.saturating_add(VIEW).unwrap_or(until).min(until);
    loop {
        if let Some(found) = read::view(session, folder, at, end, MOST_IN_A_VIEW).await? {
            return Ok((found, end));
        }
        let half = end.duration_since(at).as_secs() / 2;
        if half < 60 {
            return Err(Error::protocol("Exchange gives too many meetings at once"));
        }
        end = at.saturating_add(SignedDuration::from_secs(half)).unwrap_or(end);
    }
}

/// What a view found, read whole.
async fn window_entries(session: &Session, place: &mut Place, found: Vec<CalendarItem>) -> Result<Vec<Entry<Meeting>>> {
    let ids: Vec<Id<'_>> = found.iter().map(|item| Id::Item(&item.item_id.id)).collect();
    let items = read::items(session, &ids).await?;
    let (mut entries, mut occurrences) = (Vec::new(), Vec::new());
    for item in items.into_iter().flatten() {
        match item.kind.as_deref() {
            Some("Occurrence" | "Exception") => occurrences.push(item),
            // Some servers give the master and leave the rest to us.
            Some("RecurringMaster") if recurrence::starts(&item, place.until).is_none() => {
                tracing::warn!("a series follows a rule that is not known here; it is left out");
            }
            Some("RecurringMaster") => entries.extend(series_entries(session, place, &item).await?),
            _ => entries.extend(map::entry(&item, item.item_id.id.clone(), None)),
        }
    }
    // One occurrence of each series leads to its master.
    let mut series: BTreeMap<&str, &str> = BTreeMap::new();
    for item in &occurrences {
        series.entry(series_of(item)).or_insert(&item.item_id.id);
    }
    let asked: Vec<Id<'_>> = series.values().map(|id| Id::MasterOf(id)).collect();
    let masters = read::items(session, &asked).await?;
    let mut by_series: BTreeMap<&str, CalendarItem> = BTreeMap::new();
    for (name, master) in series.keys().zip(masters) {
        // A series that ended meanwhile is told by the changes.
        let Some(master) = master else { continue };
        place.series.insert(recurrence::digest(&master.item_id.id), recurrence::fingerprint(&master));
        by_series.insert(*name, master);
    }
    for item in &occurrences {
        let known = by_series.get(series_of(item)).zip(map::original(item));
        entries.extend(
            known.and_then(|(master, original)| map::entry(item, map::occurrence_id(&master.item_id.id, original), Some(original))),
        );
    }
    Ok(entries)
}

/// Occurrences of one series share the UID.
fn series_of(item: &CalendarItem) -> &str {
    item.uid.as_deref().unwrap_or(&item.item_id.id)
}

/// What changed, read whole. Series come as their masters.
async fn changed_entries(session: &Session, place: &mut Place, message: Message) -> Result<Vec<Entry<Meeting>>> {
    let (mut ids, mut entries) = (Vec::new(), Vec::new());
    for change in message.changes.unwrap_or_default().list {
        match change {
            Change::Create(changed) | Change::Update(changed) => ids.extend(changed.item.map(|item| item.item_id.id)),
            Change::Delete(gone) if place.series.contains_key(&recurrence::digest(&gone.id.id)) => {
                return Err(anew("a series has ended; what is left of it is found by reading the calendar anew"));
            }
            Change::Delete(gone) => entries.push(Entry::Gone { id: gone.id.id }),
            Change::Other => {}
        }
    }
    let asked: Vec<Id<'_>> = ids.iter().map(|id| Id::Item(id)).collect();
    for item in read::items(session, &asked).await?.into_iter().flatten() {
        if item.kind.as_deref() == Some("RecurringMaster") {
            entries.extend(series_entries(session, place, &item).await?);
        } else {
            entries.extend(map::entry(&item, item.item_id.id.clone(), None));
        }
    }
    Ok(entries)
}

/// The occurrences of a series in the window, by its master: the regular ones by our own rules, the others as Exchange has them.
async fn series_entries(session: &Session, place: &mut Place, master: &CalendarItem) -> Result<Vec<Entry<Meeting>>> {
    let (digest, fingerprint) = (recurrence::digest(&master.item_id.id), recurrence::fingerprint(master));
    if place.series.get(&digest).is_some_and(|known| *known != fingerprint) {
        return Err(anew("a series has moved; what is left of it is found by reading the calendar anew"));
    }
    let Some(starts) = recurrence::starts(master, place.until) else {
        return Err(anew("a series follows a rule that is not known here; the calendar is read anew"));
    };
    let lost: Vec<Timestamp> = deleted(master).filter(|start| place.is_inside(*start)).collect();
    let changed: Vec<(&str, Timestamp)> = modified(master)
        .filter(|(_, original, start)| place.is_inside(*original) || place.is_inside(*start))
        .map(|(id, original, _)| (id, original))
        .collect();
    let asked: Vec<Id<'_>> = changed.iter().map(|(id, _)| Id::Item(id)).collect();
    let exceptions = read::items(session, &asked).await?;
    let is_regular =
        |start: &Timestamp| place.is_inside(*start) && !lost.contains(start) && changed.iter().all(|(_, other)| other != start);
    let mut entries: Vec<Entry<Meeting>> = starts.into_iter().filter(is_regular).filter_map(|start| map::regular(master, start)).collect();
    for (exception, (_, original)) in exceptions.iter().zip(&changed) {
        let id = map::occurrence_id(&master.item_id.id, *original);
        entries.extend(exception.as_ref().and_then(|item| map::entry(item, id, Some(*original))));
    }
    entries.extend(lost.into_iter().map(|start| Entry::Gone { id: map::occurrence_id(&master.item_id.id, start) }));
    if !entries.is_empty() {
        place.series.insert(digest, fingerprint);
    }
    Ok(entries)
}

fn deleted(master: &CalendarItem) -> impl Iterator<Item = Timestamp> {
    let all = master.deleted_occurrences.iter().flat_map(|deleted| &deleted.list);
    all.filter_map(|one| map::instant(one.start.as_deref()))
}

/// Ids, the starts that the pattern gives, and those that hold.
fn modified(master: &CalendarItem) -> impl Iterator<Item = (&str, Timestamp, Timestamp)> {
    let all = master.modified_occurrences.iter().flat_map(|modified| &modified.list);
    all.filter_map(|one| {
        let original = map::instant(one.original_start.as_deref())?;
        Some((one.item_id.id.as_str(), original, map::instant(one.start.as_deref()).unwrap_or(original)))
    })
}

#[async_trait]
impl CalendarSource for Exchange {
    async fn calendars(&self, session: &Session) -> Result<Vec<Destination>> {
        let default = read::folder(session, &request::distinguished(session, "calendar")).await?;
        let mut all = read::calendars(session).await?;
        all.sort_by_key(|folder| folder.id.id != default.id.id);
        let named =
            |folder: super::wire::Folder| Destination { name: folder.name.unwrap_or_else(|| folder.id.id.clone()), id: folder.id.id };
        Ok(all.into_iter().map(named).collect())
    }
}
