//! Explore reports: a job is created, looked at until it is done, and its file fetched from the store. Of the report types, `calls` is emulated.
//!
//! docs.talkdesk.com/reference/execute-a-report, /check-a-report-status, /download-a-report; /docs/calls-report.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::problem::{Api, problem};
use super::query::Query;
use super::world::{Format, Job, JobState};
use super::{ID, Talkdesk, report};
use crate::kit::Refusal;

const READ: &[&str] = &["data-reports:read"];
const WRITE: &[&str] = &["data-reports:write"];

/// Reports that one account may have in the making.
const MOST_AT_ONCE: usize = 15;
/// "Up to a month of data per request" (docs/calls-report).
const LONGEST_HOURS: i64 = 31 * 24;

pub(super) async fn create(
    State(talkdesk): State<Arc<Talkdesk>>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    talkdesk.admit(&headers, Api::Explore, WRITE)?;
    check_type(&kind)?;
    let wanted = read_wanted(&body)?;
    let mut world = talkdesk.world();
    let in_the_making = world.jobs.values().filter(|job| matches!(job.state, JobState::Created | JobState::Processing)).count();
    if in_the_making >= MOST_AT_ONCE {
        let body = json!({
            "code": "1020017",
            "message": "Reached the maximum of account-based quota of 15 simultaneous reports",
            "description": "The account is using all of it's available quota.",
        });
        return Err(Refusal::json(StatusCode::TOO_MANY_REQUESTS, body));
    }
    let job = Job { id: talkdesk.kit.uuid().to_string(), ..wanted };
    talkdesk.kit.ledger.record(ID, "report.create", &job.id, None, json!({ "type": kind, "from": job.from, "to": job.to }));
    let answer = job_object(&talkdesk, &job);
    world.jobs.insert(job.id.clone(), job);
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

pub(super) async fn list(
    State(talkdesk): State<Arc<Talkdesk>>,
    Path(kind): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    talkdesk.admit(&headers, Api::Explore, READ)?;
    check_type(&kind)?;
    let paging = Query::read(Api::Explore, query.as_deref(), &["page", "per_page"])?.paging(20, 200)?;
    let jobs: Vec<Value> = talkdesk
        .world()
        .jobs
        .values()
        .map(|job| {
            let mut object = job_object(&talkdesk, job);
            let mut flat = object["job"].take();
            flat["_links"] = object["_links"].take();
            flat
        })
        .collect();
    Ok(Json(paging.frame(&talkdesk, "/data/reports/calls/jobs", "jobs", &jobs)))
}

/// 200 while it is being made, then 303 to its file. Each look moves the job one step.
pub(super) async fn status(
    State(talkdesk): State<Arc<Talkdesk>>,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    talkdesk.admit(&headers, Api::Explore, READ)?;
    check_type(&kind)?;
    let mut world = talkdesk.world();
    let job = world.jobs.get_mut(&id).ok_or_else(|| problem(StatusCode::NOT_FOUND, "1020011", "Report execution not found"))?;
    job.state = match job.state {
        JobState::Created => JobState::Processing,
        JobState::Processing | JobState::Done => JobState::Done,
        JobState::Failed => JobState::Failed,
    };
    let answer = Json(job_object(&talkdesk, job));
    if job.state == JobState::Done {
        let location = talkdesk.link(&format!("/data/reports/calls/files/{id}"));
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)], answer).into_response());
    }
    Ok(answer.into_response())
}

/// A redirect to where the file is stored.
pub(super) async fn file(
    State(talkdesk): State<Arc<Talkdesk>>,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    talkdesk.admit(&headers, Api::Explore, READ)?;
    check_type(&kind)?;
    let done = talkdesk.world().jobs.get(&id).is_some_and(|job| job.state == JobState::Done);
    if !done {
        return Err(problem(StatusCode::NOT_FOUND, "1020008", "Report file not found"));
    }
    let location = talkdesk.signed(&format!("/files/reports/{id}"), "1");
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

/// The store behind the redirect; needs no token.
pub(super) async fn stored(
    State(talkdesk): State<Arc<Talkdesk>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    talkdesk.check_signed(&format!("/files/reports/{id}"), query.as_deref())?;
    let world = talkdesk.world();
    let job = world.jobs.get(&id).ok_or_else(|| problem(StatusCode::NOT_FOUND, "1020008", "Report file not found"))?;
    Ok(match job.format {
        Format::Json => Json(report::json(&talkdesk, &world, job)).into_response(),
        Format::Csv => ([(header::CONTENT_TYPE, "text/csv")], report::csv(&talkdesk, &world, job)).into_response(),
    })
}

fn check_type(kind: &str) -> Result<(), Refusal> {
    if kind == "calls" { Ok(()) } else { Err(Api::Explore.bad_request("report_type", "report_type does not have a valid value")) }
}

/// The job that the body asks for, without its id.
fn read_wanted(body: &[u8]) -> Result<Job, Refusal> {
    let bad = |field: &str, reason: &str| Api::Explore.bad_request(field, reason);
    let wanted: Map<String, Value> = serde_json::from_slice(body).map_err(|_| bad("body", "is no JSON object"))?;
    if let Some(name) = wanted.keys().find(|name| !["name", "timezone", "format", "timespan"].contains(&name.as_str())) {
        return Err(bad(name, "is not a parameter"));
    }
    let text = |name: &str, usual: &str| match wanted.get(name) {
        None => Ok(usual.to_owned()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(bad(name, "must be a string")),
    };
    let format = match text("format", "csv")?.as_str() {
        "csv" => Format::Csv,
        "json" => Format::Json,
        "json_bulk" => return Err(bad("format", "json_bulk is real, but what its file looks like is not established: not emulated")),
        _ => return Err(bad("format", "format does not have a valid value")),
    };
    let timezone = text("timezone", "UTC")?;
    if TimeZone::get(&timezone).is_err() {
        return Err(problem(StatusCode::BAD_REQUEST, "1020016", "Invalid timezone received"));
    }
    let bound = |name: &str| -> Result<Timestamp, Refusal> {
        let field = format!("timespan[{name}]");
        let value = wanted.get("timespan").and_then(|span| span[name].as_str());
        let value = value.ok_or_else(|| bad(&field, &format!("{field} is missing")))?;
        value.parse().map_err(|_| bad(&field, &format!("{field} format is not supported")))
    };
    let (from, to) = (bound("from")?, bound("to")?);
    if from >= to {
        return Err(problem(StatusCode::BAD_REQUEST, "1020005", "Timespan lower boundary must be older than upper boundary"));
    }
    if to.duration_since(from) > SignedDuration::from_hours(LONGEST_HOURS) {
        return Err(problem(StatusCode::BAD_REQUEST, "1020013", "Requested report time span too long"));
    }
    Ok(Job { id: String::new(), name: text("name", "calls")?, timezone, format, from, to, state: JobState::Created })
}

fn job_object(talkdesk: &Talkdesk, job: &Job) -> Value {
    json!({
        "job": {
            "id": job.id,
            "name": job.name,
            "timezone": job.timezone,
            "status": match job.state {
                JobState::Created => "created",
                JobState::Processing => "processing",
                JobState::Done => "done",
                JobState::Failed => "failed",
            },
            "format": match job.format {
                Format::Csv => "csv",
                Format::Json => "json",
            },
            "timespan": { "from": job.from, "to": job.to },
        },
        "_links": {
            "self": { "href": talkdesk.link(&format!("/data/reports/calls/jobs/{}", job.id)) },
            "files": { "href": talkdesk.link(&format!("/data/reports/calls/files/{}", job.id)) },
        },
    })
}
