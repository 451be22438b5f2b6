//! The records of one kind: by id, by unique value, by time of change, and as the search index sees them. Knows no HTTP and checks no values.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Values by property.
pub type Values = BTreeMap<Arc<str>, String>;

/// What a record held from a moment on.
#[derive(Clone, Debug)]
pub struct Version {
    pub values: Values,
    pub at_ms: i64,
}

#[derive(Clone, Debug)]
pub struct Record {
    pub id: u64,
    pub created_ms: i64,
    pub archived_ms: Option<i64>,
    pub now: Version,
    /// What the search index still shows while it lags behind.
    indexed: Option<Box<Version>>,
}

impl Record {
    /// The version that search finds: changes are seen `lag_ms` later, new records not before.
    pub fn searchable(&self, now_ms: i64, lag_ms: i64) -> Option<&Version> {
        if self.archived_ms.is_some() {
            return None;
        }
        if self.now.at_ms + lag_ms <= now_ms {
            return Some(&self.now);
        }
        self.indexed.as_deref().filter(|version| version.at_ms + lag_ms <= now_ms)
    }
}

/// All records of one kind.
#[derive(Debug, Default)]
pub struct Table {
    records: BTreeMap<u64, Record>,
    unique: HashMap<Arc<str>, HashMap<String, u64>>,
    changed: BTreeSet<(i64, u64)>,
}

/// Unique values are compared without regard to case and outer spaces.
pub fn folded(value: &str) -> String {
    value.trim().to_lowercase()
}

impl Table {
    pub fn get(&self, id: u64) -> Option<&Record> {
        self.records.get(&id)
    }

    /// A record that is not archived.
    pub fn live(&self, id: u64) -> Option<&Record> {
        self.records.get(&id).filter(|record| record.archived_ms.is_none())
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Records with larger ids than `after`, in order of ids.
    pub fn after(&self, after: u64) -> impl Iterator<Item = &Record> {
        self.records.range(after.saturating_add(1)..).map(|(_, record)| record)
    }

    /// Records whose last change is not before `ms`: a superset of what search may find there.
    pub fn changed_since(&self, ms: i64) -> impl Iterator<Item = &Record> {
        self.changed.range((ms, 0)..).filter_map(|(_, id)| self.records.get(id))
    }

    /// From now on the values of this property find their record.
    pub fn keep_unique(&mut self, name: &str) {
        self.unique.entry(Arc::from(name)).or_default();
    }

    /// Whose value that is.
    pub fn holder(&self, name: &str, value: &str) -> Option<u64> {
        self.unique.get(name)?.get(&folded(value)).copied()
    }

    pub fn insert(&mut self, id: u64, values: Values, now_ms: i64) {
        let values: Values = values.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        for (name, index) in &mut self.unique {
            if let Some(value) = values.get(name) {
                index.insert(folded(value), id);
            }
        }
        let now = Version { values, at_ms: now_ms };
        self.changed.insert((now_ms, id));
        self.records.insert(id, Record { id, created_ms: now_ms, archived_ms: None, now, indexed: None });
    }

    /// Sets values; an empty one clears its property. Returns what really changed, with the new value.
    pub fn update(&mut self, id: u64, values: &Values, now_ms: i64, lag_ms: i64) -> Vec<(Arc<str>, String)> {
        let Some(record) = self.records.get_mut(&id) else { return Vec::new() };
        let held = |name: &Arc<str>| record.now.values.get(name).map_or("", String::as_str);
        let changes: Vec<(Arc<str>, String)> = values
            .iter()
            .filter(|(name, value)| held(name) != value.as_str())
            .map(|(name, value)| (Arc::clone(name), value.clone()))
            .collect();
        if changes.is_empty() {
            return changes;
        }
        if record.now.at_ms + lag_ms <= now_ms {
            record.indexed = Some(Box::new(record.now.clone()));
        }
        self.changed.remove(&(record.now.at_ms, id));
        self.changed.insert((now_ms, id));
        record.now.at_ms = now_ms;
        for (name, value) in &changes {
            let old =
                if value.is_empty() { record.now.values.remove(name) } else { record.now.values.insert(Arc::clone(name), value.clone()) };
            if let Some(index) = self.unique.get_mut(name) {
                if let Some(old) = old {
                    index.remove(&folded(&old));
                }
                if !value.is_empty() {
                    index.insert(folded(value), id);
                }
            }
        }
        changes
    }

    /// Archives a record; false when there is none or it is archived already.
    pub fn archive(&mut self, id: u64, now_ms: i64) -> bool {
        let Some(record) = self.records.get_mut(&id).filter(|record| record.archived_ms.is_none()) else { return false };
        record.archived_ms = Some(now_ms);
        self.changed.remove(&(record.now.at_ms, id));
        for (name, index) in &mut self.unique {
            if let Some(value) = record.now.values.get(name) {
                index.remove(&folded(value));
            }
        }
        true
    }
}
