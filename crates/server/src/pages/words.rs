//! How pages put things: times, names of capabilities, outcomes and states.

use connector_kit::manifest::{Flow, Manifest};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::connection::{Capability, NextStep, Scope, Status, StatusColour, Way};
use model::{ConnectionId, Progress, When};
use store::connections::Connection;
use store::items::Outcome;
use store::runs::{Counts, Run, RunState};

/// The present, and the workspace's zone.
#[derive(Debug, Clone)]
pub struct Clock {
    pub now: Timestamp,
    pub zone: TimeZone,
}

impl Clock {
    /// An instant in full.
    pub fn at(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%-d %b %Y, %H:%M:%S").to_string()
    }

    /// When a meeting is.
    pub fn when(&self, when: &When) -> String {
        match when {
            When::Timed { start, end, .. } => {
                let (start, end) = (start.to_zoned(self.zone.clone()), end.to_zoned(self.zone.clone()));
                let last = if start.date() == end.date() { "%H:%M" } else { "%a %-d %b %Y, %H:%M" };
                format!("{} – {}", start.strftime("%a %-d %b %Y, %H:%M"), end.strftime(last))
            }
            When::AllDay { first, last } if first == last => format!("{}, all day", first.strftime("%a %-d %b %Y")),
            When::AllDay { first, last } => format!("{} – {}", first.strftime("%a %-d %b %Y"), last.strftime("%a %-d %b %Y")),
        }
    }
}

/// A capability in words.
pub const fn capability(capability: Capability) -> &'static str {
    match capability {
        Capability::Calendar => "Calendar events",
        Capability::Recordings => "Recordings and transcripts",
        Capability::Activities => "Meetings logged",
        Capability::Contacts => "Contacts",
        Capability::Deals => "Deal updates",
        Capability::Tasks => "Action items",
        Capability::Notes => "Notes",
        Capability::Messages => "Messages",
    }
}

/// Which way a flow goes.
pub const fn way(way: Way) -> &'static str {
    match way {
        Way::Pull => "into Harmony",
        Way::Push => "from Harmony",
    }
}

/// Whose connection it is.
pub const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Workspace => "Workspace",
        Scope::Personal => "Personal",
    }
}

/// The capabilities of a tool, in the usual order.
pub fn capabilities(manifest: &Manifest) -> impl Iterator<Item = Capability> {
    Capability::ALL.into_iter().filter(move |capability| flows(manifest, *capability).next().is_some())
}

/// The flows of one capability.
pub fn flows(manifest: &Manifest, capability: Capability) -> impl Iterator<Item = &'static Flow> {
    manifest.flows.iter().filter(move |flow| flow.capability == capability)
}

/// An outcome in words.
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "Created",
        Outcome::Updated => "Updated",
        Outcome::Unchanged => "In step",
        Outcome::Deleted => "Deleted",
        Outcome::Skipped => "Left out",
        Outcome::Conflict => "Conflict settled",
        Outcome::Failed => "Failed",
        Outcome::Uncertain => "Uncertain",
    }
}

/// Whether an outcome is fine, neutral or asks for a look: a class of the style sheet.
pub const fn outcome_tone(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created | Outcome::Updated | Outcome::Unchanged | Outcome::Deleted => "good",
        Outcome::Skipped | Outcome::Conflict => "plain",
        Outcome::Failed | Outcome::Uncertain => "bad",
    }
}

/// How far an action item is, as chosen in forms.
pub const PROGRESS: [(Progress, &str, &str); 4] = [
    (Progress::Open, "open", "Open"),
    (Progress::Started, "started", "Started"),
    (Progress::Done, "done", "Done"),
    (Progress::Dropped, "dropped", "Dropped"),
];

/// A connection's status as pages show it.
#[derive(Debug)]
pub struct StatusView {
    /// A class of the style sheet.
    pub dot: &'static str,
    pub label: String,
    pub evidence: String,
    pub since: Option<String>,
    pub step: Option<StepView>,
}

/// The one next step: a link, or a form that is sent.
#[derive(Debug)]
pub struct StepView {
    pub label: &'static str,
    pub href: String,
    pub is_form: bool,
}

impl StatusView {
    /// Puts a status into words.
    pub fn of(status: &Status, connection: &Connection, clock: &Clock) -> Self {
        Self {
            dot: match status.colour {
                StatusColour::Green => "green",
                StatusColour::Yellow => "yellow",
                StatusColour::Red => "red",
            },
            label: status.label.clone(),
            evidence: status
                .in_sync_as_of
                .filter(|_| status.retrying_until.is_none())
                .map_or_else(|| status.evidence.clone(), |at| format!("In sync as of {}.", clock.at(at))),
            since: status.since.map(|since| clock.at(since)),
            step: status.next_step.map(|step| next_step(step, connection)),
        }
    }
}

/// The one next step, as a link or a button.
pub fn next_step(step: NextStep, connection: &Connection) -> StepView {
    let own = |path: &str| format!("/connections/{}{path}", connection.id);
    let (label, href, is_form) = match step {
        // Without a browser's sign-in, the credentials have to be typed again.
        NextStep::Connect if connection.auth != "oauth" => {
            ("Connect again", format!("/settings/integrations/{}", connection.integration), false)
        }
        NextStep::Connect => ("Connect again", own("/reconnect"), true),
        NextStep::Reconnect => ("Reconnect", own("/reconnect"), true),
        NextStep::GrantPermission => ("Reconnect and allow it", own("/reconnect"), true),
        NextStep::ChooseOptions => ("Choose what syncs", own("#settings"), false),
        NextStep::FixSettings => ("Open the settings", own("#settings"), false),
        NextStep::ReviewUncertain => ("Look at the uncertain writes", own("/activity?list=failing"), false),
        NextStep::ReviewHeldBack => ("Look at what is held back", own("/activity"), false),
    };
    StepView { label, href, is_form }
}

/// A run as pages show it.
#[derive(Debug)]
pub struct RunView {
    pub connection: ConnectionId,
    pub what: String,
    pub why: &'static str,
    pub state: &'static str,
    pub tone: &'static str,
    pub started: String,
    pub counts: String,
    pub calls: i64,
    pub error: Option<String>,
}

impl RunView {
    /// Puts a run into words.
    pub fn of(run: &Run, clock: &Clock) -> Self {
        let (state, tone) = match run.state {
            RunState::Running => ("Running", "plain"),
            RunState::Done => ("Done", "good"),
            RunState::Failed => ("Failed", "bad"),
            RunState::Interrupted => ("Interrupted; the next run went on", "plain"),
        };
        Self {
            connection: run.connection.clone(),
            what: format!("{} {}", capability(run.capability), way(run.way)),
            why: reason(&run.reason),
            state,
            tone,
            started: clock.at(run.started),
            counts: counts(&run.counts),
            calls: run.calls,
            error: run.error.clone(),
        }
    }
}

fn reason(code: &str) -> &'static str {
    match code {
        "webhook" => "the tool announced a change",
        "change" => "something changed here",
        "schedule" => "the schedule",
        "click" => "Sync now",
        "connect" => "just connected",
        "retry" => "another try",
        "settings" => "the settings changed",
        "preview" => "an approved preview",
        "continue" => "there was more to do",
        _ => "the engine",
    }
}

fn counts(counts: &Counts) -> String {
    let all = [
        (counts.read, "read"),
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.unchanged, "unchanged"),
        (counts.deleted, "deleted"),
        (counts.skipped, "left out"),
        (counts.conflicts, "conflicts"),
        (counts.failed, "failed"),
    ];
    let some: Vec<String> = all.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if some.is_empty() { "nothing to do".to_owned() } else { some.join(", ") }
}
