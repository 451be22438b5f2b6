//! The counts that the contract tests of one tool left: one line of JSON each, added up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The shape is that of `connector_kit::contract`'s coverage line.
#[derive(Debug, Default, Deserialize)]
pub struct Traffic {
    pub requests: u64,
    pub answers: u64,
    pub by_own_rules: u64,
    unchecked: u64,
    undescribed: BTreeMap<String, u64>,
    pub needed: BTreeSet<String>,
    pub asked: BTreeSet<String>,
}

impl Traffic {
    /// The sum of a file's lines; without a file, nothing was sent.
    pub fn of(file: &Path) -> Result<Self> {
        let mut sum = Self::default();
        if !file.exists() {
            return Ok(sum);
        }
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        for line in text.lines() {
            let one: Self = serde_json::from_str(line).with_context(|| format!("{} has a line of another shape", file.display()))?;
            sum.add(one);
        }
        Ok(sum)
    }

    fn add(&mut self, one: Self) {
        self.requests += one.requests;
        self.answers += one.answers;
        self.by_own_rules += one.by_own_rules;
        self.unchecked += one.unchecked;
        for (endpoint, count) in one.undescribed {
            *self.undescribed.entry(endpoint).or_default() += count;
        }
        self.needed.extend(one.needed);
        self.asked.extend(one.asked);
    }

    /// Requests to the tool's API.
    pub fn sent(&self) -> u64 {
        self.requests + self.by_own_rules + self.unchecked
    }

    /// What was held against nothing, and whose endpoint is not told.
    fn untold(&self) -> u64 {
        self.unchecked.saturating_sub(self.undescribed.values().sum())
    }

    /// What was not held against the description, and why.
    pub fn unvalidated(&self) -> Vec<String> {
        let lacking = self.undescribed.iter();
        let mut reasons: Vec<String> =
            lacking.map(|(endpoint, count)| format!("{count} × {endpoint}: real, but not in the description at hand")).collect();
        if self.by_own_rules > 0 {
            let why = "the description may not be kept; judged by the emulator's rules, each with its source";
            reasons.push(format!("{} requests: {why}", self.by_own_rules));
        }
        if self.untold() > 0 {
            let why = "of objects that the description at hand lacks, or without the folder of descriptions";
            reasons.push(format!("{} requests and answers {why}", self.untold()));
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_up_and_what_was_not_validated_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tool.jsonl");
        let line =
            r#"{"requests":2,"answers":1,"by_own_rules":0,"unchecked":3,"undescribed":{"GET /x":2},"needed":["a"],"asked":["a","b"]}"#;
        fs::write(&file, format!("{line}\n{line}\n")).unwrap();
        let sum = Traffic::of(&file).unwrap();
        assert_eq!((sum.sent(), sum.requests, sum.answers, sum.untold()), (10, 4, 2, 2));
        assert_eq!(sum.asked.difference(&sum.needed).collect::<Vec<_>>(), ["b"]);
        assert!(sum.unvalidated()[0].starts_with("4 × GET /x: "), "{:?}", sum.unvalidated());
        assert_eq!(Traffic::of(&folder.path().join("other")).unwrap().sent(), 0);
    }
}
