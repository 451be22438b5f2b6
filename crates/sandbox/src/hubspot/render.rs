//! How times and records are written in answers. Which record and which properties, others decide.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    kind::Kind,
    records::{Record, Values, Version},
};

/// RFC 3339 in UTC with milliseconds, as all of HubSpot's times are answered.
pub fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}

pub fn moment_ms(ms: i64) -> String {
    moment(Timestamp::from_millisecond(ms).unwrap_or_default())
}

/// A property's value, also those the record itself knows.
pub fn value_of(kind: Kind, record: &Record, version: &Version, name: &str) -> Option<String> {
    if name == "hs_object_id" {
        Some(record.id.to_string())
    } else if name == kind.created() {
        Some(moment_ms(record.created_ms))
    } else if name == kind.modified() {
        Some(moment_ms(version.at_ms))
    } else {
        version.values.get(name).cloned()
    }
}

/// Values as JSON, for the ledger.
pub fn plain(values: &Values) -> Value {
    Value::Object(values.iter().map(|(name, value)| (name.to_string(), json!(value))).collect())
}

/// The names every answer has.
pub fn always(kind: Kind) -> [&'static str; 3] {
    ["hs_object_id", kind.created(), kind.modified()]
}

/// A record as answered (schema `SimplePublicObject`), with these properties; what is asked and empty is null.
pub fn object(kind: Kind, record: &Record, version: &Version, names: &BTreeSet<String>) -> Map<String, Value> {
    let mut properties = Map::new();
    for name in always(kind).into_iter().chain(names.iter().map(String::as_str)) {
        properties.insert(name.to_owned(), json!(value_of(kind, record, version, name)));
    }
    let mut answer = Map::new();
    answer.insert("id".to_owned(), json!(record.id.to_string()));
    answer.insert("properties".to_owned(), Value::Object(properties));
    answer.insert("createdAt".to_owned(), json!(moment_ms(record.created_ms)));
    answer.insert("updatedAt".to_owned(), json!(moment_ms(version.at_ms)));
    answer.insert("archived".to_owned(), json!(record.archived_ms.is_some()));
    if let Some(at) = record.archived_ms {
        answer.insert("archivedAt".to_owned(), json!(moment_ms(at)));
    }
    answer
}

/// A record with all it has, as a creation answers it.
pub fn whole(kind: Kind, record: &Record) -> Map<String, Value> {
    let names = record.now.values.keys().map(ToString::to_string).collect();
    object(kind, record, &record.now, &names)
}
