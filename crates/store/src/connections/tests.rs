//! Tests of connections.

use model::Secret;

use super::*;
use crate::testing::{self, databases};

#[tokio::test]
async fn a_connection_keeps_what_is_learnt_of_it() {
    for database in databases().await {
        let (store, clock) = testing::store_and_clock(&database).await;
        let workspace = testing::workspace(&store).await;
        let user = testing::user(&workspace).await.id;
        let fields = BTreeMap::from([("region".to_owned(), "eu".to_owned())]);
        let mut wanted = Connection::new(store.env(), "linear", "oauth", Some(user), fields);
        let mut step = workspace.begin().await.unwrap();
        step.create_connection(&wanted).await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(workspace.connection(&wanted.id).await.unwrap(), Some(wanted.clone()), "{}", database.engine);
        clock.advance(jiff::SignedDuration::from_secs(1));
        wanted.account = Some(ConnectedAccount { id: "a1".into(), name: "Demo".into() });
        wanted.granted = vec!["read".into()];
        wanted.auth = "token".into();
        wanted.fields.clear();
        wanted.connected = true;
        wanted.connected_at = Some(store.env().now());
        let mut step = workspace.begin().await.unwrap();
        step.set_account(&wanted.id, "a1", "Demo").await.unwrap();
        step.set_granted(&wanted.id, &wanted.granted).await.unwrap();
        step.set_sign_in(&wanted.id, "token", &wanted.fields).await.unwrap();
        step.set_connected(&wanted.id, true).await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(workspace.connections().await.unwrap(), [wanted.clone()], "{}", database.engine);
        clock.advance(jiff::SignedDuration::from_secs(1));
        wanted.connected = false;
        let mut step = workspace.begin().await.unwrap();
        step.set_connected(&wanted.id, false).await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(workspace.connection(&wanted.id).await.unwrap(), Some(wanted), "the last time is kept, {}", database.engine);
    }
}

#[tokio::test]
async fn a_webhook_finds_connections_by_id_or_account_and_nobody_else_does() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let (here, there) = (testing::workspace(&store).await, testing::workspace(&store).await);
        let (mine, theirs) = (testing::connection(&here, None).await.id, testing::connection(&there, None).await.id);
        for (workspace, id) in [(&here, &mine), (&there, &theirs)] {
            let mut step = workspace.begin().await.unwrap();
            step.set_account(id, "a1", "Demo").await.unwrap();
            step.set_connected(id, true).await.unwrap();
            step.commit().await.unwrap();
        }
        let (workspace, found) = store.connection_across_workspaces(&mine).await.unwrap().unwrap();
        assert_eq!((&workspace, &found.id), (here.id(), &mine), "{}", database.engine);
        let of_account = store.connections_of_account_across_workspaces("linear", "a1").await.unwrap();
        assert_eq!(of_account.len(), 2, "{}", database.engine);
        for (integration, account) in [("linear", "a2"), ("asana", "a1")] {
            assert_eq!(store.connections_of_account_across_workspaces(integration, account).await.unwrap(), []);
        }
        assert_eq!(there.connection(&mine).await.unwrap(), None);
        let mut step = there.begin().await.unwrap();
        step.set_connected(&mine, false).await.unwrap();
        step.commit().await.unwrap();
        assert!(here.connection(&mine).await.unwrap().unwrap().connected, "another workspace's step changes nothing");
    }
}

#[tokio::test]
async fn b21_settings_saved_over_newer_ones_are_refused() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let connection = testing::connection(&workspace, None).await;
        let settings = Settings { backfill_days: 7, ..Settings::default() };
        let mut step = workspace.begin().await.unwrap();
        assert_eq!(step.set_settings(&connection.id, &settings, 0).await.unwrap(), 1);
        assert!(matches!(step.set_settings(&connection.id, &Settings::default(), 0).await, Err(Error::Stale(_))));
        step.commit().await.unwrap();
        let saved = workspace.connection(&connection.id).await.unwrap().unwrap();
        assert_eq!((saved.settings, saved.settings_version), (Some(settings), 1), "{}", database.engine);
    }
}

#[tokio::test]
async fn only_a_connection_that_was_never_signed_in_is_forgotten() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let (never, once) = (testing::connection(&workspace, None).await.id, testing::connection(&workspace, None).await.id);
        let mut step = workspace.begin().await.unwrap();
        step.save_secret(&format!("{never}/fields"), &Secret::from("f")).await.unwrap();
        step.set_account(&once, "a1", "Demo").await.unwrap();
        step.delete_connection(&never).await.unwrap();
        step.delete_connection(&once).await.unwrap();
        step.commit().await.unwrap();
        let left: Vec<_> = workspace.connections().await.unwrap().into_iter().map(|connection| connection.id).collect();
        assert_eq!(left, [once], "{}", database.engine);
    }
}
