//! What a room's source may not say: a tool's name where tools are strangers, logic where there are facts alone.

use anyhow::Result;
use proc_macro2::TokenStream;

use crate::finding::Finding;
use crate::repository::Repository;
use crate::tokens::{self, Word};

/// The rooms that see `&dyn Connector` and never a tool.
const STRANGERS: [&str; 5] = ["model", "connector-kit", "store", "sync", "server"];

/// The folders beside the tools' own that belong to no single tool.
const NO_TOOL: [&str; 3] = ["vendor", "custom", "microsoft"];

/// Tools whose names are words as well: as a name in code they mean nothing (`compare_exchange`, `SLACK`), as a text they do.
const ALSO_WORDS: [&str; 6] = ["slack", "zoom", "linear", "notion", "monday", "exchange"];

/// In `map.rs`: the mark of something that waits or goes out.
const NOT_PURE: [&str; 4] = ["async", "await", "Session", "Request"];

/// In `manifest.rs`: the mark of logic.
const LOGIC: [&str; 5] = ["if", "match", "for", "while", "loop"];

/// Everything said in the wrong place.
pub fn check(repository: &Repository) -> Result<Vec<Finding>> {
    let tools = tools(repository)?;
    let mut findings = Vec::new();
    for room in STRANGERS {
        for path in repository.files(&format!("crates/{room}/src"), ".rs")? {
            if !is_test(&path) {
                let code = tokens::without_tests(tokens::read(&path, &repository.read(&path)?)?);
                findings.extend(named_tools(&path, code, &tools));
            }
        }
    }
    for path in repository.files("crates/connectors/src", ".rs")? {
        let code = tokens::without_tests(tokens::read(&path, &repository.read(&path)?)?);
        findings.extend(misplaced(&path, code));
    }
    Ok(findings)
}

/// The ids of the tools, as their folders are named.
fn tools(repository: &Repository) -> Result<Vec<String>> {
    let folders = repository.folders("crates/connectors/src")?;
    Ok(folders.into_iter().filter(|name| !NO_TOOL.contains(&name.as_str())).map(|name| name.replace('_', "-")).collect())
}

/// Tests and what is made for them.
fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("/testing.rs")
}

fn named_tools(path: &str, code: TokenStream, tools: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, word) in tokens::words(code) {
        if let Some(tool) = tools.iter().find(|tool| names(&word, tool)) {
            let words = format!("names the tool `{tool}`; this room sees `&dyn Connector` alone: make it a fact in the manifest");
            findings.push(Finding::at_line(path, line, words));
        }
    }
    findings
}

fn names(word: &Word, tool: &str) -> bool {
    match word {
        Word::Name(name) => !ALSO_WORDS.contains(&tool) && as_words(name).contains(&as_words(tool)),
        Word::Text(text) if ALSO_WORDS.contains(&tool) => text.split('/').any(|part| part.eq_ignore_ascii_case(tool)),
        Word::Text(text) => as_words(text).contains(&as_words(tool)),
    }
}

/// `googleCalendar`, `google-calendar` and `GOOGLE_CALENDAR` alike, with a space at each end so that whole words are compared.
fn as_words(text: &str) -> String {
    let mut words = String::from(" ");
    let mut lower_before = false;
    for sign in text.chars() {
        if sign.is_uppercase() && lower_before {
            words.push(' ');
        }
        words.push(if sign.is_alphanumeric() { sign.to_ascii_lowercase() } else { ' ' });
        lower_before = sign.is_lowercase();
    }
    words.push(' ');
    words
}

/// A connector's files each have their one job.
fn misplaced(path: &str, code: TokenStream) -> Vec<Finding> {
    match path.rsplit('/').next() {
        Some("wire.rs") => {
            let found = tokens::methods(code).into_iter();
            found.map(|line| Finding::at_line(path, line, "`wire` has no methods; what is done with it belongs to `map`")).collect()
        }
        Some("map.rs") => marks(path, code, &NOT_PURE, "is the mark of I/O; `map` is pure"),
        Some("manifest.rs") => marks(path, code, &LOGIC, "is logic; `manifest` holds facts"),
        _ => Vec::new(),
    }
}

fn marks(path: &str, code: TokenStream, forbidden: &[&str], why: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, word) in tokens::words(code) {
        if let Word::Name(name) = word
            && forbidden.contains(&name.as_str())
        {
            findings.push(Finding::at_line(path, line, format!("`{name}` {why}")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.place.as_str()).collect()
    }

    fn code(text: &str) -> TokenStream {
        tokens::without_tests(tokens::read("here.rs", text).unwrap())
    }

    #[test]
    fn a_tool_named_in_code_is_found_and_in_a_comment_or_a_test_it_is_not() {
        let tools = ["google-calendar".to_owned(), "slack".to_owned(), "hubspot".to_owned()];
        let text = "//! HubSpot says so.\nfn is_hubspot() {}\nstruct GoogleCalendar;\nconst SLACK: u8 = 1;\nconst ID: &str = \"Slack\";\n\
                    const HOOK: &str = \"/hooks/slack/1\";\nconst WORDS: &str = \"a slack rope\";\n#[cfg(test)]\nmod tests { const A: &str = \"hubspot\"; }";
        assert_eq!(lines(&named_tools("a.rs", code(text), &tools)), ["a.rs:2", "a.rs:3", "a.rs:5", "a.rs:6"]);
    }

    #[test]
    fn each_file_of_a_connector_keeps_to_its_job() {
        let found = |path, text| misplaced(path, code(text)).len();
        assert_eq!(found("a/wire.rs", "struct A; impl A { fn f() {} } fn free() {}"), 1);
        assert_eq!(found("a/map.rs", "async fn f(session: &Session) {}"), 2);
        assert_eq!(found("a/map.rs", "fn f(session_length: u8) -> u8 { 1 }"), 0);
        assert_eq!(found("a/manifest.rs", "const fn f() -> u8 { if true { 1 } else { 2 } }"), 1);
        assert_eq!(found("a/contacts.rs", "async fn f() { if true {} }"), 0);
    }
}
