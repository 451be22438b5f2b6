//! Links from one document of ours to another: whether there is something where they point.

use anyhow::Result;

use crate::finding::Finding;
use crate::repository::Repository;

/// The links that lead nowhere in the working copy.
pub fn check(repository: &Repository) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in repository.files("", ".md")? {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, target) in targets(&repository.read(&path)?) {
            if !repository.path(folder).join(&target).exists() {
                findings.push(Finding::at_line(&path, line, format!("links to `{target}`, which is not there")));
            }
        }
    }
    Ok(findings)
}

/// What `[…](…)` points to within the working copy, with its line. Code is left out.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for rest in prose.split("](").skip(1) {
            let target = rest.split([')', '#', ' ']).next().unwrap_or_default();
            if !target.is_empty() && !target.contains(':') {
                found.push((at + 1, target.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_within_the_working_copy_are_found_and_others_are_not() {
        let text = "[a](docs/A.md#part) [b](https://b.example/x) [c](#here)\n`[d](D.md)` [`e`](E.md)\n```\n[f](F.md)\n```\n[g](G.md)";
        assert_eq!(targets(text), [(1, "docs/A.md".to_owned()), (2, "E.md".to_owned()), (6, "G.md".to_owned())]);
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::at(folder.path());
        repository.write("docs/A.md", "[b](B.md)\n[c](../C.md)\n").unwrap();
        repository.write("C.md", "here\n").unwrap();
        let findings: Vec<String> = check(&repository).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(findings, ["docs/A.md:1: links to `B.md`, which is not there"]);
    }
}
