//! What the automation knows of the house itself: its rooms, and the steps of the test command.

use anyhow::{Context, Result};

use super::markdown;
use crate::layers::rooms::ROOMS;
use crate::repository::Repository;
use crate::test::Step;

/// Each crate, what it says of itself in its first line, and what it may use.
pub fn rooms(repository: &Repository) -> Result<String> {
    let mut rows = Vec::new();
    for room in ROOMS {
        let folder = if room.name == "xtask" { "xtask".to_owned() } else { format!("crates/{}", room.name) };
        let head =
            ["lib.rs", "main.rs"].into_iter().map(|file| format!("{folder}/src/{file}")).find(|path| repository.path(path).is_file());
        let text = repository.read(&head.with_context(|| format!("{folder} has neither lib.rs nor main.rs"))?)?;
        let words = text.lines().next().and_then(|line| line.strip_prefix("//!")).unwrap_or_default().trim().to_owned();
        let uses = if room.uses.is_empty() { "nothing of ours".to_owned() } else { room.uses.join(", ") };
        rows.push(vec![format!("`{folder}`"), words, uses]);
    }
    Ok(markdown::table(&["room", "what lives there", "may use"], rows))
}

/// Each step of `cargo xtask test`.
pub fn steps(steps: &[Step]) -> String {
    markdown::table(&["step", "what it does"], steps.iter().map(|step| vec![format!("`{}`", step.name), step.what.to_owned()]))
}
