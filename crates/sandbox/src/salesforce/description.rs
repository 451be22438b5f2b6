//! The official description at hand: names and types of the standard objects' fields. Requests and answers are held against it.
//!
//! What is written in it: `string`, `number`, `boolean`, `DateString`, each perhaps `| null`, by object and field. Objects that it lacks
//! (`ContentNote`, set-up objects) and custom fields go unchecked, and are counted so.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::ID;
use super::org::Row;
use crate::kit::{DescriptionError, Kit, Outcome, Side};

const FILE: &str = "salesforce/standard-schema.trimmed.json";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    fields: BTreeMap<String, String>,
    parent_references: BTreeMap<String, String>,
}

/// The description; `None`: none was given.
#[derive(Debug)]
pub(super) struct Description(Option<BTreeMap<String, Described>>);

impl Description {
    pub(super) fn load(kit: &Kit) -> Result<Self, DescriptionError> {
        let Some(folder) = &kit.options.specs else { return Ok(Self(None)) };
        let failed = |reason: String| DescriptionError { file: FILE.to_owned(), reason };
        let text = std::fs::read_to_string(folder.join(FILE)).map_err(|error| failed(error.to_string()))?;
        serde_json::from_str(&text).map(Some).map(Self).map_err(|error| failed(error.to_string()))
    }

    /// The described type of a field, if the object is described; `Some(None)`: it has no such field.
    #[cfg(test)]
    #[expect(clippy::option_option, reason = "an object that is not described, and a field that an object lacks, are two things")]
    pub(super) fn kind(&self, object: &str, field: &str) -> Option<Option<&str>> {
        let described = self.0.as_ref()?.get(object)?;
        Some(described.fields.get(field).map(String::as_str))
    }

    /// Notes that half an exchange about this object was held against the description, as far as there is one.
    pub(super) fn count(&self, kit: &Kit, side: Side, object: &str) {
        let outcome = match &self.0 {
            None => Outcome::Unloaded,
            Some(all) if all.contains_key(object) => Outcome::Checked,
            Some(_) => Outcome::Undescribed,
        };
        kit.checks.counted(ID, side, outcome);
    }

    /// Holds a record against the description, and its parents; the first misfit, with its place.
    pub(super) fn misfit(&self, object: &str, record: &Row) -> Option<(String, String)> {
        let described = self.0.as_ref()?.get(object)?;
        for (name, value) in record {
            if name == "attributes" || name.ends_with("__c") || name.eq_ignore_ascii_case("id") {
                continue;
            }
            if let Some(parent) = described.parent_references.get(name) {
                let of = parent.trim_start_matches("SObjectDefinition$").trim_end_matches(" | null");
                if let Some((place, reason)) = value.as_object().and_then(|row| self.misfit(of, row)) {
                    return Some((format!("{name}/{place}"), reason));
                }
                continue;
            }
            let Some(kind) = described.fields.get(name) else {
                return Some((name.clone(), format!("{object} has no such field")));
            };
            if !fits(kind, value) {
                return Some((name.clone(), format!("is no {kind}")));
            }
        }
        None
    }
}

fn fits(kind: &str, value: &Value) -> bool {
    let (kind, nullable) = kind.strip_suffix(" | null").map_or((kind, false), |kind| (kind, true));
    match (kind, value) {
        (_, Value::Null) => nullable,
        ("string" | "BlobString", Value::String(_)) | ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => true,
        ("DateString", Value::String(text)) => text.parse::<Timestamp>().is_ok() || text.parse::<Date>().is_ok(),
        _ => false,
    }
}
