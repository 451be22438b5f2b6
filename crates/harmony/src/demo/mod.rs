//! `harmony demo`: a hub and the emulated tools on loopback, real meetings, connections made through the tools' own pages,
//! and a table of what landed where. A second start goes on from the data directory.

mod report;
mod state;
mod tools;
mod world;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use store::Workspace;
use sync::import;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::config::Config;
use crate::serve::{Role, Running, wait_for_the_end};
use state::Kept;

/// Seed of the emulated tools: the same at every start, so that the journal plays.
const SEED: u64 = 7;
/// Looks in a row that find nothing to do before the demo calls it settled.
const QUIET_LOOKS: u32 = 6;

/// What the command line says.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArguments {
    /// A folder of meetings (json, vtt, srt, txt).
    #[arg(long)]
    meetings: Option<PathBuf>,
    /// Where the emulated tools listen.
    #[arg(long, default_value = "127.0.0.1:9400")]
    sandbox_listen: SocketAddr,
    /// Use emulated tools that run already (`harmony sandbox`) instead of starting them.
    #[arg(long, conflicts_with = "sandbox_listen")]
    sandbox_url: Option<Url>,
    /// Print the table and end, instead of staying up.
    #[arg(long)]
    exit: bool,
}

/// Runs the demo.
pub async fn run(mut config: Config, arguments: &DemoArguments) -> Result<()> {
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("the data directory {} cannot be made", config.data_dir.display()))?;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let own: Url = format!("http://{}", arguments.sandbox_listen).parse()?;
    let sandbox_url = arguments.sandbox_url.clone().unwrap_or_else(|| own.clone());
    tools::configure(&mut config, &sandbox_url);
    if arguments.sandbox_url.is_none() {
        let journal = config.data_dir.join("sandbox.journal");
        start_sandbox(&config, &own, arguments.sandbox_listen, &journal, &tasks, &stop).await?;
    }
    let running = Running::start(&config, &[Role::Web, Role::Hooks, Role::Worker]).await?;
    let mut kept = Kept::load(&config.data_dir)?;
    let (workspace, user) = state::workspace_and_admin(running.hub.store(), &mut kept).await?;
    kept.save(&config.data_dir)?;

    let files = meeting_files(arguments.meetings.as_deref())?;
    println!(
        "Meetings: {} from {}",
        files.len(),
        files.first().and_then(|file| file.parent()).map_or_else(String::new, |path| path.display().to_string())
    );
    let meetings = world::read(&files, kept.anchor)?;
    if !kept.world_is_made {
        world::make(&sandbox_url, &meetings, kept.anchor).await?;
        kept.world_is_made = true;
        kept.save(&config.data_dir)?;
    }
    for (key, input) in &meetings {
        let name = key.trim_start_matches("import:").to_owned();
        sync::meetings::upsert(&workspace, key, input, &model::Origin::Upload { name }).await?;
    }
    tools::connect_all(&running.hub, &workspace, &user, &kept, &sandbox_url, &config.public_url()).await?;
    settle(&workspace).await?;
    report::print(&running.hub, &workspace, &meetings, &sandbox_url).await?;
    println!("\nHarmony is at {}  (sign in as {} with the password {})", config.public_url(), state::ADMIN, kept.password);
    println!("What they were made to do: {sandbox_url}_sandbox/ledger");
    if !arguments.exit {
        println!("Ctrl-C ends it; a second start goes on from {}.", config.data_dir.display());
        wait_for_the_end().await?;
    }
    running.stop().await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    Ok(())
}

async fn start_sandbox(
    config: &Config,
    url: &Url,
    listen: SocketAddr,
    journal: &Path,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<()> {
    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("{listen} cannot be listened on; choose another with --sandbox-listen"))?;
    let redirect = format!("{}/connect/callback", config.public_url().as_str().trim_end_matches('/'));
    let options =
        sandbox::Options { specs: crate::config::specs(), redirect_uris: vec![redirect], seed: SEED, ..sandbox::Options::new(url.clone()) };
    let sandbox = sandbox::Sandbox::new(options)?.with_journal(journal).await?;
    let stopped = stop.clone().cancelled_owned();
    tasks.spawn(async move {
        if let Err(error) = sandbox::serve(listener, sandbox, stopped).await {
            tracing::error!(%error, "the sandbox stopped");
        }
    });
    Ok(())
}

/// The files of the folder that was named, else of the neighbouring collection of real meetings, else the samples.
fn meeting_files(named: Option<&Path>) -> Result<Vec<PathBuf>> {
    let neighbour = Path::new("../shared/data/meetings");
    let folder = match named {
        Some(folder) => folder.to_owned(),
        None if neighbour.is_dir() => neighbour.to_owned(),
        None => world::write_samples()?,
    };
    let entries = std::fs::read_dir(&folder).with_context(|| format!("the folder {} cannot be read", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if ["json", "vtt", "srt", "txt"].contains(&ending) {
            files.push(path);
        }
    }
    files.sort();
    anyhow::ensure!(!files.is_empty(), "there is no meeting (json, vtt, srt, txt) in {}", folder.display());
    anyhow::ensure!(
        files.iter().all(|file| std::fs::metadata(file).is_ok_and(|about| about.len() <= import::LARGEST as u64)),
        "a file is too large"
    );
    Ok(files)
}

/// Waits until nothing is left to sync: no stream runs or wants to run, no write waits for its answer, no tool is waited for.
async fn settle(workspace: &Workspace) -> Result<()> {
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg}")?);
    let mut quiet = 0;
    while quiet < QUIET_LOOKS {
        let (busy, open, delayed) = (workspace.busy_streams().await?, workspace.open_intents().await?, delayed(workspace).await?);
        quiet = if busy == 0 && open == 0 && !delayed { quiet + 1 } else { 0 };
        bar.set_message(format!(
            "first syncs: {busy} streams at work, {open} answers awaited, {} changes so far",
            workspace.last_seq().await?
        ));
        bar.tick();
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    bar.finish_and_clear();
    Ok(())
}

/// Whether a tool asked for patience.
async fn delayed(workspace: &Workspace) -> Result<bool> {
    for connection in workspace.connections().await? {
        if workspace.status_evidence(&connection.id).await?.delayed.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
