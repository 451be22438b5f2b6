//! The list of decisions, `docs/decisions/NNNN-name.md`, and whether their numbers run without a gap.

use anyhow::Result;

use crate::finding::Finding;
use crate::repository::Repository;

const FOLDER: &str = "docs/decisions";

/// The index beside the pages.
const INDEX: &str = "docs/decisions/README.md";

/// One line each: number, title, link. Links are from the folder's own index.
pub fn list(repository: &Repository) -> Result<String> {
    let line = |path: String| {
        let title = title(&repository.read(&path)?).unwrap_or_default();
        let file = name(&path);
        let number = file.split('-').next().unwrap_or(file);
        Ok(format!("- [{number}]({file}): {title}\n"))
    };
    pages(repository)?.into_iter().map(line).collect()
}

/// Pages without a number or a title, and numbers left out or used twice.
pub fn check(repository: &Repository) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (at, path) in pages(repository)?.into_iter().enumerate() {
        let number = format!("{:04}-", at + 1);
        if !name(&path).starts_with(&number) {
            findings.push(Finding::new(&path, format!("should be called `{number}….md`: decisions are numbered in order, without a gap")));
        }
        if title(&repository.read(&path)?).is_none() {
            findings.push(Finding::at_line(&path, 1, "must begin with `# ` and the decision in one line"));
        }
    }
    Ok(findings)
}

fn pages(repository: &Repository) -> Result<Vec<String>> {
    let mut pages = repository.files(FOLDER, ".md")?;
    pages.retain(|path| path != INDEX);
    Ok(pages)
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The first line's heading, without a number it may repeat.
fn title(text: &str) -> Option<String> {
    let head = text.lines().next()?.strip_prefix("# ")?;
    let words = head.trim_start_matches(|sign: char| sign.is_ascii_digit() || ".:- ".contains(sign)).trim();
    (!words.is_empty()).then(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(pages: &[(&str, &str)]) -> (tempfile::TempDir, Repository) {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::at(folder.path());
        for (file, text) in pages {
            repository.write(&format!("{FOLDER}/{file}"), text).unwrap();
        }
        (folder, repository)
    }

    #[test]
    fn decisions_are_listed_by_number() {
        let (_folder, repository) =
            folder(&[("0002-log.md", "# 2. One log\n"), ("0001-rust.md", "# Rust alone\n\nWhy.\n"), ("README.md", "# Decisions\n")]);
        assert_eq!(list(&repository).unwrap(), "- [0001](0001-rust.md): Rust alone\n- [0002](0002-log.md): One log\n");
        assert_eq!(check(&repository).unwrap(), []);
    }

    #[test]
    fn a_gap_and_a_missing_title_are_found() {
        let (_folder, repository) = folder(&[("0001-rust.md", "Rust\n"), ("0003-log.md", "# One log\n")]);
        let places: Vec<String> = check(&repository).unwrap().into_iter().map(|finding| finding.place).collect();
        assert_eq!(places, ["docs/decisions/0001-rust.md:1", "docs/decisions/0003-log.md"]);
    }
}
