//! Tests of subscriptions.

use jiff::SignedDuration;

use super::*;
use crate::testing::{self, databases};

#[tokio::test]
async fn f53_subscriptions_are_found_before_they_expire_and_renewed_in_place() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let connection = testing::connection(&workspace, None).await.id;
        let now = store.env().now();
        let mut ending = Subscription {
            capability: Capability::Calendar,
            remote_id: "channel-1".into(),
            resource: Some("calendar".into()),
            secret: Some(Secret::from("whsec")),
            expires: Some(now + SignedDuration::from_hours(2)),
        };
        let lasting =
            Subscription { capability: Capability::Tasks, remote_id: "hook-1".into(), resource: None, secret: None, expires: None };
        let mut step = workspace.begin().await.unwrap();
        step.save_subscription(&connection, &ending).await.unwrap();
        step.save_subscription(&connection, &lasting).await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(workspace.subscriptions(&connection).await.unwrap(), [ending.clone(), lasting.clone()], "{}", database.engine);
        let soon = now + SignedDuration::from_hours(3);
        let expiring = store.connections_with_expiring_subscriptions_across_workspaces(soon).await.unwrap();
        assert_eq!(expiring, [(workspace.id().clone(), connection.clone())], "{}", database.engine);
        ending.expires = Some(now + SignedDuration::from_hours(30));
        ending.secret = Some(Secret::from("whsec of the renewal"));
        let mut step = workspace.begin().await.unwrap();
        step.save_subscription(&connection, &ending).await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(store.connections_with_expiring_subscriptions_across_workspaces(soon).await.unwrap(), []);
        assert_eq!(workspace.subscriptions(&connection).await.unwrap(), [ending, lasting.clone()], "{}", database.engine);
        let mut step = workspace.begin().await.unwrap();
        step.expire_subscription(&connection, "channel-1").await.unwrap();
        step.expire_subscription(&connection, "of another connection").await.unwrap();
        step.commit().await.unwrap();
        let expiring = store.connections_with_expiring_subscriptions_across_workspaces(soon).await.unwrap();
        assert_eq!(expiring, [(workspace.id().clone(), connection.clone())], "{}: the tool ends it early", database.engine);
        let mut step = workspace.begin().await.unwrap();
        step.delete_subscription(&connection, Capability::Calendar, "channel-1").await.unwrap();
        step.delete_subscription(&connection, Capability::Calendar, "channel-1").await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(workspace.subscriptions(&connection).await.unwrap(), [lasting], "{}", database.engine);
    }
}
