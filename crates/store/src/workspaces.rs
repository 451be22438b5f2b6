//! Workspaces: made with a data key of their own, which seals all of their secrets and is itself sealed by a master key.

use jiff::tz::TimeZone;
use model::WorkspaceId;

use crate::error::{Error, Result};
use crate::seal::SealingKey;
use crate::{Step, Store, Workspace, millis, on, on_tx, statements};

statements! {
    CREATE = "INSERT INTO workspaces (id, name, time_zone, own_domains, sealed_key, master_key_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id) DO NOTHING";
    ONE = "SELECT id, name, time_zone, own_domains FROM workspaces WHERE id = $1";
    ALL = "SELECT id, name, time_zone, own_domains FROM workspaces ORDER BY created_at, id";
    SET = "UPDATE workspaces SET name = $2, time_zone = $3, own_domains = $4 WHERE id = $1";
    KEY = "SELECT sealed_key, master_key_id FROM workspaces WHERE id = $1";
}

/// What a workspace says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    /// The zone in which "each day at 9" is meant. Has an IANA name.
    pub time_zone: TimeZone,
    /// The domains whose people are colleagues, in lower case.
    pub own_domains: Vec<String>,
}

impl Profile {
    fn zone_name(&self) -> Result<&str> {
        self.time_zone.iana_name().ok_or_else(|| Error::Configuration("a workspace's time zone must have an IANA name".to_owned()))
    }

    fn domains(&self) -> String {
        let mut domains: Vec<String> = self.own_domains.iter().map(|domain| domain.trim().to_lowercase()).collect();
        domains.sort_unstable();
        domains.dedup();
        serde_json::Value::from(domains).to_string()
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    time_zone: String,
    own_domains: String,
}

impl Row {
    fn read(self) -> Result<(WorkspaceId, Profile)> {
        let bad = |error: &dyn std::fmt::Display| Error::unreadable("workspace", error);
        let profile = Profile {
            name: self.name,
            time_zone: TimeZone::get(&self.time_zone).map_err(|error| bad(&error))?,
            own_domains: serde_json::from_str(&self.own_domains).map_err(|error| bad(&error))?,
        };
        Ok((self.id.parse().map_err(|error| bad(&error))?, profile))
    }
}

impl Store {
    /// Every workspace, oldest first.
    pub async fn list_across_workspaces(&self) -> Result<Vec<(WorkspaceId, Profile)>> {
        let rows: Vec<Row> = on!(self.db(), |e| sqlx::query_as(ALL).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }
}

impl Workspace {
    /// What it says of itself; `NotFound` where it was never made.
    pub async fn profile(&self) -> Result<Profile> {
        let row: Option<Row> = on!(self.db(), |e| sqlx::query_as(ONE).bind(self.id.as_str()).fetch_optional(e).await)?;
        row.ok_or(Error::NotFound("the workspace"))?.read().map(|(_, profile)| profile)
    }

    /// The key that seals its secrets, for the moment of one opening or sealing.
    pub(crate) async fn data_key(&self) -> Result<SealingKey> {
        let row: Option<(String, String)> = on!(self.db(), |e| sqlx::query_as(KEY).bind(self.id.as_str()).fetch_optional(e).await)?;
        self.open_key(row)
    }

    fn open_key(&self, row: Option<(String, String)>) -> Result<SealingKey> {
        let (sealed, master) = row.ok_or(Error::NotFound("the workspace"))?;
        self.store.inner.keys.unwrap(self.id.as_str(), &sealed, &master)
    }
}

impl Step {
    /// Makes the step's workspace, with a fresh data key. `Taken` where it exists.
    pub async fn create_workspace(&mut self, profile: &Profile) -> Result<()> {
        let (workspace, now) = (self.workspace_id(), millis(self.at));
        let store = self.workspace.store.clone();
        let (sealed, master) = store.inner.keys.wrap(store.env(), &workspace, &SealingKey::generate(store.env()));
        let (zone, domains) = (profile.zone_name()?, profile.domains());
        let made = on_tx!(&mut self.tx, |e| {
            sqlx::query(CREATE)
                .bind(workspace)
                .bind(&profile.name)
                .bind(zone)
                .bind(domains)
                .bind(sealed)
                .bind(master)
                .bind(now)
                .execute(e)
                .await
                .map(|done| done.rows_affected())
        })?;
        if made == 1 { Ok(()) } else { Err(Error::Taken("the workspace's id")) }
    }

    /// Changes name, time zone and own domains.
    pub async fn set_profile(&mut self, profile: &Profile) -> Result<()> {
        let (workspace, zone, domains) = (self.workspace_id(), profile.zone_name()?, profile.domains());
        let set = on_tx!(&mut self.tx, |e| {
            sqlx::query(SET).bind(workspace).bind(&profile.name).bind(zone).bind(domains).execute(e).await.map(|done| done.rows_affected())
        })?;
        if set == 1 { Ok(()) } else { Err(Error::NotFound("the workspace")) }
    }

    /// As `Workspace::data_key`, inside the step: the workspace may be of this step's making.
    pub(crate) async fn data_key(&mut self) -> Result<SealingKey> {
        let workspace = self.workspace_id();
        let row: Option<(String, String)> = on_tx!(&mut self.tx, |e| sqlx::query_as(KEY).bind(workspace).fetch_optional(e).await)?;
        self.workspace.open_key(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, databases};

    #[tokio::test]
    async fn a_workspace_is_made_once_listed_and_changed() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = store.workspace(&WorkspaceId::new(store.env()));
            assert!(matches!(workspace.profile().await, Err(Error::NotFound(_))), "{}", database.engine);
            let mut profile = testing::profile();
            let mut step = workspace.begin().await.unwrap();
            step.create_workspace(&profile).await.unwrap();
            step.data_key().await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(workspace.profile().await.unwrap(), profile);
            let mut step = workspace.begin().await.unwrap();
            assert!(matches!(step.create_workspace(&profile).await, Err(Error::Taken(_))), "{}", database.engine);
            profile.name = "Renamed".into();
            profile.time_zone = TimeZone::get("Australia/Lord_Howe").unwrap();
            profile.own_domains = vec![" Other.Example".into(), "other.example".into()];
            step.set_profile(&profile).await.unwrap();
            step.commit().await.unwrap();
            profile.own_domains = vec!["other.example".into()];
            assert_eq!(store.list_across_workspaces().await.unwrap(), [(workspace.id().clone(), profile)]);
        }
    }

    #[tokio::test]
    async fn two_workspaces_cannot_open_each_others_data_keys() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let (first, second) = (testing::workspace(&store).await, testing::workspace(&store).await);
            let mine: (String, String) = on!(store.db(), |e| sqlx::query_as(KEY).bind(first.id().as_str()).fetch_one(e).await).unwrap();
            assert!(first.open_key(Some(mine.clone())).is_ok());
            assert!(matches!(second.open_key(Some(mine)), Err(Error::Sealed(_))), "{}", database.engine);
        }
    }
}
