//! Tests of deliveries.

use futures::future::{join_all, poll_immediate};

use super::*;
use crate::Workspace;
use crate::testing::{self, databases};

/// A connection whose pull of tasks sleeps.
async fn sleeping(workspace: &Workspace) -> ConnectionId {
    let connection = testing::connection(workspace, None).await.id;
    let mut step = workspace.begin().await.unwrap();
    step.set_stream(&connection, Capability::Tasks, Way::Pull, true, true, None, None).await.unwrap();
    step.commit().await.unwrap();
    connection
}

fn delivery(workspace: &Workspace, connection: &ConnectionId, id: &str) -> Delivery {
    Delivery { workspace: workspace.id().clone(), connection: connection.clone(), id: Some(id.to_owned()), wake: vec![Capability::Tasks] }
}

/// Whether it is the first, in a step of its own.
async fn first(workspace: &Workspace, delivery: &Delivery) -> bool {
    let mut step = workspace.begin().await.unwrap();
    let first = step.take_delivery(delivery).await.unwrap();
    step.commit().await.unwrap();
    first
}

async fn awake(workspace: &Workspace, connection: &ConnectionId) -> bool {
    workspace.streams(connection).await.unwrap()[0].wake_at.is_some()
}

async fn kept(store: &Store) -> i64 {
    crate::on!(store.db(), |e| sqlx::query_scalar("SELECT CAST(COUNT(*) AS BIGINT) FROM deliveries_seen").fetch_one(e).await).unwrap()
}

#[tokio::test]
async fn f48_of_deliveries_that_come_together_one_is_the_first() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let (mine, other) = (sleeping(&workspace).await, sleeping(&workspace).await);
        let same = delivery(&workspace, &mine, "d1");
        let firsts = join_all((0..8).map(|_| first(&workspace, &same))).await;
        assert_eq!(firsts.into_iter().filter(|first| *first).count(), 1, "{}", database.engine);
        assert!(first(&workspace, &delivery(&workspace, &other, "d1")).await, "ids are a connection's own");
        let mut step = workspace.begin().await.unwrap();
        assert!(step.take_delivery(&delivery(&workspace, &mine, "d2")).await.unwrap());
        drop(step);
        assert!(first(&workspace, &delivery(&workspace, &mine, "d2")).await, "what was rolled back was never seen, {}", database.engine);
    }
}

#[tokio::test]
async fn f48_deliveries_that_come_together_are_all_noted_and_a_repeated_one_wakes_nothing() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let (mine, other) = (sleeping(&workspace).await, sleeping(&workspace).await);
        let all: Vec<Delivery> = (0..20).map(|at| delivery(&workspace, &mine, &format!("d{}", at % 10))).collect();
        for taken in join_all(all.iter().map(|one| store.take_delivery(one))).await {
            taken.unwrap();
        }
        assert_eq!(kept(&store).await, 10, "{}: each id once", database.engine);
        assert!(awake(&workspace, &mine).await && !awake(&workspace, &other).await, "{}", database.engine);
        let leased = store.lease_across_workspaces("test", 9).await.unwrap();
        assert_eq!(leased.len(), 1, "{}", database.engine);
        store.take_delivery(&all[0]).await.unwrap();
        assert!(!awake(&workspace, &mine).await, "{}: it was taken before", database.engine);
        store.take_delivery(&Delivery { id: None, ..all[0].clone() }).await.unwrap();
        assert!(awake(&workspace, &mine).await, "{}: without an id nothing is known of it", database.engine);
    }
}

#[tokio::test]
async fn a_caller_that_is_cut_off_takes_nobody_with_it() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let mine = sleeping(&workspace).await;
        let (one, two) = (delivery(&workspace, &mine, "d1"), delivery(&workspace, &mine, "d2"));
        let mut cut = Box::pin(store.take_delivery(&one));
        assert!(poll_immediate(&mut cut).await.is_none(), "it has the turn and waits for the database");
        let mut other = Box::pin(store.take_delivery(&two));
        assert!(poll_immediate(&mut other).await.is_none(), "it waits for the turn");
        drop(cut);
        other.await.unwrap();
        assert!(!first(&workspace, &two).await && awake(&workspace, &mine).await, "{}", database.engine);
    }
}

#[tokio::test]
async fn f50_a_replay_of_six_days_later_is_still_known() {
    for database in databases().await {
        let (store, clock) = testing::store_and_clock(&database).await;
        let workspace = testing::workspace(&store).await;
        let connection = sleeping(&workspace).await;
        let one = delivery(&workspace, &connection, "d1");
        assert!(first(&workspace, &one).await);
        clock.advance(SignedDuration::from_hours(6 * 24));
        assert_eq!(store.prune_deliveries_across_workspaces().await.unwrap(), 0, "{}", database.engine);
        assert!(!first(&workspace, &one).await, "{}", database.engine);
        clock.advance(SignedDuration::from_hours(25));
        assert_eq!(store.prune_deliveries_across_workspaces().await.unwrap(), 1, "{}", database.engine);
        assert!(first(&workspace, &one).await, "after seven days it is forgotten, {}", database.engine);
    }
}
