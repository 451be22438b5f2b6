//! What a test held against what, left as one line of JSON where `XTASK_CONTRACTS` names a folder; `cargo xtask contracts` adds it up.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::Checked;
use crate::manifest::Manifest;

pub(super) fn note(manifest: &Manifest, checked: &Checked) {
    let Some(folder) = std::env::var_os("XTASK_CONTRACTS").map(PathBuf::from) else { return };
    let asked: Vec<&str> = manifest.permissions(|_| true).iter().map(|permission| permission.scope).collect();
    let line = json!({
        "requests": checked.requests,
        "answers": checked.answers,
        "by_own_rules": checked.by_own_rules,
        "unchecked": checked.unchecked,
        "undescribed": checked.undescribed,
        "needed": checked.needed,
        "asked": asked,
    });
    let file = OpenOptions::new().create(true).append(true).open(folder.join(format!("{}.jsonl", manifest.id)));
    // One write each, so that tests in several processes do not mix their lines.
    file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes())).expect("the folder can be written to");
}
