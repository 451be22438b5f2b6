//! Diagnosing a connection: the three lists of the user's page ("connection failed", "sync not working", "permission denied"),
//! gone through by the hub, with one cause and one step at the end.

use jiff::Timestamp;
use model::Status;
use model::connection::NextStep;
use serde::Serialize;
use store::Workspace;
use store::connections::Connection;
use store::evidence::Fact;
use store::items::Outcome;
use store::runs::{Run, RunState};

use crate::error::Result;
use crate::hub::Hub;
use crate::options::{Tested, is_on, test};

/// One question of a list, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    pub question: &'static str,
    pub passed: bool,
    /// What was seen.
    pub detail: String,
}

/// One of the three lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckList {
    pub title: &'static str,
    pub checks: Vec<Check>,
}

/// Something that is known to be wrong, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KnownFact {
    pub name: String,
    pub detail: String,
    pub since: Timestamp,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What is wrong, and the one thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Diagnosis {
    pub status: Status,
    /// In one sentence.
    pub cause: String,
    /// Absent: nothing needs a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<NextStep>,
    pub lists: Vec<CheckList>,
    /// What is known, oldest first.
    pub facts: Vec<KnownFact>,
    /// What real calls just now said; none where it is not connected.
    pub tests: Vec<Tested>,
}

/// What the checks look at.
struct Seen<'a> {
    hub: &'a Hub,
    connection: &'a Connection,
    status: &'a Status,
    facts: &'a [Fact],
    tests: &'a [Tested],
    runs: &'a [Run],
    failing: i64,
}

/// Tests the connection, and puts tests and evidence together.
pub async fn diagnose(hub: &Hub, workspace: &Workspace, connection: &Connection) -> Result<Diagnosis> {
    let tests = if connection.connected { test(hub, workspace, connection).await? } else { Vec::new() };
    let status = Status::from_evidence(&workspace.status_evidence(&connection.id).await?, hub.env().now());
    let facts = workspace.facts(&connection.id).await?;
    let runs = workspace.runs(&connection.id, None, 20).await?;
    let counts = workspace.item_counts(&connection.id).await?;
    let bad = [Outcome::Failed, Outcome::Uncertain].map(Outcome::as_str);
    let failing = counts.iter().filter(|(outcome, _)| bad.contains(&outcome.as_str())).map(|(_, count)| count).sum();
    let seen = Seen { hub, connection, status: &status, facts: &facts, tests: &tests, runs: &runs, failing };
    let lists = vec![seen.connection_failed(), seen.sync_not_working(), seen.permission_denied()];
    let (cause, step) = seen.cause();
    let known =
        facts.iter().map(|fact| KnownFact { name: fact.name.clone(), detail: fact.detail.clone(), since: fact.since, until: fact.until });
    let facts = known.collect();
    Ok(Diagnosis { status, cause, step, lists, facts, tests })
}

fn check(question: &'static str, passed: bool, detail: impl Into<String>) -> Check {
    Check { question, passed, detail: detail.into() }
}

impl Seen<'_> {
    fn cause(&self) -> (String, Option<NextStep>) {
        let failed = self.tests.iter().find(|line| !line.passed);
        match (self.status.next_step, failed) {
            // The account itself does not answer: signing in anew is what can help, whatever the log says.
            (None, Some(line)) if line.option == "account" => (line.detail.clone(), Some(NextStep::Reconnect)),
            (None, Some(line)) => (format!("{}: {}", line.option, line.detail), Some(NextStep::FixSettings)),
            (None, None) => ("The sign-in works, every option that is on answers, and nothing waits for a person.".to_owned(), None),
            (step, _) => (self.status.evidence.clone(), step),
        }
    }

    fn fact(&self, name: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.name.split(':').next() == Some(name))
    }

    /// The permissions that what is switched on needs, and that the tool did not give.
    fn missing(&self) -> Vec<&'static str> {
        let Ok(connector) = self.hub.connector(&self.connection.integration) else { return Vec::new() };
        let settings = self.connection.settings.clone().unwrap_or_default();
        let manifest = connector.manifest();
        let needed = manifest.permissions(|flow| is_on(manifest, &settings, flow.capability, flow.way));
        let granted = &self.connection.granted;
        let told = self.connection.auth == "oauth" && !granted.is_empty();
        needed.iter().map(|permission| permission.scope).filter(|scope| told && !granted.iter().any(|own| own == scope)).collect()
    }

    fn connection_failed(&self) -> CheckList {
        let account = self.tests.iter().find(|line| line.option == "account");
        let (signed_in, detail) = match account {
            Some(line) => (line.passed, line.detail.clone()),
            None => (false, "Not connected.".to_owned()),
        };
        let missing = self.missing();
        let permitted = if missing.is_empty() {
            "Every permission that the settings need was given.".to_owned()
        } else {
            format!("Not given: {}.", missing.join(", "))
        };
        let again = if signed_in { "Not needed: the sign-in works." } else { "Reconnect; the settings and links are kept." };
        CheckList {
            title: "Connection failed",
            checks: vec![
                check("Are the permissions in the tool right?", missing.is_empty(), permitted),
                check("Is it the right account?", signed_in, detail),
                check("Does it have to be connected again?", signed_in, again),
            ],
        }
    }

    fn sync_not_working(&self) -> CheckList {
        let settings = self.connection.settings.as_ref();
        let on = settings.map_or(0, |settings| settings.syncs.values().filter(|sync| sync.enabled).count());
        let chosen = match (settings, on) {
            (None, _) => "No settings are saved yet.".to_owned(),
            (Some(_), 0) => "Nothing is switched on.".to_owned(),
            (Some(_), on) => format!("{on} kinds of data are switched on."),
        };
        let status = match self.status.next_step {
            Some(_) => self.status.evidence.clone(),
            None => format!("{}.", self.status.label),
        };
        let misfit = self.fact("misfit").map(|fact| fact.detail.clone());
        let last = self.runs.first();
        let ran = last.map_or_else(
            || "Nothing has run that had anything to do.".to_owned(),
            |run| run.error.clone().unwrap_or_else(|| "The last run ended well.".to_owned()),
        );
        let errors = match self.failing {
            0 => "No record fails.".to_owned(),
            failing => format!("{failing} records fail or are uncertain."),
        };
        CheckList {
            title: "Sync not working",
            checks: vec![
                check("Is the status good?", self.status.next_step.is_none(), status),
                check("Do the settings fit?", on > 0 && misfit.is_none(), misfit.unwrap_or(chosen)),
                check("What does the log say?", last.is_none_or(|run| run.state != RunState::Failed), ran),
                check("Are there errors?", self.failing == 0, errors),
            ],
        }
    }

    fn permission_denied(&self) -> CheckList {
        let denied = self.fact("forbidden").map(|fact| fact.detail.clone());
        let refused: Vec<String> =
            self.tests.iter().filter(|line| !line.passed && line.option != "account").map(|line| line.detail.clone()).collect();
        let rights = denied.clone().unwrap_or_else(|| "The tool denied nothing.".to_owned());
        let tried = if refused.is_empty() { "Every option that is on answered.".to_owned() } else { refused.join(" ") };
        let advice = match &denied {
            Some(_) => "Ask an admin of the tool to allow it, or connect with an account that may.",
            None => "Nobody has to be asked.",
        };
        CheckList {
            title: "Permission denied",
            checks: vec![
                check("Does the account have the rights?", denied.is_none(), rights),
                check("Does a policy of the organisation stand in the way?", refused.is_empty(), tried),
                check("Does an admin have to approve?", denied.is_none(), advice),
            ],
        }
    }
}
