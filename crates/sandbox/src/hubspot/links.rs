//! Associations between records: their types and who is linked with whom, kept in both directions. Knows no HTTP.
//! Type ids: PROVIDERS section 7 and the enumeration `AssociationTypes` of npm @hubspot/api-client (Apache-2.0).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use serde_json::{Value, json};

use super::kind::Kind::{self, Company, Contact, Deal, Meeting, Note, Task};

/// A record by kind and id.
pub type End = (Kind, u64);

/// `from`, `to`, the id of the unlabelled type that way, and the id the other way.
const TYPES: [(Kind, Kind, u32, u32); 12] = [
    (Contact, Company, 279, 280),
    (Deal, Contact, 3, 4),
    (Deal, Company, 341, 342),
    (Meeting, Contact, 200, 199),
    (Meeting, Company, 188, 187),
    (Meeting, Deal, 212, 211),
    (Note, Contact, 202, 201),
    (Note, Company, 190, 189),
    (Note, Deal, 214, 213),
    (Task, Contact, 204, 203),
    (Task, Company, 192, 191),
    (Task, Deal, 216, 215),
];
/// The primary company of a contact or deal: a second type beside the unlabelled one.
const PRIMARY: [(Kind, Kind, u32, u32); 2] = [(Contact, Company, 1, 2), (Deal, Company, 5, 6)];

fn find(list: &[(Kind, Kind, u32, u32)], from: Kind, to: Kind) -> Option<(u32, u32)> {
    list.iter().find_map(|(one, other, there, back)| {
        if (*one, *other) == (from, to) {
            Some((*there, *back))
        } else if (*one, *other) == (to, from) {
            Some((*back, *there))
        } else {
            None
        }
    })
}

/// The type an association has when none is named.
pub fn default_type(from: Kind, to: Kind) -> Option<u32> {
    find(&TYPES, from, to).map(|(there, _)| there)
}

/// Whether `id` is a type that leads from one kind to the other.
pub fn is_type(from: Kind, to: Kind, id: u32) -> bool {
    [find(&TYPES, from, to), find(&PRIMARY, from, to)].into_iter().flatten().any(|(there, _)| there == id)
}

/// The kind a type leads to.
pub fn target(from: Kind, id: u32) -> Option<Kind> {
    super::kind::KINDS.into_iter().find(|to| is_type(from, *to, id))
}

fn reverse(from: Kind, to: Kind, id: u32) -> u32 {
    let pairs = [find(&TYPES, from, to), find(&PRIMARY, from, to)];
    pairs.into_iter().flatten().find(|(there, _)| *there == id).map_or(id, |(_, back)| back)
}

/// As v4 answers the types of one association.
pub fn answer(from: Kind, to: Kind, types: &BTreeSet<u32>) -> Vec<Value> {
    let primary = find(&PRIMARY, from, to).map(|(there, _)| there);
    types
        .iter()
        .map(|id| {
            let label = (Some(*id) == primary).then_some("Primary");
            json!({ "category": "HUBSPOT_DEFINED", "typeId": id, "label": label })
        })
        .collect()
}

/// As v3 names a type: `meeting_to_contact`.
pub fn name(from: Kind, to: Kind, id: u32) -> String {
    let plain = format!("{}_to_{}", from.singular(), to.singular());
    if find(&PRIMARY, from, to).is_some_and(|(there, _)| there == id)
        || default_type(from, to) == Some(id) && find(&PRIMARY, from, to).is_none()
    {
        plain
    } else {
        format!("{plain}_unlabeled")
    }
}

#[derive(Debug, Default)]
pub struct Links(BTreeMap<(End, End), BTreeSet<u32>>);

impl Links {
    /// Links two records; the first company a contact or deal gets becomes its primary one. False when it was so already.
    pub fn join(&mut self, from: End, to: End, id: u32) -> bool {
        let mut ids = BTreeSet::from([id]);
        ids.extend(default_type(from.0, to.0));
        if let Some((primary, _)) = find(&PRIMARY, from.0, to.0) {
            let (holder, kind) = if from.0 == Company { (to, from.0) } else { (from, to.0) };
            if ids.contains(&primary) {
                self.demote(holder, kind);
            } else if self.of(holder, kind).next().is_none() {
                ids.insert(primary);
            }
        }
        let mut new = false;
        for id in ids {
            let back = reverse(from.0, to.0, id);
            new |= self.0.entry((from, to)).or_default().insert(id);
            self.0.entry((to, from)).or_default().insert(back);
        }
        new
    }

    fn demote(&mut self, holder: End, company: Kind) {
        let Some((there, back)) = find(&PRIMARY, holder.0, company) else { return };
        let held: Vec<End> = self.of(holder, company).map(|(end, _)| end).collect();
        for end in held {
            self.0.entry((holder, end)).or_default().remove(&there);
            self.0.entry((end, holder)).or_default().remove(&back);
        }
    }

    /// Takes all associations between two records away.
    pub fn part(&mut self, from: End, to: End) -> bool {
        self.0.remove(&(to, from));
        self.0.remove(&(from, to)).is_some()
    }

    /// Takes all associations of a record away.
    pub fn forget(&mut self, end: End) {
        let others: Vec<End> = self.0.range((end, (Contact, 0))..=(end, (Task, u64::MAX))).map(|((_, other), _)| *other).collect();
        for other in others {
            self.part(end, other);
        }
    }

    /// The records of a kind that one is linked with, in order of ids.
    pub fn of(&self, from: End, to: Kind) -> impl Iterator<Item = (End, &BTreeSet<u32>)> {
        self.after(from, to, 0)
    }

    /// The same with larger ids than `after`.
    pub fn after(&self, from: End, to: Kind, after: u64) -> impl Iterator<Item = (End, &BTreeSet<u32>)> {
        let bounds = (Bound::Excluded((from, (to, after))), Bound::Included((from, (to, u64::MAX))));
        self.0.range(bounds).map(|((_, other), types)| (*other, types))
    }
}
