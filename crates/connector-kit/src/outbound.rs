//! What a push is given and what it answers.

use std::collections::BTreeMap;

use model::settings::Destination;
use model::{Fields, RecordId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// What a write endpoint allows after a crash or a lost answer (PRODUCT.md section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    /// a: an upsert by our key; sending it again is harmless.
    Upsert,
    /// b: we choose the id; a second create is refused as existing.
    ChosenId,
    /// c: a marker that can be searched for, once the tool's index has caught up, before creating again.
    Marker {
        /// The index's lag.
        lag_seconds: u32,
    },
    /// d: none of these; sent at most once, then shown to a person as uncertain.
    AtMostOnce,
}

impl EffectClass {
    /// The letter used in the documents.
    pub const fn letter(self) -> char {
        match self {
            Self::Upsert => 'a',
            Self::ChosenId => 'b',
            Self::Marker { .. } => 'c',
            Self::AtMostOnce => 'd',
        }
    }
}

/// Our id ↔ theirs, and what both sides last agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub id: String,
    pub version: Option<String>,
    pub url: Option<String>,
    /// The last agreed value per field, as last seen at the tool.
    pub base: Fields,
}

/// How an existing object is brought up to date, where the tool has a choice (chat); the others ignore it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edit {
    /// The object itself is changed.
    #[default]
    InPlace,
    /// The object stays as it is; its new form is added below it, as a reply.
    InThread,
}

/// One item to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Outbound<T> {
    /// Stable for this connection and record, for ever: the client-chosen id, external key or marker. A UUID of version 4 layout.
    pub key: Uuid,
    pub record: RecordId,
    pub item: T,
    /// Present: update this object. Absent: create one.
    pub link: Option<Link>,
    /// How to update, where there is a link.
    pub edit: Edit,
    /// Where a new object goes.
    pub destination: Option<Destination>,
    /// Further properties of the tool by its own names, from the person's field mapping.
    pub properties: BTreeMap<String, String>,
}

impl<T> Outbound<T> {
    /// Whether `wanted` is to be sent for this field: always in a new object; in an update only where it is another value than was
    /// last agreed. What the tool has in the other fields may be newer than what we know, and is not ours to overwrite.
    pub fn sends(&self, field: &str, wanted: &Value) -> bool {
        self.link.as_ref().is_none_or(|link| link.base.get(field) != wanted)
    }
}

/// The tool's word that it is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    pub id: String,
    pub version: Option<String>,
    pub url: Option<String>,
    /// The item's fields as the tool now has them, where its answer tells; else what was sent counts as agreed.
    /// A tool normalises (trims, rounds, re-cases): without this its own form would come back as an edit.
    pub seen: Option<Fields>,
}
