//! `harmony serve`: opens everything in order, serves until told to stop, and finishes what is under way.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use connector_kit::{Network, RetryPolicy};
use model::WorkspaceId;
use server::{App, Doors, ServerOptions};
use store::media::MediaStore;
use store::{MasterKeys, Store};
use sync::{Hub, HubParts};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::alive::{self, Alive};
use crate::config::Config;
use crate::env::System;

/// How often subscriptions are renewed, old rows pruned and measurements sorted.
const UPKEEP: Duration = Duration::from_mins(1);

/// How often a process looks whether another one of this machine has ended.
const VIGIL: Duration = Duration::from_secs(5);

/// Which parts of the hub a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Pages, sign-in at tools and the API.
    Web,
    /// The streams.
    Worker,
    /// Inbound webhooks.
    Hooks,
}

/// The doors that the roles open.
fn doors(roles: &[Role]) -> Option<Doors> {
    match (roles.contains(&Role::Web), roles.contains(&Role::Hooks)) {
        (true, true) => Some(Doors::All),
        (true, false) => Some(Doors::Web),
        (false, true) => Some(Doors::Hooks),
        (false, false) => None,
    }
}

/// Opens the store with the configured keys.
pub async fn open_store(config: &Config) -> Result<Store> {
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("the data directory {} cannot be made", config.data_dir.display()))?;
    let keys = MasterKeys::load_or_create(&config.master_key_file(), &System)?;
    Ok(Store::open(&config.database_url(), keys, Arc::new(System)).await?)
}

/// Puts the hub together.
pub async fn open_hub(config: &Config) -> Result<Hub> {
    let store = open_store(config).await?;
    let connectors = connectors::all();
    let known: Vec<&str> = connectors.iter().map(|connector| connector.manifest().id).collect();
    Ok(Hub::new(HubParts {
        integrations: config.integrations(&known)?,
        media: MediaStore::open(&config.media_url(), &Config::media_settings()).await?,
        network: Network::new()?,
        public_url: config.public_url(),
        policy: RetryPolicy::default(),
        env: Arc::new(System),
        connectors,
        store,
    }))
}

/// A running hub.
pub struct Running {
    pub hub: Hub,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Held as long as this process works.
    _at_work: Option<AtWork>,
}

/// That a process works, as others can see it.
enum AtWork {
    /// On an embedded database, alone.
    Alone { _lock: File },
    /// Among others.
    Among { _alive: Alive },
}

impl Running {
    /// Starts the given roles.
    pub async fn start(config: &Config, roles: &[Role]) -> Result<Self> {
        let hub = open_hub(config).await?;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        server::metrics::begin();
        tasks.spawn(tidy(stop.clone()));
        let app = App::new(hub.clone(), ServerOptions { behind_proxy: config.behind_proxy });
        if let Some(address) = config.metrics_listen {
            let listener = listen(address, "HARMONY_METRICS_LISTEN").await?;
            let serving = server::serve_watch(listener, app.clone(), stop.clone().cancelled_owned());
            tasks.spawn(report(serving));
        }
        if let Some(doors) = doors(roles) {
            let listener = listen(config.listen, "HARMONY_LISTEN").await?;
            tasks.spawn(report(server::serve(listener, app, doors, stop.clone().cancelled_owned())));
        }
        let mut at_work = None;
        if roles.contains(&Role::Worker) {
            let owner = owner();
            at_work = Some(match hub.store().db() {
                store::Db::Sqlite { .. } => {
                    let lock = work_alone(config)?;
                    hub.store().end_leases_across_workspaces().await?;
                    AtWork::Alone { _lock: lock }
                }
                store::Db::Postgres(_) => {
                    let folder = config.data_dir.join("workers");
                    let alive = Alive::prove(&folder, &owner)?;
                    tasks.spawn(take_up(hub.clone(), folder, stop.clone()));
                    AtWork::Among { _alive: alive }
                }
            });
            tasks.spawn(sync::worker::work(hub.clone(), owner, stop.clone()));
            tasks.spawn(upkeep(hub.clone(), stop.clone()));
        }
        Ok(Self { hub, tasks, stop, _at_work: at_work })
    }

    /// Stops taking work, ends what is under way, closes the database.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(Duration::from_secs(10), self.tasks.wait()).await.is_err() {
            tracing::warn!("some work was still under way after ten seconds; it goes on at the next start");
        }
        self.hub.store().db().close().await;
    }
}

async fn listen(address: SocketAddr, variable: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{address} cannot be listened on; set {variable}"))
}

async fn report(serving: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = serving.await {
        tracing::error!(%error, "a web server stopped");
    }
}

/// An embedded database has one working process: a lock that ends with the process says so, and what a process that was
/// killed had under way can be taken up at once instead of after its leases ran out.
fn work_alone(config: &Config) -> Result<File> {
    let path = config.data_dir.join("worker.lock");
    let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    file.try_lock()
        .with_context(|| format!("another process works in {}; stop it first, or use PostgreSQL for several", config.data_dir.display()))?;
    Ok(file)
}

/// Takes up what processes of this machine had under way when they ended (docs/decisions/0013).
async fn take_up(hub: Hub, folder: PathBuf, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = take_up_once(&hub, &folder).await {
            tracing::error!(%error, "what ended processes had under way could not be taken up; it is once its leases ran out");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(VIGIL) => {}
        }
    }
}

async fn take_up_once(hub: &Hub, folder: &Path) -> Result<()> {
    for ended in alive::ended(folder)? {
        let leases = hub.store().end_leases_of_across_workspaces(&ended.owner).await?;
        tracing::info!(leases, owner = ended.owner, "a working process ended; what it had under way is taken up");
        ended.forget()?;
    }
    Ok(())
}

/// A name for this process's leases.
fn owner() -> String {
    let mut bytes = [0_u8; 4];
    model::Env::fill(&System, &mut bytes);
    format!("{}-{:08x}", std::process::id(), u32::from_le_bytes(bytes))
}

async fn tidy(stop: CancellationToken) {
    while !stop.is_cancelled() {
        server::metrics::tidy();
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(UPKEEP) => {}
        }
    }
}

async fn upkeep(hub: Hub, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(UPKEEP) => {}
        }
        if let Err(error) = sync::subscriptions::renew_across_workspaces(&hub).await {
            tracing::error!(%error, "webhooks could not be renewed");
        }
        if let Err(error) = hub.store().prune_sessions_across_workspaces().await {
            tracing::error!(%error, "old sessions could not be pruned");
        }
        if let Err(error) = hub.store().prune_deliveries_across_workspaces().await {
            tracing::error!(%error, "old deliveries could not be pruned");
        }
    }
}

/// Serves until Ctrl-C or a request to end.
pub async fn run(config: &Config, roles: &[Role]) -> Result<()> {
    let running = Running::start(config, roles).await?;
    println!("Harmony is at {}", config.public_url());
    if the_workspace(running.hub.store()).await?.is_none() {
        println!("There is no workspace yet: make one with `harmony setup --email you@example.com`.");
    }
    wait_for_the_end().await?;
    running.stop().await;
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn wait_for_the_end() -> Result<()> {
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done?,
        _ = term.recv() => {}
    }
    Ok(())
}

/// The one workspace of this hub, where there is one.
pub async fn the_workspace(store: &Store) -> Result<Option<WorkspaceId>> {
    let all = store.list_across_workspaces().await?;
    ensure!(all.len() <= 1, "this hub has {} workspaces; name one", all.len());
    Ok(all.into_iter().next().map(|(id, _)| id))
}
