//! Waking streams: one by a wish, those that push by what was saved, and which rows of the log a push need not wake for.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use model::ConnectionId;
use model::connection::{Capability, Way};
use sqlx::AssertSqlSafe;

use crate::db::for_list;
use crate::error::Result;
use crate::{Step, Tx, millis, on_tx, statements};

statements! {
    WAKE = "UPDATE streams SET wake_at = $5, wake_reason = $6 WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND way = $4
        AND enabled AND (wake_at IS NULL OR wake_at > $5)";
    WAKE_PUSHERS = "UPDATE streams SET wake_at = $2, wake_reason = 'change' WHERE workspace_id = $1 AND way = 'push' AND enabled AND live
        AND (wake_at IS NULL OR wake_at > $2) AND place_seq < (SELECT last_seq FROM workspaces WHERE id = $1) AND capability IN ($3)";
    PASS_OVER = "UPDATE streams SET place_seq = $5 WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND way = 'push' AND place_seq = $4";
}

/// A wish that one stream runs.
pub(crate) struct Wish<'a> {
    pub workspace: &'a str,
    pub connection: &'a ConnectionId,
    pub capability: Capability,
    pub way: Way,
    pub reason: &'a str,
}

/// Wishes it; a stream that is disabled, or woken already, is left as it is.
pub(crate) async fn wish(tx: &mut Tx, wish: &Wish<'_>, at: Timestamp) -> Result<()> {
    on_tx!(tx, |e| {
        sqlx::query(WAKE)
            .bind(wish.workspace)
            .bind(wish.connection.as_str())
            .bind(wish.capability.as_str())
            .bind(wish.way.as_str())
            .bind(millis(at))
            .bind(wish.reason)
            .execute(e)
            .await
            .map(drop)
    })?;
    Ok(())
}

impl Step {
    /// Wishes that a stream runs now; a disabled one stays asleep.
    pub async fn wake(&mut self, connection: &ConnectionId, capability: Capability, way: Way, reason: &str) -> Result<()> {
        let workspace = self.workspace_id();
        wish(&mut self.tx, &Wish { workspace: &workspace, connection, capability, way, reason }, self.at).await?;
        self.woke = true;
        Ok(())
    }

    /// Has the push of a connection's capability pass over rows of the log that this step saved, one after another, because the
    /// tool itself said what they say. It does so only where it stood right before them: one that is behind reads them as ever.
    pub async fn pass_over(&mut self, connection: &ConnectionId, capability: Capability, rows: RangeInclusive<i64>) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| {
            sqlx::query(PASS_OVER)
                .bind(workspace)
                .bind(connection.as_str())
                .bind(capability.as_str())
                .bind(rows.start() - 1)
                .bind(rows.end())
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Wakes the live pushes that have rows of the log to read about what this step saved.
    pub(crate) async fn wake_pushers(&mut self) -> Result<()> {
        let kinds = std::mem::take(&mut self.changed);
        let fed: Vec<Capability> =
            Capability::ALL.into_iter().filter(|capability| capability.made_of().iter().any(|kind| kinds.contains(kind))).collect();
        if fed.is_empty() {
            return Ok(());
        }
        let (text, workspace, now) = (for_list(WAKE_PUSHERS, fed.len()), self.workspace_id(), millis(self.at));
        let woken = on_tx!(&mut self.tx, |e| {
            let mut query = sqlx::query(AssertSqlSafe(text)).bind(workspace).bind(now);
            for capability in fed {
                query = query.bind(capability.as_str());
            }
            query.execute(e).await.map(|done| done.rows_affected())
        })?;
        self.woke |= woken > 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::change::Origin;
    use model::{Contact, Kind, Record, RecordId};

    use super::*;
    use crate::records::Save;
    use crate::testing::{self, databases};
    use crate::{Store, Workspace};

    async fn pushing(workspace: &Workspace) -> ConnectionId {
        let connection = testing::connection(workspace, None).await.id;
        let mut step = workspace.begin().await.unwrap();
        step.set_stream(&connection, Capability::Contacts, Way::Push, true, true, None, None).await.unwrap();
        step.commit().await.unwrap();
        connection
    }

    async fn place(workspace: &Workspace, connection: &ConnectionId) -> (i64, bool) {
        let stream = workspace.streams(connection).await.unwrap().remove(0);
        (stream.place_seq, stream.wake_at.is_some())
    }

    /// Saves two contacts; the push of `passing` passes over them.
    async fn save(store: &Store, workspace: &Workspace, passing: Option<&ConnectionId>) {
        let save = |_| Save {
            id: RecordId::new(Kind::Contact, store.env()),
            record: Record::Contact(Contact { first_name: Some("Ann".into()), ..Contact::default() }),
            before: None,
            keys: Vec::new(),
            deleted: false,
            noted: Vec::new(),
        };
        let mut step = workspace.begin().await.unwrap();
        let saved = step.save((0..2).map(save).collect(), &Origin::Harmony, None).await.unwrap();
        if let Some(connection) = passing {
            step.pass_over(connection, Capability::Contacts, saved[0].1..=saved[1].1).await.unwrap();
        }
        step.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_push_passes_over_rows_that_its_tool_said_and_every_other_push_is_woken_for_them() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let (own, other) = (pushing(&workspace).await, pushing(&workspace).await);
            save(&store, &workspace, Some(&own)).await;
            assert_eq!(place(&workspace, &own).await, (2, false), "{}", database.engine);
            assert_eq!(place(&workspace, &other).await, (0, true), "{}", database.engine);
            save(&store, &workspace, None).await;
            assert_eq!(place(&workspace, &own).await, (2, true), "{}: rows of anybody else wake it", database.engine);
        }
    }

    #[tokio::test]
    async fn a_push_that_is_behind_passes_over_nothing() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let own = pushing(&workspace).await;
            save(&store, &workspace, None).await;
            save(&store, &workspace, Some(&own)).await;
            assert_eq!(place(&workspace, &own).await, (0, true), "{}", database.engine);
        }
    }
}
