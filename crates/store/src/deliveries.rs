//! Webhook deliveries: each is noted once and wakes its pulls. Those that come together share one transaction, and so one fsync.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use model::connection::{Capability, Way};
use model::{ConnectionId, WorkspaceId};
use sqlx::AssertSqlSafe;
use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::db::for_rows;
use crate::error::Result;
use crate::records::{chunks, last_of_each};
use crate::waking::{Wish, wish};
use crate::{Db, Step, Store, Tx, millis, on_tx, statements};

statements! {
    SEEN = "INSERT INTO deliveries_seen (workspace_id, connection_id, delivery, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
        RETURNING workspace_id, connection_id, delivery";
    PRUNE = "DELETE FROM deliveries_seen WHERE at < $1";
}

/// Longer than any tool repeats a delivery.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A webhook whose sender was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub workspace: WorkspaceId,
    pub connection: ConnectionId,
    /// The tool's id of it. Without one it is taken each time it comes.
    pub id: Option<String>,
    /// The pulls that it wakes.
    pub wake: Vec<Capability>,
}

/// Deliveries that wait to be noted. Whoever has the turn notes all of them.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

struct Waiting {
    delivery: Delivery,
    noted: oneshot::Sender<()>,
}

impl Queue {
    fn join(&self, delivery: Delivery) -> oneshot::Receiver<()> {
        let (noted, told) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { delivery, noted });
        told
    }

    fn take(&self) -> Vec<Waiting> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store {
    /// Takes a delivery: its pulls are woken, unless one with this id did so in the last seven days. Durable when it returns.
    pub async fn take_delivery(&self, delivery: &Delivery) -> Result<()> {
        let queue = &self.inner.deliveries;
        loop {
            let mut told = queue.join(delivery.clone());
            let _turn = queue.turn.lock().await;
            match told.try_recv() {
                Ok(()) => return Ok(()),
                // Whoever had it under way failed or was cut off: nothing of it was kept.
                Err(TryRecvError::Closed) => {}
                Err(TryRecvError::Empty) => {
                    let waiting = queue.take();
                    self.note_all(&waiting).await?;
                    for one in waiting {
                        // One that waits no longer was noted all the same.
                        let _ = one.noted.send(());
                    }
                    return Ok(());
                }
            }
        }
    }

    async fn note_all(&self, waiting: &[Waiting]) -> Result<()> {
        let deliveries: Vec<&Delivery> = waiting.iter().map(|one| &one.delivery).collect();
        let mut tx = self.db().begin().await?;
        note(&mut tx, &deliveries, self.env().now()).await?;
        tx.commit().await?;
        let workspaces: BTreeSet<&WorkspaceId> = deliveries.iter().map(|one| &one.workspace).collect();
        for workspace in workspaces {
            self.inner.bell.ring(workspace.clone(), true);
        }
        Ok(())
    }

    /// Forgets deliveries of more than seven days ago; answers how many.
    pub async fn prune_deliveries_across_workspaces(&self) -> Result<u64> {
        let old = millis(self.env().now() - KEPT);
        Ok(match self.db() {
            Db::Sqlite { writer, .. } => sqlx::query(PRUNE).bind(old).execute(writer).await?.rows_affected(),
            Db::Postgres(pool) => sqlx::query(PRUNE).bind(old).execute(pool).await?.rows_affected(),
        })
    }
}

impl Step {
    /// As `Store::take_delivery`, in this step; `false`: it was taken before, and nothing was done.
    pub async fn take_delivery(&mut self, delivery: &Delivery) -> Result<bool> {
        let fresh = note(&mut self.tx, &[delivery], self.at).await?;
        self.woke = true;
        Ok(fresh == 1)
    }
}

/// Notes deliveries and wakes what the fresh ones announce; answers how many were fresh. Rows are locked in the order of their
/// keys, so that two nodes that note the same ones do not wait for each other.
async fn note(tx: &mut Tx, deliveries: &[&Delivery], now: Timestamp) -> Result<usize> {
    let named: Vec<(&str, &str, &str)> =
        deliveries.iter().filter_map(|one| Some((one.workspace.as_str(), one.connection.as_str(), one.id.as_deref()?))).collect();
    let named = last_of_each(&named, |key| *key);
    let mut fresh: BTreeSet<(String, String, String)> = BTreeSet::new();
    for chunk in chunks(&named) {
        let text = for_rows(tx, SEEN, chunk.len());
        let rows: Vec<(String, String, String)> = on_tx!(&mut *tx, |e| {
            let mut query = sqlx::query_as(AssertSqlSafe(text));
            for (workspace, connection, id) in chunk {
                query = query.bind(*workspace).bind(*connection).bind(*id).bind(millis(now));
            }
            query.fetch_all(e).await
        })?;
        fresh.extend(rows);
    }
    let key = |one: &Delivery, id: &String| (one.workspace.to_string(), one.connection.to_string(), id.clone());
    let taken: Vec<&&Delivery> = deliveries.iter().filter(|one| one.id.as_ref().is_none_or(|id| fresh.contains(&key(one, id)))).collect();
    let wakes: BTreeSet<(&str, &ConnectionId, Capability)> =
        taken.iter().flat_map(|one| one.wake.iter().map(|capability| (one.workspace.as_str(), &one.connection, *capability))).collect();
    for (workspace, connection, capability) in wakes {
        wish(tx, &Wish { workspace, connection, capability, way: Way::Pull, reason: "webhook" }, now).await?;
    }
    Ok(taken.len())
}

#[cfg(test)]
mod tests;
