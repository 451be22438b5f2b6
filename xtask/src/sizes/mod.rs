//! How long a file and a function may be, and that every file begins by saying what lives in it.

mod exceptions;

use anyhow::Result;

use self::exceptions::{Exceptions, Measured};
use crate::finding::Finding;
use crate::repository::Repository;
use crate::tokens;

/// Longer means two reasons to change.
const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;

/// Documents that lose their readers when they grow.
const DOCUMENT_LINES: [(&str, usize); 2] = [("AGENTS.md", 60), ("docs/ARCHITECTURE.md", 150)];

/// The list that may only shrink.
const LIST: &str = "xtask/size-exceptions.toml";

/// Everything too long, undescribed, or no longer an exception.
pub fn check(repository: &Repository) -> Result<Vec<Finding>> {
    let list = if repository.path(LIST).is_file() { repository.read(LIST)? } else { String::new() };
    let exceptions = Exceptions::parse(&list)?;
    let mut findings = Vec::new();
    let mut measured = Vec::new();
    for folder in ["crates", "xtask"] {
        for path in repository.files(folder, ".rs")? {
            let text = repository.read(&path)?;
            findings.extend(undescribed(&path, &text));
            measured.extend(measure(&path, &text)?);
        }
    }
    findings.extend(exceptions.judge(&measured));
    for (path, most) in DOCUMENT_LINES {
        if repository.path(path).is_file() {
            let lines = repository.read(path)?.lines().count();
            if lines > most {
                findings.push(Finding::new(path, format!("has {lines} lines, {most} are allowed: cut what a reader can do without")));
            }
        }
    }
    Ok(findings)
}

fn undescribed(path: &str, text: &str) -> Option<Finding> {
    let first = text.lines().next().unwrap_or_default();
    let described = first.strip_prefix("//!").is_some_and(|words| !words.trim().is_empty());
    let words = "begins without `//! …`: say in the first line what lives here (and what does not)";
    (!described).then(|| Finding::at_line(path, 1, words))
}

/// The file and each of its functions, with the caps they are held to.
fn measure(path: &str, text: &str) -> Result<Vec<Measured>> {
    let file = Measured { path: path.to_owned(), function: None, line: 1, lines: text.lines().count(), most: FILE_LINES };
    let functions = tokens::functions(tokens::read(path, text)?).into_iter().map(|function| Measured {
        path: path.to_owned(),
        function: Some(function.name),
        line: function.first,
        lines: function.last - function.first + 1,
        most: FUNCTION_LINES,
    });
    Ok(std::iter::once(file).chain(functions).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let none = Exceptions::parse("").unwrap();
        none.judge(&measure(path, text).unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_function_of_sixty_lines_passes_and_one_of_sixty_one_is_found() {
        let function = |statements: usize| format!("//! here\nfn long() {{\n{}}}\n", "    let _ = 1;\n".repeat(statements));
        assert_eq!(found("a.rs", &function(58)), Vec::<String>::new());
        assert_eq!(
            found("a.rs", &function(59)),
            ["a.rs:2: the function `long` has 61 lines, 60 are allowed: split it by reason to change"]
        );
    }

    #[test]
    fn a_file_of_four_hundred_lines_passes_and_one_more_is_found() {
        assert_eq!(found("a.rs", &"// line\n".repeat(400)), Vec::<String>::new());
        assert_eq!(
            found("a.rs", &"// line\n".repeat(401)),
            ["a.rs:1: the file has 401 lines, 400 are allowed: split it by reason to change"]
        );
    }

    #[test]
    fn a_file_says_what_lives_in_it() {
        assert_eq!(undescribed("a.rs", "//! The door.\n"), None);
        for text in ["", "//!\n", "// The door.\n", "use a;\n", "\n//! The door.\n"] {
            assert!(undescribed("a.rs", text).is_some(), "{text:?}");
        }
    }
}
