//! Salesforce's records and our nouns, one to the other. Pure and total.

use std::collections::BTreeMap;

use connector_kit::connector::Account;
use connector_kit::{Member, Outbound, Remote};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::person::normal_email;
use model::{Activity, Associations, Contact, Deal, Fields, Person};
use serde_json::{Map, Value, json};
use url::Url;

use super::choices::Choices;
use super::wire::{AccountRecord, Opportunity, Organization, PersonRecord, TaskRecord};

pub(super) const PERSON_FIELDS: &str = "Id, IsDeleted, SystemModstamp, FirstName, LastName, Email, Phone, Title";
pub(super) const CONTACT_FIELDS: &str = "Id, IsDeleted, SystemModstamp, FirstName, LastName, Email, Phone, Title, AccountId, Account.Name";
pub(super) const LEAD_FIELDS: &str = "Id, IsDeleted, SystemModstamp, FirstName, LastName, Email, Phone, Title, Company, IsConverted";
pub(super) const TASK_FIELDS: &str =
    "Id, IsDeleted, SystemModstamp, Subject, Status, Priority, IsClosed, IsHighPriority, ActivityDate, OwnerId";

/// Most characters of a subject, of a place, and of a description.
const SUBJECT: usize = 255;
pub(super) const DESCRIPTION: usize = 32_000;
/// A deal that closed no longer ago, or closes no later, than this still belongs to a meeting.
const DEAL_WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A time as Salesforce writes it (`2026-11-02T10:00:00.000+0000`).
pub(super) fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

pub(super) fn account(organization: &Organization) -> Account {
    let name = organization.name.clone().unwrap_or_else(|| organization.id.clone());
    let name = if organization.is_sandbox == Some(true) { format!("{name} (sandbox)") } else { name };
    Account { id: organization.id.clone(), name }
}

/// The object that an id belongs to, by its first three characters, which are the same in every organisation.
pub(super) fn object_of(id: &str) -> &'static str {
    match id.get(..3) {
        Some("00Q") => "Lead",
        Some("00T") => "Task",
        Some("00U") => "Event",
        Some("006") => "Opportunity",
        _ => "Contact",
    }
}

/// Where people see a record.
pub(super) fn url(base: &Url, id: &str) -> String {
    format!("{}/{id}", base.as_str().trim_end_matches('/'))
}

pub(super) fn person(record: &PersonRecord) -> Contact {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    Contact {
        email: text(&record.email).map(|email| normal_email(&email)),
        first_name: text(&record.first_name),
        last_name: text(&record.last_name),
        phone: text(&record.phone),
        company: text(&record.company).or_else(|| record.account.as_ref().and_then(|account| text(&account.name))),
        job_title: text(&record.title),
    }
}

pub(super) fn remote<T>(id: &str, modstamp: Option<&str>, base: &Url, item: T) -> Remote<T> {
    Remote { id: id.to_owned(), version: modstamp.map(str::to_owned), modified: modstamp.and_then(time), url: Some(url(base, id)), item }
}

/// Our field of a person, and Salesforce's.
const PERSON: [(&str, &str); 5] =
    [("email", "Email"), ("first_name", "FirstName"), ("last_name", "LastName"), ("phone", "Phone"), ("job_title", "Title")];

/// The fields to write: of a new person what has a value, of a known one what is no longer as agreed. A contact's company is its
/// account's name, which is not the contact's to change; a lead has one of its own. Salesforce asks for a last name, and of a lead for
/// a company: they are never emptied.
pub(super) fn person_fields(item: &Outbound<Contact>, object: &str) -> Map<String, Value> {
    let fields = Fields::of(&item.item);
    let mut written = Map::new();
    let company = (object == "Lead").then_some(("company", "Company"));
    for (ours, theirs) in PERSON.into_iter().chain(company) {
        let wanted = fields.get(ours);
        if !item.sends(ours, wanted) {
            continue;
        }
        match wanted {
            Value::String(text) if ours == "email" => drop(written.insert(theirs.to_owned(), json!(normal_email(text)))),
            Value::String(text) => drop(written.insert(theirs.to_owned(), json!(text))),
            _ if item.link.is_some() && !matches!(theirs, "LastName" | "Company") => drop(written.insert(theirs.to_owned(), Value::Null)),
            _ => {}
        }
    }
    written
}

/// The last name of a new contact who has none: Salesforce asks for one.
pub(super) fn last_name(contact: &Contact) -> String {
    let of_address = contact.email.as_deref().and_then(|email| email.split('@').next()).map(str::to_owned);
    let name = contact.last_name.clone().or_else(|| contact.first_name.clone()).or(of_address);
    name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "(no name)".to_owned()).chars().take(80).collect()
}

/// What is to be filled in on somebody who is there already: only what is empty there.
pub(super) fn gaps(wanted: Map<String, Value>, known: &PersonRecord) -> Map<String, Value> {
    let there = Fields::of(&person(known));
    let is_empty = |theirs: &str| {
        let ours = PERSON.iter().chain(&[("company", "Company")]).find(|(_, name)| *name == theirs);
        ours.is_some_and(|(ours, _)| there.get(ours).is_null())
    };
    wanted.into_iter().filter(|(name, value)| value.is_string() && is_empty(name)).collect()
}

/// Whom an activity is about (`WhoId`), what it is related to (`WhatId`), and who else took part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Related {
    pub who: Option<String>,
    pub what: Option<String>,
    pub others: Vec<String>,
}

/// A contact comes before a lead, because an activity about a lead is related to nothing else: `WhatId` would be refused. The
/// opportunity comes before the account.
pub(super) fn related(associations: &Associations) -> Related {
    let mut people: Vec<&String> = associations.contacts.values().collect();
    people.sort_by_key(|id| (object_of(id) == "Lead", id.as_str()));
    people.dedup();
    let mut people = people.into_iter().cloned();
    let who = people.next();
    let deal = associations.deals.first().map(|deal| deal.id.clone());
    let what = deal.or_else(|| associations.companies.values().next().cloned());
    Related { what: what.filter(|_| who.as_deref().is_none_or(|who| object_of(who) != "Lead")), who, others: people.collect() }
}

/// So many characters at most; what was cut off is marked.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// A meeting as an event. `text` fits into the description.
pub(super) fn event(activity: &Activity, text: &str, related: &Related, owner: Option<&String>) -> Map<String, Value> {
    let place = activity.location.as_ref().or(activity.join_url.as_ref()).map(|place| shortened(place, SUBJECT));
    let mut fields = common(activity, text, related, owner);
    fields.insert("StartDateTime".to_owned(), json!(activity.start.to_string()));
    fields.insert("EndDateTime".to_owned(), json!(activity.end.max(activity.start).to_string()));
    fields.insert("Location".to_owned(), json!(place));
    fields
}

/// A meeting as a task that is done when the meeting is over.
pub(super) fn logged_task(activity: &Activity, text: &str, related: &Related, owner: Option<&String>, status: &str) -> Map<String, Value> {
    let mut fields = common(activity, text, related, owner);
    fields.insert("ActivityDate".to_owned(), json!(activity.start.strftime("%Y-%m-%d").to_string()));
    fields.insert("Status".to_owned(), json!(status));
    fields
}

fn common(activity: &Activity, text: &str, related: &Related, owner: Option<&String>) -> Map<String, Value> {
    let title = if activity.cancelled { format!("Cancelled: {}", activity.title) } else { activity.title.clone() };
    let mut fields = Map::new();
    fields.insert("Subject".to_owned(), json!(shortened(&title, SUBJECT)));
    fields.insert("Description".to_owned(), json!(text));
    fields.insert("WhoId".to_owned(), json!(related.who));
    fields.insert("WhatId".to_owned(), json!(related.what));
    if let Some(owner) = owner {
        fields.insert("OwnerId".to_owned(), json!(owner));
    }
    fields
}

/// A task's fields: all of a new one, of a known one what is no longer as agreed.
pub(super) fn task_fields(item: &Outbound<Task>, choices: &Choices, related: &Related) -> connector_kit::Result<Map<String, Value>> {
    let task = &item.item;
    let wanted = Fields::of(task);
    let sends = |field: &str| item.sends(field, wanted.get(field));
    let mut fields = Map::new();
    if sends("text") {
        fields.insert("Subject".to_owned(), json!(shortened(&task.text, SUBJECT)));
    }
    if let (true, Some(owner)) = (sends("owner"), &task.assignee) {
        fields.insert("OwnerId".to_owned(), json!(owner));
    }
    if sends("due") {
        fields.insert("ActivityDate".to_owned(), json!(task.due.map(|due| due.to_string())));
    }
    if sends("priority") {
        fields.insert("Priority".to_owned(), json!(choices.priority(task.priority)?));
    }
    if sends("progress") {
        fields.insert("Status".to_owned(), json!(choices.status(task.progress)?));
    }
    if item.link.is_none() {
        let from = task.from.iter().map(|meeting| format!("From meeting: {}\n{}", meeting.title, meeting.url));
        let long = (task.text.chars().count() > SUBJECT).then(|| task.text.clone());
        let body: Vec<String> = long.into_iter().chain(task.context.clone()).chain(from).collect();
        fields.insert("Description".to_owned(), json!(shortened(&body.join("\n\n"), DESCRIPTION - 100)));
        fields.insert("WhoId".to_owned(), json!(related.who));
        fields.insert("WhatId".to_owned(), json!(related.what));
    }
    Ok(fields)
}

/// A task as Salesforce has it.
pub(super) fn task(record: &TaskRecord, choices: &Choices, users: &[Member]) -> Task {
    let member = record.owner_id.as_ref().and_then(|id| users.iter().find(|user| user.id == *id));
    let email = |member: &Member| member.email.as_deref().map(normal_email);
    Task {
        text: record.subject.clone().unwrap_or_default(),
        owner: member.map(|member| Person { name: Some(member.name.clone()), email: email(member), phone: None }),
        assignee: member.map(|member| member.id.clone()),
        due: record.activity_date.as_deref().and_then(|text| text.parse::<Date>().ok()),
        priority: choices.meaning(record.priority.as_deref(), record.is_high_priority == Some(true)),
        progress: choices.progress(record.status.as_deref(), record.is_closed == Some(true)),
        from: None,
        context: None,
    }
}

/// Whether an opportunity was open at that time, or was made or closed within 14 days of it.
pub(super) fn is_of_that_time(record: &Opportunity, at: Timestamp) -> bool {
    let (earliest, latest) = (at.saturating_sub(DEAL_WINDOW).unwrap_or(at), at.saturating_add(DEAL_WINDOW).unwrap_or(at));
    let made = record.created_date.as_deref().and_then(time).is_none_or(|made| made <= latest);
    let closed = record.is_closed == Some(true) && day(record.close_date.as_deref()).is_none_or(|closed| closed < earliest);
    made && !closed
}

/// Noon of a day.
fn day(text: Option<&str>) -> Option<Timestamp> {
    let date: Date = text?.parse().ok()?;
    date.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

pub(super) fn deal(record: &Opportunity) -> Deal {
    Deal {
        id: record.id.clone(),
        name: record.name.clone().unwrap_or_else(|| "(no name)".to_owned()),
        owner: record.owner.as_ref().and_then(|owner| owner.email.as_deref()).map(normal_email),
        opened: record.created_date.as_deref().and_then(time),
        closes: day(record.close_date.as_deref()),
        modified: record.system_modstamp.as_deref().and_then(time),
        closed: record.is_closed == Some(true),
    }
}

/// The accounts whose website is of one of these domains; of several the one that was there first.
pub(super) fn accounts_by_domain(records: &[AccountRecord], wanted: &[String]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for domain in wanted {
        let own = |record: &&AccountRecord| record.website.as_deref().and_then(host).is_some_and(|host| host.eq_ignore_ascii_case(domain));
        if let Some(record) = records.iter().filter(own).min_by_key(|record| &record.id) {
            found.insert(domain.clone(), record.id.clone());
        }
    }
    found
}

/// The host of a website as people type one, without `www.`.
fn host(website: &str) -> Option<&str> {
    let rest = website.trim().split_once("://").map_or(website.trim(), |(_, rest)| rest);
    let host = rest.split(['/', ':', '?']).next()?;
    Some(host.get(..4).filter(|start| start.eq_ignore_ascii_case("www.")).map_or(host, |_| &host[4..]))
}

/// Markup for a note: escaped, with its line breaks ("any special characters within plain text must be escaped").
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        out.push_str("<p>");
        for c in line.chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                c => out.push(c),
            }
        }
        out.push_str("</p>");
    }
    out
}
