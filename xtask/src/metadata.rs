//! The workspace as cargo describes it (`cargo metadata`, format version 1): its crates and what each asks for.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::command;
use crate::repository::Repository;

#[derive(Debug, Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
    /// Where cargo puts what it builds.
    pub target_directory: PathBuf,
}

/// One crate of the workspace.
#[derive(Debug, Deserialize)]
pub struct Package {
    pub name: String,
    pub dependencies: Vec<Dependency>,
}

/// A line of a crate's manifest. `name` is the crate's own, also where it is renamed.
#[derive(Debug, Deserialize)]
pub struct Dependency {
    pub name: String,
    /// Absent: an ordinary one; else `dev` or `build`.
    pub kind: Option<String>,
}

impl Dependency {
    pub fn is_for_tests(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

/// Asks cargo.
pub fn load(repository: &Repository) -> Result<Metadata> {
    let text = command::text(&mut command::cargo(repository, &["metadata", "--no-deps", "--format-version", "1"]))?;
    serde_json::from_str(&text).context("cargo described the workspace in a shape that is not known here")
}
