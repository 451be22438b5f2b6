//! Connections: one account of one tool, its options, and whether it is signed in. Its status is not stored: see `evidence`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{ConnectionId, Env, Settings, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::{Step, Store, Workspace, instant, millis, on, on_tx, statements};

statements! {
    CREATE = "INSERT INTO connections (workspace_id, id, integration, auth, user_id, fields, granted, connected, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, '[]', FALSE, $7)";
    ONE = "SELECT workspace_id, id, integration, auth, user_id, account_id, account_name, fields, granted, settings, settings_version, connected,
        created_at, connected_at FROM connections WHERE workspace_id = $1 AND id = $2";
    ALL = "SELECT workspace_id, id, integration, auth, user_id, account_id, account_name, fields, granted, settings, settings_version, connected,
        created_at, connected_at FROM connections WHERE workspace_id = $1 ORDER BY id";
    ANYWHERE = "SELECT workspace_id, id, integration, auth, user_id, account_id, account_name, fields, granted, settings, settings_version, connected,
        created_at, connected_at FROM connections WHERE id = $1";
    OF_ACCOUNT = "SELECT workspace_id, id, integration, auth, user_id, account_id, account_name, fields, granted, settings, settings_version, connected,
        created_at, connected_at FROM connections WHERE integration = $1 AND account_id = $2 AND connected";
    SET_ACCOUNT = "UPDATE connections SET account_id = $3, account_name = $4 WHERE workspace_id = $1 AND id = $2";
    SET_GRANTED = "UPDATE connections SET granted = $3 WHERE workspace_id = $1 AND id = $2";
    SET_FIELDS = "UPDATE connections SET fields = $3, auth = $4 WHERE workspace_id = $1 AND id = $2";
    SET_CONNECTED = "UPDATE connections SET connected = $3, connected_at = CASE WHEN $3 THEN $4 ELSE connected_at END WHERE workspace_id = $1 AND id = $2";
    SET_SETTINGS = "UPDATE connections SET settings = $3, settings_version = settings_version + 1 WHERE workspace_id = $1 AND id = $2
        AND settings_version = $4 RETURNING settings_version";
    DELETE = "DELETE FROM connections WHERE workspace_id = $1 AND id = $2 AND account_id IS NULL";
}

/// The tool's account behind a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectedAccount {
    pub id: String,
    pub name: String,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub id: ConnectionId,
    /// The tool.
    pub integration: String,
    /// The name of the sign-in in the tool's manifest.
    pub auth: String,
    /// Who connected it.
    pub user: Option<UserId>,
    /// Known once it was signed in.
    pub account: Option<ConnectedAccount>,
    /// Connect-time fields that are not secret.
    pub fields: BTreeMap<String, String>,
    /// The scopes that the tool granted.
    pub granted: Vec<String>,
    /// `None` until a person saved options: nothing is written to the tool before.
    pub settings: Option<Settings>,
    pub settings_version: i64,
    /// Whether secrets are held; the status says whether they work.
    pub connected: bool,
    pub created: Timestamp,
    pub connected_at: Option<Timestamp>,
}

impl Connection {
    /// A connection that is not signed in yet.
    pub fn new(env: &dyn Env, integration: &str, auth: &str, user: Option<UserId>, fields: BTreeMap<String, String>) -> Self {
        Self {
            id: ConnectionId::new(env),
            integration: integration.to_owned(),
            auth: auth.to_owned(),
            user,
            account: None,
            fields,
            granted: Vec::new(),
            settings: None,
            settings_version: 0,
            connected: false,
            created: env.now(),
            connected_at: None,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    workspace_id: String,
    id: String,
    integration: String,
    auth: String,
    user_id: Option<String>,
    account_id: Option<String>,
    account_name: Option<String>,
    fields: String,
    granted: String,
    settings: Option<String>,
    settings_version: i64,
    connected: bool,
    created_at: i64,
    connected_at: Option<i64>,
}

impl Row {
    fn read(self) -> Result<(WorkspaceId, Connection)> {
        let bad = |error: &dyn std::fmt::Display| Error::unreadable("connection", error);
        let account = self.account_id.map(|id| ConnectedAccount { id, name: self.account_name.unwrap_or_default() });
        let connection = Connection {
            id: self.id.parse().map_err(|error| bad(&error))?,
            integration: self.integration,
            auth: self.auth,
            user: self.user_id.map(|id| id.parse()).transpose().map_err(|error| bad(&error))?,
            account,
            fields: serde_json::from_str(&self.fields).map_err(|error| bad(&error))?,
            granted: serde_json::from_str(&self.granted).map_err(|error| bad(&error))?,
            settings: self.settings.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| bad(&error))?,
            settings_version: self.settings_version,
            connected: self.connected,
            created: instant(self.created_at),
            connected_at: self.connected_at.map(instant),
        };
        Ok((self.workspace_id.parse().map_err(|error| bad(&error))?, connection))
    }
}

impl Store {
    /// A connection wherever it is: a webhook's address names nothing else.
    pub async fn connection_across_workspaces(&self, id: &ConnectionId) -> Result<Option<(WorkspaceId, Connection)>> {
        let row: Option<Row> = on!(self.db(), |e| sqlx::query_as(ANYWHERE).bind(id.as_str()).fetch_optional(e).await)?;
        row.map(Row::read).transpose()
    }

    /// The connections to one account of a tool, in all workspaces.
    pub async fn connections_of_account_across_workspaces(
        &self,
        integration: &str,
        account: &str,
    ) -> Result<Vec<(WorkspaceId, Connection)>> {
        let rows: Vec<Row> = on!(self.db(), |e| sqlx::query_as(OF_ACCOUNT).bind(integration).bind(account).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }
}

impl Workspace {
    /// One connection.
    pub async fn connection(&self, id: &ConnectionId) -> Result<Option<Connection>> {
        let row: Option<Row> = on!(self.db(), |e| sqlx::query_as(ONE).bind(self.id.as_str()).bind(id.as_str()).fetch_optional(e).await)?;
        Ok(row.map(Row::read).transpose()?.map(|(_, connection)| connection))
    }

    /// All connections, oldest first, disconnected ones included.
    pub async fn connections(&self) -> Result<Vec<Connection>> {
        let rows: Vec<Row> = on!(self.db(), |e| sqlx::query_as(ALL).bind(self.id.as_str()).fetch_all(e).await)?;
        rows.into_iter().map(|row| row.read().map(|(_, connection)| connection)).collect()
    }
}

impl Step {
    /// Creates a connection that is not signed in yet.
    pub async fn create_connection(&mut self, connection: &Connection) -> Result<()> {
        let (workspace, fields) = (self.workspace_id(), json(&connection.fields)?);
        on_tx!(&mut self.tx, |e| {
            sqlx::query(CREATE)
                .bind(workspace)
                .bind(connection.id.as_str())
                .bind(&connection.integration)
                .bind(&connection.auth)
                .bind(connection.user.as_ref().map(UserId::as_str))
                .bind(fields)
                .bind(millis(connection.created))
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Writes down whose account it is.
    pub async fn set_account(&mut self, id: &ConnectionId, account: &str, name: &str) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| sqlx::query(SET_ACCOUNT)
            .bind(workspace)
            .bind(id.as_str())
            .bind(account)
            .bind(name)
            .execute(e)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Writes down which scopes the tool granted.
    pub async fn set_granted(&mut self, id: &ConnectionId, scopes: &[String]) -> Result<()> {
        let (workspace, scopes) = (self.workspace_id(), json(&scopes)?);
        on_tx!(&mut self.tx, |e| sqlx::query(SET_GRANTED).bind(workspace).bind(id.as_str()).bind(scopes).execute(e).await.map(drop))?;
        Ok(())
    }

    /// Changes the sign-in and its open fields, when a person connects the same account another way.
    pub async fn set_sign_in(&mut self, id: &ConnectionId, auth: &str, fields: &BTreeMap<String, String>) -> Result<()> {
        let (workspace, fields) = (self.workspace_id(), json(fields)?);
        on_tx!(&mut self.tx, |e| sqlx::query(SET_FIELDS)
            .bind(workspace)
            .bind(id.as_str())
            .bind(fields)
            .bind(auth)
            .execute(e)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Connected or disconnected.
    pub async fn set_connected(&mut self, id: &ConnectionId, connected: bool) -> Result<()> {
        let (workspace, now) = (self.workspace_id(), millis(self.at));
        on_tx!(&mut self.tx, |e| sqlx::query(SET_CONNECTED)
            .bind(workspace)
            .bind(id.as_str())
            .bind(connected)
            .bind(now)
            .execute(e)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Saves options over version `loaded`; answers the new version. `Stale`: somebody else saved meanwhile.
    pub async fn set_settings(&mut self, id: &ConnectionId, settings: &Settings, loaded: i64) -> Result<i64> {
        let (workspace, settings) = (self.workspace_id(), json(settings)?);
        let version: Option<i64> = on_tx!(&mut self.tx, |e| {
            sqlx::query_scalar(SET_SETTINGS).bind(workspace).bind(id.as_str()).bind(settings).bind(loaded).fetch_optional(e).await
        })?;
        version.ok_or(Error::Stale("the connection's settings"))
    }

    /// Forgets a connection that was never signed in. One that was is kept, with its links.
    pub async fn delete_connection(&mut self, id: &ConnectionId) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| sqlx::query(DELETE).bind(workspace).bind(id.as_str()).execute(e).await.map(drop))?;
        Ok(())
    }
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::unreadable("connection", error))
}

#[cfg(test)]
mod tests;
