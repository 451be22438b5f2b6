//! Where a pull stands: the connector's cursor at each destination that it reads. Kept as one text in the stream's row.

use std::collections::BTreeMap;

use connector_kit::Cursor;
use jiff::Timestamp;
use model::settings::Destination;
use serde::{Deserialize, Serialize};

/// One destination.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// `None`: nothing is read yet.
    pub cursor: Option<Cursor>,
    /// Everything is read anew since then; what is linked and was not seen since is asked for at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep_from: Option<Timestamp>,
}

/// All of them, by the destination's id; where a tool has no choice of destination, by the empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Places(BTreeMap<String, Place>);

impl Places {
    /// Reads the saved places, of these destinations alone. What cannot be read is read from the beginning.
    pub fn read(text: Option<&str>, destinations: &[Option<Destination>]) -> Self {
        let mut places: Self = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        places.0.retain(|id, _| destinations.iter().any(|known| key(known.as_ref()) == *id));
        places
    }

    /// As saved.
    pub fn write(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// One destination's place.
    pub fn at(&mut self, destination: Option<&Destination>) -> &mut Place {
        self.0.entry(key(destination).to_owned()).or_default()
    }
}

fn key(destination: Option<&Destination>) -> &str {
    destination.map_or("", |destination| destination.id.as_str())
}
