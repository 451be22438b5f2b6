//! Every line of SQL: records and their log, links, intents, streams and leases, connections, sealed secrets, people, audit.
//! A read is a method of `Workspace`; a write is a method of `Step`, one transaction.
#![forbid(unsafe_code)]

pub mod audit;
mod audit_chain;
mod bell;
pub mod changes;
pub mod connections;
pub mod db;
pub mod deliveries;
pub mod error;
pub mod evidence;
pub mod intents;
pub mod items;
mod key_file;
pub mod keys;
pub mod lag;
pub mod links;
pub mod media;
pub mod records;
pub mod rotation;
pub mod runs;
mod seal;
pub mod secrets;
pub mod sessions;
pub mod sign_ins;
pub mod streams;
pub mod subscriptions;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tokens;
mod unguessable;
pub mod users;
mod waking;
pub mod workspaces;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use model::{Env, Kind, WorkspaceId};
use tokio::sync::broadcast;

use crate::bell::Bell;

pub use db::{Db, Tx};
pub use error::{Error, Result};
pub use keys::{MasterKey, MasterKeys};

/// The open store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    keys: MasterKeys,
    env: Arc<dyn Env>,
    bell: Bell,
    deliveries: deliveries::Queue,
}

impl Store {
    /// Opens the database at `url` and brings its schema up to date. A database whose workspaces are sealed by a master
    /// key that is not among `keys` is refused.
    pub async fn open(url: &str, keys: MasterKeys, env: Arc<dyn Env>) -> Result<Self> {
        let db = Db::open(url).await?;
        let bell = Bell::new(&db, &*env).await?;
        let store = Self { inner: Arc::new(Inner { db, keys, env, bell, deliveries: deliveries::Queue::default() }) };
        store.require_master_keys().await?;
        Ok(store)
    }

    /// A workspace's part of it. Nothing is checked here: an unknown id simply has no rows.
    pub fn workspace(&self, id: &WorkspaceId) -> Workspace {
        Workspace { store: self.clone(), id: id.clone() }
    }

    /// The present and randomness that the store was opened with.
    pub fn env(&self) -> &dyn Env {
        &*self.inner.env
    }

    /// The database underneath, for health checks.
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Completes when a stream was woken since the last call: in this process or, on PostgreSQL, in any. A call may be lost
    /// with the connection that brings it, so whoever waits looks by themselves too, now and then.
    pub async fn woken(&self) {
        self.inner.bell.woken().await;
    }

    /// Announces commits that may have changed something a page shows, of this process and, on PostgreSQL, of any. `None`: some
    /// were missed, and any workspace may have changed.
    pub fn watch(&self) -> broadcast::Receiver<Option<WorkspaceId>> {
        self.inner.bell.watch()
    }
}

/// One workspace's rows.
#[derive(Clone)]
pub struct Workspace {
    store: Store,
    id: WorkspaceId,
}

impl Workspace {
    /// Whose rows these are.
    pub const fn id(&self) -> &WorkspaceId {
        &self.id
    }

    /// The store.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The database, for this crate's reads.
    pub(crate) fn db(&self) -> &Db {
        &self.store.inner.db
    }

    /// Begins a step: one transaction, in which everything it saves becomes durable together, or nothing does.
    pub async fn begin(&self) -> Result<Step> {
        let tx = self.store.inner.db.begin().await?;
        Ok(Step { tx, at: self.store.env().now(), workspace: self.clone(), woke: false, changed: BTreeSet::new() })
    }
}

/// One transaction of one workspace. Dropped without `commit`: nothing happened.
pub struct Step {
    pub(crate) tx: Tx,
    pub(crate) workspace: Workspace,
    /// The instant that all its rows bear.
    pub(crate) at: Timestamp,
    /// Whether a stream was woken in it.
    pub(crate) woke: bool,
    /// The kinds of the records that were saved in it.
    pub(crate) changed: BTreeSet<Kind>,
}

impl Step {
    /// Wakes the streams that push what was saved, makes it all durable, then tells workers and pages.
    pub async fn commit(mut self) -> Result<()> {
        self.wake_pushers().await?;
        self.tx.commit().await?;
        self.workspace.store.inner.bell.ring(self.workspace.id, self.woke);
        Ok(())
    }

    /// The instant of the step.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The workspace it belongs to.
    pub const fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    pub(crate) fn workspace_id(&self) -> String {
        self.workspace.id.as_str().to_owned()
    }
}

/// Every statement of every module, for the test that prepares each on both databases.
#[cfg(test)]
pub(crate) const ALL_STATEMENTS: &[&[(&str, &str)]] = &[
    audit::STATEMENTS,
    changes::STATEMENTS,
    connections::STATEMENTS,
    deliveries::STATEMENTS,
    evidence::STATEMENTS,
    intents::STATEMENTS,
    items::STATEMENTS,
    lag::STATEMENTS,
    links::STATEMENTS,
    records::STATEMENTS,
    rotation::STATEMENTS,
    runs::STATEMENTS,
    secrets::STATEMENTS,
    sessions::STATEMENTS,
    sign_ins::STATEMENTS,
    streams::STATEMENTS,
    subscriptions::STATEMENTS,
    tokens::STATEMENTS,
    users::STATEMENTS,
    waking::STATEMENTS,
    workspaces::STATEMENTS,
];

/// An instant as stored.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// An instant as read.
pub(crate) fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}
