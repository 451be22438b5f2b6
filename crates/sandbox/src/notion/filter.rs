//! Which rows a query asks for: filters by a timestamp, by a text, and compounds of these. Other filters are refused.

use jiff::Timestamp;
use serde_json::Value;

use super::errors::invalid;
use super::world::{Page, Source};
use super::{render, values};
use crate::kit::Refusal;

/// Notion nests compounds two deep.
const DEEPEST: usize = 2;

/// Whether the row fits.
pub(super) fn fits(filter: &Value, source: &Source, page: &Page) -> Result<bool, Refusal> {
    at_depth(filter, source, page, 0)
}

fn at_depth(filter: &Value, source: &Source, page: &Page, depth: usize) -> Result<bool, Refusal> {
    for (word, all) in [("and", true), ("or", false)] {
        if let Some(parts) = filter[word].as_array() {
            if depth == DEEPEST {
                return Err(invalid("body failed validation: body.filter is nested too deeply."));
            }
            let mut verdicts = Vec::new();
            for part in parts {
                verdicts.push(at_depth(part, source, page, depth + 1)?);
            }
            return Ok(if all { verdicts.iter().all(|fits| *fits) } else { verdicts.iter().any(|fits| *fits) });
        }
    }
    if let Some(which) = filter["timestamp"].as_str() {
        let at = match which {
            "last_edited_time" => page.edited,
            "created_time" => page.created,
            _ => return Err(invalid("body failed validation: body.filter.timestamp should be a timestamp.")),
        };
        return timestamp(&filter[which], at);
    }
    let name = filter["property"].as_str().unwrap_or_default();
    let property = source.property(name).ok_or_else(|| invalid(&format!("Could not find property with name or id: {name}")))?;
    let value = page.values.get(&property.id);
    match property.kind.as_str() {
        kind @ ("rich_text" | "title") if filter.get(kind).is_some() => text(&filter[kind], &value.map(values::plain).unwrap_or_default()),
        "checkbox" if filter.get("checkbox").is_some() => {
            Ok(filter["checkbox"]["equals"].as_bool() == Some(value.is_some_and(|value| *value == true)))
        }
        kind => Err(invalid(&format!("body failed validation: the emulator does not filter {kind} like that."))),
    }
}

/// Compared to the minute, as it is told.
fn timestamp(condition: &Value, at: Timestamp) -> Result<bool, Refusal> {
    let at = render::minute(at);
    let bound = |word: &str| condition[word].as_str().map(str::parse::<Timestamp>);
    for word in ["on_or_after", "after", "on_or_before", "before"] {
        if let Some(bound) = bound(word) {
            let bound = bound.map_err(|_| invalid("body failed validation: body.filter should hold a valid ISO 8601 date."))?;
            return Ok(match word {
                "on_or_after" => at >= bound,
                "after" => at > bound,
                "on_or_before" => at <= bound,
                _ => at < bound,
            });
        }
    }
    Err(invalid("body failed validation: the emulator does not know this condition of a timestamp."))
}

fn text(condition: &Value, text: &str) -> Result<bool, Refusal> {
    match (condition["equals"].as_str(), condition["contains"].as_str()) {
        (Some(wanted), None) => Ok(text == wanted),
        (None, Some(part)) => Ok(text.contains(part)),
        _ => Err(invalid("body failed validation: the emulator does not know this condition of a text.")),
    }
}
