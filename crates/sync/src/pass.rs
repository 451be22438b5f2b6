//! One pass of a stream: what it knows, its fenced steps, its row in the run log, and how it ends.

use std::sync::Arc;

use connector_kit::{Connector, ErrorKind, Retry, Session};
use jiff::{SignedDuration, Timestamp};
use model::change::Origin;
use model::{RunId, Settings};
use store::connections::Connection;
use store::items::{Item, Outcome};
use store::runs::{Counts, Run, RunState};
use store::streams::{LEASE, Release, Stream};
use store::{Step, Workspace};

use crate::brake::RELEASED;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::schedule::{next_due, pause_after};

/// One pass of one stream, under its lease.
pub(crate) struct Pass {
    pub hub: Hub,
    pub workspace: Workspace,
    pub connection: Connection,
    pub settings: Settings,
    pub own_domains: Vec<String>,
    pub zone: jiff::tz::TimeZone,
    pub connector: Arc<dyn Connector>,
    pub session: Session,
    pub stream: Stream,
    pub run: Run,
    /// Pull: the id of the destination that the present page is of.
    pub place: Option<String>,
    /// Pull: records that lost a value in this run.
    pub overwrites: u64,
    /// Until when the lease certainly holds.
    held_until: Timestamp,
    /// Whether the run has its row; idle passes leave none.
    started: bool,
}

/// How a pass that was not broken ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Everything there is has been done.
    InStep,
    /// There is more: come back at once, after the others had their turn.
    More,
    /// What was asked for has been done, and nothing else.
    Part,
    /// Nothing to do before then.
    Until(Timestamp),
}

impl Pass {
    /// Prepares a pass. `None`: the stream has nothing to run for (disconnected, or no options saved).
    pub async fn open(hub: &Hub, stream: Stream) -> Result<Option<Self>> {
        let workspace = hub.store().workspace(&stream.workspace);
        let Some(connection) = workspace.connection(&stream.connection).await? else { return Ok(None) };
        let Some(settings) = connection.settings.clone().filter(|_| connection.connected) else { return Ok(None) };
        let about = workspace.profile().await?;
        let session = hub.session(&workspace, &connection)?;
        let run = Run {
            id: RunId::new(hub.env()),
            connection: connection.id.clone(),
            capability: stream.capability,
            way: stream.way,
            reason: stream.wake_reason.clone().unwrap_or_else(|| "schedule".to_owned()),
            state: RunState::Running,
            started: hub.env().now(),
            ended: None,
            counts: Counts::default(),
            calls: 0,
            error_code: None,
            error: None,
        };
        Ok(Some(Self {
            connector: Arc::clone(hub.connector(&connection.integration)?),
            zone: about.time_zone,
            own_domains: about.own_domains,
            hub: hub.clone(),
            workspace,
            connection,
            settings,
            session,
            held_until: run.started + LEASE,
            stream,
            run,
            place: None,
            overwrites: 0,
            started: false,
        }))
    }

    /// Begins a step under the lease. Only a step that writes something for people to see should ask for the run's row.
    pub async fn step(&mut self) -> Result<Step> {
        let mut step = self.workspace.begin().await?;
        step.hold(&self.stream).await?;
        self.held_until = step.at() + LEASE;
        Ok(step)
    }

    /// The error of a write that may no longer leave, because another worker may have the stream by now.
    pub fn lease_ran_out(&self) -> Option<connector_kit::Error> {
        (self.hub.env().now() >= self.held_until)
            .then(|| connector_kit::Error::new(ErrorKind::Unavailable, "the lease on the stream ran out before this was sent"))
    }

    /// Writes the run's row, if it has none yet.
    pub async fn note_run(&mut self, step: &mut Step) -> Result<()> {
        if !self.started {
            step.start_run(&self.run).await?;
            self.started = true;
        }
        Ok(())
    }

    /// Who made the changes of this pass.
    pub fn origin(&self) -> Origin {
        Origin::Connection { id: self.connection.id.clone() }
    }

    /// The oldest instant that the first sync reads and writes.
    pub fn since(&self) -> Timestamp {
        self.hub.env().now() - SignedDuration::from_hours(24 * i64::from(self.settings.backfill_days))
    }

    /// An item's outcome in this pass.
    pub fn item(&self, item: String, label: String, outcome: Outcome, reason: &str, detail: impl Into<String>) -> Item {
        Item {
            connection: self.connection.id.clone(),
            capability: self.stream.capability,
            record: item.parse().ok(),
            item,
            label,
            outcome,
            reason: reason.to_owned(),
            detail: detail.into(),
            url: None,
            run: self.run.id.clone(),
            at: self.hub.env().now(),
            attempt: 1,
            retry_at: None,
        }
    }

    /// Ends the pass: run row, evidence, schedule and lease in one step.
    pub async fn finish(mut self, result: Result<Ended>) -> Result<()> {
        self.count(&result);
        if matches!(result, Err(Error::Store(store::Error::LeaseLost))) {
            tracing::info!(stream = %self.stream.id, "the lease went to another worker; nothing more is written");
            return Ok(());
        }
        let now = self.hub.env().now();
        self.run.ended = Some(now);
        self.run.calls = i64::try_from(self.session.calls()).unwrap_or(i64::MAX);
        self.run.state = if result.is_ok() { RunState::Done } else { RunState::Failed };
        if let Err(error) = &result {
            let (code, words) = explain(error);
            (self.run.error_code, self.run.error) = (Some(code.to_owned()), Some(words));
        }
        let due_at = next_due(self.settings.frequency, self.stream.way, &self.zone, &self.connection.id, now);
        let mut step = self.workspace.begin().await?;
        match step.hold(&self.stream).await {
            Err(store::Error::LeaseLost) => return Ok(()),
            other => other?,
        }
        if self.started || (result.is_err() && self.stream.failures == 0) {
            self.note_run(&mut step).await?;
            step.finish_run(&self.run).await?;
        }
        let release = match &result {
            Ok(ended) => self.succeeded(&mut step, *ended, now, due_at).await?,
            Err(error) => self.failed(&mut step, error, now, due_at).await?,
        };
        step.release(&self.stream, release).await?;
        step.commit().await?;
        Ok(())
    }

    /// Counts the pass, for those who run the hub.
    fn count(&self, result: &Result<Ended>) {
        let outcome = match result {
            Ok(Ended::InStep) => "in_step",
            Ok(Ended::More) => "more",
            Ok(Ended::Part) => "part",
            Ok(Ended::Until(_)) => "waits",
            Err(Error::Store(store::Error::LeaseLost)) => "lease_lost",
            Err(error) => explain(error).0,
        };
        let (integration, capability, way) = (self.connector.manifest().id, self.stream.capability.as_str(), self.stream.way.as_str());
        metrics::counter!("harmony_passes_total",
            "integration" => integration, "capability" => capability, "way" => way, "outcome" => outcome)
        .increment(1);
        let seconds = self.hub.env().now().duration_since(self.run.started).as_secs_f64();
        metrics::histogram!("harmony_pass_seconds", "integration" => integration, "capability" => capability, "way" => way).record(seconds);
    }

    async fn succeeded(&self, step: &mut Step, ended: Ended, now: Timestamp, due_at: Option<Timestamp>) -> Result<Release> {
        let mut over = vec!["delayed", "refused", "forbidden", "misfit", "braked"];
        let in_step = matches!(ended, Ended::InStep | Ended::Until(_));
        over.extend(in_step.then_some(RELEASED));
        let over: Vec<String> = over.into_iter().map(|name| self.fact(name)).collect();
        step.clear_evidence(&self.connection.id, &over).await?;
        let wake = match ended {
            Ended::InStep => None,
            Ended::More => Some((now, "continue")),
            // The wish that was spent on the part may have been one for everything.
            Ended::Part => self.stream.live.then_some((now, "continue")),
            Ended::Until(at) => Some((at, "retry")),
        };
        Ok(Release { wake, due_at, failures: 0, in_step_at: in_step.then_some(now) })
    }

    async fn failed(&self, step: &mut Step, error: &Error, now: Timestamp, due_at: Option<Timestamp>) -> Result<Release> {
        let failures = self.stream.failures + 1;
        let stopped = Release { wake: None, due_at: None, failures, in_step_at: None };
        let later = Release { due_at, ..stopped.clone() };
        let (fact, until, release) = match error {
            Error::Tool(tool) => match tool.kind {
                ErrorKind::Unauthorized => ("refused", None, stopped),
                ErrorKind::Forbidden => ("forbidden", None, later),
                ErrorKind::NotFound | ErrorKind::Invalid => ("misfit", None, later),
                _ => {
                    let until = now + self.pause(tool.retry, failures);
                    ("delayed", Some(until), Release { wake: Some((until, "retry")), ..later })
                }
            },
            Error::Braked { .. } => ("braked", None, stopped),
            Error::Invalid { .. } | Error::NotSetUp(_) => ("misfit", None, later),
            Error::StalePreview => return Ok(later),
            _ => {
                let until = now + self.pause(Retry::Backoff, failures);
                ("delayed", Some(until), Release { wake: Some((until, "retry")), ..later })
            }
        };
        step.note_evidence(&self.connection.id, &self.fact(fact), &explain(error).1, until).await?;
        Ok(release)
    }

    fn pause(&self, retry: Retry, failures: i64) -> SignedDuration {
        let mut random = [0_u8; 8];
        self.hub.env().fill(&mut random);
        let own = pause_after(failures - 1, u64::from_le_bytes(random));
        match retry {
            Retry::After(asked) => asked.max(SignedDuration::from_secs(1)),
            _ => own,
        }
    }

    /// A fact about this stream alone, so that another stream's success does not hide it.
    pub fn fact(&self, name: &str) -> String {
        format!("{name}:{}:{}", self.stream.capability.as_str(), self.stream.way.as_str())
    }
}

/// The reason code and the words of an error, as logged and shown.
pub(crate) fn explain(error: &Error) -> (&'static str, String) {
    let code = match error {
        Error::Tool(tool) => tool.kind.as_str(),
        Error::Store(_) => "store",
        Error::Braked { .. } => "braked",
        Error::Invalid { .. } => "invalid",
        Error::NotSetUp(_) => "not_set_up",
        Error::StalePreview => "stale_preview",
        Error::OtherAccount { .. } => "other_account",
        Error::UnknownState => "unknown_state",
        Error::Denied(_) => "denied",
        Error::Partial(_) => "partial_consent",
    };
    (code, error.to_string())
}
