//! Reading changes: first the listing, then searches by modification time, and what went into the recycle bin.
//!
//! A search ends at 10,000 results and its pages shift while objects change, so it is never paged: each call asks for what was
//! modified at or after the last result of the one before. Only where a whole page bears one and the same time, that time's
//! objects are read by rising id. The index lags behind, so a new round begins a little before the last known change.

use std::collections::BTreeMap;

use connector_kit::page::Cursor;
use connector_kit::request::segment;
use connector_kit::{Error, ErrorKind, PullRequest, Result, Session};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::manifest::SEARCHES;
use super::map;
use super::wire::{Filter, FilterGroup, Record, Records, Search};

/// How far a round of searching begins before the last known change.
const LAG_MS: i64 = 2 * 60 * 1_000;
/// How far HubSpot's clock may be from ours when the first round begins.
const SKEW: SignedDuration = SignedDuration::from_mins(15);
/// Objects remembered so as not to be told twice; a cursor holds 64 kB at most.
const MOST_KNOWN: usize = 800;
/// A recycle bin of more pages than one is read this often.
const SWEEP: SignedDuration = SignedDuration::from_hours(1);

/// One kind of object, as it is followed.
pub(super) struct Feed {
    pub object: &'static str,
    /// The property that holds the time of the last modification.
    pub modified: &'static str,
    pub properties: &'static [&'static str],
}

/// A page of it.
#[derive(Debug)]
pub(super) struct News {
    pub present: Vec<Record>,
    pub gone: Vec<String>,
    pub cursor: Cursor,
    pub more: bool,
}

/// How far a kind of news is known: the newest time, and the objects told of late with theirs (milliseconds since 1970).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Frontier {
    newest: i64,
    known: BTreeMap<String, i64>,
}

impl Frontier {
    const fn from(&self) -> i64 {
        self.newest - LAG_MS
    }

    /// Takes note of an object; `false`: it was told already, as of this very time.
    fn admit(&mut self, id: &str, at: i64) -> bool {
        self.newest = self.newest.max(at);
        self.known.insert(id.to_owned(), at) != Some(at)
    }

    /// Takes note of an object without moving on: what changed while the listing went by must still be searched for.
    fn remember(&mut self, id: &str, at: i64) {
        self.known.insert(id.to_owned(), at);
    }

    fn trim(&mut self) {
        let floor = self.from();
        self.known.retain(|_, at| *at >= floor);
        if self.known.len() > MOST_KNOWN {
            let mut times: Vec<i64> = self.known.values().copied().collect();
            times.sort_unstable();
            let keep = times[times.len() - MOST_KNOWN];
            self.known.retain(|_, at| *at > keep);
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "phase")]
enum Phase {
    Listing { after: Option<String> },
    Changes { from: i64, past: Option<String> },
    Archived { after: Option<String>, pages: u32, floor: i64 },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    phase: Phase,
    changes: Frontier,
    archived: Frontier,
    /// When the recycle bin was last read to its end, and how many pages it had.
    swept: Option<(Timestamp, u32)>,
}

impl Place {
    fn start(now: Timestamp) -> Self {
        let newest = now.checked_sub(SKEW).unwrap_or(now).as_millisecond();
        let frontier = Frontier { newest, known: BTreeMap::new() };
        Self { phase: Phase::Listing { after: None }, changes: frontier.clone(), archived: frontier, swept: None }
    }

    fn next_round(&self) -> Phase {
        Phase::Changes { from: self.changes.from(), past: None }
    }

    fn bin_is_due(&self, now: Timestamp) -> bool {
        self.swept.is_none_or(|(at, pages)| pages <= 1 || now.duration_since(at) >= SWEEP)
    }
}

impl Feed {
    /// The next page.
    pub(super) async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<News> {
        let mut place = request.cursor.map_or_else(|| Ok(Place::start(request.now)), Cursor::read::<Place>)?;
        let (present, gone, more) = match place.phase.clone() {
            Phase::Listing { after } => (self.list(session, &mut place, after, request.since).await?, Vec::new(), true),
            Phase::Changes { from, past } => {
                let (present, more) = self.search(session, &mut place, from, past, request.now).await?;
                (present, Vec::new(), more)
            }
            Phase::Archived { after, pages, floor } => {
                let gone = self.bin(session, &mut place, (after, pages, floor), request.now).await?;
                let more = matches!(place.phase, Phase::Archived { .. });
                (Vec::new(), gone, more)
            }
        };
        Ok(News { present, gone, cursor: Cursor::of(&place), more })
    }

    /// Whether an object is in the bin or no more at all.
    pub(super) async fn is_gone(&self, session: &Session, id: &str) -> Result<bool> {
        let request = session.get(format!("/crm/v3/objects/{}/{}", self.object, segment(id)));
        match request.fetch::<Record>().await {
            Ok(_) => Ok(false),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn page(&self, session: &Session, after: Option<&String>, archived: bool) -> Result<(Vec<Record>, Option<String>)> {
        let request = session
            .get(format!("/crm/v3/objects/{}", self.object))
            .query("limit", "100")
            .query("archived", &archived)
            .query("properties", &self.properties.join(","))
            .query_if("after", after);
        let page: Records = request.fetch().await.map_err(|error| match (error.kind, after) {
            (ErrorKind::Invalid, Some(_)) => Error::new(ErrorKind::CursorExpired, "HubSpot no longer takes the place in its listing"),
            _ => error,
        })?;
        let next = page.paging.and_then(|paging| paging.next).map(|next| next.after);
        if next.is_some() && next.as_ref() == after {
            return Err(Error::protocol("HubSpot's listing does not move on"));
        }
        Ok((page.results, next))
    }

    async fn list(&self, session: &Session, place: &mut Place, after: Option<String>, since: Timestamp) -> Result<Vec<Record>> {
        let (mut records, next) = self.page(session, after.as_ref(), false).await?;
        records.retain(|record| map::modified(record, self.modified).is_none_or(|at| at >= since));
        for (record, at) in records.iter().filter_map(|record| Some((record, map::modified(record, self.modified)?))) {
            place.changes.remember(&record.id, at.as_millisecond());
        }
        place.changes.trim();
        place.phase = if next.is_some() { Phase::Listing { after: next } } else { place.next_round() };
        Ok(records)
    }

    async fn search(
        &self,
        session: &Session,
        place: &mut Place,
        from: i64,
        past: Option<String>,
        now: Timestamp,
    ) -> Result<(Vec<Record>, bool)> {
        let filter = |property_name, operator, value: String| Filter { property_name, operator, value: Some(value), values: None };
        let mut filters = vec![filter(self.modified, "GTE", from.to_string())];
        if let Some(id) = &past {
            filters.push(filter(self.modified, "LTE", from.to_string()));
            filters.push(filter("hs_object_id", "GT", id.clone()));
        }
        let body = Search {
            filter_groups: vec![FilterGroup { filters }],
            sorts: vec![if past.is_some() { "hs_object_id" } else { self.modified }],
            properties: self.properties,
            limit: 200,
            after: "0",
        };
        let target = format!("/crm/v3/objects/{}/search", self.object);
        let page: Records = session.post(target).json(&body).repeatable().within(SEARCHES).fetch().await?;
        let more = page.paging.is_some_and(|paging| paging.next.is_some()) && !page.results.is_empty();
        let at = |record: &Record| map::modified(record, self.modified).map_or(from, Timestamp::as_millisecond);
        let last = page.results.last().map(|record| (record.id.clone(), at(record)));
        let news: Vec<Record> = page.results.into_iter().filter(|record| place.changes.admit(&record.id, at(record))).collect();
        place.changes.trim();
        place.phase = match (more, last, past) {
            (true, Some((id, _)), Some(old)) if id != old => Phase::Changes { from, past: Some(id) },
            (true, _, Some(_)) => return Err(Error::protocol("HubSpot's search does not move on")),
            (false, _, Some(_)) => Phase::Changes { from: from + 1, past: None },
            (true, Some((_, last)), None) if last > from => Phase::Changes { from: last, past: None },
            (true, ..) => Phase::Changes { from, past: Some("0".to_owned()) },
            (false, ..) if place.bin_is_due(now) => Phase::Archived { after: None, pages: 0, floor: place.archived.from() },
            (false, ..) => {
                place.phase = place.next_round();
                return Ok((news, false));
            }
        };
        Ok((news, true))
    }

    async fn bin(
        &self,
        session: &Session,
        place: &mut Place,
        (after, pages, floor): (Option<String>, u32, i64),
        now: Timestamp,
    ) -> Result<Vec<String>> {
        let (records, next) = self.page(session, after.as_ref(), true).await?;
        let mut gone = Vec::new();
        for record in records {
            let at = record.archived_at.or(record.updated_at).map_or(floor, Timestamp::as_millisecond);
            if at >= floor && place.archived.admit(&record.id, at) {
                gone.push(record.id);
            }
        }
        if next.is_some() {
            place.phase = Phase::Archived { after: next, pages: pages + 1, floor };
        } else {
            place.archived.trim();
            place.swept = Some((now, pages + 1));
            place.phase = place.next_round();
        }
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f40_equal_times_are_told_once_and_a_later_edit_again() {
        let mut frontier = Frontier::default();
        assert!(frontier.admit("1", 500) && frontier.admit("2", 500));
        assert!(!frontier.admit("1", 500));
        assert!(frontier.admit("1", 501));
    }

    #[test]
    fn a_cursor_stays_below_64_kilobytes() {
        let mut place = Place::start("2026-01-01T00:00:00Z".parse().unwrap());
        let newest = place.changes.newest;
        for number in 0..5_000_i64 {
            place.changes.admit(&format!("{}", 100_000_000_000 + number), newest + number);
            place.archived.admit(&format!("{}", 200_000_000_000 + number), newest + number);
        }
        place.changes.trim();
        place.archived.trim();
        assert!(place.changes.known.len() <= MOST_KNOWN && place.changes.known.contains_key("100000004999"));
        assert!(Cursor::of(&place).0.len() < 60_000);
    }

    #[test]
    fn a_recycle_bin_of_one_page_is_read_every_time_and_a_long_one_each_hour() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut place = Place::start(now);
        assert!(place.bin_is_due(now));
        place.swept = Some((now, 1));
        assert!(place.bin_is_due(now));
        place.swept = Some((now, 7));
        assert!(!place.bin_is_due(now) && place.bin_is_due(now + SWEEP));
    }
}
