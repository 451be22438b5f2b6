//! A record as named fields: how two versions differ, and how three are merged.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::change::FieldChange;

/// Values longer than this (as JSON text, in bytes) are logged by hash and length.
const LOGGED_VALUE_BYTES: usize = 2_000;

/// Field name → value. A field that is absent has no value; nulls are never kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Fields(BTreeMap<String, Value>);

/// Who decides a field's value when both sides changed it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    Ours,
    Theirs,
    /// The later edit wins.
    #[default]
    Shared,
}

/// One of the two sides of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Ours,
    Theirs,
}

/// Both sides changed one field to different values; both values are kept in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conflict {
    pub field: String,
    pub ours: Value,
    pub theirs: Value,
    pub kept: Side,
}

/// What a three-way merge decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// The agreed values.
    pub fields: Fields,
    /// The fields where the tool's value must be brought to ours.
    pub to_push: BTreeSet<String>,
    pub conflicts: Vec<Conflict>,
}

impl Fields {
    /// The fields of a struct.
    pub fn of<T: Serialize>(body: &T) -> Self {
        match serde_json::to_value(body) {
            Ok(Value::Object(map)) => map.into_iter().collect(),
            _ => Self::default(),
        }
    }

    /// The struct with these fields; the error names a field that does not fit.
    pub fn to<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_value(Value::Object(self.0.clone().into_iter().collect()))
    }

    /// One value; `Null` when absent.
    pub fn get(&self, field: &str) -> &Value {
        self.0.get(field).unwrap_or(&Value::Null)
    }

    /// Sets a value; null removes it.
    pub fn set(&mut self, field: impl Into<String>, value: Value) {
        let field = field.into();
        if value.is_null() {
            self.0.remove(&field)
        } else {
            self.0.insert(field, value)
        };
    }

    /// Only the named fields.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Without the marks (names that begin with `~`), which the engine keeps beside the agreed values.
    #[must_use]
    pub fn agreed(&self) -> Self {
        self.0.iter().filter(|(name, _)| !name.starts_with('~')).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// SHA-256 over the fields in their order of names, in hexadecimal.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(serde_json::to_vec(&self.0).unwrap_or_default()))
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What differs from `self` to `newer`, as the log records it.
    pub fn changes_to(&self, newer: &Self) -> Vec<FieldChange> {
        self.names_with(newer)
            .filter(|name| self.get(name) != newer.get(name))
            .map(|name| FieldChange { from: logged(self.get(&name)), to: logged(newer.get(&name)), field: name })
            .collect()
    }

    fn names_with(&self, other: &Self) -> impl Iterator<Item = String> {
        self.0.keys().chain(other.0.keys()).cloned().collect::<BTreeSet<_>>().into_iter()
    }

    /// Merges two descendants of `self`, the last agreed values. `owner` says who decides a field; `later` is the side
    /// edited last, which decides shared fields.
    pub fn merge(&self, ours: &Self, theirs: &Self, owner: impl Fn(&str) -> Owner, later: Side) -> Merged {
        let mut merged = Merged::default();
        for name in ours.names_with(theirs).collect::<BTreeSet<_>>() {
            let (base, mine, other) = (self.get(&name), ours.get(&name), theirs.get(&name));
            let winner = match (mine == base, other == base) {
                _ if mine == other => Side::Ours,
                (true, _) => Side::Theirs,
                (false, true) => Side::Ours,
                (false, false) => {
                    let kept = match owner(&name) {
                        Owner::Ours => Side::Ours,
                        Owner::Theirs => Side::Theirs,
                        Owner::Shared => later,
                    };
                    merged.conflicts.push(Conflict { field: name.clone(), ours: mine.clone(), theirs: other.clone(), kept });
                    kept
                }
            };
            let value = if winner == Side::Ours { mine } else { other };
            if value != other {
                merged.to_push.insert(name.clone());
            }
            merged.fields.set(name, value.clone());
        }
        merged
    }
}

impl FromIterator<(String, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(pairs: I) -> Self {
        Self(pairs.into_iter().filter(|(_, value)| !value.is_null()).collect())
    }
}

fn logged(value: &Value) -> Value {
    let text = value.to_string();
    if text.len() <= LOGGED_VALUE_BYTES {
        return value.clone();
    }
    json!({ "sha256": hex::encode(Sha256::digest(text.as_bytes())), "bytes": text.len() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(pairs: &[(&str, i64)]) -> Fields {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
    }

    #[test]
    fn f58_edits_of_different_fields_are_both_kept() {
        let base = fields(&[("a", 1), ("b", 1)]);
        let merged = base.merge(&fields(&[("a", 2), ("b", 1)]), &fields(&[("a", 1), ("b", 3)]), |_| Owner::Shared, Side::Theirs);
        assert_eq!(merged.fields, fields(&[("a", 2), ("b", 3)]));
        assert_eq!(merged.to_push.into_iter().collect::<Vec<_>>(), ["a"]);
        assert!(merged.conflicts.is_empty());
    }

    #[test]
    fn f58_a_clash_follows_the_owner_and_keeps_both_values() {
        let base = fields(&[("a", 1)]);
        let merged = base.merge(&fields(&[("a", 2)]), &fields(&[("a", 3)]), |_| Owner::Ours, Side::Theirs);
        assert_eq!(merged.fields, fields(&[("a", 2)]));
        assert_eq!(merged.conflicts, [Conflict { field: "a".into(), ours: json!(2), theirs: json!(3), kept: Side::Ours }]);
    }

    #[test]
    fn long_values_are_logged_by_hash() {
        let newer: Fields = [("text".to_owned(), json!("x".repeat(3_000)))].into_iter().collect();
        let changes = Fields::default().changes_to(&newer);
        assert_eq!(changes[0].to["bytes"], 3_002);
    }

    proptest! {
        #[test]
        fn f59_merging_an_echo_changes_nothing(base in any::<[Option<u8>; 4]>(), ours in any::<[Option<u8>; 4]>()) {
            let make = |values: [Option<u8>; 4]| -> Fields {
                values.iter().enumerate().map(|(at, value)| (format!("f{at}"), json!(value))).collect()
            };
            let (base, ours) = (make(base), make(ours));
            let merged = base.merge(&ours, &base, |_| Owner::Shared, Side::Theirs);
            prop_assert_eq!(&merged.fields, &ours);
            let settled = ours.merge(&ours, &ours, |_| Owner::Shared, Side::Theirs);
            prop_assert!(settled.to_push.is_empty() && settled.conflicts.is_empty());
        }
    }
}
