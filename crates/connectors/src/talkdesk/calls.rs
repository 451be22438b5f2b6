//! Which calls there were: Talkdesk has no list of calls, so a report is ordered, looked after, and read when it is done.

use connector_kit::request::segment;
use connector_kit::{Error, ErrorKind, MediaStream, Result, Session};
use futures::StreamExt;
use jiff::Timestamp;

use super::map;
use super::wire::{Call, Job, JobAnswer, JobOrFile, JobRequest, Timespan};

/// A report longer than this is refused.
const LONGEST: usize = 64 << 20;

/// Where an ordered report stands.
#[derive(Debug)]
pub(super) enum Report {
    Running,
    /// Its calls, by start and id.
    Done(Vec<Call>),
    /// It failed, or is kept no longer: order it again.
    Lost,
}

/// Orders the report of the calls that ended in a time span; gives the job's id.
pub(super) async fn order(session: &Session, from: Timestamp, to: Timestamp) -> Result<String> {
    let timespan = Timespan { from: from.to_string(), to: to.to_string() };
    let body = JobRequest { name: "Harmony calls", timezone: "UTC", format: "json", timespan };
    // An order too many costs Talkdesk one report that nobody reads.
    let answer = session.post("/data/reports/calls/jobs").json(&body).repeatable().fetch().await?;
    let (JobAnswer::Wrapped { job } | JobAnswer::Bare(job)) = answer;
    Ok(job.id)
}

/// Looks after a report. The job's address redirects to the file once there is one, and the file's to a signed address
/// elsewhere, to which the token does not go.
pub(super) async fn look(session: &Session, job: &str) -> Result<Report> {
    let answer = match read(session, format!("/data/reports/calls/jobs/{}", segment(job))).await {
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(Report::Lost),
        answer => answer?,
    };
    match answer {
        Some(JobOrFile::File { entries }) => Ok(Report::Done(sorted(entries))),
        Some(JobOrFile::Wrapped { job: Job { id, status } } | JobOrFile::Bare(Job { id, status })) => match status.as_str() {
            "done" => file(session, &id).await,
            "failed" | "canceled" | "deleted" => Ok(Report::Lost),
            _ => Ok(Report::Running),
        },
        None => Ok(Report::Running),
    }
}

/// Reads the file of a finished report.
async fn file(session: &Session, job: &str) -> Result<Report> {
    match read(session, format!("/data/reports/calls/files/{}", segment(job))).await {
        Ok(Some(JobOrFile::File { entries })) => Ok(Report::Done(sorted(entries))),
        Ok(_) => Ok(Report::Running),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Report::Lost),
        Err(error) => Err(error),
    }
}

fn sorted(mut calls: Vec<Call>) -> Vec<Call> {
    calls.sort_by_key(|call| (map::started(call), map::id(call)));
    calls
}

/// `None`: an empty answer, as a job gives that has not begun.
async fn read(session: &Session, target: String) -> Result<Option<JobOrFile>> {
    let body = whole(session.get(target).stream().await?).await?;
    if body.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(&body).map(Some).map_err(|error| Error::protocol(format!("a report of Talkdesk cannot be read: {error}")))
}

async fn whole(mut stream: MediaStream) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk?);
        if body.len() > LONGEST {
            return Err(Error::protocol("a report of Talkdesk is longer than 64 MB"));
        }
    }
    Ok(body)
}
