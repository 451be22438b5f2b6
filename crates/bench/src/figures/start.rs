//! How soon a hub with a full database is ready, what it holds while idle, and how large its binary is.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::latency::Latencies;
use crate::stage::Stage;
use crate::table::{Line, megabytes};

/// Starts that are measured; the middle one counts.
const STARTS: usize = 7;
/// How long the hub is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(10);

const MOST_TO_READY: Duration = Duration::from_secs(1);
const MOST_IDLE: u64 = 50_000_000;
const LARGEST: u64 = 40_000_000;

/// Measures.
pub async fn lines(stage: &Stage, harmony: &Path, contacts: u64) -> Result<Vec<Line>> {
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let begun = Instant::now();
        let hub = stage.serve().await?;
        times.push(begun.elapsed());
        hub.end().await?;
    }
    let hub = stage.serve().await?;
    tokio::time::sleep(IDLE).await;
    let idle = hub.memory()?.now;
    hub.end().await?;
    let size = std::fs::metadata(harmony).with_context(|| format!("{} is not there", harmony.display()))?.len();
    let ready = Latencies::of(times).percentile(50);
    Ok(vec![
        Line::alone(
            format!("Start to ready with {contacts} contacts in the database (the middle of {STARTS})"),
            format!("{:.3} s", ready.as_secs_f64()),
            "under 1 s",
            ready < MOST_TO_READY,
        ),
        Line::alone("Memory after ten idle seconds", megabytes(idle), "under 50 MB", idle < MOST_IDLE),
        Line::alone("The stripped release binary", megabytes(size), "under 40 MB", size < LARGEST),
    ])
}
