//! `cargo xtask bench`: builds the release binaries and runs the measurements, which are the room `bench`.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::repository::Repository;
use crate::{command, metadata};

/// What to measure.
#[derive(Args)]
pub struct Wish {
    /// Contacts at the emulated CRM.
    #[arg(long, default_value_t = 100_000)]
    contacts: u64,
    /// This figure alone (may be repeated): backfill, changes, webhooks, start.
    #[arg(long, value_name = "FIGURE")]
    only: Vec<String>,
}

/// Builds, then measures. An aim that is missed is told, and is no failure.
pub fn run(repository: &Repository, wish: &Wish) -> Result<()> {
    command::run(&mut command::cargo(repository, &["build", "--release", "--locked", "--workspace", "--bins"]))?;
    let built = metadata::load(repository)?.target_directory.join("release");
    let mut bench = Command::new(built.join("bench"));
    bench.args(["run", "--contacts", &wish.contacts.to_string(), "--harmony"]).arg(built.join("harmony"));
    bench.args(wish.only.iter().flat_map(|figure| ["--only", figure]));
    command::run(&mut bench)
}
