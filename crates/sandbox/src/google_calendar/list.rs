//! `events.list`: which rows of the calendar a request selects, their pages, and the tokens between requests.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::{
    ask::{Ask, Order},
    errors::{Fault, bad_parameter, refuse},
    event::{Event, Row, View, instance_id},
    token::{Place, Token},
    when::{When, stamp_ms},
    world::{Calendar, World},
};
use crate::kit::Refusal;

/// How far back `updatedMin` may lie; Google names no number, deleted events are kept about a month.
const UPDATED_MIN_DAYS: i64 = 30;

/// One reading of one calendar.
pub struct Reading<'a> {
    pub world: &'a World,
    pub calendar: &'a Calendar,
    pub role: &'a str,
    pub ask: &'a Ask,
    pub key: &'a [u8],
    pub base: &'a str,
    pub now: Timestamp,
}

/// Where this request goes on.
#[derive(Default)]
struct Cursor {
    started: bool,
    after: Option<Place>,
    since: Option<u64>,
    top: u64,
}

impl Reading<'_> {
    /// The page asked for.
    pub fn answer(&self) -> Result<Value, Refusal> {
        self.check_age()?;
        let cursor = self.cursor()?;
        let mut rows: Vec<(Place, Row<'_>)> = self
            .rows(cursor.since)
            .into_iter()
            .filter(|row| self.wanted(row, cursor.since))
            .map(|row| (self.place(&row), row))
            .filter(|(place, _)| cursor.after.as_ref().is_none_or(|after| place > after))
            .collect();
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));

        let most = if self.world.paging.empty_first && !cursor.started {
            0
        } else {
            self.ask.most.min(self.world.paging.most.unwrap_or(usize::MAX))
        };
        let more = rows.len() > most || (most == 0 && !cursor.started);
        rows.truncate(most);
        Ok(self.page(&rows, more, &cursor))
    }

    fn page(&self, rows: &[(Place, Row<'_>)], more: bool, cursor: &Cursor) -> Value {
        let zone = self.ask.zone.clone().unwrap_or_else(|| self.calendar.time_zone());
        let view = View { calendar: &self.calendar.id, zone, most_attendees: self.ask.most_attendees, base: self.base };
        let items: Vec<Value> = rows.iter().map(|(_, row)| row.listed(&view)).collect();
        let mut answer = json!({
            "kind": "calendar#events",
            "etag": format!("\"{}\"", self.world.changes),
            "summary": self.calendar.summary,
            "updated": stamp_ms(self.calendar.updated),
            "timeZone": view.zone.iana_name().unwrap_or("UTC"),
            "accessRole": self.role,
            "defaultReminders": [],
            "items": items,
        });
        let collection = self.calendar.id.clone();
        if more {
            let after = rows.last().map(|(place, _)| place.clone()).or_else(|| cursor.after.clone());
            let asked = self.ask.of_page();
            let page = Token::Page { collection, asked, after, since: cursor.since, top: cursor.top };
            answer["nextPageToken"] = json!(page.seal(self.key));
        } else if self.ask.syncs() {
            // What changed while the pages were read is told by the next incremental reading.
            let epoch = self.calendar.epoch;
            let asked = self.ask.of_sync();
            let sync = Token::Sync { collection, asked, seen: cursor.top, epoch };
            answer["nextSyncToken"] = json!(sync.seal(self.key));
        }
        answer
    }

    fn cursor(&self) -> Result<Cursor, Refusal> {
        let top = self.world.changes;
        if let Some(sealed) = &self.ask.page {
            let invalid = || bad_parameter("pageToken", "invalid", "Invalid page token value.");
            let Some(Token::Page { collection, asked, after, since, top }) = Token::open(sealed, self.key) else {
                return Err(invalid());
            };
            if collection != self.calendar.id || asked != self.ask.of_page() {
                return Err(invalid());
            }
            return Ok(Cursor { started: true, after, since, top });
        }
        let Some(sealed) = &self.ask.sync else {
            return Ok(Cursor { top, ..Cursor::default() });
        };
        let Some(Token::Sync { collection, asked, seen, epoch }) = Token::open(sealed, self.key) else {
            return Err(bad_parameter("syncToken", "invalid", "Invalid sync token value."));
        };
        if collection != self.calendar.id || epoch != self.calendar.epoch {
            return Err(full_sync_required());
        }
        if asked != self.ask.of_sync() {
            let message = "The query parameters differ from those of the initial synchronization.";
            return Err(bad_parameter("syncToken", "badRequest", message));
        }
        Ok(Cursor { started: false, after: None, since: Some(seen), top })
    }

    fn check_age(&self) -> Result<(), Refusal> {
        let oldest = self.now.saturating_sub(SignedDuration::from_hours(24 * UPDATED_MIN_DAYS));
        let oldest = oldest.unwrap_or(Timestamp::MIN);
        if self.ask.updated_min.is_none_or(|min| min >= oldest) {
            return Ok(());
        }
        let fault = Fault {
            domain: "calendar",
            reason: "updatedMinTooLongAgo",
            message: "The requested minimum modification time lies too far in the past.",
            place: Some(("parameter", "updatedMin")),
        };
        Err(refuse(StatusCode::GONE, &fault))
    }

    fn rows(&self, since: Option<u64>) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        for event in self.world.events.values().filter(|event| event.on_calendar(&self.calendar.id)) {
            let gone = event.gone_for(&self.calendar.id);
            let whole = Row { event, occurrence: None, gone };
            match (self.ask.single, event.is_series()) {
                (true, true) if since.is_some_and(|seen| event.changed <= seen) => {}
                (true, true) => rows.extend(self.expanded(event, gone)),
                (false, _) if event.ghost => {}
                (true | false, _) => rows.push(whole),
            }
        }
        rows
    }

    /// A series as instances: where there is an exception (or a ghost), that stands for itself.
    fn expanded<'b>(&'b self, event: &'b Event, gone: bool) -> Vec<Row<'b>> {
        if event.cancelled {
            return Vec::new();
        }
        let own = |start: &When| !self.world.events.contains_key(&instance_id(&event.id, start));
        let occurrences = self.world.occurrences(event);
        let row = |occurrence| Row { event, occurrence: Some(occurrence), gone };
        occurrences.into_iter().filter(|(start, _)| own(start)).map(row).collect()
    }

    fn wanted(&self, row: &Row<'_>, since: Option<u64>) -> bool {
        if let Some(seen) = since {
            // Deleted ones are always in an incremental answer.
            return row.event.changed > seen && self.matches(row);
        }
        let changed_since = self.ask.updated_min.is_some_and(|min| row.event.updated >= min);
        if row.gone {
            // A cancelled instance is needed to know what its series lacks, when the series itself is listed.
            let hole = !self.ask.single && self.hole(row.event);
            if !(self.ask.show_deleted == Some(true) || hole || changed_since) {
                return false;
            }
        }
        if self.ask.updated_min.is_some() && !changed_since {
            return false;
        }
        self.in_range(row) && self.matches(row)
    }

    fn hole(&self, event: &Event) -> bool {
        let master = event.origin.as_ref().and_then(|origin| self.world.events.get(&origin.master));
        master.is_some_and(|master| !master.gone_for(&self.calendar.id))
    }

    fn in_range(&self, row: &Row<'_>) -> bool {
        let zone = self.calendar.time_zone();
        if row.occurrence.is_none() && row.event.is_series() {
            return self.world.occurrences(row.event).iter().any(|(start, end)| self.overlaps(start.instant(&zone), end.instant(&zone)));
        }
        self.overlaps(row.start().instant(&zone), row.end().instant(&zone))
    }

    /// `timeMin` bounds the end, `timeMax` the start, both exclusive.
    fn overlaps(&self, start: Timestamp, end: Timestamp) -> bool {
        self.ask.time_min.is_none_or(|min| end > min) && self.ask.time_max.is_none_or(|max| start < max)
    }

    fn matches(&self, row: &Row<'_>) -> bool {
        let ask = self.ask;
        let event = row.event;
        let kind = match event.text("eventType") {
            "" => "default",
            kind => kind,
        };
        let extended = |group: &str, pairs: &[(String, String)]| {
            let held = event.fields.get("extendedProperties").and_then(|all| all.get(group));
            pairs.iter().all(|(key, value)| held.and_then(|held| held.get(key)).and_then(Value::as_str) == Some(value))
        };
        (ask.types.is_empty() || ask.types.iter().any(|asked| asked == kind))
            && ask.uid.as_ref().is_none_or(|uid| *uid == event.uid())
            && ask.words.as_ref().is_none_or(|words| words_of(event).contains(words.as_str()))
            && extended("private", &ask.private)
            && extended("shared", &ask.shared)
    }

    fn place(&self, row: &Row<'_>) -> Place {
        let ordinal = i64::try_from(row.event.ordinal).unwrap_or(i64::MAX);
        let start = row.start().instant(&TimeZone::UTC).as_millisecond();
        match self.ask.order {
            Order::Stable => Place(ordinal, start, row.id()),
            Order::StartTime => Place(start, ordinal, row.id()),
            Order::Updated => Place(row.event.updated.as_millisecond(), ordinal, row.id()),
        }
    }
}

fn words_of(event: &Event) -> String {
    let people = event.attendees().flat_map(|guest| ["displayName", "email"].into_iter().filter_map(|name| guest.get(name)?.as_str()));
    ["summary", "description", "location"]
        .into_iter()
        .map(|name| event.text(name))
        .chain(people)
        .collect::<Vec<_>>()
        .join("\n")
        .to_lowercase()
}

/// 410: the token's time is over, everything has to be read anew.
pub fn full_sync_required() -> Refusal {
    let fault = Fault {
        domain: "calendar",
        reason: "fullSyncRequired",
        message: "Sync token is no longer valid, a full sync is required.",
        place: Some(("parameter", "syncToken")),
    };
    refuse(StatusCode::GONE, &fault)
}
