//! `harmony runs`: the passes of a connection's streams that did something.

use anyhow::Result;
use serde_json::Value;

use super::client::Ask;
use super::connections::ITEMS;
use super::show::{Column, Desk, Noun, Paging, facts, rows};

const COLUMNS: [Column; 10] = [
    ("Id", "/id"),
    ("Capability", "/capability"),
    ("Way", "/way"),
    ("Reason", "/reason"),
    ("State", "/state"),
    ("Started", "/started"),
    ("Created", "/counts/created"),
    ("Updated", "/counts/updated"),
    ("Failed", "/counts/failed"),
    ("Error", "/error"),
];

/// What to do with runs.
#[derive(Debug, clap::Subcommand)]
pub enum RunsCommand {
    /// Lists a connection's runs, newest first.
    List {
        #[arg(long)]
        connection: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// Shows one, and how the records fared that it was the last to touch.
    Show {
        id: String,
        #[arg(long)]
        connection: String,
    },
}

/// Does it.
pub async fn run(noun: Noun<RunsCommand>) -> Result<()> {
    let desk = Desk::open(noun.json)?;
    match noun.command {
        RunsCommand::List { connection, paging } => list(&desk, &connection, paging).await,
        RunsCommand::Show { id, connection } => {
            let answer = desk.ask(Ask::get(["connections", &connection, "runs", &id])).await?;
            desk.show(&answer, |value| {
                facts(value.get("run").unwrap_or(&Value::Null));
                rows(value.get("items").unwrap_or(&Value::Null), &ITEMS);
            });
            Ok(())
        }
    }
}

/// Lists a connection's runs.
pub async fn list(desk: &Desk, connection: &str, paging: Paging) -> Result<()> {
    desk.list(paging.of(Ask::get(["connections", connection, "runs"])), &COLUMNS).await
}
