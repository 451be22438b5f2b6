//! One event as the calendar keeps it, and as it is answered. Which events a request gets is list.rs.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::when::{When, stamp_ms};

/// Which instance of which series an exception is.
#[derive(Clone, Debug)]
pub struct Origin {
    pub master: String,
    pub at: When,
}

/// A single event, a series (its `recurrence` is not empty), or an exception of one (it has an `origin`).
#[derive(Clone, Debug)]
pub struct Event {
    pub id: String,
    /// The organiser's calendar.
    pub calendar: String,
    pub start: When,
    pub end: When,
    pub cancelled: bool,
    pub recurrence: Vec<String>,
    pub origin: Option<Origin>,
    /// An instance that vanished because its series changed: told only to who asked for single events.
    pub ghost: bool,
    /// What is carried and answered as it came: summary, attendees, conferenceData …
    pub fields: Map<String, Value>,
    /// Every calendar that ever had a copy: who is no longer invited sees it cancelled.
    pub guests: BTreeSet<String>,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub sequence: i64,
    /// The number of its last change, over all calendars.
    pub changed: u64,
    pub ordinal: u64,
}

impl Event {
    pub fn on_calendar(&self, calendar: &str) -> bool {
        self.calendar == calendar || self.guests.contains(calendar)
    }

    /// Whether that calendar sees it as cancelled.
    pub fn gone_for(&self, calendar: &str) -> bool {
        self.cancelled || (self.calendar != calendar && !self.invites(calendar))
    }

    pub fn is_series(&self) -> bool {
        !self.recurrence.is_empty()
    }

    pub fn attendees(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.fields.get("attendees").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
    }

    pub fn invites(&self, email: &str) -> bool {
        self.attendees().any(|guest| guest.get("email").and_then(Value::as_str) == Some(email))
    }

    pub fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// The uid all copies and all instances share (RFC 5545 §3.8.4.7).
    pub fn uid(&self) -> String {
        if let Some(own) = self.fields.get("iCalUID").and_then(Value::as_str) {
            return own.to_owned();
        }
        let id = self.origin.as_ref().map_or(self.id.as_str(), |origin| &origin.master);
        format!("{id}@google.com")
    }
}

/// One line of an answer: an event itself, or an occurrence of a series.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    pub event: &'a Event,
    pub occurrence: Option<(When, When)>,
    pub gone: bool,
}

/// How the reader wants it.
pub struct View<'a> {
    /// The calendar it is read on.
    pub calendar: &'a str,
    pub zone: TimeZone,
    pub most_attendees: Option<usize>,
    pub base: &'a str,
}

impl Row<'_> {
    pub fn id(&self) -> String {
        match &self.occurrence {
            Some((start, _)) => instance_id(&self.event.id, start),
            None => self.event.id.clone(),
        }
    }

    pub fn start(&self) -> &When {
        self.occurrence.as_ref().map_or(&self.event.start, |(start, _)| start)
    }

    pub fn end(&self) -> &When {
        self.occurrence.as_ref().map_or(&self.event.end, |(_, end)| end)
    }

    fn origin(&self) -> Option<(&str, &When)> {
        match (&self.occurrence, &self.event.origin) {
            (Some((start, _)), _) => Some((&self.event.id, start)),
            (None, Some(origin)) => Some((&origin.master, &origin.at)),
            (None, None) => None,
        }
    }

    /// The event as a list answers it: of a cancelled one only what identifies it is promised.
    pub fn listed(&self, view: &View<'_>) -> Value {
        if self.gone { Value::Object(self.identity(view)) } else { self.whole(view) }
    }

    /// The event with all it has, as `get` answers even a cancelled one.
    pub fn whole(&self, view: &View<'_>) -> Value {
        let mut answer = self.identity(view);
        answer.extend(self.event.fields.clone());
        answer.insert("iCalUID".to_owned(), json!(self.event.uid()));
        answer.insert("htmlLink".to_owned(), json!(format!("{}/event?eid={}", view.base, self.id())));
        answer.insert("created".to_owned(), json!(stamp_ms(self.event.created)));
        answer.insert("updated".to_owned(), json!(stamp_ms(self.event.updated)));
        answer.insert("sequence".to_owned(), json!(self.event.sequence));
        answer.insert("start".to_owned(), self.start().render(&view.zone));
        answer.insert("end".to_owned(), self.end().render(&view.zone));
        answer.insert("reminders".to_owned(), json!({ "useDefault": true }));
        answer.entry("eventType").or_insert_with(|| json!("default"));
        if self.occurrence.is_none() && self.event.is_series() {
            answer.insert("recurrence".to_owned(), json!(self.event.recurrence));
        }
        for role in ["creator", "organizer"] {
            answer.get_mut(role).into_iter().for_each(|person| mark_self(person, view.calendar));
        }
        invited(&mut answer, view);
        Value::Object(answer)
    }

    fn identity(&self, view: &View<'_>) -> Map<String, Value> {
        let tentative = self.event.text("status") == "tentative";
        let status = match (self.gone, tentative) {
            (true, _) => "cancelled",
            (false, true) => "tentative",
            (false, false) => "confirmed",
        };
        let mut answer = Map::new();
        answer.insert("kind".to_owned(), json!("calendar#event"));
        answer.insert("etag".to_owned(), json!(format!("\"{}\"", self.event.updated.as_microsecond())));
        answer.insert("id".to_owned(), json!(self.id()));
        if let Some((master, at)) = self.origin() {
            answer.insert("recurringEventId".to_owned(), json!(master));
            answer.insert("originalStartTime".to_owned(), at.render(&view.zone));
        }
        answer.insert("status".to_owned(), json!(status));
        answer
    }
}

/// `<series>_<start by the rule>`.
pub fn instance_id(series: &str, start: &When) -> String {
    format!("{series}_{}", start.stamp())
}

fn mark_self(person: &mut Value, calendar: &str) {
    if let Value::Object(person) = person
        && person.get("email").and_then(Value::as_str) == Some(calendar)
    {
        person.insert("self".to_owned(), json!(true));
    }
}

fn invited(answer: &mut Map<String, Value>, view: &View<'_>) {
    let Some(Value::Array(attendees)) = answer.get_mut("attendees") else { return };
    for guest in attendees.iter_mut() {
        mark_self(guest, view.calendar);
    }
    if view.most_attendees.is_some_and(|most| attendees.len() > most) {
        attendees.retain(|guest| guest.get("self").is_some());
        answer.insert("attendeesOmitted".to_owned(), json!(true));
    }
}
