//! `cargo xtask contracts`: per tool, what was held against its official description. Requests and scopes are counted by the contract
//! tests themselves; the fields that a connector reads are looked for in the description.

mod description;
mod fields;
mod traffic;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use self::description::Description;
use self::fields::Read;
use self::traffic::Traffic;
use crate::finding::Finding;
use crate::repository::Repository;
use crate::{command, test};

/// Names the folder in which the contract tests leave their counts.
pub const VARIABLE: &str = "XTASK_CONTRACTS";

/// Where the counts of the last run lie.
pub fn folder(repository: &Repository) -> PathBuf {
    repository.path("target/contracts")
}

/// The same, emptied for a new run.
pub fn begin(repository: &Repository) -> Result<PathBuf> {
    let folder = folder(repository);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Runs the contract tests and reports.
pub fn run(repository: &Repository) -> Result<Vec<Finding>> {
    let counts = begin(repository)?;
    let mut tests = command::cargo(repository, &["nextest", "run", "--locked", "--package", "connectors"]);
    tests.env(VARIABLE, &counts);
    let specs = test::specs(repository);
    if let Some(folder) = &specs {
        tests.env("HARMONY_SPECS", folder);
    }
    command::run(&mut tests)?;
    report(repository, specs.as_deref(), &counts)
}

/// What stands of one tool.
struct Row {
    tool: String,
    traffic: Traffic,
    fields: usize,
    found: usize,
    /// Which text the fields were looked for in.
    source: &'static str,
}

/// Prints the table and what is not held against a description, each with its reason.
pub fn report(repository: &Repository, specs: Option<&Path>, counts: &Path) -> Result<Vec<Finding>> {
    let (mut rows, mut findings, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
    for file in repository.files("crates/connectors/src", "manifest.rs")? {
        let Some(folder) = file.strip_suffix("/manifest.rs") else { continue };
        let tool = folder.rsplit('/').next().unwrap_or_default().replace('_', "-");
        let traffic = Traffic::of(&counts.join(format!("{tool}.jsonl")))?;
        reasons.extend(traffic.unvalidated().into_iter().map(|reason| format!("{tool}: {reason}")));
        if traffic.sent() == 0 {
            findings.push(Finding::new(folder, format!("no contract test of {tool} has run")));
        }
        reasons.extend(in_vain(&traffic).map(|scope| format!("{tool}: scope `{scope}`: asked for, and no request was seen that needs it")));
        let read = fields::read(repository, folder)?;
        let description = Description::of(repository, specs, folder, &tool)?;
        let missing = description.as_ref().map(|description| description.missing(&read)).unwrap_or_default();
        let source = source(description.as_ref());
        let lacks = |read: &&Read| format!("{tool}: `{}` of `{}` is read, and is not in {source}", read.field, read.object);
        reasons.extend(missing.iter().map(lacks));
        if description.is_none() {
            reasons.push(format!("{tool}: no fields looked for: the folder of descriptions is not at hand"));
        }
        let found = if description.is_some() { read.len() - missing.len() } else { 0 };
        rows.push(Row { tool, traffic, fields: read.len(), found, source });
    }
    if rows.is_empty() {
        findings.push(Finding::new("crates/connectors/src", "there is no connector to report on"));
    }
    print(&rows, &reasons);
    Ok(findings)
}

fn source(description: Option<&Description>) -> &'static str {
    description.map_or("nothing", Description::name)
}

/// Scopes without which no request would have been refused.
fn in_vain(traffic: &Traffic) -> impl Iterator<Item = &String> {
    traffic.asked.difference(&traffic.needed)
}

fn print(rows: &[Row], reasons: &[String]) {
    let line = "tool | requests | against the description | by own rules | answers | fields read | found | in | scopes asked | needed";
    println!("\n{line}");
    for row in rows {
        let traffic = &row.traffic;
        let needed = traffic.asked.intersection(&traffic.needed).count();
        println!(
            "{} | {} | {} | {} | {} | {} | {} | {} | {} | {needed}",
            row.tool,
            traffic.sent(),
            traffic.requests,
            traffic.by_own_rules,
            traffic.answers,
            row.fields,
            row.found,
            row.source,
            traffic.asked.len(),
        );
    }
    println!("\nNot held against a description:");
    for reason in reasons {
        println!("  {reason}");
    }
    println!(
        "  every tool: sign-in pages and token endpoints, which no description has; the emulators hold them to RFC 6749, 7636 and 7009"
    );
}
