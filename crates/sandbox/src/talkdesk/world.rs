//! The account: users, contacts, calls with their recordings, report jobs, and the demo organisation it starts with. Knows no HTTP.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::audio::Audio;
use crate::kit::Kit;
use crate::people::{Colleague, FORMER, PEOPLE};

pub(super) struct World {
    pub account_id: String,
    pub users: Vec<User>,
    pub contacts: Vec<Contact>,
    /// In the order they were added.
    pub calls: Vec<Call>,
    pub jobs: BTreeMap<String, Job>,
    /// Scope, and when it becomes active (milliseconds since 1970).
    pub pending_scopes: BTreeMap<String, i64>,
}

/// An agent.
pub(super) struct User {
    pub id: String,
    pub email: String,
    pub name: String,
    pub active: bool,
    pub extension: u32,
}

/// A customer.
pub(super) struct Contact {
    pub id: String,
    pub name: String,
    pub company: String,
    pub email: String,
    /// E.164.
    pub phone: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Inbound,
    Outbound,
}

pub(super) struct Call {
    pub id: String,
    pub direction: Direction,
    pub agent: String,
    pub contact_phone: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub notes: Option<String>,
    pub recordings: Vec<Recording>,
    /// What the Conversations API tells: messages in the wire's own shape.
    pub messages: Vec<Value>,
}

pub(super) struct Recording {
    pub id: String,
    pub index: usize,
    pub audio: Audio,
    /// A version with parts silenced, which is what callers get unless they ask for the original.
    pub redacted: Option<Audio>,
    /// Processing takes its time after the call.
    pub ready_ms: i64,
    /// Deleted by the retention policy.
    pub deleted: bool,
}

/// A report being made.
#[derive(Clone)]
pub(super) struct Job {
    pub id: String,
    pub name: String,
    pub timezone: String,
    pub format: Format,
    pub from: Timestamp,
    pub to: Timestamp,
    pub state: JobState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
}

/// Each look at a job moves it one step on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobState {
    Created,
    Processing,
    Done,
    Failed,
}

/// Where customers call.
pub(super) const OUR_NUMBER: &str = "+12025550100";

const CONTACTS: &[(&str, &str, &str, &str)] = &[
    ("Purchasing Lead", "Riverside Retail", "purchasing.lead@riverside.example", "+12025550111"),
    ("Operations Director", "Northern Freight", "operations.director@northern.example", "+12025550122"),
    ("Clinic Manager", "Lakeside Clinic", "clinic.manager@lakeside.example", "+12025550133"),
];

impl World {
    pub(super) fn seeded(kit: &Kit) -> Self {
        let user = |(one, extension): (&Colleague, u32)| User {
            id: new_id(kit),
            email: one.email(),
            name: one.name.into(),
            active: *one != FORMER,
            extension,
        };
        let mut users: Vec<User> = PEOPLE[..5].iter().zip(101..).map(user).collect();
        users.push(user((&FORMER, 199)));
        let contacts = CONTACTS.iter().map(|(name, company, email, phone)| Contact {
            id: new_id(kit),
            name: (*name).into(),
            company: (*company).into(),
            email: (*email).into(),
            phone: (*phone).into(),
        });
        Self {
            account_id: new_id(kit),
            contacts: contacts.collect(),
            users,
            calls: Vec::new(),
            jobs: BTreeMap::new(),
            pending_scopes: BTreeMap::new(),
        }
    }

    pub(super) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(super) fn contact_by_phone(&self, phone: &str) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.phone == phone)
    }

    pub(super) fn call(&self, id: &str) -> Option<&Call> {
        self.calls.iter().find(|call| call.id == id)
    }

    /// A recording that is there by now, with its call.
    pub(super) fn recording(&self, id: &str, now_ms: i64) -> Option<(&Call, &Recording)> {
        self.calls.iter().find_map(|call| {
            let recording = call.recordings.iter().find(|recording| recording.id == id && recording.ready_ms <= now_ms)?;
            Some((call, recording))
        })
    }

    pub(super) fn recording_mut(&mut self, id: &str) -> Option<&mut Recording> {
        self.calls.iter_mut().flat_map(|call| &mut call.recordings).find(|recording| recording.id == id)
    }
}

/// 32 hexadecimal digits, as the samples have them. "No assumptions must be made" about ids of calls (docs/calls-report).
pub(super) fn new_id(kit: &Kit) -> String {
    kit.uuid().simple().to_string()
}
