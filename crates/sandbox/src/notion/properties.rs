//! The kinds of columns: what a request may write into each, and how it is answered. A value that does not fit its column is refused.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::errors::invalid;
use super::world::{Property, Source, World};
use super::{Notion, values};
use crate::kit::Refusal;

pub(super) const KINDS: &[&str] = &[
    "title",
    "rich_text",
    "number",
    "select",
    "multi_select",
    "status",
    "date",
    "people",
    "checkbox",
    "url",
    "email",
    "phone_number",
    "created_time",
    "formula",
];

/// Options of a multi-select, people of a people column.
const MOST: usize = 100;

/// A new column's settings, with ids for its options. A status begins with the groups that Notion gives it.
pub(super) fn columns_config(notion: &Notion, kind: &str, given: &Value) -> Value {
    let option =
        |option: &Value| json!({ "id": notion.kit.uuid().to_string(), "name": option["name"], "color": "default", "description": null });
    match kind {
        "select" | "multi_select" => {
            json!({ "options": given["options"].as_array().into_iter().flatten().map(option).collect::<Vec<_>>() })
        }
        "status" => {
            let (mut options, mut groups) = (Vec::new(), Vec::new());
            let usual = json!([["To-do", ["Not started"]], ["In progress", ["In progress"]], ["Complete", ["Done"]]]);
            let wanted = given.get("groups").unwrap_or(&usual);
            for group in wanted.as_array().into_iter().flatten() {
                let own: Vec<Value> = group[1].as_array().into_iter().flatten().map(|name| option(&json!({ "name": name }))).collect();
                let ids: Vec<&Value> = own.iter().map(|one| &one["id"]).collect();
                groups.push(json!({ "id": notion.kit.uuid().to_string(), "name": group[0], "color": "gray", "option_ids": ids }));
                options.extend(own);
            }
            json!({ "options": options, "groups": groups })
        }
        "number" => json!({ "format": "number" }),
        "formula" => json!({ "expression": given["expression"].as_str().unwrap_or_default() }),
        _ => json!({}),
    }
}

/// Takes over what a request says of a page's properties. A select may get new options by it, a status may not.
pub(super) fn take(
    notion: &Notion,
    world: &World,
    source: &mut Source,
    given: &Map<String, Value>,
    page: &mut BTreeMap<String, Value>,
) -> Result<Vec<String>, Refusal> {
    let mut changed = Vec::new();
    for (name, value) in given {
        let property = source.properties.iter_mut().find(|one| one.name == *name || one.id == *name);
        let property = property.ok_or_else(|| invalid(&format!("{name} is not a property that exists.")))?;
        let kind = property.kind.clone();
        let inner = value.get(&kind).ok_or_else(|| invalid(&format!("{name} is expected to be {kind}.")))?;
        let taken = taken(notion, world, property, inner)?;
        if page.get(&property.id).unwrap_or(&values::empty(&kind)) != &taken {
            changed.push(property.id.clone());
        }
        page.insert(property.id.clone(), taken);
    }
    Ok(changed)
}

fn taken(notion: &Notion, world: &World, property: &mut Property, given: &Value) -> Result<Value, Refusal> {
    let place = format!("body.properties.{}.{}", property.name, property.kind);
    let should = |what: &str| invalid(&format!("body failed validation: {place} should be {what}."));
    let optional = |fits: bool, what: &str| if given.is_null() || fits { Ok(given.clone()) } else { Err(should(what)) };
    let text = given.as_str().unwrap_or_default();
    match property.kind.as_str() {
        "title" | "rich_text" => values::rich_text(&place, given),
        "number" => optional(given.is_number(), "a number or `null`"),
        "checkbox" => given.as_bool().map(Value::Bool).ok_or_else(|| should("a boolean")),
        "url" => optional(!text.is_empty() && text.encode_utf16().count() <= 2_000, "a URL of at most 2000 characters or `null`"),
        "email" => {
            optional(!text.is_empty() && text.encode_utf16().count() <= 200, "an e-mail address of at most 200 characters or `null`")
        }
        "phone_number" => {
            optional(!text.is_empty() && text.encode_utf16().count() <= 200, "a phone number of at most 200 characters or `null`")
        }
        "date" => date(given).ok_or_else(|| should("a valid ISO 8601 date or `null`")),
        "people" => people(world, given).ok_or_else(|| should("an array of at most 100 users of the workspace")),
        "select" | "status" if given.is_null() => Ok(Value::Null),
        "select" => select(notion, property, given),
        "multi_select" => {
            let options =
                given.as_array().filter(|options| options.len() <= MOST).ok_or_else(|| should("an array of at most 100 options"))?;
            options.iter().map(|option| select(notion, property, option)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        "status" => known_option(property, given).ok_or_else(|| {
            let name = given["name"].as_str().unwrap_or_default();
            invalid(&format!("Invalid status option. Status option \"{name}\" does not exist\"."))
        }),
        _ => Err(invalid(&format!("{} is not a property that can be written.", property.name))),
    }
}

fn known_option(property: &Property, given: &Value) -> Option<Value> {
    let options = property.config["options"].as_array()?;
    let named = |option: &&Value| ["id", "name"].iter().any(|key| given[*key].is_string() && given[*key] == option[*key]);
    let option = options.iter().find(named)?;
    Some(json!({ "id": option["id"], "name": option["name"], "color": option["color"] }))
}

/// A known option, or a new one by its name, which holds no comma.
fn select(notion: &Notion, property: &mut Property, given: &Value) -> Result<Value, Refusal> {
    if let Some(known) = known_option(property, given) {
        return Ok(known);
    }
    let name = given["name"].as_str().filter(|name| !name.is_empty() && name.encode_utf16().count() <= 100);
    let name = name.ok_or_else(|| invalid(&format!("body failed validation: {} needs an option's name.", property.name)))?;
    if name.contains(',') {
        return Err(invalid(&format!("Invalid select option, commas not allowed: {name}")));
    }
    let option = json!({ "id": notion.kit.uuid().to_string(), "name": name, "color": "default", "description": null });
    let told = json!({ "id": option["id"], "name": name, "color": "default" });
    if let Some(options) = property.config["options"].as_array_mut() {
        options.push(option);
    }
    Ok(told)
}

fn date(given: &Value) -> Option<Value> {
    if given.is_null() {
        return Some(Value::Null);
    }
    let valid = |text: &str| text.parse::<Date>().is_ok() || text.parse::<Timestamp>().is_ok();
    let start = given["start"].as_str().filter(|text| valid(text))?;
    let end = match given.get("end") {
        None | Some(Value::Null) => Value::Null,
        Some(end) => json!(end.as_str().filter(|text| valid(text))?),
    };
    Some(json!({ "start": start, "end": end, "time_zone": given["time_zone"] }))
}

fn people(world: &World, given: &Value) -> Option<Value> {
    let given = given.as_array().filter(|people| people.len() <= MOST)?;
    let known = given.iter().map(|one| world.user(one["id"].as_str()?).map(super::render::user));
    known.collect::<Option<Vec<Value>>>().map(Value::Array)
}
