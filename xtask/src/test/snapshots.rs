//! Snapshots that no test looks at any more: a test run notes each one that it reads, the others are left over.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::finding::Finding;
use crate::metadata;
use crate::repository::Repository;

/// Where insta writes the path of every snapshot that it compares (its own cargo command finds the left-over ones by the same).
pub const VARIABLE: &str = "INSTA_SNAPSHOT_REFERENCES_FILE";

/// Forgets the last run; returns the file in which the next one is noted.
pub fn begin(repository: &Repository) -> Result<PathBuf> {
    let file = notes(repository)?;
    let folder = file.parent().context("the notes lie in the target folder")?;
    fs::create_dir_all(folder).and_then(|()| fs::write(&file, "")).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

fn notes(repository: &Repository) -> Result<PathBuf> {
    Ok(metadata::load(repository)?.target_directory.join("xtask").join("snapshots-seen.txt"))
}

/// The snapshots that the last run of all tests did not look at.
pub fn unreferenced(repository: &Repository) -> Result<Vec<Finding>> {
    let file = notes(repository)?;
    let seen = fs::read_to_string(&file).with_context(|| format!("{} is not there: the tests have to run first", file.display()))?;
    compare(repository, &seen)
}

fn compare(repository: &Repository, seen: &str) -> Result<Vec<Finding>> {
    let seen: BTreeSet<PathBuf> = seen.lines().filter_map(|path| repository.path(path).canonicalize().ok()).collect();
    let mut findings = Vec::new();
    for path in repository.files("", ".snap")? {
        if !seen.contains(&repository.path(&path).canonicalize()?) {
            findings.push(Finding::new(path, "is a snapshot that no test looks at: delete it"));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_that_no_test_looked_at_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::at(folder.path());
        repository.write("crates/a/src/snapshots/used.snap", "x").unwrap();
        repository.write("crates/a/src/snapshots/left.snap", "x").unwrap();
        let seen = format!("{}\n", repository.path("crates/a/src/../src/snapshots/used.snap").display());
        let places: Vec<String> = compare(&repository, &seen).unwrap().into_iter().map(|finding| finding.place).collect();
        assert_eq!(places, ["crates/a/src/snapshots/left.snap"]);
    }
}
