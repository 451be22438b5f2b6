//! Values as a caller writes them into columns: JSON by the column's type. <https://developer.monday.com/api-reference/docs/change-column-values>

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::world::{Board, Column, World};

/// What a caller wants of an item's cells, in our own form; null empties a cell.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub name: Option<String>,
    pub values: BTreeMap<String, Value>,
}

/// Reads `column_values`: JSON in a string. `name` is the item's name.
pub(super) fn wanted(world: &World, board: &Board, argument: &Value) -> Result<Wanted, Failure> {
    let mut wanted = Wanted::default();
    let Some(text) = argument.as_str() else {
        return if argument.is_null() { Ok(wanted) } else { Err(Failure::json()) };
    };
    let cells: Map<String, Value> = serde_json::from_str(text).map_err(|_| Failure::json())?;
    for (id, cell) in cells {
        if id == "name" {
            wanted.name = Some(item_name(&cell)?);
            continue;
        }
        let column = board.columns.iter().find(|column| column.id == id).ok_or_else(|| Failure::column(&id))?;
        wanted.values.insert(id, value(world, column, &cell)?);
    }
    Ok(wanted)
}

/// Between 1 and 255 characters.
pub(super) fn item_name(name: &Value) -> Result<String, Failure> {
    let name = name.as_str().unwrap_or_default();
    if (1..=255).contains(&name.chars().count()) && !name.trim().is_empty() { Ok(name.to_owned()) } else { Err(Failure::name_length()) }
}

/// Null, an empty object and an empty text empty a cell.
fn value(world: &World, column: &Column, cell: &Value) -> Result<Value, Failure> {
    let empty = match cell {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    if empty {
        return Ok(Value::Null);
    }
    let refused = |reason: &str| Failure::value(column.kind, reason);
    match column.kind {
        "text" => cell.as_str().map(|text| json!(text)).ok_or_else(|| refused("a text is a string")),
        "date" => {
            let day = cell["date"].as_str().ok_or_else(|| refused("a date is { date: \"YYYY-MM-DD\" }"))?;
            let day: Date = day.parse().map_err(|_| refused("this is no date"))?;
            Ok(json!(day.to_string()))
        }
        "status" => {
            let by = |fits: &dyn Fn(&super::world::Label) -> bool| column.labels.iter().find(|label| fits(label));
            let found = match (cell["label"].as_str(), cell["index"].as_i64()) {
                (Some(text), _) => by(&|label| label.text == text),
                (None, Some(index)) => by(&|label| label.index == index),
                (None, None) => return Err(refused("a status is { label } or { index }")),
            };
            found.map(|label| json!(label.index)).ok_or_else(|| refused("this label does not exist in the column"))
        }
        "people" => {
            let entities = cell["personsAndTeams"].as_array().ok_or_else(|| refused("people are { personsAndTeams: [] }"))?;
            let mut ids = Vec::new();
            for entity in entities {
                let id = entity["id"].as_u64().map_or_else(|| entity["id"].as_str().unwrap_or_default().to_owned(), |id| id.to_string());
                if entity["kind"] != "person" || world.user(&id).is_none() {
                    return Err(refused("this person does not exist"));
                }
                ids.push(id);
            }
            Ok(json!(ids))
        }
        _ => Err(refused("this column cannot be written")),
    }
}
