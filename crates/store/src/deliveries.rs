//! Webhook deliveries seen, so that a second one with the same id does nothing.

use jiff::SignedDuration;
use model::ConnectionId;

use crate::error::Result;
use crate::{Step, Store, millis, on_tx, statements};

statements! {
    SEE = "INSERT INTO deliveries_seen (workspace_id, connection_id, delivery, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    PRUNE = "DELETE FROM deliveries_seen WHERE at < $1";
}

/// How long a delivery is remembered: longer than any tool of the catalogue tries again.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Step {
    /// Whether a delivery with this id has not been seen before. Its effects belong into the same step: rolled back
    /// together, the tool's next attempt counts as the first.
    pub async fn first_time(&mut self, connection: &ConnectionId, delivery: &str) -> Result<bool> {
        let (workspace, now) = (self.workspace_id(), millis(self.at));
        let seen = on_tx!(&mut self.tx, |e| {
            sqlx::query(SEE)
                .bind(workspace)
                .bind(connection.as_str())
                .bind(delivery)
                .bind(now)
                .execute(e)
                .await
                .map(|done| done.rows_affected())
        })?;
        Ok(seen == 1)
    }
}

impl Store {
    /// Forgets the deliveries of more than seven days ago; answers how many.
    pub async fn prune_deliveries_across_workspaces(&self) -> Result<u64> {
        let before = millis(self.env().now() - REMEMBERED);
        let mut tx = self.db().begin().await?;
        let gone = on_tx!(&mut tx, |e| sqlx::query(PRUNE).bind(before).execute(e).await.map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::Workspace;
    use crate::testing::{self, databases};

    async fn deliver(workspace: &Workspace, connection: &ConnectionId, delivery: &str) -> bool {
        let mut step = workspace.begin().await.unwrap();
        let first = step.first_time(connection, delivery).await.unwrap();
        step.commit().await.unwrap();
        first
    }

    #[tokio::test]
    async fn f48_of_deliveries_that_come_together_one_is_the_first() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let (mine, other) = (ConnectionId::new(store.env()), ConnectionId::new(store.env()));
            let first = join_all((0..8).map(|_| deliver(&workspace, &mine, "d1"))).await;
            assert_eq!(first.into_iter().filter(|first| *first).count(), 1, "{}", database.engine);
            assert!(deliver(&workspace, &other, "d1").await, "ids are a connection's own");
            let mut step = workspace.begin().await.unwrap();
            assert!(step.first_time(&mine, "d2").await.unwrap());
            drop(step);
            assert!(deliver(&workspace, &mine, "d2").await, "what was rolled back was never seen, {}", database.engine);
        }
    }

    #[tokio::test]
    async fn f50_a_replay_of_six_days_later_is_still_known() {
        for database in databases().await {
            let (store, clock) = testing::store_and_clock(&database).await;
            let workspace = testing::workspace(&store).await;
            let connection = ConnectionId::new(store.env());
            assert!(deliver(&workspace, &connection, "d1").await);
            clock.advance(SignedDuration::from_hours(6 * 24));
            assert_eq!(store.prune_deliveries_across_workspaces().await.unwrap(), 0);
            assert!(!deliver(&workspace, &connection, "d1").await, "{}", database.engine);
            clock.advance(SignedDuration::from_hours(25));
            assert_eq!(store.prune_deliveries_across_workspaces().await.unwrap(), 1);
        }
    }
}
