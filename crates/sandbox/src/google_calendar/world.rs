//! All calendars and events, and every change to them. Reading them by a request's parameters is list.rs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

use super::{
    channels::Channel,
    event::{Event, Origin, Row, instance_id},
    rrule::Rule,
    when::{When, zone_named},
};

/// What a person has of a calendar in their list.
#[derive(Clone, Debug)]
pub struct Member {
    pub role: String,
    pub gone: bool,
    pub changed: u64,
}

/// One calendar and who has it in their list, with which role.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub id: String,
    pub summary: String,
    pub zone: String,
    pub members: BTreeMap<String, Member>,
    /// Sync tokens carry the epoch they were given in; a raised one expires them all.
    pub epoch: u64,
    pub updated: Timestamp,
}

impl Calendar {
    pub fn time_zone(&self) -> TimeZone {
        zone_named(&self.zone)
    }
}

/// What the control routes turn to make paging hard.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    /// No page has more than this, whatever was asked: short pages are allowed and must be followed.
    pub most: Option<usize>,
    /// The first page is empty and still has a next one.
    pub empty_first: bool,
}

/// Instances by id, with their start and end.
type Instances = BTreeMap<String, (When, When)>;

#[derive(Default)]
pub struct World {
    pub calendars: BTreeMap<String, Calendar>,
    pub events: BTreeMap<String, Event>,
    pub channels: BTreeMap<String, Channel>,
    pub paging: Paging,
    /// Whether a spent quota answers 429 instead of 403.
    pub quota_429: bool,
    /// Raised to expire the sync tokens of calendar lists.
    pub list_epoch: u64,
    /// How many changes there ever were; each event carries the number of its last.
    pub changes: u64,
    ordinals: u64,
}

/// What a person writes about an event; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub start: Option<When>,
    pub end: Option<When>,
    pub recurrence: Option<Vec<String>>,
    pub fields: Map<String, Value>,
}

impl World {
    /// The calendars in the list of `email`, its own first, also those that left it.
    pub fn list_of<'a>(&'a self, email: &'a str) -> impl Iterator<Item = (&'a Calendar, &'a Member)> {
        let listed = |calendar: &'a Calendar| calendar.members.get(email).map(|member| (calendar, member));
        let own = self.calendars.get(email).and_then(listed);
        let others = self.calendars.values().filter(move |calendar| calendar.id != email);
        own.into_iter().chain(others.filter_map(listed))
    }

    /// Makes a calendar, or changes its name, zone and members.
    pub fn share(&mut self, id: &str, summary: &str, zone: &str, roles: &[(String, String)], now: Timestamp) {
        self.changes += 1;
        let changed = self.changes;
        let calendar = self.calendars.entry(id.to_owned()).or_insert_with(|| Calendar {
            id: id.to_owned(),
            summary: String::new(),
            zone: String::new(),
            members: BTreeMap::new(),
            epoch: 0,
            updated: now,
        });
        summary.clone_into(&mut calendar.summary);
        zone.clone_into(&mut calendar.zone);
        calendar.updated = now;
        for (email, role) in roles {
            let member = Member { role: role.clone(), gone: role == "none", changed };
            calendar.members.insert(email.clone(), member);
        }
    }

    /// Adds an event. The id is free, or it is an error.
    pub fn add(&mut self, calendar: &str, id: &str, edit: Edit, now: Timestamp) -> Result<(), String> {
        if self.events.contains_key(id) {
            return Err("The requested identifier already exists.".to_owned());
        }
        let (Some(start), Some(end)) = (edit.start, edit.end) else {
            return Err("start and end are needed".to_owned());
        };
        self.ordinals += 1;
        let event = Event {
            id: id.to_owned(),
            calendar: calendar.to_owned(),
            start,
            end,
            cancelled: false,
            recurrence: edit.recurrence.unwrap_or_default(),
            origin: None,
            ghost: false,
            fields: edit.fields,
            guests: BTreeSet::new(),
            created: now,
            updated: now,
            sequence: 0,
            changed: 0,
            ordinal: self.ordinals,
        };
        self.check(&event)?;
        self.put(event, now);
        Ok(())
    }

    /// Changes an event, a whole series, or (by an instance's id) one instance, which makes it an exception.
    pub fn change(&mut self, id: &str, edit: Edit, now: Timestamp) -> Result<(), String> {
        let mut event = self.grasp(id)?;
        let before = self.instance_ids(&event);
        let moved = edit.start.is_some() || edit.end.is_some() || edit.recurrence.is_some();
        event.start = edit.start.unwrap_or(event.start);
        event.end = edit.end.unwrap_or(event.end);
        event.recurrence = edit.recurrence.unwrap_or(event.recurrence);
        for (name, value) in edit.fields {
            match value {
                Value::Null => event.fields.remove(&name),
                value => event.fields.insert(name, value),
            };
        }
        event.sequence += i64::from(moved);
        event.cancelled = false;
        self.check(&event)?;
        let after = self.instance_ids(&event);
        self.put(event, now);
        self.drop_instances(id, &before, &after, now);
        Ok(())
    }

    /// Cancels an event, a whole series with its exceptions, or one instance.
    pub fn cancel(&mut self, id: &str, now: Timestamp) -> Result<(), String> {
        let mut event = self.grasp(id)?;
        if event.cancelled {
            return Err("Resource has been deleted".to_owned());
        }
        let before = self.instance_ids(&event);
        event.cancelled = true;
        self.put(event, now);
        self.drop_instances(id, &before, &BTreeMap::new(), now);
        Ok(())
    }

    /// The event of that id, or the exception that an instance's id would become.
    fn grasp(&self, id: &str) -> Result<Event, String> {
        if let Some(event) = self.events.get(id).filter(|event| !event.ghost) {
            return Ok(event.clone());
        }
        let row = self.find(id).ok_or("Not Found")?;
        let (start, end) = row.occurrence.clone().ok_or("Not Found")?;
        let mut exception = row.event.clone();
        exception.origin = Some(Origin { master: exception.id.clone(), at: start.clone() });
        id.clone_into(&mut exception.id);
        exception.recurrence = Vec::new();
        exception.start = start;
        exception.end = end;
        Ok(exception)
    }

    /// An event by id, also an occurrence of a series by its instance's id.
    pub fn find(&self, id: &str) -> Option<Row<'_>> {
        if let Some(event) = self.events.get(id) {
            return Some(Row { event, occurrence: None, gone: event.cancelled });
        }
        let (series, _) = id.rsplit_once('_')?;
        let event = self.events.get(series)?;
        let occurrence = self.occurrences(event).into_iter().find(|(start, _)| instance_id(series, start) == id)?;
        Some(Row { event, occurrence: Some(occurrence), gone: event.cancelled })
    }

    /// The occurrences a series has by its rule, exceptions not taken out.
    pub fn occurrences(&self, event: &Event) -> Vec<(When, When)> {
        let Ok(rule) = Rule::parse(&event.recurrence) else { return Vec::new() };
        let calendar = self.zone_of(&event.calendar);
        let from = event.start.local(&calendar);
        let length = event.end.local(&calendar).duration_since(from);
        let ended = |start: When| {
            let local = start.local(&calendar).checked_add(length).ok()?;
            let end = event.end.at_local(local, &calendar).ok()?;
            Some((start, end))
        };
        rule.starts(&event.start, &calendar).into_iter().filter_map(ended).collect()
    }

    pub fn zone_of(&self, calendar: &str) -> TimeZone {
        self.calendars.get(calendar).map_or(TimeZone::UTC, Calendar::time_zone)
    }

    /// The calendars on which a change of that event is seen.
    pub fn seen_on(&self, id: &str) -> BTreeSet<String> {
        self.events.get(id).map_or_else(BTreeSet::new, |event| event.guests.iter().cloned().chain([event.calendar.clone()]).collect())
    }

    fn instance_ids(&self, event: &Event) -> Instances {
        if !event.is_series() || event.cancelled {
            return BTreeMap::new();
        }
        let named = |(start, end): (When, When)| (instance_id(&event.id, &start), (start, end));
        self.occurrences(event).into_iter().map(named).collect()
    }

    /// Instances the series had before and has no longer: exceptions are cancelled, the others leave a ghost.
    fn drop_instances(&mut self, series: &str, before: &Instances, after: &Instances, now: Timestamp) {
        let Some(master) = self.events.get(series).cloned() else { return };
        self.events.retain(|id, event| !(event.ghost && after.contains_key(id)));
        for (id, (start, end)) in before.iter().filter(|(id, _)| !after.contains_key(*id)) {
            let mut gone = self.events.get(id).cloned().unwrap_or_else(|| Event {
                id: id.clone(),
                origin: Some(Origin { master: series.to_owned(), at: start.clone() }),
                start: start.clone(),
                end: end.clone(),
                recurrence: Vec::new(),
                ghost: true,
                ..master.clone()
            });
            if !gone.cancelled || gone.ghost {
                gone.cancelled = true;
                self.put(gone, now);
            }
        }
    }

    fn put(&mut self, mut event: Event, now: Timestamp) {
        self.changes += 1;
        event.changed = self.changes;
        event.updated = now;
        let guests: Vec<String> = event
            .attendees()
            .filter_map(|guest| guest.get("email").and_then(Value::as_str))
            .filter(|email| **email != event.calendar && self.calendars.contains_key(*email))
            .map(str::to_owned)
            .collect();
        event.guests.extend(guests);
        self.events.insert(event.id.clone(), event);
    }

    fn check(&self, event: &Event) -> Result<(), String> {
        let zone = self.zone_of(&event.calendar);
        let same_kind = matches!(event.start, When::Day(_)) == matches!(event.end, When::Day(_));
        if !same_kind {
            return Err("Start and end times must either both be date or both be dateTime.".to_owned());
        }
        if event.end.instant(&zone) < event.start.instant(&zone) {
            return Err("The specified time range is empty.".to_owned());
        }
        if event.is_series() {
            Rule::parse(&event.recurrence)?;
            if matches!(&event.start, When::At { zone: None, .. }) {
                return Err("Missing time zone definition for start time.".to_owned());
            }
        }
        Ok(())
    }
}
