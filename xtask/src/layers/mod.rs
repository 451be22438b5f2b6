//! The walls: which room may use which, and what a room's source may not say. The rules themselves are in `rooms`.

mod edges;
pub mod rooms;
mod source;

use anyhow::Result;

use crate::finding::Finding;
use crate::metadata;
use crate::repository::Repository;

/// Everything that goes through a wall.
pub fn check(repository: &Repository) -> Result<Vec<Finding>> {
    let mut findings = edges::check(&metadata::load(repository)?);
    findings.extend(source::check(repository)?);
    Ok(findings)
}
