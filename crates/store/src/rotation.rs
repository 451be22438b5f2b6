//! Changing the master key while the hub runs: every workspace's data key is sealed anew; the secrets themselves stay as they are.

use crate::error::{Error, Result};
use crate::keys::MasterKey;
use crate::{Store, on, on_tx, statements};

statements! {
    IN_USE = "SELECT master_key_id, CAST(COUNT(*) AS BIGINT) FROM workspaces GROUP BY master_key_id ORDER BY master_key_id";
    OTHERS = "SELECT id, sealed_key, master_key_id FROM workspaces WHERE master_key_id <> $1 ORDER BY id LIMIT $2";
    REWRAP = "UPDATE workspaces SET sealed_key = $3, master_key_id = $4 WHERE id = $1 AND sealed_key = $2";
}

/// Workspaces in one transaction.
const BATCH: i64 = 100;

impl Store {
    /// Makes `new` the master key and seals every workspace's data key with it; answers how many were sealed anew.
    ///
    /// The key file is written first, the rows follow in small transactions: killed at any point, every row opens by the
    /// old key or by the new one, and both are in the file. Called again (with any key) it finishes. Processes that run on
    /// the same key file read it again by themselves; where nodes have copies of the file, bring the new key to all of
    /// them as a second line before this.
    pub async fn rotate_master_key(&self, new: &MasterKey) -> Result<u64> {
        self.inner.keys.lead_with(new)?;
        let mut all = 0;
        loop {
            match self.rewrap_batch_across_workspaces().await? {
                0 => return Ok(all),
                some => all += some,
            }
        }
    }

    /// The master keys that workspaces rest on, and how many rest on each: a key that is not among them may go.
    pub async fn master_keys_in_use_across_workspaces(&self) -> Result<Vec<(String, i64)>> {
        Ok(on!(self.db(), |e| sqlx::query_as(IN_USE).fetch_all(e).await)?)
    }

    /// Seals some of the data keys that rest on another master key than the current one; 0: none is left.
    async fn rewrap_batch_across_workspaces(&self) -> Result<u64> {
        let current = self.inner.keys.current();
        let rows: Vec<(String, String, String)> =
            on!(self.db(), |e| sqlx::query_as(OTHERS).bind(current.id()).bind(BATCH).fetch_all(e).await)?;
        let mut rewrapped = Vec::with_capacity(rows.len());
        for (workspace, sealed, master) in rows {
            let data_key = self.inner.keys.unwrap(&workspace, &sealed, &master)?;
            let (anew, id) = self.inner.keys.wrap(self.env(), &workspace, &data_key);
            rewrapped.push((workspace, sealed, anew, id));
        }
        let count = rewrapped.len() as u64;
        let mut tx = self.db().begin().await?;
        for (workspace, sealed, anew, id) in rewrapped {
            on_tx!(&mut tx, |e| sqlx::query(REWRAP).bind(workspace).bind(sealed).bind(anew).bind(id).execute(e).await.map(drop))?;
        }
        tx.commit().await?;
        Ok(count)
    }

    /// Refuses to go on where a workspace's secrets could not be opened.
    pub(crate) async fn require_master_keys(&self) -> Result<()> {
        for (id, count) in self.master_keys_in_use_across_workspaces().await? {
            if self.inner.keys.find(&id).is_err() {
                let at_hand = self.inner.keys.ids().join(", ");
                return Err(Error::Configuration(format!(
                    "{count} workspaces of this database are sealed by the master key {id}, which is not at hand (at hand: {at_hand}); \
                     bring back the key file that belongs to this database"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::Secret;

    use super::*;
    use crate::keys::MasterKeys;
    use crate::testing::{self, TestDatabase, databases};

    async fn workspaces_with_secrets(store: &Store, count: usize) -> Vec<crate::Workspace> {
        let mut all = Vec::new();
        for at in 0..count {
            let workspace = testing::workspace(store).await;
            let mut step = workspace.begin().await.unwrap();
            step.save_secret("con_1/tokens", &Secret::new(format!("secret {at}"))).await.unwrap();
            step.commit().await.unwrap();
            all.push(workspace);
        }
        all
    }

    async fn assert_readable(store: &Store, workspaces: &[crate::Workspace]) {
        for (at, workspace) in workspaces.iter().enumerate() {
            let secret = store.workspace(workspace.id()).load_secret("con_1/tokens").await.unwrap().unwrap();
            assert_eq!(secret.secret.expose(), format!("secret {at}"));
        }
    }

    async fn open(database: &TestDatabase, keys: MasterKeys) -> Result<Store> {
        Store::open(&database.url, keys, Arc::new(testing::env())).await
    }

    #[tokio::test]
    async fn f07_a_rotation_that_stops_half_way_leaves_all_readable_and_is_finished_later() {
        for database in databases().await {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("master.key");
            let env = testing::env();
            let keys = || MasterKeys::load_or_create(&path, &testing::env()).unwrap();
            let store = open(&database, keys()).await.unwrap();
            let running = open(&database, keys()).await.unwrap();
            let many = usize::try_from(BATCH).unwrap() + 3;
            let workspaces = workspaces_with_secrets(&store, many).await;

            let new = MasterKey::generate(&env);
            store.inner.keys.lead_with(&new).unwrap();
            assert_eq!(store.rewrap_batch_across_workspaces().await.unwrap(), 100);
            drop(store);
            let restarted = open(&database, keys()).await.unwrap();
            assert_eq!(restarted.master_keys_in_use_across_workspaces().await.unwrap().len(), 2, "{}", database.engine);
            assert_readable(&restarted, &workspaces).await;
            assert_readable(&running, &workspaces).await;

            assert_eq!(restarted.rotate_master_key(&new).await.unwrap(), 3);
            assert_eq!(restarted.rotate_master_key(&new).await.unwrap(), 0);
            let in_use = restarted.master_keys_in_use_across_workspaces().await.unwrap();
            assert_eq!(in_use, [(new.id().to_owned(), i64::try_from(many).unwrap())]);
            drop(restarted);
            let without_old = open(&database, MasterKeys::new(new, Vec::new())).await.unwrap();
            assert_readable(&without_old, &workspaces).await;
        }
    }

    #[tokio::test]
    async fn f68_a_database_of_another_master_key_is_refused_in_clear_words() {
        for database in databases().await {
            let store = testing::store(&database).await;
            testing::workspace(&store).await;
            let other = MasterKey::from_bytes(&[8; 32]);
            let error = open(&database, MasterKeys::new(other.clone(), Vec::new())).await.map(drop).unwrap_err();
            assert!(matches!(error, Error::Configuration(_)), "{error}");
            assert!(error.to_string().contains(other.id()) && error.to_string().contains("bring back"), "{error}");
        }
    }

    #[tokio::test]
    async fn f68_a_wrong_key_under_the_right_id_overwrites_nothing() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let mut tx = store.db().begin().await.unwrap();
            let damaged = "UPDATE workspaces SET sealed_key = 'v1.AAAA' WHERE id = $1";
            on_tx!(&mut tx, |e| sqlx::query(damaged).bind(workspace.id().as_str()).execute(e).await.map(drop)).unwrap();
            tx.commit().await.unwrap();
            let rotated = store.rotate_master_key(&MasterKey::from_bytes(&[8; 32])).await;
            assert!(matches!(rotated, Err(Error::Sealed(_))), "{}", database.engine);
            let kept: String = on!(store.db(), |e| sqlx::query_scalar("SELECT sealed_key FROM workspaces").fetch_one(e).await).unwrap();
            assert_eq!(kept, "v1.AAAA");
        }
    }
}
