//! `harmony audit`: who did what. It is read through the API, and checked where the database is, or in a file of its rows: a check
//! should not have to believe the hub that is checked.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::client::Ask;
use super::setup::workspace;
use super::show::{Column, Desk, Noun, Paging};
use crate::config::Config;

const COLUMNS: [Column; 6] =
    [("Number", "/seq"), ("At", "/at"), ("Who", "/actor"), ("From", "/address"), ("What", "/act"), ("To what", "/target")];

/// Rows asked for at once.
const ROWS: u32 = 200;

/// What to do with the trail.
#[derive(Debug, clap::Subcommand)]
pub enum AuditCommand {
    /// Lists acts, newest first.
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Proves that no row was changed: in the database, or in a file from `export`.
    Verify { file: Option<PathBuf> },
    /// Prints the whole trail, oldest first, one row of JSON per line.
    Export {
        /// Goes on after this number.
        #[arg(long, default_value_t = 0)]
        after: i64,
    },
}

/// Does it.
pub async fn run(config: impl FnOnce() -> Result<Config>, noun: Noun<AuditCommand>) -> Result<()> {
    match noun.command {
        AuditCommand::List { paging } => Desk::open(noun.json)?.list(paging.of(Ask::get(["audit"])), &COLUMNS).await,
        AuditCommand::Verify { file } => verify(config, file, noun.json).await,
        AuditCommand::Export { after } => export(after).await,
    }
}

async fn verify(config: impl FnOnce() -> Result<Config>, file: Option<PathBuf>, as_json: bool) -> Result<()> {
    let checked = match file {
        None => workspace(&config()?).await?.verify_audit().await?,
        Some(file) => {
            let rows = File::open(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            store::audit::verify_lines(BufReader::new(rows))
        }
    };
    match checked {
        Ok(head) if as_json => println!("{}", json!({ "intact": true, "head": head })),
        Ok(head) => println!("Unbroken: {} rows.", head.seq),
        Err(fault) if as_json => {
            println!("{}", json!({ "intact": false, "fault": fault }));
            bail!("the audit trail is broken: {fault}");
        }
        Err(fault) => bail!("the audit trail is broken: {fault}"),
    }
    Ok(())
}

async fn export(mut after: i64) -> Result<()> {
    let desk = Desk::open(true)?;
    let mut out = std::io::stdout().lock();
    loop {
        let page = desk.ask(Ask::get(["audit"]).query("after", Some(after)).query("limit", Some(ROWS))).await?.value;
        let rows = page.get("items").and_then(Value::as_array).context("the hub answered without rows")?;
        for row in rows {
            writeln!(out, "{row}")?;
            after = row.get("seq").and_then(Value::as_i64).context("a row has no number")?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}
