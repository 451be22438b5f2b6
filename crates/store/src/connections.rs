//! Connections: which account of which tool, with which rights and options. Their secrets are in `secrets`, what is known
//! of their health in `evidence`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{ConnectionId, Settings, UserId, WorkspaceId};

use crate::error::{Error, Result};
use crate::{Step, Store, Workspace, instant, millis, on, on_tx, statements};

/// What every read reads.
macro_rules! columns {
    () => {
        "workspace_id, id, integration, auth, user_id, account_id, account_name, fields, granted, settings, settings_version, connected, created_at, connected_at"
    };
}

statements! {
    CREATE = "INSERT INTO connections (workspace_id, id, integration, auth, user_id, fields, granted, connected, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, '[]', FALSE, $7)";
    ONE = concat!("SELECT ", columns!(), " FROM connections WHERE workspace_id = $1 AND id = $2");
    ALL = concat!("SELECT ", columns!(), " FROM connections WHERE workspace_id = $1 ORDER BY created_at, id");
    ANYWHERE = concat!("SELECT ", columns!(), " FROM connections WHERE id = $1");
    SET_FIELDS = "UPDATE connections SET auth = $3, fields = $4 WHERE workspace_id = $1 AND id = $2";
    SET_ACCOUNT = "UPDATE connections SET account_id = $3, account_name = $4 WHERE workspace_id = $1 AND id = $2";
    SET_GRANTED = "UPDATE connections SET granted = $3 WHERE workspace_id = $1 AND id = $2";
    SET_SETTINGS = "UPDATE connections SET settings = $3, settings_version = settings_version + 1
        WHERE workspace_id = $1 AND id = $2 AND settings_version = $4";
    CONNECT = "UPDATE connections SET connected = TRUE, connected_at = $3 WHERE workspace_id = $1 AND id = $2";
    DISCONNECT = "UPDATE connections SET connected = FALSE WHERE workspace_id = $1 AND id = $2";
    DELETE = "DELETE FROM connections WHERE workspace_id = $1 AND id = $2";
}

/// The tool's account that a connection reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The tool's own id.
    pub id: String,
    /// What a person knows it by.
    pub name: String,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub workspace: WorkspaceId,
    pub id: ConnectionId,
    /// The tool's id in the catalogue.
    pub integration: String,
    /// Which of the tool's ways to sign in.
    pub auth: String,
    /// Whose it is; `None`: the workspace's.
    pub user: Option<UserId>,
    /// Known once the tool has been asked.
    pub account: Option<Account>,
    /// Connect-time fields that are not secret (region, domain).
    pub fields: BTreeMap<String, String>,
    /// Scopes as the tool granted them.
    pub granted: Vec<String>,
    /// `None` until a person has chosen: nothing is written to the tool before.
    pub settings: Option<Settings>,
    /// Rises with every change of the settings.
    pub settings_version: i64,
    /// Whether secrets are held.
    pub connected: bool,
    pub created_at: Timestamp,
    /// When it was connected last.
    pub connected_at: Option<Timestamp>,
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
    fn read(self) -> Result<Connection> {
        let bad = |error: &dyn std::fmt::Display| Error::unreadable("connection", error);
        let name = self.account_name;
        Ok(Connection {
            workspace: self.workspace_id.parse().map_err(|error| bad(&error))?,
            id: self.id.parse().map_err(|error| bad(&error))?,
            integration: self.integration,
            auth: self.auth,
            user: self.user_id.map(|id| id.parse()).transpose().map_err(|error| bad(&error))?,
            account: self.account_id.map(|id| Account { name: name.unwrap_or_else(|| id.clone()), id }),
            fields: serde_json::from_str(&self.fields).map_err(|error| bad(&error))?,
            granted: serde_json::from_str(&self.granted).map_err(|error| bad(&error))?,
            settings: self.settings.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| bad(&error))?,
            settings_version: self.settings_version,
            connected: self.connected,
            created_at: instant(self.created_at),
            connected_at: self.connected_at.map(instant),
        })
    }
}

impl Store {
    /// The connection that an inbound webhook's address names.
    pub async fn find_connection_across_workspaces(&self, id: &ConnectionId) -> Result<Option<Connection>> {
        let row: Option<Row> = on!(self.db(), |e| sqlx::query_as(ANYWHERE).bind(id.as_str()).fetch_optional(e).await)?;
        row.map(Row::read).transpose()
    }
}

impl Workspace {
    /// One connection.
    pub async fn connection(&self, id: &ConnectionId) -> Result<Option<Connection>> {
        let row: Option<Row> = on!(self.db(), |e| sqlx::query_as(ONE).bind(self.id.as_str()).bind(id.as_str()).fetch_optional(e).await)?;
        row.map(Row::read).transpose()
    }

    /// All connections, oldest first.
    pub async fn connections(&self) -> Result<Vec<Connection>> {
        let rows: Vec<Row> = on!(self.db(), |e| sqlx::query_as(ALL).bind(self.id.as_str()).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }
}

/// Runs an UPDATE of one connection by its statement and further values; none hit: there is no such connection.
macro_rules! set {
    ($step:expr, $id:expr, $statement:ident $(, $value:expr)*) => {{
        let workspace = $step.workspace_id();
        let hit = on_tx!(&mut $step.tx, |e| {
            sqlx::query($statement).bind(workspace).bind($id.as_str())$(.bind($value))*.execute(e).await.map(|done| done.rows_affected())
        })?;
        if hit == 1 { Ok(()) } else { Err(Error::NotFound("the connection")) }
    }};
}

impl Step {
    /// Makes a connection that is not connected yet.
    pub async fn create_connection(
        &mut self,
        integration: &str,
        auth: &str,
        user: Option<&UserId>,
        fields: &BTreeMap<String, String>,
    ) -> Result<Connection> {
        let connection = Connection {
            workspace: self.workspace.id.clone(),
            id: ConnectionId::new(self.workspace.store.env()),
            integration: integration.to_owned(),
            auth: auth.to_owned(),
            user: user.cloned(),
            account: None,
            fields: fields.clone(),
            granted: Vec::new(),
            settings: None,
            settings_version: 0,
            connected: false,
            created_at: instant(millis(self.at)),
            connected_at: None,
        };
        on_tx!(&mut self.tx, |e| {
            sqlx::query(CREATE)
                .bind(connection.workspace.as_str())
                .bind(connection.id.as_str())
                .bind(integration)
                .bind(auth)
                .bind(user.map(UserId::as_str))
                .bind(json(fields)?)
                .bind(millis(connection.created_at))
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(connection)
    }

    /// One connection, inside the step.
    pub async fn connection(&mut self, id: &ConnectionId) -> Result<Option<Connection>> {
        let workspace = self.workspace_id();
        let row: Option<Row> = on_tx!(&mut self.tx, |e| sqlx::query_as(ONE).bind(workspace).bind(id.as_str()).fetch_optional(e).await)?;
        row.map(Row::read).transpose()
    }

    /// Changes the way to sign in and the connect-time fields, for a reconnect.
    pub async fn set_fields(&mut self, id: &ConnectionId, auth: &str, fields: &BTreeMap<String, String>) -> Result<()> {
        let fields = json(fields)?;
        set!(self, id, SET_FIELDS, auth, fields)
    }

    /// Notes whose account it is.
    pub async fn set_account(&mut self, id: &ConnectionId, account: &Account) -> Result<()> {
        set!(self, id, SET_ACCOUNT, &account.id, &account.name)
    }

    /// Notes which scopes the tool granted.
    pub async fn set_granted(&mut self, id: &ConnectionId, granted: &[String]) -> Result<()> {
        let granted = json(&granted)?;
        set!(self, id, SET_GRANTED, granted)
    }

    /// Saves the options over version `over`; answers their new version. `Stale`: somebody else saved meanwhile.
    pub async fn set_settings(&mut self, id: &ConnectionId, settings: &Settings, over: i64) -> Result<i64> {
        let text = json(settings)?;
        let saved: Result<()> = set!(self, id, SET_SETTINGS, text, over);
        match saved {
            Err(Error::NotFound(_)) if self.connection(id).await?.is_some() => Err(Error::Stale("the settings")),
            other => other.map(|()| over + 1),
        }
    }

    /// Notes that secrets are held from now on.
    pub async fn set_connected(&mut self, id: &ConnectionId) -> Result<()> {
        let now = millis(self.at);
        set!(self, id, CONNECT, now)
    }

    /// Deletes a connection's secrets and notes that none are held; links, runs and options stay for a later reconnect.
    pub async fn set_disconnected(&mut self, id: &ConnectionId) -> Result<()> {
        self.delete_secrets_of(id).await?;
        set!(self, id, DISCONNECT)
    }

    /// Deletes a connection with its secrets, streams, runs, items, evidence and subscriptions. Records, the log, links
    /// and intents stay.
    pub async fn delete_connection(&mut self, id: &ConnectionId) -> Result<()> {
        self.delete_secrets_of(id).await?;
        set!(self, id, DELETE)
    }
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::unreadable("connection", error))
}

#[cfg(test)]
mod tests {
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
            let mut step = workspace.begin().await.unwrap();
            let mut wanted = step.create_connection("linear", "oauth", Some(&user), &fields).await.unwrap();
            assert_eq!(step.connection(&wanted.id).await.unwrap(), Some(wanted.clone()), "{}", database.engine);
            step.commit().await.unwrap();
            clock.advance(jiff::SignedDuration::from_secs(1));
            wanted.account = Some(Account { id: "a1".into(), name: "Demo".into() });
            wanted.granted = vec!["read".into()];
            wanted.auth = "token".into();
            wanted.fields.clear();
            wanted.connected = true;
            wanted.connected_at = Some(store.env().now());
            let mut step = workspace.begin().await.unwrap();
            step.set_account(&wanted.id, &Account { id: "a1".into(), name: "Demo".into() }).await.unwrap();
            step.set_granted(&wanted.id, &wanted.granted).await.unwrap();
            step.set_fields(&wanted.id, "token", &wanted.fields).await.unwrap();
            step.set_connected(&wanted.id).await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(workspace.connections().await.unwrap(), [wanted.clone()], "{}", database.engine);
            assert_eq!(store.find_connection_across_workspaces(&wanted.id).await.unwrap(), Some(wanted.clone()));
            let other = testing::workspace(&store).await;
            assert_eq!(other.connection(&wanted.id).await.unwrap(), None);
            let mut step = other.begin().await.unwrap();
            assert!(matches!(step.set_connected(&wanted.id).await, Err(Error::NotFound(_))));
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
            let unknown = ConnectionId::new(store.env());
            assert!(matches!(step.set_settings(&unknown, &settings, 0).await, Err(Error::NotFound(_))));
            step.commit().await.unwrap();
            let saved = workspace.connection(&connection.id).await.unwrap().unwrap();
            assert_eq!((saved.settings, saved.settings_version), (Some(settings), 1), "{}", database.engine);
        }
    }

    #[tokio::test]
    async fn disconnecting_deletes_the_secrets_and_deleting_the_rest() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let connection = testing::connection(&workspace, None).await;
            let tokens = format!("{}/tokens", connection.id);
            let mut step = workspace.begin().await.unwrap();
            step.save_secret(&tokens, &Secret::from("t")).await.unwrap();
            step.set_connected(&connection.id).await.unwrap();
            step.set_disconnected(&connection.id).await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(workspace.load_secret(&tokens).await.unwrap(), None, "{}", database.engine);
            assert!(!workspace.connection(&connection.id).await.unwrap().unwrap().connected);
            let mut step = workspace.begin().await.unwrap();
            step.delete_connection(&connection.id).await.unwrap();
            assert!(matches!(step.delete_connection(&connection.id).await, Err(Error::NotFound(_))));
            step.commit().await.unwrap();
            assert_eq!(workspace.connections().await.unwrap(), []);
        }
    }
}
