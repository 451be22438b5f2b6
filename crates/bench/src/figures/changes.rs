//! From a change of a record here to its request at the tool, while 200 records change each second.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::books::Books;
use crate::clock;
use crate::latency::Latencies;
use crate::stage::{Stage, text};
use crate::table::Line;

/// Changes a second.
const RATE: u64 = 200;
/// Changes that come first and are not counted, and those that are.
const WARM_UP: u64 = 2 * RATE;
const COUNTED: u64 = 10 * RATE;
/// The longest that 99 of 100 changes may take.
const MOST: Duration = Duration::from_millis(50);
/// Calls under way at once where records are made for the measurement.
const AT_ONCE: usize = 16;

/// One kind of record at one tool.
struct Course {
    figure: &'static str,
    /// The collection of the hub's API, and the field that is changed.
    path: &'static str,
    field: &'static str,
    tool: &'static str,
    action: &'static str,
    /// Where the field's new text stands in an effect's body.
    at: &'static str,
}

const CONTACTS: Course = Course {
    figure: "Change to request, 200 a second: contacts, many in one call",
    path: "contacts",
    field: "job_title",
    tool: "hubspot",
    action: "contact.update",
    at: "/properties/jobtitle",
};
const TASKS: Course = Course {
    figure: "Change to request, 200 a second: action items, one a call",
    path: "action-items",
    field: "text",
    tool: "linear",
    action: "issue.update",
    at: "/title",
};

/// Measures contacts at the CRM, then action items at the task tool.
pub async fn lines(stage: &Stage) -> Result<Vec<Line>> {
    let (hub, books) = (stage.serve().await?, stage.books().await?);
    let contacts = books.texts("SELECT id FROM records WHERE kind = 'contact' ORDER BY id LIMIT $1", WARM_UP + COUNTED).await?;
    let of_contacts = line(stage, &books, &CONTACTS, contacts).await?;
    let items = make_action_items(stage, &books).await?;
    let of_tasks = line(stage, &books, &TASKS, items).await?;
    hub.end().await?;
    Ok(vec![of_contacts, of_tasks])
}

async fn line(stage: &Stage, books: &Books, course: &Course, records: Vec<String>) -> Result<Line> {
    let latencies = run(stage, books, course, records).await?;
    Ok(Line::alone(course.figure, latencies.to_string(), "p99 under 50 ms", latencies.percentile(99) < MOST))
}

/// Changes each record once, at its planned instant, and reads from the emulator when that came to the tool. The time of a
/// change begins at its planned instant, so that a hub that makes callers wait is not flattered.
async fn run(stage: &Stage, books: &Books, course: &Course, records: Vec<String>) -> Result<Latencies> {
    books.settled().await?;
    let begin = clock::now() + SignedDuration::from_millis(100);
    let planned = |number: usize| begin + SignedDuration::from_micros(i64::try_from(number).unwrap_or(0) * 1_000_000 / 200);
    let mut calls = JoinSet::new();
    for (number, record) in records.iter().enumerate() {
        let wait = planned(number).duration_since(clock::now());
        tokio::time::sleep(wait.try_into().unwrap_or(Duration::ZERO)).await;
        let (body, path) = (json!({ course.field: mark(number) }), format!("api/v1/{}/{record}", course.path));
        let request = stage.client.patch(stage.hub.join(&path)?).bearer_auth(stage.token()).json(&body);
        calls.spawn(async move { request.send().await?.error_for_status() });
    }
    while let Some(done) = calls.join_next().await {
        done??;
    }
    books.settled().await?;
    let arrived = arrivals(stage, course).await?;
    let mut times = Vec::with_capacity(records.len());
    for number in usize::try_from(WARM_UP)?..records.len() {
        let at = arrived.get(&mark(number)).with_context(|| format!("change {number} never came to {}", course.tool))?;
        times.push(Duration::try_from(at.duration_since(planned(number)))?);
    }
    Ok(Latencies::of(times))
}

fn mark(number: usize) -> String {
    format!("Change {number}")
}

/// When each change came, by the emulator's stamp.
async fn arrivals(stage: &Stage, course: &Course) -> Result<HashMap<String, Timestamp>> {
    let mut arrived = HashMap::new();
    for effect in stage.effects(course.tool, course.action).await? {
        if let Some(mark) = effect["body"].pointer(course.at).and_then(Value::as_str) {
            arrived.insert(mark.to_owned(), text(&effect, "at")?.parse()?);
        }
    }
    Ok(arrived)
}

/// Connects the task tool, and makes the action items that are changed; all have their issue before it begins.
async fn make_action_items(stage: &Stage, books: &Books) -> Result<Vec<String>> {
    let connection = stage.connect("linear").await?;
    let teams = stage.ask(Method::GET, &format!("connections/{connection}/destinations?capability=tasks"), &Value::Null).await?;
    let team = teams["items"].get(0).context("the task tool has a team")?;
    stage.switch_on(&connection, "tasks", team).await?;
    let mut made = Vec::new();
    let all: Vec<u64> = (0..WARM_UP + COUNTED).collect();
    for some in all.chunks(AT_ONCE) {
        let mut calls = JoinSet::new();
        for number in some {
            let body = json!({ "text": format!("Action item {number}") });
            let request = stage.client.post(stage.hub.join("api/v1/action-items")?).bearer_auth(stage.token()).json(&body);
            calls.spawn(async move { request.send().await?.error_for_status()?.json::<Value>().await });
        }
        while let Some(answer) = calls.join_next().await {
            made.push(text(&answer??, "id")?);
        }
    }
    books.settled().await?;
    let linked = books.number("SELECT COUNT(*) FROM links WHERE capability = 'tasks'").await?;
    ensure!(usize::try_from(linked)? == made.len(), "{} action items were made, {linked} have an issue", made.len());
    Ok(made)
}
