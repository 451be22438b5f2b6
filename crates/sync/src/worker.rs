//! The worker: leases streams that want to run, runs each, gives the lease back. A step of it is callable alone.

use std::sync::Arc;
use std::time::Duration;

use connector_kit::{Sink, Source};
use futures::future::BoxFuture;
use model::action_item::Task;
use model::connection::{Capability, Way};
use model::recording::RecordedMeeting;
use model::{Activity, Contact, DealUpdate, Meeting, Message, Note};
use store::streams::{Release, Stream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::hub::Hub;
use crate::media::fetch_media;
use crate::pass::{Ended, Pass};
use crate::project::Project;
use crate::pull::{Absorb, pull};
use crate::push::push;

/// Streams that one process runs at a time.
const AT_ONCE: usize = 16;
/// Behind the bell stands a look at the database: schedules come due, and a call from another process may be lost.
const LOOK: Duration = Duration::from_secs(1);

/// Leases what wants to run and runs it, until nothing does. Answers how many passes ran.
pub async fn run_until_idle(hub: &Hub, owner: &str) -> Result<u64> {
    let mut passes = 0;
    loop {
        let streams = hub.store().lease_across_workspaces(owner, u32::try_from(AT_ONCE).unwrap_or(1)).await?;
        if streams.is_empty() {
            return Ok(passes);
        }
        let mut running = JoinSet::new();
        for stream in streams {
            passes += 1;
            running.spawn(run(hub.clone(), stream));
        }
        while let Some(ended) = running.join_next().await {
            report(ended);
        }
    }
}

/// Runs streams until `stop`; then finishes the passes under way.
pub async fn work(hub: Hub, owner: String, stop: CancellationToken) {
    let mut running: JoinSet<Result<()>> = JoinSet::new();
    while !stop.is_cancelled() {
        while let Some(ended) = running.try_join_next() {
            report(ended);
        }
        let free = u32::try_from(AT_ONCE.saturating_sub(running.len())).unwrap_or(0);
        let leased = if free == 0 { Ok(Vec::new()) } else { hub.store().lease_across_workspaces(&owner, free).await };
        match leased {
            Ok(streams) if !streams.is_empty() => {
                for stream in streams {
                    running.spawn(run(hub.clone(), stream));
                }
                continue;
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "no stream could be leased; trying again"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = hub.store().woken() => {}
            () = tokio::time::sleep(LOOK) => {}
            Some(ended) = running.join_next(), if !running.is_empty() => report(ended),
        }
    }
    while let Some(ended) = running.join_next().await {
        report(ended);
    }
}

fn report(ended: std::result::Result<Result<()>, tokio::task::JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "a pass could not be ended properly; its lease will run out"),
        Err(error) => tracing::error!(%error, "a pass broke; its lease will run out"),
    }
}

/// Runs one pass of a leased stream.
pub async fn run(hub: Hub, stream: Stream) -> Result<()> {
    let Some(mut pass) = Pass::open(&hub, stream.clone()).await? else {
        let mut step = hub.store().workspace(&stream.workspace).begin().await?;
        step.release(&stream, Release::default()).await?;
        step.commit().await?;
        return Ok(());
    };
    let result = dispatch(&mut pass).await;
    pass.finish(result).await
}

async fn dispatch(pass: &mut Pass) -> Result<Ended> {
    let connector = Arc::clone(&pass.connector);
    match (pass.stream.way, pass.stream.capability) {
        (Way::Pull, Capability::Calendar) => pull_from(pass, connector.calendar().map(|source| source as &dyn Source<Meeting>)).await,
        (Way::Pull, Capability::Recordings) => {
            let Some(source) = connector.recordings() else { return Ok(Ended::InStep) };
            let ended = pull_from::<RecordedMeeting>(pass, Some(source)).await?;
            fetch_media(pass, source).await?;
            Ok(ended)
        }
        (Way::Pull, Capability::Contacts) => pull_from(pass, connector.contacts().map(|source| source as &dyn Source<Contact>)).await,
        (Way::Pull, Capability::Tasks) => pull_from(pass, connector.tasks().map(|source| source as &dyn Source<Task>)).await,
        (Way::Push, Capability::Activities) => push_to(pass, Activity::sink(&*connector)).await,
        (Way::Push, Capability::Contacts) => push_to(pass, Contact::sink(&*connector)).await,
        (Way::Push, Capability::Deals) => push_to(pass, DealUpdate::sink(&*connector)).await,
        (Way::Push, Capability::Tasks) => push_to(pass, Task::sink(&*connector)).await,
        (Way::Push, Capability::Notes) => push_to(pass, Note::sink(&*connector)).await,
        (Way::Push, Capability::Messages) => push_to(pass, Message::sink(&*connector)).await,
        (Way::Pull, _) | (Way::Push, Capability::Calendar | Capability::Recordings) => Ok(Ended::InStep),
    }
}

fn pull_from<'p, T: Absorb>(pass: &'p mut Pass, source: Option<&'p dyn Source<T>>) -> BoxFuture<'p, Result<Ended>> {
    Box::pin(async move {
        match source {
            Some(source) => pull(pass, source).await,
            None => Ok(Ended::InStep),
        }
    })
}

fn push_to<'p, T: Project>(pass: &'p mut Pass, sink: Option<&'p dyn Sink<T>>) -> BoxFuture<'p, Result<Ended>> {
    Box::pin(async move {
        match sink {
            Some(sink) => push(pass, sink).await,
            None => Ok(Ended::InStep),
        }
    })
}
