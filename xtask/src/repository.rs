//! The working copy: where its root is, and which files the checks look at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// Folders that hold nothing of ours; hidden ones are left out as well.
const NOT_OURS: [&str; 4] = ["target", "node_modules", "harmony-data", "screenshots"];

/// The working copy. Paths given and returned are relative to its root, with `/`.
#[derive(Debug, Clone)]
pub struct Repository {
    root: PathBuf,
}

impl Repository {
    /// The workspace that the current folder belongs to.
    pub fn find() -> Result<Self> {
        let manifest = command::text(Command::new("cargo").args(["locate-project", "--workspace", "--message-format", "plain"]))?;
        let root = Path::new(manifest.trim()).parent().context("the workspace's manifest lies in no folder")?;
        Ok(Self::at(root))
    }

    /// The one at that folder.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    pub fn read(&self, relative: &str) -> Result<String> {
        fs::read_to_string(self.path(relative)).with_context(|| format!("cannot read {relative}"))
    }

    pub fn write(&self, relative: &str, text: &str) -> Result<()> {
        let path = self.path(relative);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make the folder of {relative}"))?;
        }
        fs::write(path, text).with_context(|| format!("cannot write {relative}"))
    }

    /// Our files below `under` (`""`: everywhere) whose names end so, sorted. A folder that is absent has none.
    pub fn files(&self, under: &str, ending: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        if self.path(under).is_dir() {
            self.collect(under, ending, &mut found)?;
        }
        found.sort();
        Ok(found)
    }

    fn collect(&self, under: &str, ending: &str, found: &mut Vec<String>) -> Result<()> {
        for entry in fs::read_dir(self.path(under)).with_context(|| format!("cannot list {under}"))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let relative = if under.is_empty() { name.clone() } else { format!("{under}/{name}") };
            if entry.file_type()?.is_dir() {
                if !NOT_OURS.contains(&name.as_str()) {
                    self.collect(&relative, ending, found)?;
                }
            } else if name.ends_with(ending) {
                found.push(relative);
            }
        }
        Ok(())
    }

    /// The names of the folders directly below `under`, sorted.
    pub fn folders(&self, under: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.path(under)).with_context(|| format!("cannot list {under}"))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                found.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        found.sort();
        Ok(found)
    }
}
