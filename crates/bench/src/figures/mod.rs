//! The figures: one file each. All are measured on one hub that was filled by the backfill.

mod backfill;
mod changes;
mod start;
mod webhooks;

use std::path::Path;

use anyhow::{Result, ensure};

use crate::machine;
use crate::stage::{CALLS, Stage};
use crate::table::{Line, draw};

/// What can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Figure {
    /// CPU and memory of the first sync, and the writes of the second.
    Backfill,
    /// From a change here to its request at the tool.
    Changes,
    /// Webhooks taken in a second.
    Webhooks,
    /// Time to be ready, idle memory, size of the binary.
    Start,
}

/// Measures, and prints the table. An aim that is missed is told, and is no error.
pub async fn run(harmony: &Path, contacts: u64, only: &[Figure]) -> Result<()> {
    ensure!(contacts >= 4_000, "4000 contacts are the least");
    let machine = machine::line();
    let wanted = |figure| only.is_empty() || only.contains(&figure);
    let mut lines: Vec<Line> = Vec::new();
    let quarter = if wanted(Figure::Backfill) {
        eprintln!("backfill of {} contacts …", contacts / 4);
        let stage = Stage::set(harmony, contacts / 4).await?;
        let first = backfill::measure(&stage).await?;
        stage.strike().await?;
        Some(first)
    } else {
        None
    };
    eprintln!("backfill of {contacts} contacts …");
    let stage = Stage::set(harmony, contacts).await?;
    let first = backfill::measure(&stage).await?;
    if let Some(quarter) = &quarter {
        eprintln!("the same pages by the yardstick …");
        lines.extend(backfill::lines(&stage, quarter, &first).await?);
    }
    if wanted(Figure::Changes) {
        eprintln!("changes …");
        lines.extend(changes::lines(&stage).await?);
    }
    if wanted(Figure::Webhooks) {
        eprintln!("webhooks …");
        lines.extend(webhooks::lines(&stage).await?);
    }
    if wanted(Figure::Start) {
        eprintln!("start …");
        lines.extend(start::lines(&stage, harmony, contacts).await?);
    }
    stage.strike().await?;
    println!("{machine} at the beginning");
    println!("{}", draw(&lines));
    println!(
        "The emulated tools, the hub and the yardsticks share this machine. Every budget was set to {CALLS} calls an interval, at the\n\
         emulators and in the hub (`calls_per_interval`), except HubSpot's five searches a second."
    );
    Ok(())
}
