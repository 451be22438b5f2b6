//! The state: mailboxes with their folders, items with their series, and what changed when. Knows no XML.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::recurrence::Recurrence;

/// Everything.
#[derive(Debug, Default)]
pub struct World {
    /// By the primary address.
    pub mailboxes: BTreeMap<String, Mailbox>,
    /// Numbers every change.
    pub seq: u64,
    /// Sync states of an earlier epoch are refused.
    pub epoch: u64,
    /// Most changes on a page, however many are asked for.
    pub most_changes: Option<usize>,
    /// Some servers give masters where occurrences are asked for.
    pub gives_masters: bool,
    pub busy: Busy,
}

/// In which form the server says that it is busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Busy {
    /// A SOAP fault with status 500.
    #[default]
    Fault,
    /// An error message with status 200.
    Message,
    /// Status 503 alone.
    Unavailable,
}

/// One person's.
#[derive(Debug)]
pub struct Mailbox {
    pub name: String,
    pub root: String,
    /// The default calendar comes first.
    pub calendars: Vec<Folder>,
    /// Who may read it besides its owner.
    pub delegates: BTreeSet<String>,
}

/// A calendar folder.
#[derive(Debug)]
pub struct Folder {
    pub id: String,
    pub name: String,
    pub items: BTreeMap<String, Item>,
    /// Number of the change, and the item.
    pub log: Vec<(u64, String)>,
    /// Number of the change that made the item.
    pub made: BTreeMap<String, u64>,
}

/// What is in a calendar: a meeting, or the master of a series.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: String,
    pub uid: String,
    pub change: u64,
    pub modified: Timestamp,
    pub facts: Facts,
    pub series: Option<Series>,
}

/// What a person can write.
#[derive(Clone, Debug)]
pub struct Facts {
    pub subject: Option<String>,
    pub body: Option<String>,
    pub location: Option<String>,
    pub start: Timestamp,
    pub end: Timestamp,
    /// The name that Windows gives it, and that of the tz database.
    pub zone: (String, String),
    pub all_day: bool,
    pub free_busy: String,
    pub cancelled: bool,
    pub response: String,
    pub organizer: Option<Who>,
    pub required: Vec<Who>,
    pub optional: Vec<Who>,
    pub resources: Vec<Who>,
    pub join_url: Option<String>,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    pub name: Option<String>,
    pub email: String,
    pub response: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Series {
    pub rule: Recurrence,
    /// By the start that the pattern gives.
    pub deleted: BTreeSet<Timestamp>,
    pub exceptions: BTreeMap<Timestamp, Facts>,
}

/// One entry of a calendar as it is looked at.
#[derive(Clone, Debug)]
pub struct Seen<'w> {
    pub item: &'w Item,
    pub kind: Kind,
    pub facts: Facts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Single,
    Master,
    Occurrence { original: Timestamp },
    Exception { original: Timestamp },
}

impl Seen<'_> {
    pub fn id(&self) -> String {
        match self.kind {
            Kind::Single | Kind::Master => self.item.id.clone(),
            Kind::Occurrence { original } | Kind::Exception { original } => occurrence_id(&self.item.id, original),
        }
    }
}

/// Opaque to callers: the master and the original start.
pub fn occurrence_id(master: &str, original: Timestamp) -> String {
    STANDARD.encode(format!("{master}#{}", original.as_second()))
}

/// Master and original start of an occurrence's id.
pub fn master_of(id: &str) -> Option<(String, Timestamp)> {
    let text = String::from_utf8(STANDARD.decode(id).ok()?).ok()?;
    let (master, second) = text.split_once('#')?;
    Some((master.to_owned(), Timestamp::from_second(second.parse().ok()?).ok()?))
}

impl Mailbox {
    pub fn new(email: &str, name: &str, token: impl Fn(&str) -> String) -> Self {
        let folder = |name: &str| Folder {
            id: token("AAMkFolder"),
            name: name.to_owned(),
            items: BTreeMap::new(),
            log: Vec::new(),
            made: BTreeMap::new(),
        };
        let calendars = vec![folder("Calendar"), folder("Projects")];
        Self { name: name.to_owned(), root: format!("AAMkRoot{}", STANDARD.encode(email)), calendars, delegates: BTreeSet::new() }
    }
}

impl World {
    pub fn folder(&self, id: &str) -> Option<(&str, &Folder)> {
        let all = self.mailboxes.iter().flat_map(|(email, mailbox)| mailbox.calendars.iter().map(move |one| (email.as_str(), one)));
        all.into_iter().find(|(_, folder)| folder.id == id)
    }

    /// The item, with the owner of its folder.
    pub fn item(&self, id: &str) -> Option<(&str, &Item)> {
        let all = self.mailboxes.iter().flat_map(|(email, mailbox)| mailbox.calendars.iter().map(move |one| (email.as_str(), one)));
        all.into_iter().find_map(|(email, folder)| folder.items.get(id).map(|item| (email, item)))
    }

    /// Adds an item, or puts it in the place of the one with its id.
    pub fn put(&mut self, folder: &str, mut item: Item) {
        self.seq += 1;
        let seq = self.seq;
        item.change = seq;
        if let Some(folder) = self.folder_mut(|one| one.id == folder) {
            folder.made.entry(item.id.clone()).or_insert(seq);
            folder.log.push((seq, item.id.clone()));
            folder.items.insert(item.id.clone(), item);
        }
    }

    /// Changes an item; `false`: there is none.
    pub fn change(&mut self, id: &str, now: Timestamp, edit: impl FnOnce(&mut Item)) -> bool {
        let Some(folder) = self.folder_mut(|one| one.items.contains_key(id)) else { return false };
        let folder_id = folder.id.clone();
        let Some(mut item) = folder.items.get(id).cloned() else { return false };
        edit(&mut item);
        item.modified = now;
        self.put(&folder_id, item);
        true
    }

    /// Deletes an item; `false`: there is none.
    pub fn delete(&mut self, id: &str) -> bool {
        self.seq += 1;
        let seq = self.seq;
        let Some(folder) = self.folder_mut(|one| one.items.contains_key(id)) else { return false };
        folder.items.remove(id);
        folder.log.push((seq, id.to_owned()));
        true
    }

    fn folder_mut(&mut self, wanted: impl Fn(&Folder) -> bool) -> Option<&mut Folder> {
        self.mailboxes.values_mut().flat_map(|mailbox| mailbox.calendars.iter_mut()).find(|folder| wanted(folder))
    }
}

impl Item {
    pub fn whole(&self) -> Seen<'_> {
        let kind = if self.series.is_some() { Kind::Master } else { Kind::Single };
        Seen { item: self, kind, facts: self.facts.clone() }
    }

    /// The entries of a calendar that this item makes: itself, or the occurrences of its series.
    pub fn entries(&self) -> Vec<Seen<'_>> {
        let Some(series) = &self.series else { return vec![self.whole()] };
        let seen = |original: Timestamp| self.occurrence(series, original);
        self.originals(series).into_iter().filter(|original| !series.deleted.contains(original)).map(seen).collect()
    }

    /// The occurrence with that original start; `None`: it is no part of the series, or deleted.
    pub fn entry(&self, original: Timestamp) -> Option<Seen<'_>> {
        let series = self.series.as_ref()?;
        let there = self.originals(series).contains(&original) && !series.deleted.contains(&original);
        there.then(|| self.occurrence(series, original))
    }

    fn occurrence(&self, series: &Series, original: Timestamp) -> Seen<'_> {
        if let Some(facts) = series.exceptions.get(&original) {
            return Seen { item: self, kind: Kind::Exception { original }, facts: facts.clone() };
        }
        let length = self.facts.end.duration_since(self.facts.start);
        let facts = Facts { start: original, end: moved(original, length), ..self.facts.clone() };
        Seen { item: self, kind: Kind::Occurrence { original }, facts }
    }

    /// The starts that the pattern gives, deleted ones included.
    pub fn originals(&self, series: &Series) -> Vec<Timestamp> {
        let zone = TimeZone::get(&self.facts.zone.1).unwrap_or(TimeZone::UTC);
        let first = self.facts.start.to_zoned(zone.clone()).datetime();
        let days = series.rule.days(first.date()).into_iter();
        days.filter_map(|day| zone.to_timestamp(day.to_datetime(first.time())).ok()).collect()
    }
}

/// Exchange keeps whole seconds.
pub fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

pub fn moved(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}
