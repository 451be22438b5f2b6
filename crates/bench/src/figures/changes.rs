//! From a change of a record here to its request at the tool, while 200 records change each second, beside a program that
//! writes one row and calls.

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
use crate::yardstick;

/// Changes a second, and the time between two.
const RATE: u64 = 200;
const INTERVAL_MICROS: i64 = 5_000;
/// Changes that come first and are not counted, and those that are.
const WARM_UP: u64 = 2 * RATE;
const COUNTED: u64 = 10 * RATE;
/// The longest that the hub may add to 99 of 100 changes.
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
    figure: "Change to request, 200 a second: contacts, many in a call; beside it: a row, then the call",
    path: "contacts",
    field: "job_title",
    tool: "hubspot",
    action: "contact.update",
    at: "/properties/jobtitle",
};
const TASKS: Course = Course {
    figure: "Change to request, 200 a second: action items, one a call; beside it: as above",
    path: "action-items",
    field: "text",
    tool: "linear",
    action: "issue.update",
    at: "/title",
};

/// Measures contacts at the CRM, by the yardstick and by the hub, then action items at the task tool.
pub async fn lines(stage: &Stage) -> Result<Vec<Line>> {
    let (hub, books) = (stage.serve().await?, stage.books().await?);
    let contacts = books.texts("SELECT id FROM records WHERE kind = 'contact' ORDER BY id LIMIT $1", WARM_UP + COUNTED).await?;
    let remotes =
        books.texts("SELECT remote_id FROM links WHERE capability = 'contacts' ORDER BY remote_id DESC LIMIT $1", WARM_UP + COUNTED);
    let beside = by_the_yardstick(stage, &books, remotes.await?).await?;
    let of_contacts = by_the_hub(stage, &books, &CONTACTS, contacts).await?;
    let items = make_action_items(stage, &books).await?;
    let of_tasks = by_the_hub(stage, &books, &TASKS, items).await?;
    hub.end().await?;
    Ok(vec![line(&CONTACTS, &of_contacts, &beside), line(&TASKS, &of_tasks, &beside)])
}

fn line(course: &Course, latencies: &Latencies, beside: &Latencies) -> Line {
    let ratio = latencies.percentile(99).as_secs_f64() / beside.percentile(99).as_secs_f64();
    let added = latencies.percentile(99).saturating_sub(beside.percentile(99));
    Line {
        beside: beside.to_string(),
        ratio: format!("{ratio:.2}"),
        ..Line::alone(course.figure, latencies.to_string(), "p99 under 50 ms added", added < MOST)
    }
}

/// Changes each record once, by the hub's API.
async fn by_the_hub(stage: &Stage, books: &Books, course: &Course, records: Vec<String>) -> Result<Latencies> {
    books.settled().await?;
    let begin = clock::now() + SignedDuration::from_millis(100);
    let mut calls = JoinSet::new();
    for (number, record) in records.iter().enumerate() {
        let (body, path) = (json!({ course.field: mark("Change", number) }), format!("api/v1/{}/{record}", course.path));
        let request = stage.client.patch(stage.hub.join(&path)?).bearer_auth(stage.token()).json(&body);
        wait_for(planned(begin, number)).await;
        calls.spawn(async move { request.send().await?.error_for_status() });
    }
    while let Some(done) = calls.join_next().await {
        done??;
    }
    books.settled().await?;
    measured(stage, course, "Change", begin, records.len()).await
}

/// The least that keeps a change and brings it to the tool: one durable row, then the call.
async fn by_the_yardstick(stage: &Stage, books: &Books, remotes: Vec<String>) -> Result<Latencies> {
    books.settled().await?;
    let (pool, token) = (yardstick::open(&stage.file("changes.db")).await?, stage.crm_token().await?);
    sqlx::query("CREATE TABLE changes (id INTEGER PRIMARY KEY, remote TEXT NOT NULL, text TEXT NOT NULL)").execute(&pool).await?;
    let begin = clock::now() + SignedDuration::from_millis(100);
    let mut calls = JoinSet::new();
    for (number, remote) in remotes.iter().enumerate() {
        let (text, remote, pool) = (mark("Bare", number), remote.clone(), pool.clone());
        let url = stage.tools.join(&format!("hubspot/crm/v3/objects/contacts/{remote}"))?;
        let request = stage.client.patch(url).bearer_auth(&token).json(&json!({ "properties": { "jobtitle": text } }));
        wait_for(planned(begin, number)).await;
        calls.spawn(async move {
            sqlx::query("INSERT INTO changes (remote, text) VALUES ($1, $2)").bind(remote).bind(text).execute(&pool).await?;
            anyhow::Ok(request.send().await?.error_for_status()?)
        });
    }
    while let Some(done) = calls.join_next().await {
        done??;
    }
    measured(stage, &CONTACTS, "Bare", begin, remotes.len()).await
}

/// When a change is to happen. Its time begins then, so that whoever makes callers wait is not flattered.
fn planned(begin: Timestamp, number: usize) -> Timestamp {
    begin + SignedDuration::from_micros(i64::try_from(number).unwrap_or(0) * INTERVAL_MICROS)
}

async fn wait_for(at: Timestamp) {
    tokio::time::sleep(at.duration_since(clock::now()).try_into().unwrap_or(Duration::ZERO)).await;
}

/// The times from plan to arrival, after the warm-up.
async fn measured(stage: &Stage, course: &Course, word: &str, begin: Timestamp, count: usize) -> Result<Latencies> {
    let arrived = arrivals(stage, course).await?;
    let mut times = Vec::with_capacity(count);
    for number in usize::try_from(WARM_UP)?..count {
        let at = arrived.get(&mark(word, number)).with_context(|| format!("change {number} never came to {}", course.tool))?;
        times.push(Duration::try_from(at.duration_since(planned(begin, number)))?);
    }
    Ok(Latencies::of(times))
}

fn mark(word: &str, number: usize) -> String {
    format!("{word} {number}")
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
