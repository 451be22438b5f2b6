//! Tests of runs.

use super::*;
use crate::testing::{self, databases};

#[tokio::test]
async fn runs_are_started_once_finished_and_listed_newest_first() {
    for database in databases().await {
        let (store, clock) = testing::store_and_clock(&database).await;
        let workspace = testing::workspace(&store).await;
        let connection = testing::connection(&workspace, None).await.id;
        let mut runs = Vec::new();
        for at in 0..4_u64 {
            clock.advance(jiff::SignedDuration::from_secs(1));
            let mut run = Run {
                id: RunId::new(store.env()),
                connection: connection.clone(),
                capability: Capability::Tasks,
                way: Way::Push,
                reason: "change".into(),
                state: RunState::Running,
                started: store.env().now(),
                ended: None,
                counts: Counts::default(),
                calls: 0,
                error_code: None,
                error: None,
            };
            let mut step = workspace.begin().await.unwrap();
            step.start_run(&run).await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(workspace.run(&run.id).await.unwrap(), Some(run.clone()), "{}", database.engine);
            if at > 0 {
                run.state = RunState::Done;
                run.ended = Some(store.env().now());
                run.counts = Counts { created: at, ..Counts::default() };
                run.calls = 3;
                let mut step = workspace.begin().await.unwrap();
                step.progress(&run.id, &run.counts, 2).await.unwrap();
                step.finish_run(&run).await.unwrap();
                step.commit().await.unwrap();
            }
            runs.insert(0, run);
        }
        runs[3].state = RunState::Interrupted;
        runs[3].ended = Some(runs[2].started);
        assert_eq!(workspace.runs(&connection, None, 2).await.unwrap(), runs[..2], "{}", database.engine);
        assert_eq!(workspace.runs(&connection, Some(&runs[1].id), 9).await.unwrap(), runs[2..], "{}", database.engine);
        assert_eq!(workspace.recent_runs(9).await.unwrap(), runs);
        let other = testing::workspace(&store).await;
        assert_eq!(other.recent_runs(9).await.unwrap(), []);
    }
}
