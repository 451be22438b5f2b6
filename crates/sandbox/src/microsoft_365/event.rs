//! One event as the mailbox keeps it, a series with its changed instances included, and the rows that a view of it has.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::pattern::Pattern;
use crate::microsoft::prefer::zone;

/// Local time in a named zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    pub local: DateTime,
    /// As the person named it: by its Windows or its IANA name.
    pub zone: String,
}

impl Moment {
    pub fn parse(text: &Value) -> Result<Self, String> {
        let local = text["dateTime"].as_str().and_then(|text| text.trim_end_matches('Z').parse().ok()).ok_or("dateTime is no time")?;
        let name = text["timeZone"].as_str().unwrap_or("UTC");
        zone(name).ok_or_else(|| format!("{name} is no zone here"))?;
        Ok(Self { local, zone: name.to_owned() })
    }

    fn time_zone(&self) -> TimeZone {
        // Zones are checked where they come in.
        zone(&self.zone).unwrap_or(TimeZone::UTC)
    }

    pub fn instant(&self) -> Timestamp {
        self.local.to_zoned(self.time_zone()).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
    }

    /// As answered in the zone asked for. Whole days have midnight in every zone.
    pub fn render(&self, asked: &(String, TimeZone), all_day: bool) -> Value {
        let (name, zone) = asked;
        let local = if all_day { self.local } else { self.instant().to_zoned(zone.clone()).datetime() };
        json!({ "dateTime": format!("{}.0000000", local.strftime("%Y-%m-%dT%H:%M:%S")), "timeZone": name })
    }
}

/// What became of one instance of a series.
#[derive(Clone, Debug)]
pub enum Fate {
    Cancelled,
    Changed { start: Moment, end: Moment, fields: Map<String, Value>, changed: u64 },
}

/// An event, or a series.
#[derive(Clone, Debug)]
pub struct Event {
    pub key: String,
    pub mailbox: String,
    pub calendar: String,
    pub moves: u32,
    pub start: Moment,
    pub end: Moment,
    pub series: Option<Pattern>,
    /// By the key of the instance.
    pub fates: BTreeMap<String, Fate>,
    /// What is its own of the meeting's id (`ids::global`).
    pub own_id: String,
    pub fields: Map<String, Value>,
    pub created: Timestamp,
    pub modified: Timestamp,
    /// The number of the last change to all of it.
    pub changed: u64,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Single,
    Occurrence,
    Exception,
    Master,
}

/// One row of a view.
#[derive(Clone, Debug)]
pub struct Row<'e> {
    pub key: String,
    pub event: &'e Event,
    pub kind: Kind,
    pub start: Moment,
    pub end: Moment,
    /// Where an instance has its place by the pattern.
    pub original: Option<Moment>,
    pub fields: &'e Map<String, Value>,
    pub changed: u64,
}

impl Event {
    pub fn all_day(&self) -> bool {
        self.fields.get("isAllDay") == Some(&json!(true))
    }

    /// The series itself, or the event.
    pub fn row(&self) -> Row<'_> {
        Row {
            key: self.key.clone(),
            event: self,
            kind: if self.series.is_some() { Kind::Master } else { Kind::Single },
            start: self.start.clone(),
            end: self.end.clone(),
            original: None,
            fields: &self.fields,
            changed: self.changed,
        }
    }

    /// The event, or each instance of the series that was not cancelled.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let Some(pattern) = &self.series else { return vec![self.row()] };
        let dates = pattern.dates(self.start.local.date());
        dates.into_iter().filter_map(|date| self.instance(date.to_datetime(self.start.local.time()))).collect()
    }

    fn instance(&self, local: DateTime) -> Option<Row<'_>> {
        let original = Moment { local, zone: self.start.zone.clone() };
        let length = self.end.local.duration_since(self.start.local);
        let key = format!("{}.{}", self.key, original.instant().strftime("%Y%m%dT%H%M%SZ"));
        let row = match self.fates.get(&key) {
            Some(Fate::Cancelled) => return None,
            Some(Fate::Changed { start, end, fields, changed }) => Row {
                key,
                event: self,
                kind: Kind::Exception,
                start: start.clone(),
                end: end.clone(),
                original: Some(original),
                fields,
                changed: (*changed).max(self.changed),
            },
            None => Row {
                key,
                event: self,
                kind: Kind::Occurrence,
                start: original.clone(),
                end: Moment { local: local.checked_add(length).ok()?, zone: self.end.zone.clone() },
                original: Some(original),
                fields: &self.fields,
                changed: self.changed,
            },
        };
        Some(row)
    }
}
