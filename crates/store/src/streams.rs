//! Streams: one connection × one capability × one way, woken by anything, leased by one worker at a time, fenced by an epoch.

use jiff::{SignedDuration, Timestamp};
use model::connection::{Capability, Way};
use model::{ConnectionId, StreamId, WorkspaceId};

use crate::db::Db;
use crate::error::{Error, Result};
use crate::{Step, Store, Workspace, instant, millis, on, on_tx, statements};

/// What a claim reads back.
macro_rules! columns {
    () => {
        "workspace_id, id, connection_id, capability, way, enabled, live, place, place_seq, wake_at, wake_reason, due_at, epoch, failures, in_step_at, approved"
    };
}

/// The claim; only PostgreSQL needs (and knows) the locking clause.
macro_rules! claim {
    ($locking:literal) => {
        concat!(
            "UPDATE streams SET lease_owner = $1, lease_until = $2, epoch = epoch + 1,
            wake_reason = CASE WHEN wake_at IS NOT NULL AND wake_at <= $3 THEN wake_reason ELSE 'schedule' END,
            wake_at = CASE WHEN wake_at <= $3 THEN NULL ELSE wake_at END
            WHERE (workspace_id, id) IN (SELECT workspace_id, id FROM streams
            WHERE enabled AND (wake_at <= $3 OR due_at <= $3 OR lease_until <= $3) AND (lease_until IS NULL OR lease_until <= $3)
            ORDER BY COALESCE(wake_at, due_at, lease_until) LIMIT $4",
            $locking,
            ") RETURNING ",
            columns!()
        )
    };
}

/// The claim on PostgreSQL.
pub(crate) const CLAIM_POSTGRES: &str = claim!(" FOR UPDATE SKIP LOCKED");

statements! {
    CLAIM = claim!("");
    OF_CONNECTION = concat!("SELECT ", columns!(), " FROM streams WHERE workspace_id = $1 AND connection_id = $2 ORDER BY capability, way");
    SET = "INSERT INTO streams (workspace_id, id, connection_id, capability, way, enabled, live, due_at, wake_at, wake_reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (workspace_id, connection_id, capability, way) DO UPDATE SET enabled = excluded.enabled, live = excluded.live,
        due_at = excluded.due_at, wake_at = COALESCE(streams.wake_at, excluded.wake_at), wake_reason = COALESCE(excluded.wake_reason, streams.wake_reason)";
    HOLD = "UPDATE streams SET lease_until = $4 WHERE workspace_id = $1 AND id = $2 AND epoch = $3 AND lease_owner IS NOT NULL AND enabled";
    ADVANCE = "UPDATE streams SET place = $4, place_seq = $5 WHERE workspace_id = $1 AND id = $2 AND epoch = $3";
    RELEASE = "UPDATE streams SET lease_owner = NULL, lease_until = NULL, due_at = $4, failures = $5, in_step_at = COALESCE($6, in_step_at),
        wake_reason = CASE WHEN wake_at IS NULL OR wake_at > $7 THEN $8 ELSE wake_reason END,
        wake_at = CASE WHEN wake_at IS NULL OR wake_at > $7 THEN $7 ELSE wake_at END
        WHERE workspace_id = $1 AND id = $2 AND epoch = $3";
    REWIND = "UPDATE streams SET place = NULL, in_step_at = NULL WHERE workspace_id = $1 AND connection_id = $2 AND way = 'pull'";
    APPROVE = "UPDATE streams SET approved = $4, wake_at = $3, wake_reason = 'preview' WHERE workspace_id = $1 AND id = $2 AND enabled";
    CLEAR_APPROVAL = "UPDATE streams SET approved = NULL WHERE workspace_id = $1 AND id = $2 AND epoch = $3";
    STOP = "UPDATE streams SET enabled = FALSE, lease_owner = NULL, lease_until = NULL, epoch = epoch + 1 WHERE workspace_id = $1 AND connection_id = $2";
    END_ALL = "UPDATE streams SET lease_owner = NULL, lease_until = $1, epoch = epoch + 1 WHERE lease_until IS NOT NULL";
    END_OF = "UPDATE streams SET lease_owner = NULL, lease_until = $2, epoch = epoch + 1 WHERE lease_owner = $1";
    NEXT = "SELECT MIN(COALESCE(wake_at, due_at)) FROM streams WHERE enabled AND lease_until IS NULL AND (wake_at IS NOT NULL OR due_at IS NOT NULL)";
    LEASED = "SELECT CAST(COUNT(*) AS BIGINT) FROM streams WHERE workspace_id = $1 AND lease_until IS NOT NULL";
    WAITING = "SELECT CAST(COUNT(*) AS BIGINT) FROM streams WHERE workspace_id = $1 AND enabled AND (lease_until IS NOT NULL OR wake_at <= $2)";
}

/// How long a lease lasts unless it is held again.
pub const LEASE: SignedDuration = SignedDuration::from_secs(120);

/// A stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub workspace: WorkspaceId,
    pub id: StreamId,
    pub connection: ConnectionId,
    pub capability: Capability,
    pub way: Way,
    pub enabled: bool,
    /// Woken by changes and webhooks (real time); else only by its schedule or a click.
    pub live: bool,
    /// Where the engine stands (pull: at the tool; push: beyond a backlog of the log); opaque here.
    pub place: Option<String>,
    /// Push: the log's row up to which it is done.
    pub place_seq: i64,
    pub wake_at: Option<Timestamp>,
    pub wake_reason: Option<String>,
    pub due_at: Option<Timestamp>,
    /// The fence: rises with every lease.
    pub epoch: i64,
    pub failures: i64,
    /// Everything up to this instant is in step.
    pub in_step_at: Option<Timestamp>,
    /// Push: the writes of a preview that a person approved, and that are done before anything else.
    pub approved: Option<String>,
}

/// How a lease is given back.
#[derive(Debug, Clone, Default)]
pub struct Release {
    /// To run again then, whatever the schedule says, and why.
    pub wake: Option<(Timestamp, &'static str)>,
    pub due_at: Option<Timestamp>,
    pub failures: i64,
    pub in_step_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    workspace_id: String,
    id: String,
    connection_id: String,
    capability: String,
    way: String,
    enabled: bool,
    live: bool,
    place: Option<String>,
    place_seq: i64,
    wake_at: Option<i64>,
    wake_reason: Option<String>,
    due_at: Option<i64>,
    epoch: i64,
    failures: i64,
    in_step_at: Option<i64>,
    approved: Option<String>,
}

impl Row {
    fn read(self) -> Result<Stream> {
        let bad = |error: &dyn std::fmt::Display| Error::unreadable("stream", error);
        Ok(Stream {
            workspace: self.workspace_id.parse().map_err(|error| bad(&error))?,
            id: self.id.parse().map_err(|error| bad(&error))?,
            connection: self.connection_id.parse().map_err(|error| bad(&error))?,
            capability: Capability::parse(&self.capability).ok_or_else(|| bad(&self.capability))?,
            way: Way::parse(&self.way).ok_or_else(|| bad(&self.way))?,
            enabled: self.enabled,
            live: self.live,
            place: self.place,
            place_seq: self.place_seq,
            wake_at: self.wake_at.map(instant),
            wake_reason: self.wake_reason,
            due_at: self.due_at.map(instant),
            epoch: self.epoch,
            failures: self.failures,
            in_step_at: self.in_step_at.map(instant),
            approved: self.approved,
        })
    }
}

impl Store {
    /// Leases streams that are to run, oldest wish first. A lease that ran out unreleased (its process died) counts as a wish.
    pub async fn lease_across_workspaces(&self, owner: &str, limit: u32) -> Result<Vec<Stream>> {
        let now = self.env().now();
        let (until, now) = (millis(now + LEASE), millis(now));
        let rows: Vec<Row> = match self.db() {
            Db::Sqlite { writer, .. } => {
                sqlx::query_as(CLAIM).bind(owner).bind(until).bind(now).bind(i64::from(limit)).fetch_all(writer).await?
            }
            Db::Postgres(pool) => {
                sqlx::query_as(CLAIM_POSTGRES).bind(owner).bind(until).bind(now).bind(i64::from(limit)).fetch_all(pool).await?
            }
        };
        rows.into_iter().map(Row::read).collect()
    }

    /// Ends every lease: what was leased runs again at once. Only for a process that knows that no other one is at work.
    pub async fn end_leases_across_workspaces(&self) -> Result<u64> {
        let now = millis(self.env().now());
        let ended = match self.db() {
            Db::Sqlite { writer, .. } => sqlx::query(END_ALL).bind(now).execute(writer).await?.rows_affected(),
            Db::Postgres(pool) => sqlx::query(END_ALL).bind(now).execute(pool).await?.rows_affected(),
        };
        Ok(ended)
    }

    /// Ends the leases of one owner: what it had under way runs again at once. Only for who knows that its process has ended.
    pub async fn end_leases_of_across_workspaces(&self, owner: &str) -> Result<u64> {
        let now = millis(self.env().now());
        let mut tx = self.db().begin().await?;
        let ended = on_tx!(&mut tx, |e| sqlx::query(END_OF).bind(owner).bind(now).execute(e).await.map(|done| done.rows_affected()))?;
        tx.commit().await?;
        self.inner.bell.wake();
        Ok(ended)
    }

    /// When the next stream wants to run; may be past.
    pub async fn next_wish_across_workspaces(&self) -> Result<Option<Timestamp>> {
        let at: Option<i64> = on!(self.db(), |e| sqlx::query_scalar(NEXT).fetch_one(e).await)?;
        Ok(at.map(instant))
    }
}

impl Workspace {
    /// A connection's streams.
    pub async fn streams(&self, connection: &ConnectionId) -> Result<Vec<Stream>> {
        let rows: Vec<Row> =
            on!(self.db(), |e| sqlx::query_as(OF_CONNECTION).bind(self.id.as_str()).bind(connection.as_str()).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }

    /// How many streams are leased at this moment; none may be left at the end of a test.
    pub async fn leased_streams(&self) -> Result<i64> {
        Ok(on!(self.db(), |e| sqlx::query_scalar(LEASED).bind(self.id.as_str()).fetch_one(e).await)?)
    }

    /// How many streams run or want to run now: zero means that everything is settled.
    pub async fn busy_streams(&self) -> Result<i64> {
        let now = millis(self.store.env().now());
        Ok(on!(self.db(), |e| sqlx::query_scalar(WAITING).bind(self.id.as_str()).bind(now).fetch_one(e).await)?)
    }
}

impl Step {
    /// Makes sure that a stream exists with these switches; `wake` says why it should run at once.
    #[expect(clippy::too_many_arguments, reason = "one row's columns")]
    pub async fn set_stream(
        &mut self,
        connection: &ConnectionId,
        capability: Capability,
        way: Way,
        enabled: bool,
        live: bool,
        due_at: Option<Timestamp>,
        wake: Option<&str>,
    ) -> Result<()> {
        let (workspace, id) = (self.workspace_id(), StreamId::new(self.workspace.store.env()));
        let wake_at = wake.map(|_| millis(self.at));
        on_tx!(&mut self.tx, |e| {
            sqlx::query(SET)
                .bind(workspace)
                .bind(id.as_str())
                .bind(connection.as_str())
                .bind(capability.as_str())
                .bind(way.as_str())
                .bind(enabled)
                .bind(live)
                .bind(due_at.map(millis))
                .bind(wake_at)
                .bind(wake)
                .execute(e)
                .await
                .map(drop)
        })?;
        self.woke = true;
        Ok(())
    }

    /// Proves that the lease is still ours, and lengthens it. Every step of a run begins with this.
    pub async fn hold(&mut self, stream: &Stream) -> Result<()> {
        let (workspace, until) = (self.workspace_id(), millis(self.at + LEASE));
        let held = on_tx!(&mut self.tx, |e| {
            sqlx::query(HOLD)
                .bind(workspace)
                .bind(stream.id.as_str())
                .bind(stream.epoch)
                .bind(until)
                .execute(e)
                .await
                .map(|done| done.rows_affected())
        })?;
        if held == 1 { Ok(()) } else { Err(Error::LeaseLost) }
    }

    /// Moves a stream's place, in the transaction of the rows that it covers.
    pub async fn advance(&mut self, stream: &Stream, place: Option<&str>, place_seq: i64) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| {
            sqlx::query(ADVANCE)
                .bind(workspace)
                .bind(stream.id.as_str())
                .bind(stream.epoch)
                .bind(place)
                .bind(place_seq)
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Gives the lease back. A wish that came during the run is kept.
    pub async fn release(&mut self, stream: &Stream, release: Release) -> Result<()> {
        let workspace = self.workspace_id();
        let (wake_at, reason) = release.wake.map_or((None, None), |(at, reason)| (Some(millis(at)), Some(reason)));
        on_tx!(&mut self.tx, |e| {
            sqlx::query(RELEASE)
                .bind(workspace)
                .bind(stream.id.as_str())
                .bind(stream.epoch)
                .bind(release.due_at.map(millis))
                .bind(release.failures)
                .bind(release.in_step_at.map(millis))
                .bind(wake_at)
                .bind(reason)
                .execute(e)
                .await
                .map(drop)
        })?;
        self.woke = true;
        Ok(())
    }

    /// Sends a connection's pulls back to their beginning: the next run reads everything. Links keep it from doubling anything.
    pub async fn rewind_pulls(&mut self, connection: &ConnectionId) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| sqlx::query(REWIND).bind(workspace).bind(connection.as_str()).execute(e).await.map(drop))?;
        Ok(())
    }

    /// Has a stream carry out exactly these writes, before anything else.
    pub async fn approve(&mut self, stream: &Stream, writes: &str) -> Result<()> {
        let (workspace, now) = (self.workspace_id(), millis(self.at));
        on_tx!(&mut self.tx, |e| {
            sqlx::query(APPROVE).bind(workspace).bind(stream.id.as_str()).bind(now).bind(writes).execute(e).await.map(drop)
        })?;
        self.woke = true;
        Ok(())
    }

    /// The approved writes are done, or refused.
    pub async fn clear_approval(&mut self, stream: &Stream) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| {
            sqlx::query(CLEAR_APPROVAL).bind(workspace).bind(stream.id.as_str()).bind(stream.epoch).execute(e).await.map(drop)
        })?;
        Ok(())
    }

    /// Stops all of a connection's streams at once: a run in progress loses its lease before its next step.
    pub async fn stop_streams(&mut self, connection: &ConnectionId) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| sqlx::query(STOP).bind(workspace).bind(connection.as_str()).execute(e).await.map(drop))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
