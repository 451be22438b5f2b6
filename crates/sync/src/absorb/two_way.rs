//! The three-way merge of one linked object: base, ours, theirs, and what follows for record, link and log.

use jiff::Timestamp;
use model::change::FieldChange;
use model::fields::{Merged, Side};
use model::settings::Deletion;
use model::{Fields, RecordId, Settings};
use serde_json::json;
use store::items::{Item, Outcome};
use store::links::Link;

use crate::pass::Pass;

/// One object to merge.
pub(crate) struct Triple<'a> {
    /// The last agreed values.
    pub base: &'a Fields,
    pub ours: &'a Fields,
    pub theirs: &'a Fields,
    /// When our record last changed.
    pub ours_at: Option<Timestamp>,
    /// When their object last changed.
    pub theirs_at: Option<Timestamp>,
}

impl Triple<'_> {
    /// Merges by the connection's settings: a field's owner decides, and for shared fields the later edit (theirs, when unknown).
    pub fn merge(&self, settings: &Settings) -> Merged {
        let later = match (self.ours_at, self.theirs_at) {
            (Some(ours), Some(theirs)) if ours > theirs => Side::Ours,
            _ => Side::Theirs,
        };
        self.base.merge(self.ours, self.theirs, |field| settings.owners.get(field).copied().unwrap_or_default(), later)
    }
}

/// Whether a value of ours is emptied, or an edit of ours gives way to theirs.
pub(crate) fn loses(ours: &Fields, merged: &Merged) -> bool {
    merged.conflicts.iter().any(|conflict| conflict.kept == Side::Theirs) || ours.iter().any(|(name, _)| merged.fields.get(name).is_null())
}

/// Whether an object at the tool brings back the record that was deleted here: it does if it was edited there before our deletion,
/// which was to reach the tool, came to it.
pub(crate) fn revives(pass: &Pass, link: Option<&Link>, theirs: &Fields) -> bool {
    let unheard = link.is_some_and(|link| !link.gone && theirs.iter().any(|(name, value)| link.base.get(name) != value));
    unheard && pass.settings.deletion == Deletion::Propagate
}

/// The log's lines about conflicts: both values are kept there.
pub(crate) fn noted(merged: &Merged) -> Vec<FieldChange> {
    merged
        .conflicts
        .iter()
        .map(|conflict| {
            let (lost, kept) = match conflict.kept {
                Side::Ours => (&conflict.theirs, &conflict.ours),
                Side::Theirs => (&conflict.ours, &conflict.theirs),
            };
            FieldChange {
                field: format!("conflict:{}", conflict.field),
                from: lost.clone(),
                to: json!({ "kept": conflict.kept, "value": kept }),
            }
        })
        .collect()
}

/// The item that tells a person about conflicts, if there were any.
pub(crate) fn told(pass: &mut Pass, id: &RecordId, label: &str, noted: &[FieldChange]) -> Option<Item> {
    if noted.is_empty() {
        return None;
    }
    pass.run.counts.conflicts += 1;
    let fields = noted.iter().map(|line| line.field.trim_start_matches("conflict:")).collect::<Vec<_>>().join(", ");
    Some(pass.item(id.to_string(), label.to_owned(), Outcome::Conflict, "both_edited", format!("Both sides edited: {fields}.")))
}
