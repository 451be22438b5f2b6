//! Reading changes: by `SystemModstamp` and id, deletions included (`queryAll`), one object after the other.
//!
//! Pages follow from the last record of the page before, not from a place that Salesforce keeps, so no cursor of Salesforce expires.
//! A transaction that ends late shows its records with an earlier time, so a new round begins a little before the last known change;
//! what was told already is known. Times are whole seconds, so a record is known by its content too. Deleted records can be asked for 15 days: after a longer silence everything is read anew.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use connector_kit::page::Cursor;
use connector_kit::{Error, ErrorKind, PullRequest, Result, Session};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::map;
use super::soql::{self, API};
use super::wire::Records;

/// How far a round begins before the last known change.
const LAG_MS: i64 = 5 * 60 * 1_000;
/// Records of one page.
const PAGE: usize = 200;
/// Records remembered so as not to be told twice; a cursor holds 64 kB at most.
const MOST_KNOWN: usize = 500;
/// After a longer silence deletions may have left the recycle bin untold.
const LONGEST_SILENCE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// An object, as it is followed.
pub(super) struct Feed {
    pub object: &'static str,
    /// With `Id`, `IsDeleted` and `SystemModstamp`.
    pub fields: &'static str,
}

/// What a record tells of itself, whatever else it holds.
pub(super) trait Dated: DeserializeOwned + Hash {
    fn id(&self) -> &str;
    fn modstamp(&self) -> Option<&str>;
}

/// A page of records that changed.
pub(super) struct News<T> {
    pub records: Vec<T>,
    pub cursor: Cursor,
    pub more: bool,
}

/// How far an object is known: the newest time, and the records told of late with theirs (milliseconds since 1970) and their print.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Track {
    newest: i64,
    known: BTreeMap<String, (i64, u32)>,
}

impl Track {
    /// Takes note of a record; `false`: it was told already, as of this very time, and as it is.
    fn admit(&mut self, id: &str, at: i64, print: u32) -> bool {
        self.newest = self.newest.max(at);
        self.known.insert(id.to_owned(), (at, print)) != Some((at, print))
    }

    fn trim(&mut self) {
        let floor = self.newest - LAG_MS;
        self.known.retain(|_, (at, _)| *at >= floor);
        if self.known.len() > MOST_KNOWN {
            let mut times: Vec<i64> = self.known.values().map(|(at, _)| *at).collect();
            times.sort_unstable();
            let keep = times[times.len() - MOST_KNOWN];
            self.known.retain(|_, (at, _)| *at > keep);
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// The object that is being read.
    at: usize,
    /// Its last record so far.
    after: Option<(i64, String)>,
    tracks: Vec<Track>,
    /// When the last round ended.
    rounded: Timestamp,
}

impl Place {
    fn start(feeds: usize, request: &PullRequest<'_>) -> Self {
        let track = Track { newest: request.since.as_millisecond().saturating_add(LAG_MS), known: BTreeMap::new() };
        Self { at: 0, after: None, tracks: vec![track; feeds], rounded: request.now }
    }

    fn read(feeds: usize, request: &PullRequest<'_>) -> Result<Self> {
        let expired = |why| Error::new(ErrorKind::CursorExpired, why);
        let Some(cursor) = request.cursor else { return Ok(Self::start(feeds, request)) };
        let place: Self = cursor.read()?;
        if place.tracks.len() != feeds || place.at >= feeds {
            return Err(expired("the saved cursor is of another version"));
        }
        if request.now.duration_since(place.rounded) > LONGEST_SILENCE {
            return Err(expired("what was deleted since the last reading may have left Salesforce's recycle bin"));
        }
        Ok(place)
    }
}

/// The next page.
pub(super) async fn pull<T: Dated>(feeds: &[Feed], session: &Session, request: &PullRequest<'_>) -> Result<News<T>> {
    let mut place = Place::read(feeds.len(), request)?;
    let Feed { object, fields } = feeds[place.at];
    let track = &mut place.tracks[place.at];
    let query =
        format!("SELECT {fields} FROM {object} WHERE {} ORDER BY SystemModstamp, Id LIMIT {PAGE}", newer(track, place.after.as_ref()));
    let page: Records<T> = session.get(format!("{API}/queryAll")).query("q", &query).fetch().await?;
    let stamped: Vec<(T, i64)> = page.records.into_iter().map(stamped).collect::<Result<_>>()?;
    let last = stamped.last().map(|(record, at)| (*at, record.id().to_owned()));
    let full = !page.done || stamped.len() >= PAGE;
    let records =
        stamped.into_iter().filter(|(record, at)| track.admit(record.id(), *at, print(record))).map(|(record, _)| record).collect();
    if let Some(last) = last.filter(|_| full) {
        if place.after.as_ref().is_some_and(|before| *before >= last) {
            return Err(Error::protocol("Salesforce's records do not move on"));
        }
        place.after = Some(last);
    } else {
        track.trim();
        place.after = None;
        place.at += 1;
    }
    let more = place.at < feeds.len();
    if !more {
        place.at = 0;
        place.rounded = request.now;
    }
    Ok(News { records, cursor: Cursor::of(&place), more })
}

fn stamped<T: Dated>(record: T) -> Result<(T, i64)> {
    let at = record.modstamp().and_then(map::time);
    let at = at.ok_or_else(|| Error::protocol("a record of Salesforce does not tell when it changed"))?;
    Ok((record, at.as_millisecond()))
}

/// A short print of a record's content. Should it be taken otherwise one day, the records of the last minutes are told once more.
fn print(record: &impl Hash) -> u32 {
    let mut hasher = DefaultHasher::new();
    record.hash(&mut hasher);
    u32::try_from(hasher.finish() >> 32).unwrap_or_default()
}

fn newer(track: &Track, after: Option<&(i64, String)>) -> String {
    let time = |at: i64| soql::time(Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH));
    match after {
        None => format!("SystemModstamp >= {}", time(track.newest - LAG_MS)),
        Some((at, id)) => {
            let at = time(*at);
            format!("(SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > {}))", soql::text(id))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f40_equal_times_are_told_once_and_a_later_edit_again() {
        let mut track = Track::default();
        assert!(track.admit("1", 500, 7) && track.admit("2", 500, 7));
        assert!(!track.admit("1", 500, 7));
        assert!(track.admit("1", 501, 7));
        assert!(track.admit("1", 501, 8), "edited again within the second");
    }

    #[test]
    fn a_cursor_stays_below_64_kilobytes() {
        let request = PullRequest { cursor: None, destination: None, since: Timestamp::UNIX_EPOCH, now: Timestamp::UNIX_EPOCH };
        let mut place = Place::start(2, &request);
        for track in &mut place.tracks {
            for number in 0..5_000 {
                track.admit(&format!("003Hx{number:013}"), 1_790_000_000_000 + number, u32::MAX);
            }
            track.trim();
        }
        assert!(Cursor::of(&place).0.len() < 60_000);
        assert!(place.tracks[0].known.contains_key("003Hx0000000004999"));
    }

    #[test]
    fn f39_after_a_long_silence_everything_is_read_anew() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let request = |now| PullRequest { cursor: None, destination: None, since: start, now };
        let cursor = Cursor::of(&Place::start(1, &request(start)));
        let read = |days: i64| {
            let now = start + SignedDuration::from_hours(24 * days);
            Place::read(1, &PullRequest { cursor: Some(&cursor), ..request(now) }).map(drop)
        };
        assert_eq!(read(13), Ok(()));
        assert_eq!(read(15).unwrap_err().kind, ErrorKind::CursorExpired);
    }
}
