//! The figures that the hub is to reach, each measured beside the least program that does the same. Ships in nothing.
//!
//! `cargo xtask bench` builds the release binaries and runs this one. The hub, the emulated tools and the yardsticks run as
//! processes of their own, so that CPU and memory are read per process. Nothing here fails because of a time.
#![forbid(unsafe_code)]

mod books;
mod clock;
mod figures;
mod latency;
mod machine;
mod process;
mod stage;
mod table;
mod yardstick;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use figures::Figure;
use yardstick::fetch::Fetch;

#[derive(Debug, Parser)]
#[command(name = "bench", about = "Measures Harmony beside the least programs that do the same")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures and prints the table.
    Run {
        /// The hub's release binary; its folder takes the files of the run.
        #[arg(long)]
        harmony: PathBuf,
        /// Contacts at the emulated CRM.
        #[arg(long, default_value_t = 100_000)]
        contacts: u64,
        /// This figure alone (may be repeated).
        #[arg(long, value_enum)]
        only: Vec<Figure>,
    },
    /// The yardstick of the backfill: fetches the same pages and upserts them.
    #[command(hide = true)]
    Fetch(Fetch),
    /// The yardstick of webhooks: one insert for each request.
    #[command(hide = true)]
    Insert {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        database: PathBuf,
    },
}

fn main() -> ExitCode {
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(Arguments::parse().command)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Run { harmony, contacts, only } => figures::run(&harmony, contacts, &only).await,
        Command::Fetch(fetch) => yardstick::fetch::run(&fetch).await,
        Command::Insert { listen, database } => yardstick::insert::serve(listen, &database).await,
    }
}
