//! The bell: after each commit it tells the workers and pages of this process and, on PostgreSQL, those of every other process.
//! It carries no data and may be lost: behind it stands the workers' own look.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::{Env, WorkspaceId};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinSet;

use crate::db::Db;
use crate::error::Result;

/// Where processes tell each other.
const CHANNEL: &str = "harmony";
/// Pause before listening is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Told in a transaction of its own, after the commit it tells of: one that notifies holds a lock over the whole database while
/// it commits, and the data's commits would queue behind it. It has nothing to lose, so it does not wait for the disk either.
pub(crate) const TELL_POSTGRES: &str = "WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', TRUE))
    SELECT pg_notify('harmony', told) FROM unhurried, unnest($1::TEXT[]) AS told";

/// A commit.
struct Ring {
    workspace: WorkspaceId,
    /// Whether it woke a stream.
    woke: bool,
}

/// The bell of one open store.
pub(crate) struct Bell {
    near: Arc<Near>,
    /// To the other processes; `None`: there are none.
    far: Option<UnboundedSender<Ring>>,
    /// What tells and hears the other processes; ends with the store.
    _tasks: JoinSet<()>,
}

/// Those of this process.
struct Near {
    wake: Notify,
    changed: broadcast::Sender<Option<WorkspaceId>>,
}

impl Near {
    fn ring(&self, ring: Ring) {
        if ring.woke {
            self.wake.notify_one();
        }
        let _ = self.changed.send(Some(ring.workspace));
    }

    /// Some were missed: any of them may have been any.
    fn ring_for_all(&self) {
        self.wake.notify_one();
        let _ = self.changed.send(None);
    }
}

impl Bell {
    /// Hangs it up; what another process commits from now on is heard.
    pub(crate) async fn new(db: &Db, env: &dyn Env) -> Result<Self> {
        let near = Arc::new(Near { wake: Notify::new(), changed: broadcast::channel(256).0 });
        let mut tasks = JoinSet::new();
        let far = match db {
            Db::Sqlite { .. } => None,
            Db::Postgres(pool) => {
                let mut name = [0_u8; 8];
                env.fill(&mut name);
                let name = hex::encode(name);
                let listener = listen(pool).await?;
                let (far, rings) = mpsc::unbounded_channel();
                tasks.spawn(tell(pool.clone(), name.clone(), rings));
                tasks.spawn(hear(pool.clone(), name, listener, Arc::clone(&near)));
                Some(far)
            }
        };
        Ok(Self { near, far, _tasks: tasks })
    }

    /// Tells of a commit.
    pub(crate) fn ring(&self, workspace: WorkspaceId, woke: bool) {
        if let Some(far) = &self.far {
            // It fails only when the store is being closed; then nobody is to be told.
            let _ = far.send(Ring { workspace: workspace.clone(), woke });
        }
        self.near.ring(Ring { workspace, woke });
    }

    /// Wakes the workers of this process.
    pub(crate) fn wake(&self) {
        self.near.wake.notify_one();
    }

    /// Completes when a stream was woken since the last call.
    pub(crate) async fn woken(&self) {
        self.near.wake.notified().await;
    }

    /// Announces commits.
    pub(crate) fn watch(&self) -> broadcast::Receiver<Option<WorkspaceId>> {
        self.near.changed.subscribe()
    }
}

async fn listen(pool: &PgPool) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Tells the other processes; what comes while the one before is under way is told together.
async fn tell(pool: PgPool, name: String, mut rings: UnboundedReceiver<Ring>) {
    let mut some = Vec::new();
    while rings.recv_many(&mut some, 1_000).await > 0 {
        let mut told: BTreeMap<WorkspaceId, bool> = BTreeMap::new();
        for ring in some.drain(..) {
            *told.entry(ring.workspace).or_default() |= ring.woke;
        }
        let words: Vec<String> =
            told.iter().map(|(workspace, woke)| format!("{name} {} {workspace}", if *woke { "woke" } else { "saved" })).collect();
        if let Err(error) = sqlx::query(TELL_POSTGRES).bind(words).execute(&pool).await {
            tracing::debug!(%error, "the other processes could not be told; they find out when they look");
        }
    }
}

/// Hears the other processes until the database is closed.
async fn hear(pool: PgPool, name: String, listener: PgListener, near: Arc<Near>) {
    let mut next = Ok(listener);
    loop {
        let ended = match next {
            Ok(listener) => hear_until_lost(listener, &name, &near).await,
            Err(error) => {
                tokio::time::sleep(AGAIN).await;
                error
            }
        };
        if matches!(ended, sqlx::Error::PoolClosed) {
            return;
        }
        tracing::debug!(error = %ended, "the other processes cannot be heard; listening again");
        next = listen(&pool).await;
        if next.is_ok() {
            near.ring_for_all();
        }
    }
}

async fn hear_until_lost(mut listener: PgListener, name: &str, near: &Near) -> sqlx::Error {
    loop {
        match listener.try_recv().await {
            Ok(Some(told)) => {
                if let Some(ring) = read(told.payload(), name) {
                    near.ring(ring);
                }
            }
            Ok(None) => near.ring_for_all(),
            Err(error) => return error,
        }
    }
}

/// What another process told; `None`: our own words, or none that we know.
fn read(payload: &str, own: &str) -> Option<Ring> {
    let mut words = payload.split(' ');
    let (from, what, workspace) = (words.next()?, words.next()?, words.next()?);
    if from == own {
        return None;
    }
    Some(Ring { workspace: workspace.parse().ok()?, woke: what == "woke" })
}

#[cfg(test)]
mod tests {
    use model::connection::{Capability, Way};

    use super::*;
    use crate::testing::{self, databases};
    use crate::{Store, Workspace};

    /// Far longer than it takes: it only ends a test that would hang.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// Two stores on one database, as two processes have them; only PostgreSQL takes several.
    async fn two_processes() -> Option<(Store, Store, testing::TestDatabase)> {
        let database = databases().await.into_iter().find(|database| database.engine == "PostgreSQL")?;
        Some((testing::store(&database).await, testing::store(&database).await, database))
    }

    async fn wake(workspace: &Workspace) {
        let connection = testing::connection(workspace, None).await;
        let mut step = workspace.begin().await.unwrap();
        step.set_stream(&connection.id, Capability::Tasks, Way::Push, true, true, None, Some("connect")).await.unwrap();
        step.commit().await.unwrap();
    }

    async fn heard(store: &Store) {
        tokio::time::timeout(PATIENCE, store.woken()).await.expect("the other process is woken");
    }

    #[tokio::test]
    async fn a_step_of_one_process_wakes_workers_and_pages_of_another() {
        let Some((here, there, _database)) = two_processes().await else { return };
        let workspace = testing::workspace(&here).await;
        let mut pages = there.watch();
        wake(&workspace).await;
        heard(&there).await;
        let told = tokio::time::timeout(PATIENCE, pages.recv()).await.expect("the other process's pages are told").unwrap();
        assert_eq!(told.as_ref(), Some(workspace.id()));
        // And the other way round.
        heard(&here).await;
        wake(&there.workspace(workspace.id())).await;
        heard(&here).await;
    }

    #[tokio::test]
    async fn f17_after_a_broken_connection_everybody_looks_and_hears_again() {
        let Some((here, there, _database)) = two_processes().await else { return };
        let workspace = testing::workspace(&here).await;
        let mut pages = there.watch();
        let Db::Postgres(pool) = here.db() else { unreachable!("two processes are on PostgreSQL") };
        let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
        assert_eq!(sqlx::query(ended).execute(pool).await.unwrap().rows_affected(), 2, "each process has one that listens");
        heard(&there).await;
        while tokio::time::timeout(PATIENCE, pages.recv()).await.expect("pages are told to look").unwrap().is_some() {}
        wake(&workspace).await;
        heard(&there).await;
    }

    #[tokio::test]
    async fn a_process_does_not_hear_itself_and_ignores_what_it_does_not_know() {
        assert!(read("me woke wsp_00000000000070008000000000000001", "me").is_none());
        assert!(read("other woke", "me").is_none() && read("", "me").is_none() && read("other woke somebody", "me").is_none());
        let ring = read("other saved wsp_00000000000070008000000000000001", "me").unwrap();
        assert!(!ring.woke);
    }

    #[tokio::test]
    async fn closing_the_database_does_not_wait_for_what_listens() {
        let Some((here, there, _database)) = two_processes().await else { return };
        tokio::time::timeout(PATIENCE, here.db().close()).await.expect("it closes");
        wake(&testing::workspace(&there).await).await;
    }
}
