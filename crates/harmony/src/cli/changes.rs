//! `harmony changes`: the log, once or as it grows.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::client::Ask;
use super::show::{Column, Desk, rows};

const COLUMNS: [Column; 6] = [
    ("Number", "/seq"),
    ("At", "/at"),
    ("Record", "/record"),
    ("Operation", "/operation"),
    ("Fields", "/fields/*/field"),
    ("By", "/origin/by"),
];

/// Between two looks at a log that had nothing new.
const LOOK: Duration = Duration::from_secs(1);

/// `harmony changes`.
#[derive(Debug, clap::Args)]
pub struct ChangesArguments {
    /// The last number that is known already.
    #[arg(long, default_value_t = 0)]
    after: i64,
    /// Rows at a time, up to 200.
    #[arg(long)]
    limit: Option<u32>,
    /// Goes on with what comes, until it is stopped.
    #[arg(long)]
    follow: bool,
    /// Prints the API's answers as they are, in JSON, one per line.
    #[arg(long)]
    json: bool,
}

/// Does it.
pub async fn run(arguments: ChangesArguments) -> Result<()> {
    let desk = Desk::open(arguments.json)?;
    let mut after = arguments.after;
    loop {
        let answer = desk.ask(Ask::get(["changes"]).query("after", Some(after)).query("limit", arguments.limit)).await?;
        let reached = answer.value.get("after").and_then(Value::as_i64).context("the hub did not say how far its log goes")?;
        if reached > after || !arguments.follow {
            desk.show(&answer, |value| rows(value.get("items").unwrap_or(&Value::Null), &COLUMNS));
        }
        if !arguments.follow {
            return Ok(());
        }
        if answer.value.get("more") != Some(&Value::Bool(true)) {
            tokio::time::sleep(LOOK).await;
        }
        after = reached;
    }
}
