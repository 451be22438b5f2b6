//! Holds every request and every answer against the tool's official description, and counts. File formats are read next door.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use axum::http::Method;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::operation::{Misfit, Operation, fit};
use super::{Clock, Kit, discovery, openapi};

/// A description that could not be loaded.
#[derive(Debug, thiserror::Error)]
#[error("description {file}: {reason}")]
pub struct DescriptionError {
    pub file: String,
    pub reason: String,
}

/// How one tool's requests are held against its description.
#[derive(Clone, Debug)]
pub struct Rules {
    pub tool: &'static str,
    /// Below `Options.specs`.
    pub file: &'static str,
    /// What stands before a described path in the tool's router. Paths outside are not judged.
    pub base: &'static str,
    /// Real endpoints that the file lacks: method and path template (with `base`).
    pub undescribed: &'static [(&'static str, &'static str)],
    /// Are body properties that the description lacks a misfit?
    pub closed: bool,
    /// Are query parameters that the description lacks let through?
    pub unknown_query: bool,
    /// Real properties newer than the file.
    pub extra_properties: &'static [&'static str],
    /// The tool's answer to an unknown path or method.
    pub not_found: fn() -> Response,
    /// The tool's answer to a request that does not fit.
    pub refusal: fn(&Violation) -> Response,
}

/// Which half of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Request,
    Response,
}

/// A request or response that does not fit the description.
#[derive(Clone, Debug, Serialize)]
pub struct Violation {
    pub at: Timestamp,
    pub tool: String,
    pub method: String,
    pub path: String,
    pub side: Side,
    /// `query timeMin`, `body/start/dateTime`, `path`, …
    pub place: String,
    pub reason: String,
}

/// What became of one half of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Checked,
    /// The endpoint is real, but not in the file.
    Undescribed,
    /// No descriptions were given.
    Unloaded,
    /// The description may not be kept with the project: the emulator's own rules judged.
    OwnRules,
}

/// How many requests and responses of one tool were held against its description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub requests_checked: u64,
    pub responses_checked: u64,
    pub undescribed: u64,
    pub unloaded: u64,
    pub by_own_rules: u64,
}

/// Violations and counts of all tools.
#[derive(Debug)]
pub struct Checks {
    clock: Clock,
    violations: Mutex<Vec<Violation>>,
    counts: Mutex<BTreeMap<String, Counts>>,
    undescribed: Mutex<BTreeMap<String, BTreeMap<String, u64>>>,
    needed: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

impl Checks {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, violations: Mutex::default(), counts: Mutex::default(), undescribed: Mutex::default(), needed: Mutex::default() }
    }

    /// Records a misfit.
    pub fn violation(&self, tool: &str, method: &str, path: &str, side: Side, place: &str, reason: &str) -> Violation {
        let violation = Violation {
            at: self.clock.now(),
            tool: tool.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            side,
            place: place.to_owned(),
            reason: reason.to_owned(),
        };
        tracing::warn!(tool, method, path, place = violation.place, reason = violation.reason, "does not fit the description");
        self.violations.lock().unwrap_or_else(PoisonError::into_inner).push(violation.clone());
        violation
    }

    /// Counts one request or response.
    pub fn counted(&self, tool: &str, side: Side, outcome: Outcome) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = counts.entry(tool.to_owned()).or_default();
        let count = match (outcome, side) {
            (Outcome::Checked, Side::Request) => &mut counts.requests_checked,
            (Outcome::Checked, Side::Response) => &mut counts.responses_checked,
            (Outcome::Undescribed, _) => &mut counts.undescribed,
            (Outcome::Unloaded, _) => &mut counts.unloaded,
            (Outcome::OwnRules, _) => &mut counts.by_own_rules,
        };
        *count += 1;
    }

    /// Counts one request to a real endpoint that the file lacks.
    pub(super) fn met_undescribed(&self, tool: &str, method: &str, template: &str) {
        let mut undescribed = self.undescribed.lock().unwrap_or_else(PoisonError::into_inner);
        *undescribed.entry(tool.to_owned()).or_default().entry(format!("{method} {template}")).or_default() += 1;
    }

    /// Requests of a tool to real endpoints that the file lacks: method and path template.
    pub fn undescribed(&self, tool: &str) -> BTreeMap<String, u64> {
        self.undescribed.lock().unwrap_or_else(PoisonError::into_inner).get(tool).cloned().unwrap_or_default()
    }

    /// Notes that a request passed by this scope alone.
    pub(super) fn needs(&self, tool: &str, scope: &str) {
        let mut needed = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
        let needed = needed.entry(tool.to_owned()).or_default();
        if !needed.contains(scope) {
            needed.insert(scope.to_owned());
        }
    }

    /// The scopes of a tool without which a request so far would have been refused.
    pub fn needed(&self, tool: &str) -> BTreeSet<String> {
        self.needed.lock().unwrap_or_else(PoisonError::into_inner).get(tool).cloned().unwrap_or_default()
    }

    /// All misfits so far.
    pub fn violations(&self) -> Vec<Violation> {
        let violations = self.violations.lock().unwrap_or_else(PoisonError::into_inner);
        violations.clone()
    }

    /// Counts per tool.
    pub fn counts(&self) -> BTreeMap<String, Counts> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.clone()
    }
}

/// A tool's description, ready to judge.
pub struct Validator {
    pub(super) tool: &'static str,
    /// `None`: the tool's own code judges.
    pub(super) rules: Option<Rules>,
    /// What the tool's own code judges without a description; a refusal is marked as a [`Misfit`](super::Misfit).
    pub(super) own: &'static [&'static str],
    /// `None`: no descriptions were given.
    operations: Option<Vec<Operation>>,
    /// The tool's further services, each described apart.
    others: Vec<Self>,
}

impl fmt::Debug for Validator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Validator")
            .field("tool", &self.tool)
            .field("operations", &self.operations.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// The verdict on a request.
pub(super) enum Verdict<'a> {
    /// Not an API path (OAuth pages), or the tool judges by itself.
    NotMine,
    Unloaded,
    Undescribed(&'static str),
    NoSuchOperation,
    Fits(&'a Operation),
    Misfit(Misfit),
}

impl Validator {
    /// An `OpenAPI` 3.0 or 2.0 description.
    pub fn openapi(kit: &Kit, rules: Rules) -> Result<Self, DescriptionError> {
        Self::load(kit, rules, openapi::operations)
    }

    /// The same for a description that the tool has outgrown: `amend` mends the document before it is read.
    pub fn openapi_amended(kit: &Kit, rules: Rules, amend: fn(&mut Value)) -> Result<Self, DescriptionError> {
        Self::load(kit, rules, |document, rules| {
            let mut amended = document.clone();
            amend(&mut amended);
            openapi::operations(&amended, rules)
        })
    }

    /// A Google discovery document.
    pub fn discovery(kit: &Kit, rules: Rules) -> Result<Self, DescriptionError> {
        Self::load(kit, rules, discovery::operations)
    }

    /// The tool's own code judges by the description, and reports to `kit.checks`.
    pub fn by_handler(tool: &'static str) -> Self {
        Self { tool, rules: None, own: &[], operations: None, others: Vec::new() }
    }

    /// There is no description at hand: the tool's own code judges what stands below these paths, and marks its refusals.
    pub fn by_own_rules(tool: &'static str, paths: &'static [&'static str]) -> Self {
        Self { tool, rules: None, own: paths, operations: None, others: Vec::new() }
    }

    /// This one and the description of another of the tool's services, whose paths stand below another base.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.others.push(other);
        self
    }

    /// The one whose base the path stands below; else the first.
    pub(super) fn of(&self, path: &str) -> &Self {
        self.others.iter().find(|other| other.covers(path)).unwrap_or(self)
    }

    fn covers(&self, path: &str) -> bool {
        self.rules.as_ref().is_some_and(|rules| path.starts_with(&format!("{}/", rules.base)))
    }

    fn load(kit: &Kit, rules: Rules, read: impl FnOnce(&Value, &Rules) -> Vec<Operation>) -> Result<Self, DescriptionError> {
        let failed = |reason: String| DescriptionError { file: rules.file.to_owned(), reason };
        let operations = match &kit.options.specs {
            None => None,
            Some(folder) => {
                let text = std::fs::read_to_string(folder.join(rules.file)).map_err(|error| failed(error.to_string()))?;
                let document = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
                let operations = read(&document, &rules);
                if operations.is_empty() {
                    return Err(failed("describes no operation".into()));
                }
                Some(operations)
            }
        };
        Ok(Self { tool: rules.tool, rules: Some(rules), own: &[], operations, others: Vec::new() })
    }

    pub(super) fn judge(&self, method: &Method, path: &str, query: Option<&str>, media_type: &str, body: &[u8]) -> Verdict<'_> {
        let Some(rules) = &self.rules else {
            return Verdict::NotMine;
        };
        if !self.covers(path) {
            return Verdict::NotMine;
        }
        let Some(operations) = &self.operations else {
            return Verdict::Unloaded;
        };
        let best = operations
            .iter()
            .filter(|operation| operation.method == *method)
            .filter_map(|operation| Some((fit(&operation.template, path)?, operation)))
            .max_by_key(|(literals, _)| *literals);
        if let Some((_, operation)) = best {
            return match operation.check_request(path, query, rules.unknown_query, media_type, body) {
                Ok(()) => Verdict::Fits(operation),
                Err(misfit) => Verdict::Misfit(misfit),
            };
        }
        let is_it = |(real, template): &&(&str, &str)| method.as_str().eq_ignore_ascii_case(real) && fit(template, path).is_some();
        rules.undescribed.iter().find(is_it).map_or(Verdict::NoSuchOperation, |(_, template)| Verdict::Undescribed(template))
    }
}
