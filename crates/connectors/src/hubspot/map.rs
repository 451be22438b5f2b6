//! HubSpot's properties and our nouns, one to the other. Pure and total.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::connector::Account;
use connector_kit::webhook::Hints;
use connector_kit::{Outbound, Remote};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::connection::Capability;
use model::person::normal_email;
use model::{Activity, Contact, Deal, Fields, Note, Person, Priority, Progress, RecordId};
use serde_json::Value;

use super::wire::{AccountDetails, HookEvent, Id, Owner, Record};
use super::{markup, owners};

/// Our field of a contact, and HubSpot's property.
const CONTACT_FIELDS: [(&str, &str); 6] = [
    ("email", "email"),
    ("first_name", "firstname"),
    ("last_name", "lastname"),
    ("phone", "phone"),
    ("company", "company"),
    ("job_title", "jobtitle"),
];
pub(super) const CONTACT_PROPERTIES: [&str; 7] = ["email", "firstname", "lastname", "phone", "company", "jobtitle", "lastmodifieddate"];
pub(super) const TASK_PROPERTIES: [&str; 6] =
    ["hs_task_subject", "hs_task_status", "hs_task_priority", "hs_timestamp", "hubspot_owner_id", "hs_lastmodifieddate"];
pub(super) const DEAL_PROPERTIES: [&str; 6] =
    ["dealname", "hubspot_owner_id", "createdate", "closedate", "hs_lastmodifieddate", "hs_is_closed"];

/// A deal that closed no longer ago, or closes no later, than this still belongs to a meeting.
const DEAL_WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);

/// From this year on a due date means that there is none: HubSpot asks for one with every task.
const NO_DUE_YEAR: i16 = 2099;

pub(super) fn id(id: &Id) -> String {
    match id {
        Id::Text(text) => text.clone(),
        Id::Number(number) => number.to_string(),
    }
}

/// A property's value; an empty one is none.
pub(super) fn value<'a>(record: &'a Record, property: &str) -> Option<&'a str> {
    record.properties.get(property)?.as_deref().filter(|text| !text.is_empty())
}

/// A time, in the two forms that HubSpot writes: RFC 3339 or milliseconds since 1970.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Timestamp::from_millisecond(text.parse().ok()?).ok())
}

pub(super) fn modified(record: &Record, property: &str) -> Option<Timestamp> {
    value(record, property).and_then(time).or(record.updated_at)
}

pub(super) fn account(details: &AccountDetails) -> Account {
    let id = id(&details.portal_id);
    let name = details.ui_domain.as_ref().map_or_else(|| format!("HubSpot account {id}"), |domain| format!("{domain}, account {id}"));
    Account { id, name }
}

/// The account's zone, in which its people see days; UTC where it is unknown.
pub(super) fn zone(details: &AccountDetails) -> TimeZone {
    details.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}

pub(super) fn remote<T>(record: &Record, modified_by: &str, item: T) -> Remote<T> {
    Remote {
        id: record.id.clone(),
        version: record.updated_at.map(|at| at.to_string()),
        modified: modified(record, modified_by),
        url: record.url.clone(),
        item,
    }
}

pub(super) fn contact(record: &Record) -> Contact {
    let text = |property| value(record, property).map(str::to_owned);
    Contact {
        email: text("email"),
        first_name: text("firstname"),
        last_name: text("lastname"),
        phone: text("phone"),
        company: text("company"),
        job_title: text("jobtitle"),
    }
}

/// The properties to write: of a new contact what has a value, of a known one what is no longer as agreed, with an empty text for what
/// lost its value.
pub(super) fn contact_properties(item: &Outbound<Contact>) -> BTreeMap<String, String> {
    let fields = Fields::of(&item.item);
    let mut properties = BTreeMap::new();
    for (ours, theirs) in CONTACT_FIELDS {
        let wanted = fields.get(ours);
        if !item.sends(ours, wanted) {
            continue;
        }
        match wanted {
            Value::String(text) if ours == "email" => properties.insert(theirs.to_owned(), normal_email(text)),
            Value::String(text) => properties.insert(theirs.to_owned(), text.clone()),
            _ if item.link.is_some() => properties.insert(theirs.to_owned(), String::new()),
            _ => None,
        };
    }
    properties.extend(item.properties.clone());
    properties
}

/// The contact as HubSpot now has it: what was sent, where the answer does not tell otherwise.
pub(super) fn contact_seen(sent: &Contact, answer: &Record) -> Fields {
    let mut seen = Fields::of(sent);
    for (ours, theirs) in CONTACT_FIELDS {
        if answer.properties.contains_key(theirs) {
            seen.set(ours, value(answer, theirs).map_or(Value::Null, Value::from));
        }
    }
    seen
}

/// A contact answers to its address and to its further ones.
pub(super) fn contacts_by_email(records: &[Record], wanted: &[String]) -> BTreeMap<String, String> {
    let mut contacts = BTreeMap::new();
    for record in records {
        let further = value(record, "hs_additional_emails").into_iter().flat_map(|all| all.split(';'));
        for email in value(record, "email").into_iter().chain(further).map(normal_email) {
            if wanted.contains(&email) {
                contacts.entry(email).or_insert_with(|| record.id.clone());
            }
        }
    }
    contacts
}

/// Of several companies with one domain the one that was there first.
pub(super) fn companies_by_domain(records: &[Record], wanted: &[String]) -> BTreeMap<String, String> {
    let mut companies = BTreeMap::new();
    for domain in wanted {
        let same = |record: &&Record| value(record, "domain").is_some_and(|known| known.eq_ignore_ascii_case(domain));
        let first = records.iter().filter(same).min_by_key(|record| (record.id.len(), &record.id));
        if let Some(company) = first {
            companies.insert(domain.clone(), company.id.clone());
        }
    }
    companies
}

fn is_closed(record: &Record) -> bool {
    value(record, "hs_is_closed") == Some("true")
}

/// Whether a deal was open at that time, or was opened or closed within 14 days of it.
pub(super) fn is_of_that_time(record: &Record, at: Timestamp) -> bool {
    let (earliest, latest) = (at.saturating_sub(DEAL_WINDOW).unwrap_or(at), at.saturating_add(DEAL_WINDOW).unwrap_or(at));
    let opened = value(record, "createdate").and_then(time).is_none_or(|opened| opened <= latest);
    let closed = is_closed(record) && value(record, "closedate").and_then(time).is_none_or(|closed| closed < earliest);
    opened && !closed
}

pub(super) fn deal(record: &Record, all: &[Owner]) -> Deal {
    let when = |property| value(record, property).and_then(time);
    let owner = value(record, "hubspot_owner_id").and_then(|id| all.iter().find(|owner| owner.id == id));
    Deal {
        id: record.id.clone(),
        name: value(record, "dealname").unwrap_or("(no name)").to_owned(),
        owner: owner.and_then(|owner| owner.email.as_deref()).map(normal_email),
        opened: when("createdate"),
        closes: when("closedate"),
        modified: when("hs_lastmodifieddate").or(record.updated_at),
        closed: is_closed(record),
    }
}

/// A meeting's properties; `body` is the first piece of its text.
pub(super) fn meeting_properties(activity: &Activity, body: &str, owner: Option<&String>, now: Timestamp) -> BTreeMap<String, String> {
    let outcome = match (activity.cancelled, activity.end <= now) {
        (true, _) => "CANCELED",
        (false, true) => "COMPLETED",
        (false, false) => "SCHEDULED",
    };
    let mut properties: BTreeMap<String, String> = [
        ("hs_timestamp", activity.start.to_string()),
        ("hs_meeting_title", activity.title.clone()),
        ("hs_meeting_body", body.to_owned()),
        ("hs_meeting_start_time", activity.start.to_string()),
        ("hs_meeting_end_time", activity.end.to_string()),
        ("hs_meeting_outcome", outcome.to_owned()),
        ("hs_meeting_location", activity.location.clone().unwrap_or_default()),
        ("hs_meeting_external_url", activity.join_url.clone().unwrap_or_default()),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into();
    if let Some(owner) = owner {
        properties.insert("hubspot_owner_id".to_owned(), owner.clone());
    }
    properties
}

/// A note as plain text: its title, its Markdown as written, and who wrote it.
pub(super) fn note_text(note: &Note) -> String {
    let title = note.title.iter().map(|title| format!("{title}\n\n"));
    let author = note.author.iter().map(|author| format!("\n\n— {author}"));
    title.chain([note.body.clone()]).chain(author).collect()
}

/// When a record was made: its id begins with that (RFC 9562 section 5.7).
pub(super) fn made(record: &RecordId) -> Timestamp {
    let digits = record.as_str().rsplit('_').next().and_then(|text| text.get(..12));
    let millis = digits.and_then(|digits| i64::from_str_radix(digits, 16).ok());
    millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn noon(date: Date, zone: &TimeZone) -> Timestamp {
    date.at(12, 0, 0, 0).to_zoned(zone.clone()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// A task's properties. HubSpot has no state for what was given up and no urgent priority: done and high stand for them.
pub(super) fn task_properties(task: &Task, zone: &TimeZone, is_update: bool) -> BTreeMap<String, String> {
    let due = task.due.unwrap_or_else(|| jiff::civil::date(NO_DUE_YEAR, 12, 31));
    let status = match task.progress {
        Progress::Open => "NOT_STARTED",
        Progress::Started => "IN_PROGRESS",
        Progress::Done | Progress::Dropped => "COMPLETED",
    };
    let priority = match task.priority {
        Priority::None => "",
        Priority::Low => "LOW",
        Priority::Medium => "MEDIUM",
        Priority::High | Priority::Urgent => "HIGH",
    };
    let mut properties: BTreeMap<String, String> = [
        ("hs_task_subject", task.text.as_str()),
        ("hs_task_status", status),
        ("hs_task_priority", priority),
        ("hs_timestamp", &noon(due, zone).to_string()),
        ("hs_task_type", "TODO"),
        ("hubspot_owner_id", task.assignee.as_deref().unwrap_or_default()),
    ]
    .into_iter()
    .filter(|(_, text)| is_update || !text.is_empty())
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .collect();
    let from = task.from.iter().map(|meeting| format!("From meeting: {}\n{}", meeting.title, meeting.url));
    let body: Vec<String> = task.context.iter().cloned().chain(from).collect();
    if !body.is_empty() {
        properties.insert("hs_task_body".to_owned(), markup::html(&body.join("\n\n")));
    }
    properties
}

/// A task as HubSpot has it. A state that is unknown here counts as open, an unknown priority as none.
pub(super) fn task(record: &Record, all: &[Owner], zone: &TimeZone) -> Task {
    let owner_id = value(record, "hubspot_owner_id");
    let member = owner_id.and_then(|id| all.iter().find(|owner| owner.id == id)).map(owners::member);
    let due = value(record, "hs_timestamp").and_then(time).map(|at| at.to_zoned(zone.clone()).date());
    Task {
        text: value(record, "hs_task_subject").unwrap_or_default().to_owned(),
        owner: member.map(|member| Person { name: Some(member.name), email: member.email.as_deref().map(normal_email), phone: None }),
        assignee: owner_id.map(str::to_owned),
        due: due.filter(|due| due.year() < NO_DUE_YEAR),
        priority: match value(record, "hs_task_priority") {
            Some("LOW") => Priority::Low,
            Some("MEDIUM") => Priority::Medium,
            Some("HIGH") => Priority::High,
            _ => Priority::None,
        },
        progress: match value(record, "hs_task_status") {
            Some("COMPLETED") => Progress::Done,
            Some("IN_PROGRESS" | "WAITING") => Progress::Started,
            _ => Progress::Open,
        },
        from: None,
        context: None,
    }
}

/// The two-way fields of a task as HubSpot now has it; what its answer leaves out is as sent.
pub(super) fn task_seen(sent: &Task, answer: &Record, zone: &TimeZone) -> Fields {
    let theirs = task(answer, &[], zone);
    let told = |property: &str| answer.properties.contains_key(property);
    let seen = Task {
        text: if told("hs_task_subject") { theirs.text } else { sent.text.clone() },
        due: if told("hs_timestamp") { theirs.due } else { sent.due },
        priority: if told("hs_task_priority") { theirs.priority } else { sent.priority },
        progress: if told("hs_task_status") { theirs.progress } else { sent.progress },
        ..sent.clone()
    };
    Fields::of(&seen).only(&["text", "owner", "due", "priority", "progress"])
}

/// Which streams an event wakes: by its object type (`0-1` contacts, `0-27` tasks) or by the first part of its name. The
/// app has one address for all accounts; events of several at once concern whoever is asked.
pub(super) fn hints(events: &[HookEvent]) -> Hints {
    let accounts: BTreeSet<String> = events.iter().filter_map(|event| event.portal_id.as_ref()).map(id).collect();
    let account = if accounts.len() == 1 { accounts.into_iter().next() } else { None };
    let mut hints = Hints { account, ..Hints::default() };
    for event in events {
        let kind = event.subscription_type.split('.').next().unwrap_or_default();
        let wake = match (kind, event.object_type_id.as_deref()) {
            ("contact", _) | ("object", Some("0-1")) => Capability::Contacts,
            ("task", _) | ("object", Some("0-27")) => Capability::Tasks,
            _ => continue,
        };
        if !hints.wake.contains(&wake) {
            hints.wake.push(wake);
        }
    }
    hints
}
