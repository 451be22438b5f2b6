//! The first sync of a CRM's contacts, its memory, and a second one with nothing new.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::process::{Memory, Process};
use crate::stage::Stage;
use crate::table::{Line, float, megabytes};

/// At most so many times the yardstick's CPU.
const MOST_CPU: f64 = 3.0;
const MOST_MEMORY: u64 = 64_000_000;

/// What a first sync took.
#[derive(Debug)]
pub struct First {
    contacts: i64,
    cpu: Duration,
    memory: Memory,
    /// Tables that a second sync with nothing new changed.
    changed: Vec<&'static str>,
}

/// Connects the CRM, then lets a new process of the hub sync it, twice.
pub async fn measure(stage: &Stage) -> Result<First> {
    let hub = stage.serve().await?;
    let connection = stage.connect("hubspot").await?;
    hub.end().await?;
    let (hub, books) = (stage.serve().await?, stage.books().await?);
    let before = hub.cpu()?;
    stage.switch_on(&connection, "contacts", &Value::Null).await?;
    books.settled().await?;
    let (cpu, memory) = (hub.cpu()?.saturating_sub(before), hub.memory()?);
    let content = books.content().await?;
    stage.ask(Method::POST, &format!("connections/{connection}/sync"), &json!({ "mode": "run" })).await?;
    books.settled().await?;
    let after = books.content().await?;
    let changed = content.iter().zip(&after).filter(|(one, other)| one != other).map(|((table, ..), _)| *table).collect();
    let contacts = books.number("SELECT COUNT(*) FROM records WHERE kind = 'contact' AND NOT deleted").await?;
    let links = books.number("SELECT COUNT(*) FROM links WHERE NOT gone").await?;
    ensure!(contacts == links, "{contacts} contacts, but {links} links: the backfill is not whole");
    hub.end().await?;
    Ok(First { contacts, cpu, memory, changed })
}

/// The yardstick beside it.
pub async fn lines(stage: &Stage, quarter: &First, first: &First) -> Result<Vec<Line>> {
    let (count, cpu, memory) = fetch(stage).await?;
    ensure!(count == first.contacts, "the yardstick fetched {count} contacts, the hub has {}", first.contacts);
    let ratio = first.cpu.as_secs_f64() / cpu.as_secs_f64();
    let flat = Line {
        beside: format!("{} for {}", megabytes(quarter.memory.peak), quarter.contacts),
        ratio: format!("{:.2}", float(first.memory.peak) / float(quarter.memory.peak)),
        ..Line::alone(
            format!("Peak memory of that backfill; beside it: of a quarter, and the yardstick's {}", megabytes(memory.peak)),
            megabytes(first.memory.peak),
            "under 64 MB, flat",
            first.memory.peak < MOST_MEMORY,
        )
    };
    let writes = if first.changed.is_empty() { "no row".to_owned() } else { first.changed.join(", ") };
    Ok(vec![
        Line {
            beside: format!("{:.2} s", cpu.as_secs_f64()),
            ratio: format!("{ratio:.2}"),
            ..Line::alone(
                format!("Backfill of {count} contacts: CPU; beside it: fetch and upsert alone"),
                format!("{:.2} s", first.cpu.as_secs_f64()),
                "at most 3 times",
                ratio <= MOST_CPU,
            )
        },
        flat,
        Line::alone("A second sync with nothing new writes, besides its lease and place", writes, "nothing", first.changed.is_empty()),
    ])
}

/// Runs the yardstick: how many contacts it fetched, and what it took.
async fn fetch(stage: &Stage) -> Result<(i64, Duration, Memory)> {
    let own: &Path = &std::env::current_exe()?;
    let base = stage.tools.join("hubspot/crm/v3/objects/contacts")?;
    let mut command = Command::new(own);
    command.args(["fetch", "--base", base.as_str(), "--token", &stage.crm_token().await?, "--database"]).arg(stage.file("fetched.db"));
    let mut process = Process::start("the yardstick", command.stderr(Stdio::inherit()))?;
    let output = process.child.stdout.take().context("its output is piped")?;
    let told = BufReader::new(output).lines().next_line().await?.context("the yardstick ended too early")?;
    Ok((told.parse()?, process.cpu()?, process.memory()?))
}
