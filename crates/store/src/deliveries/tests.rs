//! Tests of deliveries.

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
        assert!(!deliver(&workspace, &connection, "d1").await, "{}", database.engine);
        clock.advance(SignedDuration::from_hours(25));
        assert!(deliver(&workspace, &connection, "d1").await, "after seven days it is forgotten, {}", database.engine);
    }
}
