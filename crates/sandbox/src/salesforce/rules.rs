//! What Salesforce takes and refuses in a record: types, lengths, required fields, references, picklists, and the rules of activities.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::errors::Problem;
use super::org::{Org, Row, written};
use super::schema::{Access, EXTERNAL_ID, Field, Object, Type, object_by_id};

/// The states and priorities of tasks that the organisation begins with: label, whether closed or high, whether the default.
pub(super) const TASK_STATUSES: [(&str, bool, bool); 5] = [
    ("Not Started", false, true),
    ("In Progress", false, false),
    ("Completed", true, false),
    ("Waiting on someone else", false, false),
    ("Deferred", false, false),
];
pub(super) const TASK_PRIORITIES: [(&str, bool, bool); 3] = [("High", true, false), ("Normal", false, true), ("Low", false, false)];
/// Stages: label, probability, whether closed, whether won.
pub(super) const STAGES: [(&str, i32, bool, bool); 5] = [
    ("Prospecting", 10, false, false),
    ("Qualification", 10, false, false),
    ("Negotiation/Review", 90, false, false),
    ("Closed Won", 100, true, true),
    ("Closed Lost", 0, true, false),
];

/// The values of a picklist; a restricted one takes no other.
pub(super) fn picklist(object: &str, field: &str) -> (Vec<&'static str>, bool) {
    match (object, field) {
        ("Task", "Status") => (TASK_STATUSES.map(|(label, ..)| label).to_vec(), false),
        ("Task", "Priority") => (TASK_PRIORITIES.map(|(label, ..)| label).to_vec(), false),
        ("Opportunity", "StageName") => (STAGES.map(|(label, ..)| label).to_vec(), false),
        ("Lead", "Status") => (vec!["Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted"], false),
        ("EventRelation", "Status") => (vec!["New", "Accepted", "Declined", "Uninvited", "Maybe"], true),
        ("ContentDocumentLink", "ShareType") => (vec!["V", "C", "I"], true),
        _ => (Vec::new(), false),
    }
}

/// What a new record has before its values are taken.
pub(super) fn defaults(org: &Org, object: &'static Object, user: &str) -> Row {
    let mut row = Row::new();
    let mut set = |name: &str, value: Value| {
        if org.field(object, name).is_some() {
            row.insert(name.to_owned(), value);
        }
    };
    set("OwnerId", json!(user));
    match object.name {
        "Task" => {
            set("Status", json!("Not Started"));
            set("Priority", json!("Normal"));
        }
        "Event" => set("IsAllDayEvent", json!(false)),
        "Lead" => {
            set("Status", json!("Open - Not Contacted"));
            set("IsConverted", json!(false));
        }
        "EventRelation" => set("Status", json!("New")),
        "OpportunityContactRole" => set("IsPrimary", json!(false)),
        "ContentNote" => set("FileType", json!("SNOTE")),
        _ => {}
    }
    row
}

/// Puts values into a record, or says what is wrong with the first that does not fit.
pub(super) fn take(org: &Org, object: &'static Object, row: &mut Row, values: &Row, is_new: bool) -> Result<(), Problem> {
    for (name, value) in values {
        let Some(field) = org.field(object, name) else { continue };
        let may = field.access == Access::Write || (is_new && field.access == Access::Create) || !object.writable;
        if !may {
            let message = format!("Unable to create/update fields: {name}. Please check the security settings of this field.");
            return Err(Problem::new("INVALID_FIELD_FOR_INSERT_UPDATE", message).at(name));
        }
        match fitting(org, object, field, value)? {
            Value::Null => drop(row.remove(field.name)),
            value => drop(row.insert(field.name.to_owned(), value)),
        }
    }
    unique(org, object, row)?;
    let empty = |field: &Field| row.get(field.name).and_then(Value::as_str).is_none_or(str::is_empty);
    if let Some(field) = object.fields.iter().find(|field| field.required && empty(field)) {
        let message = format!("Required fields are missing: [{}]", field.name);
        return Err(Problem::new("REQUIRED_FIELD_MISSING", message).at(field.name));
    }
    match object.name {
        "Event" | "Task" => activity(object, row)?,
        "EventRelation" if is_new => relation(org, object, row)?,
        "ContentDocumentLink" if is_new => link(org, object, row)?,
        "Lead" if row.get("IsConverted") == Some(&json!(true)) => {
            return Err(Problem::new("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead"));
        }
        _ => {}
    }
    derive(object, row);
    Ok(())
}

/// The value as it is kept.
fn fitting(org: &Org, object: &Object, field: &Field, value: &Value) -> Result<Value, Problem> {
    let wrong = |message: String| Err(Problem::new("FIELD_INTEGRITY_EXCEPTION", message).at(field.name));
    let long = |most: usize, text: &str| {
        (text.chars().count() > most).then(|| {
            let message = format!("{}: data value too large (max length={most})", field.name);
            Problem::new("STRING_TOO_LONG", message).at(field.name)
        })
    };
    if value.is_null() || value == "" {
        return Ok(Value::Null);
    }
    match (field.kind, value) {
        (Type::Text(most), Value::String(text)) => match long(most, text.trim()) {
            Some(problem) => Err(problem),
            // Salesforce trims texts.
            None => Ok(json!(text.trim())),
        },
        (Type::LongText(most), Value::String(text)) => long(most, text).map_or_else(|| Ok(json!(text)), Err),
        (Type::Email, Value::String(text)) => {
            let parts = text.trim().split_once('@').filter(|(name, domain)| !name.is_empty() && domain.contains('.'));
            if parts.is_none() || text.trim().contains(char::is_whitespace) || text.len() > 80 {
                return Err(Problem::new("INVALID_EMAIL_ADDRESS", format!("{}: invalid email address: {text}", field.name)).at(field.name));
            }
            Ok(json!(text.trim().to_lowercase()))
        }
        (Type::Picklist, Value::String(text)) => {
            let (values, restricted) = picklist(object.name, field.name);
            if restricted && !values.contains(&text.as_str()) {
                let message = format!("{}: bad value for restricted picklist field: {text}", field.name);
                return Err(Problem::new("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message).at(field.name));
            }
            Ok(json!(text))
        }
        (Type::Reference(to), Value::String(id)) => {
            let known = object_by_id(id).filter(|of| to.contains(&of.name));
            if known.is_none() || !org.is_there(id) {
                let message = format!("{}: id value of incorrect type or no longer there: {id}", field.name);
                return Err(Problem::new("INVALID_CROSS_REFERENCE_KEY", message).at(field.name));
            }
            Ok(super::org::full(id).map_or(Value::Null, Value::from))
        }
        (Type::DateTime, Value::String(text)) => match text.parse::<Timestamp>() {
            // Object Reference, "Primitive Data Types": from 1700-01-01 to 4000-12-31.
            Ok(at) if (1700..=4000).contains(&at.strftime("%Y").to_string().parse::<i32>().unwrap_or(0)) => Ok(json!(written(at))),
            _ => wrong(format!("{}: invalid date: {text}", field.name)),
        },
        (Type::Date, Value::String(text)) => match text.parse::<Date>() {
            Ok(day) if (1700..=4000).contains(&day.year()) => Ok(json!(day.to_string())),
            _ => wrong(format!("{}: invalid date: {text}", field.name)),
        },
        (Type::Base64, Value::String(text)) => match STANDARD.decode(text) {
            Ok(_) => Ok(value.clone()),
            Err(_) => wrong(format!("{}: not in base64", field.name)),
        },
        _ => Ok(value.clone()),
    }
}

/// No two records of an object have one external id.
fn unique(org: &Org, object: &Object, row: &Row) -> Result<(), Problem> {
    let Some(value) = row.get(EXTERNAL_ID.name).and_then(Value::as_str) else { return Ok(()) };
    let own = row.get("Id").and_then(Value::as_str);
    match org.by_external_id(object, value).iter().find(|id| Some(id.as_str()) != own) {
        Some(other) => {
            let message = format!("duplicate value found: {} duplicates value on record with id: {other}", EXTERNAL_ID.name);
            Err(Problem::new("DUPLICATE_VALUE", message).at(EXTERNAL_ID.name))
        }
        None => Ok(()),
    }
}

/// Object Reference, Event and Task: `WhoId`, `WhatId`; Event: start, end, duration.
fn activity(object: &Object, row: &mut Row) -> Result<(), Problem> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    if text("WhoId").is_some_and(|who| who.starts_with("00Q")) && text("WhatId").is_some() {
        return Err(
            Problem::new("FIELD_INTEGRITY_EXCEPTION", "Related To ID: If the Name is a lead, Related To must be blank").at("WhatId")
        );
    }
    if object.name == "Task" {
        return Ok(());
    }
    let time = |name: &str| text(name).and_then(|text| text.parse::<Timestamp>().ok());
    let Some(start) = time("StartDateTime") else {
        return Err(Problem::new("REQUIRED_FIELD_MISSING", "Required fields are missing: [StartDateTime]").at("StartDateTime"));
    };
    let minutes = row.get("DurationInMinutes").and_then(Value::as_i64);
    let end = match (time("EndDateTime"), minutes) {
        (Some(end), _) => end,
        (None, Some(minutes)) => start + jiff::SignedDuration::from_mins(minutes),
        (None, None) => {
            return Err(Problem::new("REQUIRED_FIELD_MISSING", "Required fields are missing: [DurationInMinutes, EndDateTime]"));
        }
    };
    let length = end.duration_since(start);
    if length.is_negative() || length > jiff::SignedDuration::from_hours(14 * 24) {
        return Err(Problem::new("FIELD_INTEGRITY_EXCEPTION", "Event duration has to be between 0 minutes and 14 days").at("EndDateTime"));
    }
    row.insert("EndDateTime".to_owned(), json!(written(end)));
    row.insert("DurationInMinutes".to_owned(), json!(length.as_secs() / 60));
    Ok(())
}

/// Whom an event is about already (`WhoId`) cannot be added once more.
fn relation(org: &Org, object: &Object, row: &Row) -> Result<(), Problem> {
    let same =
        |other: &&Row| ["EventId", "RelationId"].iter().all(|name| other.get(*name) == row.get(*name)) && other["IsDeleted"] == false;
    match org.rows(object).find(same) {
        Some(_) => Err(Problem::new("DUPLICATE_VALUE", "This relation is already there").at("RelationId")),
        None => Ok(()),
    }
}

fn link(org: &Org, object: &Object, row: &Row) -> Result<(), Problem> {
    let same = |other: &&Row| {
        ["ContentDocumentId", "LinkedEntityId"].iter().all(|name| other.get(*name) == row.get(*name)) && other["IsDeleted"] == false
    };
    match org.rows(object).find(same) {
        Some(_) => Err(Problem::new("DUPLICATE_VALUE", "Document with ID is already linked with the entity").at("LinkedEntityId")),
        None => Ok(()),
    }
}

/// What follows from other values.
fn derive(object: &Object, row: &mut Row) {
    let text = |row: &Row, name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match object.name {
        "Contact" | "Lead" => {
            let name = format!("{} {}", text(row, "FirstName"), text(row, "LastName")).trim().to_owned();
            row.insert("Name".to_owned(), json!(name));
        }
        "Task" => {
            let (status, priority) = (text(row, "Status"), text(row, "Priority"));
            let closed = TASK_STATUSES.iter().any(|(label, closed, _)| *label == status && *closed);
            let high = TASK_PRIORITIES.iter().any(|(label, high, _)| *label == priority && *high);
            row.insert("IsClosed".to_owned(), json!(closed));
            row.insert("IsHighPriority".to_owned(), json!(high));
        }
        "Opportunity" => {
            let stage = text(row, "StageName");
            let known = STAGES.iter().find(|(label, ..)| *label == stage);
            row.insert("IsClosed".to_owned(), json!(known.is_some_and(|(_, _, closed, _)| *closed)));
            row.insert("IsWon".to_owned(), json!(known.is_some_and(|(_, _, _, won)| *won)));
        }
        "ContentNote" => {
            let plain = STANDARD.decode(text(row, "Content")).unwrap_or_default();
            let preview: String = String::from_utf8_lossy(&plain).chars().take(255).collect();
            row.insert("TextPreview".to_owned(), json!(preview));
        }
        _ => {}
    }
}
