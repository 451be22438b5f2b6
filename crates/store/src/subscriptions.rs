//! Webhook subscriptions at the tools: what watches what, until when, and the sealed secret of each.

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
    OF_CONNECTION = "SELECT capability, remote_id, resource, sealed_secret, expires_at FROM subscriptions
        WHERE workspace_id = $1 AND connection_id = $2 ORDER BY capability, created_at";
    EXPIRING = "SELECT DISTINCT workspace_id, connection_id FROM subscriptions WHERE expires_at < $1 ORDER BY workspace_id, connection_id";
    EXPIRE = "UPDATE subscriptions SET expires_at = $1 WHERE workspace_id = $2 AND connection_id = $3 AND remote_id = $4";
    DELETE = "DELETE FROM subscriptions WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND remote_id = $4";
}

/// A subscription as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub capability: Capability,
    /// The tool's id.
    pub remote_id: String,
    pub resource: Option<String>,
    pub secret: Option<Secret>,
    pub expires: Option<Timestamp>,
}

impl Store {
    /// The connections of which a subscription ends before `soon`.
    pub async fn connections_with_expiring_subscriptions_across_workspaces(
        &self,
        soon: Timestamp,
    ) -> Result<Vec<(WorkspaceId, ConnectionId)>> {
        let rows: Vec<(String, String)> = on!(self.db(), |e| sqlx::query_as(EXPIRING).bind(millis(soon)).fetch_all(e).await)?;
        let bad = |error: model::ids::BadId| Error::unreadable("subscription", error);
        rows.into_iter().map(|(workspace, connection)| Ok((workspace.parse().map_err(bad)?, connection.parse().map_err(bad)?))).collect()
    }
}

impl Workspace {
    /// A connection's subscriptions.
    pub async fn subscriptions(&self, connection: &ConnectionId) -> Result<Vec<Subscription>> {
        type Row = (String, String, Option<String>, Option<String>, Option<i64>);
        let rows: Vec<Row> =
            on!(self.db(), |e| sqlx::query_as(OF_CONNECTION).bind(self.id.as_str()).bind(connection.as_str()).fetch_all(e).await)?;
        let mut found = Vec::with_capacity(rows.len());
        for (capability, remote_id, resource, sealed, expires) in rows {
            let row = row_name(connection, &remote_id);
            let secret = match sealed {
                Some(sealed) => Some(self.data_key().await?.open_text(place(self.id.as_str(), &row), &sealed)?),
                None => None,
            };
            let capability = Capability::parse(&capability).ok_or_else(|| Error::unreadable("subscription", &capability))?;
            found.push(Subscription { capability, remote_id, resource, secret, expires: expires.map(instant) });
        }
        Ok(found)
    }
}

fn row_name(connection: &ConnectionId, remote_id: &str) -> String {
    format!("{connection}/{remote_id}")
}

const fn place<'a>(workspace: &'a str, row: &'a str) -> Place<'a> {
    Place { workspace, table: "subscriptions", row }
}

impl Step {
    /// Keeps a subscription.
    pub async fn save_subscription(&mut self, connection: &ConnectionId, subscription: &Subscription) -> Result<()> {
        let (workspace, now, row) = (self.workspace_id(), millis(self.at), row_name(connection, &subscription.remote_id));
        let sealed = match &subscription.secret {
            Some(secret) => Some(self.data_key().await?.seal_text(self.workspace.store.env(), place(&workspace, &row), secret)),
            None => None,
        };
        on_tx!(&mut self.tx, |e| {
            sqlx::query(SAVE)
                .bind(&workspace)
                .bind(connection.as_str())
                .bind(subscription.capability.as_str())
                .bind(&subscription.remote_id)
                .bind(&subscription.resource)
                .bind(sealed)
                .bind(subscription.expires.map(millis))
                .bind(now)
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Notes that a subscription ends now, whatever was said of it before.
    pub async fn expire_subscription(&mut self, connection: &ConnectionId, remote_id: &str) -> Result<()> {
        let (workspace, now) = (self.workspace_id(), millis(self.at));
        on_tx!(&mut self.tx, |e| {
            sqlx::query(EXPIRE).bind(now).bind(workspace).bind(connection.as_str()).bind(remote_id).execute(e).await.map(drop)
        })?;
        Ok(())
    }

    /// Forgets a subscription.
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
mod tests;
