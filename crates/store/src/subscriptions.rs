//! Webhook subscriptions at tools: what to renew in time, and the secret by which a delivery is proven.

use jiff::Timestamp;
use model::connection::Capability;
use model::{ConnectionId, Secret, WorkspaceId};

use crate::error::{Error, Result};
use crate::seal::Place;
use crate::{Step, Store, Workspace, instant, millis, on, on_tx, statements};

statements! {
    SAVE = "INSERT INTO subscriptions (workspace_id, connection_id, capability, remote_id, resource, sealed_secret, expires_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (workspace_id, connection_id, capability, remote_id) DO UPDATE SET resource = excluded.resource,
        sealed_secret = excluded.sealed_secret, expires_at = excluded.expires_at";
    OF_CONNECTION = "SELECT capability, remote_id, resource, sealed_secret, expires_at, created_at FROM subscriptions
        WHERE workspace_id = $1 AND connection_id = $2 ORDER BY created_at, capability, remote_id";
    EXPIRING = "SELECT workspace_id, connection_id, capability, remote_id, expires_at FROM subscriptions WHERE expires_at < $1
        ORDER BY expires_at LIMIT $2";
    DELETE = "DELETE FROM subscriptions WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND remote_id = $4";
}

/// A subscription at a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub connection: ConnectionId,
    pub capability: Capability,
    /// The tool's id of it.
    pub remote_id: String,
    /// What it watches, where the tool needs that to end it.
    pub resource: Option<String>,
    /// By which its deliveries are proven, where it has one of its own.
    pub secret: Option<Secret>,
    /// `None`: it lasts until it is ended.
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// A subscription that ends soon, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    pub workspace: WorkspaceId,
    pub connection: ConnectionId,
    pub capability: Capability,
    pub remote_id: String,
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    capability: String,
    remote_id: String,
    resource: Option<String>,
    sealed_secret: Option<String>,
    expires_at: Option<i64>,
    created_at: i64,
}

/// What names a subscription's row to the sealing: only the last part is the tool's and may hold a line break.
fn row(connection: &ConnectionId, capability: Capability, remote_id: &str) -> String {
    format!("{connection}\n{}\n{remote_id}", capability.as_str())
}

const fn place<'a>(workspace: &'a str, row: &'a str) -> Place<'a> {
    Place { workspace, table: "subscriptions", row }
}

fn capability(name: &str) -> Result<Capability> {
    Capability::parse(name).ok_or_else(|| Error::unreadable("subscription", name))
}

impl Store {
    /// Subscriptions that end before `before`, the soonest first.
    pub async fn subscriptions_expiring_across_workspaces(&self, before: Timestamp, limit: u32) -> Result<Vec<Expiring>> {
        let rows: Vec<(String, String, String, String, i64)> =
            on!(self.db(), |e| sqlx::query_as(EXPIRING).bind(millis(before)).bind(i64::from(limit)).fetch_all(e).await)?;
        let read = |(workspace, connection, name, remote_id, expires): (String, String, String, String, i64)| {
            Ok(Expiring {
                workspace: workspace.parse().map_err(|error| Error::unreadable("subscription", error))?,
                connection: connection.parse().map_err(|error| Error::unreadable("subscription", error))?,
                capability: capability(&name)?,
                remote_id,
                expires_at: instant(expires),
            })
        };
        rows.into_iter().map(read).collect()
    }
}

impl Workspace {
    /// A connection's subscriptions, oldest first.
    pub async fn subscriptions(&self, connection: &ConnectionId) -> Result<Vec<Subscription>> {
        let rows: Vec<Row> =
            on!(self.db(), |e| sqlx::query_as(OF_CONNECTION).bind(self.id.as_str()).bind(connection.as_str()).fetch_all(e).await)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.data_key().await?;
        let read = |found: Row| {
            let capability = capability(&found.capability)?;
            let name = row(connection, capability, &found.remote_id);
            let open = |sealed: &String| key.open_text(place(self.id.as_str(), &name), sealed);
            Ok(Subscription {
                connection: connection.clone(),
                capability,
                resource: found.resource,
                secret: found.sealed_secret.as_ref().map(open).transpose()?,
                expires_at: found.expires_at.map(instant),
                created_at: instant(found.created_at),
                remote_id: found.remote_id,
            })
        };
        rows.into_iter().map(read).collect()
    }
}

impl Step {
    /// Saves a subscription, or what a renewal changed of it (never its beginning).
    pub async fn save_subscription(&mut self, subscription: &Subscription) -> Result<()> {
        let (workspace, key) = (self.workspace_id(), self.data_key().await?);
        let name = row(&subscription.connection, subscription.capability, &subscription.remote_id);
        let seal = |secret: &Secret| key.seal_text(self.workspace.store.env(), place(&workspace, &name), secret);
        let sealed = subscription.secret.as_ref().map(seal);
        on_tx!(&mut self.tx, |e| {
            sqlx::query(SAVE)
                .bind(&workspace)
                .bind(subscription.connection.as_str())
                .bind(subscription.capability.as_str())
                .bind(&subscription.remote_id)
                .bind(&subscription.resource)
                .bind(sealed)
                .bind(subscription.expires_at.map(millis))
                .bind(millis(subscription.created_at))
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Forgets a subscription that was ended at the tool; one that is gone already is a success.
    pub async fn delete_subscription(&mut self, connection: &ConnectionId, capability: Capability, remote_id: &str) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| {
            sqlx::query(DELETE)
                .bind(workspace)
                .bind(connection.as_str())
                .bind(capability.as_str())
                .bind(remote_id)
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::testing::{self, databases};

    async fn save(workspace: &Workspace, subscription: &Subscription) {
        let mut step = workspace.begin().await.unwrap();
        step.save_subscription(subscription).await.unwrap();
        step.commit().await.unwrap();
    }

    #[tokio::test]
    async fn f53_subscriptions_are_found_before_they_expire_and_renewed_in_place() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let connection = testing::connection(&workspace, None).await.id;
            let now = store.env().now();
            let mut ending = Subscription {
                connection: connection.clone(),
                capability: Capability::Calendar,
                remote_id: "channel-1".into(),
                resource: Some("calendar".into()),
                secret: Some(Secret::from("whsec")),
                expires_at: Some(now + SignedDuration::from_hours(2)),
                created_at: now,
            };
            let lasting = Subscription {
                capability: Capability::Tasks,
                remote_id: "hook-1".into(),
                secret: None,
                expires_at: None,
                ..ending.clone()
            };
            save(&workspace, &ending).await;
            save(&workspace, &lasting).await;
            assert_eq!(workspace.subscriptions(&connection).await.unwrap(), [ending.clone(), lasting.clone()], "{}", database.engine);
            let soon = now + SignedDuration::from_hours(3);
            let expiring = store.subscriptions_expiring_across_workspaces(soon, 10).await.unwrap();
            let wanted = Expiring {
                workspace: workspace.id().clone(),
                connection: connection.clone(),
                capability: Capability::Calendar,
                remote_id: "channel-1".into(),
                expires_at: now + SignedDuration::from_hours(2),
            };
            assert_eq!(expiring, [wanted], "{}", database.engine);
            ending.expires_at = Some(now + SignedDuration::from_hours(30));
            ending.secret = Some(Secret::from("whsec of the renewal"));
            save(&workspace, &ending).await;
            assert_eq!(store.subscriptions_expiring_across_workspaces(soon, 10).await.unwrap(), []);
            assert_eq!(workspace.subscriptions(&connection).await.unwrap(), [ending, lasting.clone()]);
            let mut step = workspace.begin().await.unwrap();
            step.delete_subscription(&connection, Capability::Calendar, "channel-1").await.unwrap();
            step.delete_subscription(&connection, Capability::Calendar, "channel-1").await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(workspace.subscriptions(&connection).await.unwrap(), [lasting], "{}", database.engine);
        }
    }
}
