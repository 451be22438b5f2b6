//! How a tool's objects become records: one file per noun. The rules of who wins are in `two_way`.

mod contacts;
mod meetings;
mod recordings;
mod tasks;
mod two_way;

use store::records::{Save, Stored};

pub(crate) use meetings::{Authority, Placed, Sighting, place_meeting};
pub(crate) use tasks::{OUR_OWNER, TWO_WAY};

/// A record's deletion.
pub(crate) fn deletion(stored: &Stored) -> Save {
    Save {
        id: stored.id.clone(),
        record: stored.record.clone(),
        before: Some(stored.record.fields()),
        keys: Vec::new(),
        deleted: true,
        noted: Vec::new(),
    }
}
