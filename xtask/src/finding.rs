//! What a check found wrong: where, and what to do about it.

use std::fmt;

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// A path, with a line where there is one.
    pub place: String,
    /// What is wrong and what would be right.
    pub words: String,
}

impl Finding {
    pub fn new(place: impl Into<String>, words: impl Into<String>) -> Self {
        Self { place: place.into(), words: words.into() }
    }

    pub fn at_line(path: &str, line: usize, words: impl Into<String>) -> Self {
        Self::new(format!("{path}:{line}"), words)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.words)
    }
}

/// Prints them, each on its line. `true`: there was nothing.
pub fn print(findings: &[Finding]) -> bool {
    for finding in findings {
        eprintln!("{finding}");
    }
    findings.is_empty()
}
