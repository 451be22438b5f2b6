//! Sealed secrets by id (`con_…/tokens`, `con_…/fields`), and the lease by which exactly one worker refreshes a credential.

use jiff::SignedDuration;
use model::{ConnectionId, Secret};

use crate::error::{Error, Result};
use crate::seal::Place;
use crate::{Step, Workspace, millis, on, on_tx, statements};

statements! {
    LOAD = "SELECT sealed, version FROM secrets WHERE workspace_id = $1 AND id = $2";
    SAVE = "INSERT INTO secrets (workspace_id, id, sealed, version) VALUES ($1, $2, $3, 1)
        ON CONFLICT (workspace_id, id) DO UPDATE SET sealed = excluded.sealed, version = secrets.version + 1,
        lease_until = 0, lease_epoch = secrets.lease_epoch + 1 RETURNING version";
    LEASE = "UPDATE secrets SET lease_until = $3, lease_epoch = lease_epoch + 1
        WHERE workspace_id = $1 AND id = $2 AND lease_until <= $4 RETURNING lease_epoch, version";
    SAVE_LEASED = "UPDATE secrets SET sealed = $4, version = version + 1, lease_until = 0
        WHERE workspace_id = $1 AND id = $2 AND lease_epoch = $3 AND lease_until > 0 RETURNING version";
    RELEASE = "UPDATE secrets SET lease_until = 0 WHERE workspace_id = $1 AND id = $2 AND lease_epoch = $3";
    DELETE = "DELETE FROM secrets WHERE workspace_id = $1 AND id = $2";
    DELETE_OF = "DELETE FROM secrets WHERE workspace_id = $1 AND id LIKE $2 ESCAPE '!'";
}

/// A secret as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    pub secret: Secret,
    /// Rises with every save: a refused credential is worth another look where this has risen meanwhile.
    pub version: i64,
}

/// The right to replace one secret, until another worker takes it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretLease {
    /// Which secret.
    pub id: String,
    /// The fence: rises with every lease and every other save.
    pub epoch: i64,
    /// The secret's version when the lease began. Load the secret after this, so that the newest is refreshed.
    pub version: i64,
}

const fn place<'a>(workspace: &'a str, id: &'a str) -> Place<'a> {
    Place { workspace, table: "secrets", row: id }
}

impl Workspace {
    /// A secret, opened.
    pub async fn load_secret(&self, id: &str) -> Result<Option<Versioned>> {
        let row: Option<(String, i64)> = on!(self.db(), |e| sqlx::query_as(LOAD).bind(self.id.as_str()).bind(id).fetch_optional(e).await)?;
        let Some((sealed, version)) = row else { return Ok(None) };
        let secret = self.data_key().await?.open_text(place(self.id.as_str(), id), &sealed)?;
        Ok(Some(Versioned { secret, version }))
    }

    /// Takes the right to refresh a secret for so long, durably, at once. `None`: another worker has it (load the secret
    /// again a moment later; its version will have risen), or there is no such secret.
    pub async fn lease_secret(&self, id: &str, lasting: SignedDuration) -> Result<Option<SecretLease>> {
        let now = self.store.env().now();
        let (until, now) = (millis(now + lasting), millis(now));
        let mut tx = self.db().begin().await?;
        let row: Option<(i64, i64)> =
            on_tx!(&mut tx, |e| sqlx::query_as(LEASE).bind(self.id.as_str()).bind(id).bind(until).bind(now).fetch_optional(e).await)?;
        tx.commit().await?;
        Ok(row.map(|(epoch, version)| SecretLease { id: id.to_owned(), epoch, version }))
    }
}

impl Step {
    /// Saves a secret whoever holds a lease on it: a person signed in anew. A refresh in progress will find its lease lost.
    /// Answers the new version.
    pub async fn save_secret(&mut self, id: &str, secret: &Secret) -> Result<i64> {
        let (workspace, sealed) = (self.workspace_id(), self.seal_secret(id, secret).await?);
        Ok(on_tx!(&mut self.tx, |e| sqlx::query_scalar(SAVE).bind(workspace).bind(id).bind(sealed).fetch_one(e).await)?)
    }

    /// Saves what a refresh brought and gives the lease back; commit before using it. `LeaseLost`: another worker took
    /// over or the secret was replaced; nothing was written. A lease that ran out and was not taken over still counts:
    /// the token it replaces may be void already.
    pub async fn save_secret_under_lease(&mut self, lease: &SecretLease, secret: &Secret) -> Result<i64> {
        let (workspace, sealed) = (self.workspace_id(), self.seal_secret(&lease.id, secret).await?);
        let version: Option<i64> = on_tx!(&mut self.tx, |e| {
            sqlx::query_scalar(SAVE_LEASED).bind(workspace).bind(&lease.id).bind(lease.epoch).bind(sealed).fetch_optional(e).await
        })?;
        version.ok_or(Error::LeaseLost)
    }

    /// Gives a lease back without a new secret; of no effect where it is lost.
    pub async fn release_secret(&mut self, lease: &SecretLease) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| sqlx::query(RELEASE).bind(workspace).bind(&lease.id).bind(lease.epoch).execute(e).await.map(drop))?;
        Ok(())
    }

    /// Deletes a secret; `false` where there was none.
    pub async fn delete_secret(&mut self, id: &str) -> Result<bool> {
        let workspace = self.workspace_id();
        let gone =
            on_tx!(&mut self.tx, |e| sqlx::query(DELETE).bind(workspace).bind(id).execute(e).await.map(|done| done.rows_affected()))?;
        Ok(gone == 1)
    }

    /// Deletes every secret of a connection (`con_…/…`); answers how many there were.
    pub async fn delete_secrets_of(&mut self, connection: &ConnectionId) -> Result<u64> {
        let (workspace, pattern) = (self.workspace_id(), format!("{}/%", connection.as_str().replace('_', "!_")));
        Ok(on_tx!(&mut self.tx, |e| {
            sqlx::query(DELETE_OF).bind(workspace).bind(pattern).execute(e).await.map(|done| done.rows_affected())
        })?)
    }

    async fn seal_secret(&mut self, id: &str, secret: &Secret) -> Result<String> {
        let key = self.data_key().await?;
        Ok(key.seal_text(self.workspace.store.env(), place(self.workspace.id.as_str(), id), secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, databases};

    const ID: &str = "con_1/tokens";
    const LASTING: SignedDuration = SignedDuration::from_secs(60);

    async fn save(workspace: &Workspace, id: &str, text: &str) -> i64 {
        let mut step = workspace.begin().await.unwrap();
        let version = step.save_secret(id, &Secret::from(text)).await.unwrap();
        step.commit().await.unwrap();
        version
    }

    async fn load(workspace: &Workspace, id: &str) -> Option<(String, i64)> {
        workspace.load_secret(id).await.unwrap().map(|found| (found.secret.expose().to_owned(), found.version))
    }

    #[tokio::test]
    async fn secrets_are_saved_sealed_and_versioned() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            assert_eq!(load(&workspace, ID).await, None);
            assert_eq!(save(&workspace, ID, "one").await, 1);
            assert_eq!(save(&workspace, ID, "two").await, 2);
            assert_eq!(load(&workspace, ID).await, Some(("two".to_owned(), 2)), "{}", database.engine);
            let stored: String = on!(store.db(), |e| sqlx::query_scalar("SELECT sealed FROM secrets").fetch_one(e).await).unwrap();
            assert!(stored.starts_with("v1."));
            let other = testing::workspace(&store).await;
            assert_eq!(load(&other, ID).await, None);
        }
    }

    #[tokio::test]
    async fn a_sealed_text_moved_to_another_row_does_not_open() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            save(&workspace, "con_1/tokens", "one").await;
            save(&workspace, "con_2/tokens", "two").await;
            let mut tx = store.db().begin().await.unwrap();
            let swap = "UPDATE secrets SET sealed = (SELECT o.sealed FROM secrets o WHERE o.id = 'con_1/tokens') WHERE id = 'con_2/tokens'";
            on_tx!(&mut tx, |e| sqlx::query(swap).execute(e).await.map(drop)).unwrap();
            tx.commit().await.unwrap();
            assert!(matches!(workspace.load_secret("con_2/tokens").await, Err(Error::Sealed(_))), "{}", database.engine);
        }
    }

    #[tokio::test]
    async fn f30_one_of_many_workers_refreshes() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            assert_eq!(workspace.lease_secret(ID, LASTING).await.unwrap(), None, "there is no such secret");
            save(&workspace, ID, "old").await;
            let attempts = (0..64).map(|_| workspace.lease_secret(ID, LASTING));
            let leases: Vec<SecretLease> = futures::future::join_all(attempts).await.into_iter().filter_map(Result::unwrap).collect();
            assert_eq!(leases.len(), 1, "{}", database.engine);
            let mut step = workspace.begin().await.unwrap();
            assert_eq!(step.save_secret_under_lease(&leases[0], &Secret::from("new")).await.unwrap(), 2);
            step.commit().await.unwrap();
            assert_eq!(load(&workspace, ID).await, Some(("new".to_owned(), 2)));
            let mut step = workspace.begin().await.unwrap();
            let again = step.save_secret_under_lease(&leases[0], &Secret::from("late")).await;
            assert!(matches!(again, Err(Error::LeaseLost)), "saving gave the lease back");
        }
    }

    #[tokio::test]
    async fn f10_a_paused_worker_writes_nothing_after_another_took_over() {
        for database in databases().await {
            let (store, clock) = testing::store_and_clock(&database).await;
            let workspace = testing::workspace(&store).await;
            save(&workspace, ID, "old").await;
            let paused = workspace.lease_secret(ID, LASTING).await.unwrap().unwrap();
            assert_eq!(workspace.lease_secret(ID, LASTING).await.unwrap(), None);
            clock.advance(LASTING);
            let second = workspace.lease_secret(ID, LASTING).await.unwrap().unwrap();
            assert!(second.epoch > paused.epoch && second.version == 1, "{}", database.engine);
            let mut step = workspace.begin().await.unwrap();
            assert!(matches!(step.save_secret_under_lease(&paused, &Secret::from("late")).await, Err(Error::LeaseLost)));
            step.release_secret(&paused).await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(workspace.lease_secret(ID, LASTING).await.unwrap(), None, "a lost lease cannot be given back");
            let mut step = workspace.begin().await.unwrap();
            step.save_secret_under_lease(&second, &Secret::from("new")).await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(load(&workspace, ID).await, Some(("new".to_owned(), 2)));
        }
    }

    #[tokio::test]
    async fn a_lease_that_ran_out_alone_still_saves_and_a_new_sign_in_fences_it() {
        for database in databases().await {
            let (store, clock) = testing::store_and_clock(&database).await;
            let workspace = testing::workspace(&store).await;
            save(&workspace, ID, "old").await;
            let late = workspace.lease_secret(ID, LASTING).await.unwrap().unwrap();
            clock.advance(LASTING * 10);
            let mut step = workspace.begin().await.unwrap();
            step.save_secret_under_lease(&late, &Secret::from("late but alone")).await.unwrap();
            step.commit().await.unwrap();
            let refreshing = workspace.lease_secret(ID, LASTING).await.unwrap().unwrap();
            save(&workspace, ID, "signed in anew").await;
            let mut step = workspace.begin().await.unwrap();
            let lost = step.save_secret_under_lease(&refreshing, &Secret::from("of the old sign-in")).await;
            assert!(matches!(lost, Err(Error::LeaseLost)), "{}", database.engine);
            drop(step);
            assert_eq!(load(&workspace, ID).await, Some(("signed in anew".to_owned(), 3)));
        }
    }

    #[tokio::test]
    async fn a_connections_secrets_go_together_and_no_others() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let (mine, other) = (ConnectionId::new(store.env()), ConnectionId::new(store.env()));
            for id in [&mine, &other] {
                save(&workspace, &format!("{id}/tokens"), "t").await;
                save(&workspace, &format!("{id}/fields"), "f").await;
            }
            let mut step = workspace.begin().await.unwrap();
            assert_eq!(step.delete_secrets_of(&mine).await.unwrap(), 2, "{}", database.engine);
            assert!(step.delete_secret(&format!("{other}/fields")).await.unwrap());
            assert!(!step.delete_secret(&format!("{other}/fields")).await.unwrap());
            step.commit().await.unwrap();
            assert_eq!(load(&workspace, &format!("{mine}/tokens")).await, None);
            assert_eq!(load(&workspace, &format!("{other}/tokens")).await, Some(("t".to_owned(), 1)));
        }
    }
}
