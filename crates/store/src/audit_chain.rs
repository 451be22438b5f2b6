//! The audit trail as a chain of hashes, and the check that finds the first row that was tampered with. Pure: it works on an
//! export as well, without the database.
//!
//! A row's hash is the SHA-256 over `harmony.audit.v1`, the previous row's hash and the row's fields (workspace, number,
//! nanoseconds since 1970, actor, address, act, target, detail), each behind its length in bytes as eight bytes, the
//! highest first. The chain begins with the empty hash. Whoever can write to the database can forge a whole new chain;
//! keep a `Head` elsewhere (an export, a mail) to notice that.

use std::io::BufRead;

use jiff::Timestamp;
use model::WorkspaceId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One act, as stored and as one line of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub workspace: WorkspaceId,
    /// 1, 2, 3 … without gaps.
    pub seq: i64,
    pub at: Timestamp,
    /// Who: a user's or a token's id, or `harmony`.
    pub actor: String,
    /// The network address it came from; empty where it came from none.
    pub address: String,
    /// What was done, as `connection.created`.
    pub act: String,
    /// To what: an id.
    pub target: String,
    /// More about it, as JSON text: kept as text, because the hash is over its very characters.
    pub detail: String,
    /// The previous row's hash; empty for the first.
    pub previous: String,
    pub hash: String,
}

impl Entry {
    /// What its hash must be.
    pub fn expected_hash(&self) -> String {
        let (seq, at) = (self.seq.to_string(), self.at.as_nanosecond().to_string());
        let parts = [
            "harmony.audit.v1",
            &self.previous,
            self.workspace.as_str(),
            &seq,
            &at,
            &self.actor,
            &self.address,
            &self.act,
            &self.target,
            &self.detail,
        ];
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        hex::encode(digest.finalize())
    }
}

/// The end of a chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Head {
    /// The last row's number; 0: there is none yet.
    pub seq: i64,
    pub hash: String,
}

/// The first row that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("row {row} of the audit trail: {why}")]
pub struct Fault {
    /// Its place among the rows that were given, from 1.
    pub row: usize,
    /// What is wrong, in words.
    pub why: String,
}

/// A check under way: rows go in one after the other.
#[derive(Debug, Default)]
pub struct Check {
    head: Head,
    workspace: Option<WorkspaceId>,
    rows: usize,
}

impl Check {
    /// Checks the next row.
    pub fn next(&mut self, entry: &Entry) -> Result<(), Fault> {
        self.rows += 1;
        let why = if self.workspace.as_ref().is_some_and(|workspace| workspace != &entry.workspace) {
            "it belongs to another workspace".to_owned()
        } else if entry.seq != self.head.seq + 1 {
            format!("number {} was expected, and {} is there", self.head.seq + 1, entry.seq)
        } else if entry.previous != self.head.hash {
            "it does not follow from the row before".to_owned()
        } else if entry.hash != entry.expected_hash() {
            "its content does not match its hash".to_owned()
        } else {
            self.workspace.get_or_insert_with(|| entry.workspace.clone());
            self.head = Head { seq: entry.seq, hash: entry.hash.clone() };
            return Ok(());
        };
        Err(self.fault(why))
    }

    /// Checks that the chain ends where it should; rows missing at the end show only here.
    pub fn end(self, head: &Head) -> Result<Head, Fault> {
        if &self.head == head {
            return Ok(self.head);
        }
        let missing = Self { rows: self.rows + 1, ..self };
        Err(missing.fault(format!("the trail ends at number {}, but should end at {} with its known hash", missing.head.seq, head.seq)))
    }

    /// Where the chain ends so far.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    const fn fault(&self, why: String) -> Fault {
        Fault { row: self.rows, why }
    }
}

/// Checks a whole trail from its first row; answers where it ends.
pub fn verify<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Head, Fault> {
    let mut check = Check::default();
    for entry in entries {
        check.next(entry)?;
    }
    Ok(check.head)
}

/// Checks an export of JSON lines, one entry per line, from the first row on.
pub fn verify_lines(export: impl BufRead) -> Result<Head, Fault> {
    let mut check = Check::default();
    for line in export.lines() {
        let unreadable = |why: String| Fault { row: check.rows + 1, why: format!("it cannot be read: {why}") };
        let line = line.map_err(|error| unreadable(error.to_string()))?;
        let entry: Entry = serde_json::from_str(&line).map_err(|error| unreadable(error.to_string()))?;
        check.next(&entry)?;
    }
    Ok(check.head)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn trail(rows: i64) -> Vec<Entry> {
        let env = crate::testing::env();
        let workspace = WorkspaceId::new(&env);
        let mut entries: Vec<Entry> = Vec::new();
        for seq in 1..=rows {
            let mut entry = Entry {
                workspace: workspace.clone(),
                seq,
                at: model::Env::now(&env) + SignedDuration::from_millis(seq),
                actor: "usr_1".into(),
                address: "192.0.2.1".into(),
                act: "connection.created".into(),
                target: format!("con_{seq}"),
                detail: r#"{"before":null}"#.into(),
                previous: entries.last().map_or_else(String::new, |last| last.hash.clone()),
                hash: String::new(),
            };
            entry.hash = entry.expected_hash();
            entries.push(entry);
        }
        entries
    }

    /// Changes one field of a row in one of its ways.
    fn tamper(entry: &mut Entry, field: usize, salt: u64) {
        let text = match field {
            0 => return entry.seq += i64::try_from(salt % 1_000).unwrap() + 1,
            1 => return entry.at += SignedDuration::from_nanos(i64::try_from(salt % 1_000_000).unwrap() + 1),
            2 => return entry.workspace = WorkspaceId::new(&crate::testing::env()),
            3 => &mut entry.actor,
            4 => &mut entry.address,
            5 => &mut entry.act,
            6 => &mut entry.target,
            7 => &mut entry.detail,
            8 => &mut entry.previous,
            _ => &mut entry.hash,
        };
        match (salt % 3, text.is_empty()) {
            (0, false) => drop(text.pop()),
            (1, false) => text.insert(0, ' '),
            _ => text.push_str("00"),
        }
    }

    #[test]
    fn the_hash_is_as_documented() {
        let at = Timestamp::from_millisecond(1).unwrap();
        let workspace: WorkspaceId = "wsp_00000000000000000000000000000000".parse().unwrap();
        let [actor, address, act, target, detail, previous, hash] = ["a", "", "b", "c", "{}", "", ""].map(str::to_owned);
        let entry = Entry { workspace, seq: 1, at, actor, address, act, target, detail, previous, hash };
        let mut bytes = Vec::new();
        for part in ["harmony.audit.v1", "", "wsp_00000000000000000000000000000000", "1", "1000000", "a", "", "b", "c", "{}"] {
            bytes.extend([0, 0, 0, 0, 0, 0, 0, u8::try_from(part.len()).unwrap()]);
            bytes.extend(part.bytes());
        }
        assert_eq!(entry.expected_hash(), hex::encode(Sha256::digest(&bytes)));
    }

    #[test]
    fn words_cannot_wander_from_one_field_to_the_next() {
        let mut entries = trail(1);
        let moved = entries[0].actor.pop().unwrap();
        entries[0].address.insert(0, moved);
        assert_eq!(verify(&entries).unwrap_err().row, 1);
    }

    proptest! {
        #[test]
        fn an_untouched_trail_passes_and_its_export_too(rows in 0_i64..20) {
            let entries = trail(rows);
            let head = verify(&entries).unwrap();
            prop_assert_eq!(head.seq, rows);
            let export: String = entries.iter().map(|entry| serde_json::to_string(entry).unwrap() + "\n").collect();
            prop_assert_eq!(verify_lines(export.as_bytes()).unwrap(), head);
        }

        #[test]
        fn a_changed_field_is_found_in_its_row(rows in 1_i64..20, at: prop::sample::Index, field in 0_usize..10, salt: u64) {
            let mut entries = trail(rows);
            let at = at.index(entries.len());
            tamper(&mut entries[at], field, salt);
            // Another workspace in the first row cannot be known to be wrong but by the hash, and is.
            prop_assert_eq!(verify(&entries).unwrap_err().row, at + 1);
            let export: String = entries.iter().map(|entry| serde_json::to_string(entry).unwrap() + "\n").collect();
            prop_assert_eq!(verify_lines(export.as_bytes()).unwrap_err().row, at + 1);
        }

        #[test]
        fn a_row_with_a_forged_hash_is_found_by_the_next_or_by_the_head(rows in 1_i64..20, at: prop::sample::Index, salt: u64) {
            let mut entries = trail(rows);
            let head = verify(&entries).unwrap();
            let at = at.index(entries.len());
            tamper(&mut entries[at], 7, salt);
            entries[at].hash = entries[at].expected_hash();
            let mut check = Check::default();
            let found = entries.iter().try_for_each(|entry| check.next(entry)).and_then(|()| check.end(&head).map(drop));
            prop_assert_eq!(found.unwrap_err().row, at + 2);
        }

        #[test]
        fn missing_doubled_and_swapped_rows_are_found(rows in 2_i64..20, one: prop::sample::Index, two: prop::sample::Index) {
            let entries = trail(rows);
            let head = verify(&entries).unwrap();
            let (one, two) = (one.index(entries.len()), two.index(entries.len()));
            let full = |entries: &[Entry]| {
                let mut check = Check::default();
                entries.iter().try_for_each(|entry| check.next(entry)).and_then(|()| check.end(&head).map(drop))
            };
            let mut missing = entries.clone();
            missing.remove(one);
            prop_assert_eq!(full(&missing).unwrap_err().row, one + 1);
            let mut doubled = entries.clone();
            doubled.insert(one, entries[one].clone());
            prop_assert_eq!(full(&doubled).unwrap_err().row, one + 2);
            let mut swapped = entries.clone();
            swapped.swap(one, two);
            prop_assert_eq!(full(&swapped).err().map(|fault| fault.row), (one != two).then_some(one.min(two) + 1));
        }

        #[test]
        fn a_flipped_bit_in_an_export_is_found_or_changes_nothing(rows in 1_i64..6, at: prop::sample::Index, bit in 0_u8..8) {
            let entries = trail(rows);
            let lines = entries.iter().map(|entry| serde_json::to_string(entry).unwrap() + "\n");
            let mut export: Vec<u8> = lines.collect::<String>().into_bytes();
            let at = at.index(export.len());
            export[at] ^= 1 << bit;
            let row = export[..at].split(|byte| *byte == b'\n').count();
            match verify_lines(&export[..]) {
                Err(fault) => prop_assert!(fault.row == row || fault.row == row + 1, "{} for {}", fault.row, row),
                // Between fields JSON takes one blank for another, and instants may be written in more than one way.
                Ok(head) => prop_assert_eq!(head, verify(&entries).unwrap()),
            }
        }
    }
}
