//! Tests of sign-ins.

use jiff::SignedDuration;

use super::*;
use crate::testing::{self, databases};
use crate::{Store, Workspace, on};

const LASTING: SignedDuration = SignedDuration::from_mins(10);

async fn save(workspace: &Workspace, store: &Store, state: &str) -> SignIn {
    let sign_in = SignIn {
        user: UserId::new(store.env()),
        connection: testing::connection(workspace, None).await.id,
        verifier: Secret::from("a verifier"),
        scopes: vec!["read".into(), "write".into()],
        return_to: "/connections".into(),
        expires: store.env().now() + LASTING,
    };
    let mut step = workspace.begin().await.unwrap();
    step.save_sign_in(state, &sign_in).await.unwrap();
    step.commit().await.unwrap();
    sign_in
}

async fn take(workspace: &Workspace, state: &str) -> Taken {
    let mut step = workspace.begin().await.unwrap();
    let taken = step.take_sign_in(state).await.unwrap();
    step.commit().await.unwrap();
    taken
}

#[tokio::test]
async fn b11_a_state_is_good_once_and_in_its_workspace_alone() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let sign_in = save(&workspace, &store, "a state").await;
        let stored: (String, String) =
            on!(store.db(), |e| sqlx::query_as("SELECT state_hash, verifier FROM sign_ins").fetch_one(e).await).unwrap();
        assert!(!stored.0.contains("state") && stored.1.starts_with("v1."), "{}", database.engine);
        let other = testing::workspace(&store).await;
        assert_eq!(take(&other, "a state").await, Taken::Unknown);
        assert_eq!(take(&workspace, "another state").await, Taken::Unknown);
        assert_eq!(take(&workspace, "a state").await, Taken::Good(Box::new(sign_in)), "{}", database.engine);
        assert_eq!(take(&workspace, "a state").await, Taken::Unknown);
    }
}

#[tokio::test]
async fn b11_of_two_callbacks_that_come_together_one_goes_on() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        save(&workspace, &store, "a state").await;
        let taken = futures::future::join_all((0..4).map(|_| take(&workspace, "a state"))).await;
        assert_eq!(taken.iter().filter(|taken| matches!(taken, Taken::Good(_))).count(), 1, "{}", database.engine);
    }
}

#[tokio::test]
async fn b30_coming_back_late_is_told_apart_until_the_next_sign_in_begins() {
    for database in databases().await {
        let (store, clock) = testing::store_and_clock(&database).await;
        let workspace = testing::workspace(&store).await;
        save(&workspace, &store, "taken late").await;
        save(&workspace, &store, "never taken").await;
        clock.advance(LASTING + SignedDuration::from_millis(1));
        assert_eq!(take(&workspace, "taken late").await, Taken::Expired, "{}", database.engine);
        assert_eq!(take(&workspace, "taken late").await, Taken::Unknown);
        save(&workspace, &store, "the next").await;
        assert_eq!(take(&workspace, "never taken").await, Taken::Unknown, "it was pruned, {}", database.engine);
    }
}
