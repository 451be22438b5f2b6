//! How far the hub is behind, counted over all workspaces: for those who run it.

use jiff::Timestamp;

use crate::error::Result;
use crate::{Store, instant, millis, on, statements};

statements! {
    STREAMS = "SELECT c.integration, s.capability, s.way, CAST(COUNT(*) AS BIGINT) AS streams,
        CAST(SUM(CASE WHEN s.failures > 0 THEN 1 ELSE 0 END) AS BIGINT) AS failing,
        MIN(CASE WHEN s.wake_at <= $1 AND (s.lease_until IS NULL OR s.lease_until <= $1) THEN s.wake_at END) AS woken_at,
        MIN(CASE WHEN s.due_at <= $1 AND (s.lease_until IS NULL OR s.lease_until <= $1) THEN s.due_at END) AS due_at,
        MIN(s.in_step_at) AS in_step_at
        FROM streams s JOIN connections c ON c.workspace_id = s.workspace_id AND c.id = s.connection_id
        WHERE s.enabled GROUP BY c.integration, s.capability, s.way ORDER BY c.integration, s.capability, s.way";
    INTENTS = "SELECT c.integration, i.capability, i.state, CAST(COUNT(*) AS BIGINT) AS count
        FROM intents i JOIN connections c ON c.workspace_id = i.workspace_id AND c.id = i.connection_id
        WHERE i.state IN ('open', 'uncertain') GROUP BY c.integration, i.capability, i.state ORDER BY c.integration, i.capability, i.state";
}

/// The streams of one tool, capability and way together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamLag {
    pub integration: String,
    pub capability: String,
    pub way: String,
    /// How many are switched on.
    pub streams: i64,
    /// Of how many the last pass failed.
    pub failing: i64,
    /// The oldest wish that no worker has taken up: for a live push, when the oldest change came that was not read.
    pub waiting_since: Option<Timestamp>,
    /// When the one that was in step longest ago was in step; one that never was does not count.
    pub in_step_at: Option<Timestamp>,
}

/// Writes of one tool and capability whose outcome is not known.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UnsettledIntents {
    pub integration: String,
    pub capability: String,
    /// `open` or `uncertain`.
    pub state: String,
    pub count: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    integration: String,
    capability: String,
    way: String,
    streams: i64,
    failing: i64,
    woken_at: Option<i64>,
    due_at: Option<i64>,
    in_step_at: Option<i64>,
}

impl Store {
    /// How far streams are behind.
    pub async fn stream_lags_across_workspaces(&self) -> Result<Vec<StreamLag>> {
        let now = millis(self.env().now());
        let rows: Vec<Row> = on!(self.db(), |e| sqlx::query_as(STREAMS).bind(now).fetch_all(e).await)?;
        let read = |row: Row| StreamLag {
            integration: row.integration,
            capability: row.capability,
            way: row.way,
            streams: row.streams,
            failing: row.failing,
            waiting_since: row.woken_at.into_iter().chain(row.due_at).min().map(instant),
            in_step_at: row.in_step_at.map(instant),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// How many writes wait for their outcome.
    pub async fn unsettled_intents_across_workspaces(&self) -> Result<Vec<UnsettledIntents>> {
        Ok(on!(self.db(), |e| sqlx::query_as(INTENTS).fetch_all(e).await)?)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use model::connection::{Capability, Way};

    use crate::streams::Release;
    use crate::testing::{self, databases};

    #[tokio::test]
    async fn a_stream_waits_from_its_oldest_wish_until_a_worker_takes_it_up() {
        for database in databases().await {
            let (store, clock) = testing::store_and_clock(&database).await;
            let mut since = store.env().now();
            for seconds in [5, 7] {
                let workspace = testing::workspace(&store).await;
                let connection = testing::connection(&workspace, None).await.id;
                let mut step = workspace.begin().await.unwrap();
                since = step.at();
                step.set_stream(&connection, Capability::Tasks, Way::Push, true, true, None, Some("connect")).await.unwrap();
                step.commit().await.unwrap();
                clock.advance(SignedDuration::from_secs(seconds));
            }
            let lags = store.stream_lags_across_workspaces().await.unwrap();
            let [lag] = lags.as_slice() else { panic!("one line for both workspaces on {}: {lags:?}", database.engine) };
            assert_eq!((lag.integration.as_str(), lag.capability.as_str(), lag.way.as_str()), ("linear", "tasks", "push"));
            assert_eq!((lag.streams, lag.failing, lag.in_step_at), (2, 0, None), "{}", database.engine);
            assert_eq!(lag.waiting_since, Some(since - SignedDuration::from_secs(5)), "{}", database.engine);
            for (failures, stream) in (0..).zip(store.lease_across_workspaces("test", 9).await.unwrap()) {
                let mut step = store.workspace(&stream.workspace).begin().await.unwrap();
                let due_at = Some(step.at() + SignedDuration::from_secs(60));
                step.release(&stream, Release { due_at, failures, in_step_at: Some(since), wake: None }).await.unwrap();
                step.commit().await.unwrap();
            }
            let lag = store.stream_lags_across_workspaces().await.unwrap().remove(0);
            assert_eq!((lag.failing, lag.waiting_since, lag.in_step_at), (1, None, Some(since)), "{}", database.engine);
            assert_eq!(store.unsettled_intents_across_workspaces().await.unwrap(), []);
        }
    }
}
