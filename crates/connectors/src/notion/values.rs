//! Texts into typed columns, and columns into texts: the field mapping's side of a database. A text that does not fit its column is
//! refused before it is sent. Pure.

use connector_kit::{Error, Member, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use model::person::normal_email;
use serde_json::{Value, json};

use super::blocks;
use super::wire::{Cell, Choice, Column, Text};

/// Texts of a column of texts.
const MOST_TEXTS: usize = 100;
/// Options of a multi-select, people of a people column.
const MOST: usize = 100;

/// The text of rich text.
pub(super) fn plain(texts: &[Text]) -> String {
    texts.iter().map(|text| text.plain_text.as_str()).collect()
}

/// Whether the column holds people, who must be looked up.
pub(super) fn holds_people(column: &Column) -> bool {
    column.kind == "people"
}

/// What a text becomes in a column; `None`: nothing of it can be said there, and the column stays as it is.
pub(super) fn write(name: &str, column: &Column, text: &str, members: &[Member]) -> Result<Option<Value>> {
    let misfit = |what: &str| Error::invalid(format!("the column `{name}` takes {what}"));
    let short = |most: usize| blocks::length(text) <= most;
    let value = match column.kind.as_str() {
        "title" => json!({ "title": rich(name, &one_line(text))? }),
        "rich_text" => json!({ "rich_text": rich(name, text)? }),
        "number" => {
            let number = text.trim().parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            json!({ "number": number.ok_or_else(|| misfit("numbers alone"))? })
        }
        "checkbox" => json!({ "checkbox": yes_or_no(text).ok_or_else(|| misfit("`true` or `false` alone"))? }),
        "date" => json!({ "date": { "start": date(text).ok_or_else(|| misfit("dates alone"))? } }),
        "url" if short(2_000) && is_web(text) => json!({ "url": text }),
        "url" => return Err(misfit("addresses of the web, of at most 2,000 characters")),
        "email" if short(200) && text.contains('@') => json!({ "email": text }),
        "email" => return Err(misfit("e-mail addresses, of at most 200 characters")),
        "phone_number" if short(200) => json!({ "phone_number": text }),
        "phone_number" => return Err(misfit("phone numbers, of at most 200 characters")),
        "select" => json!({ "select": { "name": option(name, text)? } }),
        "multi_select" => {
            let parts = parts(text);
            if parts.len() > MOST {
                return Err(misfit("at most 100 options"));
            }
            let options = parts.into_iter().map(|part| Ok(json!({ "name": option(name, part)? }))).collect::<Result<Vec<Value>>>()?;
            json!({ "multi_select": options })
        }
        "status" => json!({ "status": { "name": known(name, column, text)? } }),
        "people" => match people(text, members) {
            found if found.is_empty() => return Ok(None),
            found => json!({ "people": found }),
        },
        kind => return Err(Error::invalid(format!("the column `{name}` is a {} and cannot be written to", kind.replace('_', " ")))),
    };
    Ok(Some(value))
}

/// A cell as text; `None`: it is empty.
pub(super) fn read(cell: &Cell) -> Option<String> {
    let names = |choices: &[Choice]| choices.iter().map(|choice| choice.name.clone()).collect::<Vec<_>>().join(", ");
    let text = match cell.kind.as_str() {
        "title" => plain(cell.title.as_deref()?),
        "rich_text" => plain(cell.rich_text.as_deref()?),
        "number" => cell.number.as_ref()?.to_string(),
        "checkbox" => cell.checkbox?.to_string(),
        "date" => cell.date.clone()?.start,
        "url" => cell.url.clone()?,
        "email" => cell.email.clone()?,
        "phone_number" => cell.phone_number.clone()?,
        "select" => cell.select.clone()?.name,
        "status" => cell.status.clone()?.name,
        "multi_select" => names(cell.multi_select.as_deref()?),
        "people" => cell.people.iter().flatten().filter_map(|user| user.name.clone()).collect::<Vec<_>>().join(", "),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A title is one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn rich(name: &str, text: &str) -> Result<Value> {
    let texts = blocks::plain(text);
    if texts.len() > MOST_TEXTS {
        return Err(Error::invalid(format!("the column `{name}` takes at most 200,000 characters; the page's own box takes more")));
    }
    Ok(json!(texts))
}

/// Names in a list, each once.
fn parts(text: &str) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        if !all.contains(&part) {
            all.push(part);
        }
    }
    all
}

/// A new option may be made by its name, which holds no comma and is short.
fn option<'t>(name: &str, text: &'t str) -> Result<&'t str> {
    let text = text.trim();
    if text.is_empty() || text.contains(',') || blocks::length(text) > 100 {
        return Err(Error::invalid(format!("the column `{name}` takes an option: one name without commas, of at most 100 characters")));
    }
    Ok(text)
}

/// A status has the options that it has.
fn known<'c>(name: &str, column: &'c Column, text: &str) -> Result<&'c str> {
    let options = column.status.as_ref().map(|status| status.options.as_slice()).unwrap_or_default();
    let found = options.iter().find(|option| option.name.eq_ignore_ascii_case(text.trim()));
    found.map(|option| option.name.as_str()).ok_or_else(|| Error::invalid(format!("the column `{name}` has no such status")))
}

fn people(text: &str, members: &[Member]) -> Vec<Value> {
    let is = |member: &Member, part: &str| {
        member.name.eq_ignore_ascii_case(part) || member.email.as_deref().is_some_and(|email| normal_email(email) == normal_email(part))
    };
    let known = parts(text).into_iter().filter_map(|part| members.iter().find(|member| is(member, part)));
    known.take(MOST).map(|member| json!({ "object": "user", "id": member.id })).collect()
}

fn is_web(text: &str) -> bool {
    text.parse::<url::Url>().is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

/// A day or a moment, as Notion takes it.
fn date(text: &str) -> Option<String> {
    let text = text.trim();
    let moment = text.parse::<Timestamp>().ok().map(|at| at.to_string());
    moment.or_else(|| text.parse::<Date>().ok().map(|day| day.to_string()))
}
