//! The list of what is longer than allowed. It may only shrink: an entry that is too high, needless or exceeded is a finding.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::LIST;
use crate::finding::Finding;

/// A file or a function as it is.
pub struct Measured {
    pub path: String,
    /// `None`: the file itself.
    pub function: Option<String>,
    /// Where it begins.
    pub line: usize,
    pub lines: usize,
    /// The cap.
    pub most: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exceptions {
    #[serde(default)]
    exception: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    path: String,
    function: Option<String>,
    /// Exactly as long as it is now.
    lines: usize,
    reason: String,
}

impl Exceptions {
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).with_context(|| format!("{LIST} is not as it should be"))
    }

    /// What is too long without standing in the list, and entries that no longer say what is.
    pub fn judge(&self, measured: &[Measured]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for one in measured {
            match self.exception.iter().find(|entry| entry.is_about(one)) {
                Some(entry) => findings.extend(entry.judge(one)),
                None if one.lines > one.most => findings.push(too_long(one)),
                None => {}
            }
        }
        for entry in &self.exception {
            if !measured.iter().any(|one| entry.is_about(one)) {
                findings.push(Finding::new(LIST, format!("{} is not there any more: remove its entry", entry.name())));
            }
        }
        findings
    }
}

fn too_long(one: &Measured) -> Finding {
    let what = one.function.as_ref().map_or_else(|| "the file".to_owned(), |name| format!("the function `{name}`"));
    let words = format!("{what} has {} lines, {} are allowed: split it by reason to change", one.lines, one.most);
    Finding::at_line(&one.path, one.line, words)
}

impl Exception {
    fn is_about(&self, one: &Measured) -> bool {
        self.path == one.path && self.function == one.function
    }

    fn name(&self) -> String {
        self.function.as_ref().map_or_else(|| self.path.clone(), |function| format!("{} in {}", function, self.path))
    }

    fn judge(&self, one: &Measured) -> Option<Finding> {
        let name = self.name();
        let words = if self.reason.trim().is_empty() {
            format!("{name} stands here without a reason")
        } else if one.lines <= one.most {
            format!("{name} has {} lines and is no exception any more: remove its entry", one.lines)
        } else if one.lines < self.lines {
            format!("{name} has shrunk to {} lines: lower its number from {}", one.lines, self.lines)
        } else if one.lines > self.lines {
            format!("{name} has grown from {} to {} lines; an exception may only shrink: split it", self.lines, one.lines)
        } else {
            return None;
        };
        Some(Finding::new(LIST, words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "[[exception]]\npath = \"a.rs\"\nfunction = \"long\"\nlines = 80\nreason = \"one table\"\n";

    fn judge(list: &str, lines: usize) -> Vec<String> {
        let one = Measured { path: "a.rs".to_owned(), function: Some("long".to_owned()), line: 7, lines, most: 60 };
        Exceptions::parse(list).unwrap().judge(&[one]).into_iter().map(|finding| finding.words).collect()
    }

    #[test]
    fn an_exception_may_only_shrink() {
        assert_eq!(judge(ENTRY, 80), Vec::<String>::new());
        assert_eq!(judge(ENTRY, 81), ["long in a.rs has grown from 80 to 81 lines; an exception may only shrink: split it"]);
        assert_eq!(judge(ENTRY, 79), ["long in a.rs has shrunk to 79 lines: lower its number from 80"]);
        assert_eq!(judge(ENTRY, 60), ["long in a.rs has 60 lines and is no exception any more: remove its entry"]);
    }

    #[test]
    fn an_exception_stands_for_something_and_has_a_reason() {
        let other = ENTRY.replace("long", "gone");
        assert_eq!(judge(&other, 20), ["gone in a.rs is not there any more: remove its entry"]);
        assert_eq!(judge(&ENTRY.replace("one table", " "), 80), ["long in a.rs stands here without a reason"]);
        assert!(Exceptions::parse("[[exception]]\npath = \"a.rs\"\nlines = 80\n").is_err(), "without a reason it is not read");
    }
}
