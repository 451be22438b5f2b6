//! Counting: what passed, failed and was skipped, from our own checks and from what nextest and cargo say.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::ops::Add;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command;

/// A count. Its `Display` is the closing line of the test command.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed, skipped: self.skipped + other.skipped }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

impl Tally {
    /// One check that passed.
    pub fn passed() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    /// One check that failed.
    pub fn failed() -> Self {
        Self { failed: 1, ..Self::default() }
    }

    /// Runs nextest, shows what it says, and reads the count from its summary (on standard error).
    pub fn of_nextest(command: &mut Command) -> Result<Self> {
        let line = command::line(command);
        let mut child = command.stderr(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
        let said = child.stderr.take().context("its standard error was asked for")?;
        let summary = last(said, |text| eprintln!("{text}"), nextest_summary)?;
        let status = child.wait()?;
        Self::agreed(&line, status.success(), summary)
    }

    /// Runs the examples in the documentation, and adds up the result line of each crate (on standard output).
    pub fn of_doctests(command: &mut Command) -> Result<Self> {
        let line = command::line(command);
        let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
        let said = child.stdout.take().context("its standard output was asked for")?;
        let mut total = Self::default();
        for text in BufReader::new(said).lines() {
            let text = text?;
            println!("{text}");
            total = total + doctest_result(&text).unwrap_or_default();
        }
        let status = child.wait()?;
        Self::agreed(&line, status.success(), Some(total))
    }

    /// The exit status and the count must say the same; a run that broke off before counting has failed.
    fn agreed(line: &str, success: bool, counted: Option<Self>) -> Result<Self> {
        match counted {
            Some(tally) if success == (tally.failed == 0) => Ok(tally),
            Some(tally) if success => bail!("`{line}` succeeded, but counted {tally}"),
            Some(tally) => Ok(tally + Self::failed()),
            None => bail!("`{line}` ended without running the tests to the end"),
        }
    }
}

/// Passes every line on, and keeps the last that `read` understands.
fn last(said: impl Read, show: impl Fn(&str), read: impl Fn(&str) -> Option<Tally>) -> Result<Option<Tally>> {
    let mut found = None;
    for line in BufReader::new(said).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        show(&line);
        found = read(&line).or(found);
    }
    Ok(found)
}

/// `Summary [ 1.2s] 9 tests run: 7 passed (1 slow), 1 failed, 1 timed out, 3 skipped`. Whatever is neither passed nor skipped failed.
fn nextest_summary(line: &str) -> Option<Tally> {
    let line = plain(line);
    let (_, counts) = line.trim_start().strip_prefix("Summary [")?.split_once("run: ")?;
    let mut tally = Tally::default();
    for part in without_parentheses(counts).split(',') {
        let (number, what) = part.trim().split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        match what.trim() {
            "passed" => tally.passed += number,
            "skipped" => tally.skipped += number,
            _ => tally.failed += number,
        }
    }
    Some(tally)
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
fn doctest_result(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut tally = Tally::default();
    for part in counts.split(';') {
        let (number, what) = part.trim().split_once(' ')?;
        match (number.parse::<u64>(), what) {
            (Ok(number), "passed") => tally.passed += number,
            (Ok(number), "failed") => tally.failed += number,
            (Ok(number), "ignored") => tally.skipped += number,
            _ => {}
        }
    }
    Some(tally)
}

/// Without colours.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut parts = line.split("\u{1b}[");
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        text.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    text
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_u32;
    let mut kept = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(sign),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64, skipped: u64) -> Tally {
        Tally { passed, failed, skipped }
    }

    #[test]
    fn the_closing_line_has_one_form() {
        assert_eq!(tally(12, 0, 0).to_string(), "12 passed, 0 failed");
        assert_eq!(tally(12, 1, 3).to_string(), "12 passed, 1 failed, 3 skipped");
    }

    #[test]
    fn the_summary_of_nextest_is_read() {
        let read = |line| nextest_summary(line);
        assert_eq!(read("     Summary [   0.005s] 2 tests run: 2 passed, 0 skipped"), Some(tally(2, 0, 0)));
        assert_eq!(read("     Summary [   0.005s] 1 test run: 1 passed (1 slow, 1 leaky), 4 skipped"), Some(tally(1, 0, 4)));
        assert_eq!(
            read("     Summary [   1.0s] 4/9 tests run: 1 passed, 1 failed, 1 timed out, 1 exec failed, 2 skipped"),
            Some(tally(1, 3, 2))
        );
        assert_eq!(
            read(
                "\u{1b}[32;1m     Summary\u{1b}[0m [   0.005s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped"
            ),
            Some(tally(2, 0, 0))
        );
        assert_eq!(read("        PASS [   0.005s] xtask tests::two_tests_run: 1 passed"), None);
    }

    #[test]
    fn the_results_of_examples_are_read() {
        let line = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 7 filtered out; finished in 0.10s";
        assert_eq!(doctest_result(line), Some(tally(3, 1, 2)));
        assert_eq!(doctest_result("running 2 tests"), None);
    }

    #[test]
    fn status_and_count_must_agree() {
        assert_eq!(Tally::agreed("x", true, Some(tally(2, 0, 0))).unwrap(), tally(2, 0, 0));
        assert_eq!(Tally::agreed("x", false, Some(tally(2, 1, 0))).unwrap(), tally(2, 1, 0));
        assert_eq!(Tally::agreed("x", false, Some(tally(2, 0, 0))).unwrap(), tally(2, 1, 0), "an example that did not compile");
        assert!(Tally::agreed("x", true, Some(tally(2, 1, 0))).is_err());
        assert!(Tally::agreed("x", false, None).is_err());
    }
}
