//! All calendars and events, and every change that people make to them. Reading them by a request's parameters is delta.rs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::event::{Event, Fate, Moment, Row};
use super::ids;
use super::pattern::Pattern;

/// One calendar of a mailbox.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub id: String,
    pub mailbox: String,
    pub name: String,
    pub is_default: bool,
    /// Another person's, shared with this mailbox.
    pub owner: String,
}

/// What is no longer where it was.
#[derive(Clone, Debug)]
pub struct Tombstone {
    pub key: String,
    pub moves: u32,
    pub calendar: String,
    pub changed: u64,
}

/// What the control routes turn to make paging hard.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    /// No page has more than this, whatever was asked.
    pub most: Option<usize>,
    /// The first page is empty and still has a next one.
    pub empty_first: bool,
    /// Series stand among their occurrences, as some answers have them.
    pub masters: bool,
    /// The page comes again for ever, each time under another link.
    pub wedged: bool,
}

#[derive(Default)]
pub struct World {
    pub calendars: Vec<Calendar>,
    pub events: BTreeMap<String, Event>,
    pub tombstones: Vec<Tombstone>,
    pub paging: Paging,
    /// Raised to expire the state tokens.
    pub generation: u64,
    /// How many changes there ever were.
    pub changes: u64,
}

/// What a person writes about an event; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub start: Option<Moment>,
    pub end: Option<Moment>,
    pub series: Option<Pattern>,
    pub fields: Map<String, Value>,
}

impl World {
    /// A calendar of the mailbox by its id; `None` asks for the default one.
    pub fn calendar(&self, mailbox: &str, id: Option<&str>) -> Option<&Calendar> {
        let is = |calendar: &&Calendar| calendar.mailbox == mailbox && id.map_or(calendar.is_default, |id| calendar.id == id);
        self.calendars.iter().find(is)
    }

    /// Adds an event under a key that is free.
    pub fn add(&mut self, (mailbox, calendar): (&str, &str), key: &str, own_id: &str, edit: Edit, now: Timestamp) -> Result<(), String> {
        let (Some(start), Some(end)) = (edit.start, edit.end) else { return Err("start and end are needed".to_owned()) };
        if self.events.contains_key(key) {
            return Err(format!("there is an event {key}"));
        }
        self.changes += 1;
        let event = Event {
            key: key.to_owned(),
            mailbox: mailbox.to_owned(),
            calendar: calendar.to_owned(),
            moves: 0,
            start,
            end,
            series: edit.series,
            fates: BTreeMap::new(),
            own_id: own_id.to_owned(),
            fields: edit.fields,
            created: now,
            modified: now,
            changed: self.changes,
        };
        self.events.insert(key.to_owned(), event);
        Ok(())
    }

    /// A row of the mailbox by either of its ids; the usual one is good until the event is moved.
    pub fn find(&self, mailbox: &str, id: &str) -> Option<Row<'_>> {
        let (key, moves) = ids::key_of(id)?;
        let series = key.split('.').next()?;
        let event = self.events.get(series).filter(|event| event.mailbox == mailbox)?;
        if moves.is_some_and(|moves| moves != event.moves) {
            return None;
        }
        if key == event.key { Some(event.row()) } else { event.rows().into_iter().find(|row| row.key == key) }
    }

    /// Changes an event, a whole series, or one instance, which makes it an exception.
    pub fn change(&mut self, key: &str, edit: Edit, now: Timestamp) -> Result<(), String> {
        let series = key.split('.').next().unwrap_or_default().to_owned();
        let before = self.events.get(&series).cloned().ok_or("there is no such event")?;
        let row =
            if key == series { before.row() } else { before.rows().into_iter().find(|row| row.key == key).ok_or("no such instance")? };
        let (start, end) = (edit.start.unwrap_or_else(|| row.start.clone()), edit.end.unwrap_or_else(|| row.end.clone()));
        let mut fields = row.fields.clone();
        for (name, value) in edit.fields {
            fields.insert(name, value);
        }
        self.changes += 1;
        let mut after = before.clone();
        after.modified = now;
        if key == series {
            // A new pattern or place lets go of what became of single instances.
            if edit.series.is_some() || start != before.start || end != before.end {
                after.fates.clear();
            }
            (after.start, after.end, after.fields, after.changed) = (start, end, fields, self.changes);
            after.series = edit.series.or(after.series);
        } else {
            after.fates.insert(key.to_owned(), Fate::Changed { start, end, fields, changed: self.changes });
        }
        let left: Vec<String> = after.rows().into_iter().map(|row| row.key).collect();
        let gone = before.rows().into_iter().map(|row| row.key).filter(|key| !left.contains(key)).collect();
        self.bury(&before, gone);
        self.events.insert(series, after);
        Ok(())
    }

    /// Deletes an event, a whole series, or one instance.
    pub fn delete(&mut self, key: &str) -> Result<(), String> {
        let series = key.split('.').next().unwrap_or_default().to_owned();
        let mut event = self.events.get(&series).cloned().ok_or("there is no such event")?;
        self.changes += 1;
        if key == series {
            let gone = event.rows().into_iter().map(|row| row.key).collect();
            self.bury(&event, gone);
            self.events.remove(&series);
        } else {
            self.bury(&event, vec![key.to_owned()]);
            event.fates.insert(key.to_owned(), Fate::Cancelled);
            self.events.insert(series, event);
        }
        Ok(())
    }

    /// Moves an event or a series to another calendar: its usual id changes.
    pub fn shift(&mut self, key: &str, calendar: &str) -> Result<(), String> {
        let mut event = self.events.get(key).cloned().ok_or("there is no such event")?;
        self.changes += 1;
        let gone = event.rows().into_iter().map(|row| row.key).collect();
        self.bury(&event, gone);
        calendar.clone_into(&mut event.calendar);
        event.moves += 1;
        event.changed = self.changes;
        self.events.insert(key.to_owned(), event);
        Ok(())
    }

    fn bury(&mut self, event: &Event, keys: Vec<String>) {
        let (calendar, changed, moves) = (event.calendar.clone(), self.changes, event.moves);
        self.tombstones.extend(keys.into_iter().map(|key| Tombstone { key, moves, calendar: calendar.clone(), changed }));
    }
}
