//! Redirects to a tool that have not come back yet. Each is good once, for ten minutes, for the person who began it.

use jiff::SignedDuration;
use model::{ConnectionId, Secret, UserId};

use crate::error::{Error, Result};
use crate::seal::Place;
use crate::{Step, Store, millis, on_tx, statements, unguessable};

statements! {
    SAVE = "INSERT INTO sign_ins (workspace_id, state_hash, user_id, connection_id, verifier, scopes, return_to, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    TAKE = "DELETE FROM sign_ins WHERE workspace_id = $1 AND state_hash = $2 AND user_id = $3
        RETURNING connection_id, verifier, scopes, return_to, expires_at";
    PRUNE = "DELETE FROM sign_ins WHERE expires_at <= $1";
}

/// How long a person may stay on the tool's page.
pub const LASTING: SignedDuration = SignedDuration::from_mins(10);

/// A redirect to a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Who began it, and alone may end it.
    pub user: UserId,
    pub connection: ConnectionId,
    /// The PKCE verifier (RFC 7636).
    pub verifier: Secret,
    /// What was asked for.
    pub scopes: Vec<String>,
    /// The page of ours to go on with.
    pub return_to: String,
}

/// What came of a state that a tool sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Go on; it cannot be taken again.
    SignIn(SignIn),
    /// Too late; begin again.
    Expired(SignIn),
    /// Never begun, taken before, or begun by somebody else.
    Unknown,
}

#[derive(sqlx::FromRow)]
struct Row {
    connection_id: String,
    verifier: String,
    scopes: String,
    return_to: String,
    expires_at: i64,
}

const fn place<'a>(workspace: &'a str, state_hash: &'a str) -> Place<'a> {
    Place { workspace, table: "sign_ins", row: state_hash }
}

impl Step {
    /// Remembers a redirect under its `state`, of which only the hash is stored.
    pub async fn save_sign_in(&mut self, state: &Secret, sign_in: &SignIn) -> Result<()> {
        let (workspace, hash) = (self.workspace_id(), unguessable::hash(state.expose()));
        let key = self.data_key().await?;
        let verifier = key.seal_text(self.workspace.store.env(), place(&workspace, &hash), &sign_in.verifier);
        let until = millis(self.at + LASTING);
        on_tx!(&mut self.tx, |e| {
            sqlx::query(SAVE)
                .bind(&workspace)
                .bind(&hash)
                .bind(sign_in.user.as_str())
                .bind(sign_in.connection.as_str())
                .bind(verifier)
                .bind(serde_json::Value::from(sign_in.scopes.clone()).to_string())
                .bind(&sign_in.return_to)
                .bind(until)
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Takes a redirect that came back. Commit before the code is exchanged: then no second request can use the state.
    pub async fn take_sign_in(&mut self, state: &str, user: &UserId) -> Result<Taken> {
        let (workspace, hash) = (self.workspace_id(), unguessable::hash(state));
        let row: Option<Row> =
            on_tx!(&mut self.tx, |e| sqlx::query_as(TAKE).bind(&workspace).bind(&hash).bind(user.as_str()).fetch_optional(e).await)?;
        let Some(row) = row else { return Ok(Taken::Unknown) };
        let sign_in = SignIn {
            user: user.clone(),
            connection: row.connection_id.parse().map_err(|error| Error::unreadable("sign-in", error))?,
            verifier: self.data_key().await?.open_text(place(&workspace, &hash), &row.verifier)?,
            scopes: serde_json::from_str(&row.scopes).map_err(|error| Error::unreadable("sign-in", error))?,
            return_to: row.return_to,
        };
        Ok(if row.expires_at > millis(self.at) { Taken::SignIn(sign_in) } else { Taken::Expired(sign_in) })
    }
}

impl Store {
    /// Deletes the redirects that never came back and expired an hour ago or earlier (until then their person is told
    /// that it was too late); answers how many.
    pub async fn prune_sign_ins_across_workspaces(&self) -> Result<u64> {
        let before = millis(self.env().now() - SignedDuration::from_hours(1));
        let mut tx = self.db().begin().await?;
        let gone = on_tx!(&mut tx, |e| sqlx::query(PRUNE).bind(before).execute(e).await.map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, databases};
    use crate::{Workspace, on};

    async fn begun(workspace: &Workspace) -> (Secret, SignIn) {
        let user = testing::user(workspace).await.id;
        let sign_in = SignIn {
            connection: testing::connection(workspace, None).await.id,
            user,
            verifier: Secret::from("a verifier"),
            scopes: vec!["read".into(), "write".into()],
            return_to: "/connections".into(),
        };
        let state = Secret::from("a state");
        let mut step = workspace.begin().await.unwrap();
        step.save_sign_in(&state, &sign_in).await.unwrap();
        step.commit().await.unwrap();
        (state, sign_in)
    }

    async fn take(workspace: &Workspace, state: &str, user: &UserId) -> Taken {
        let mut step = workspace.begin().await.unwrap();
        let taken = step.take_sign_in(state, user).await.unwrap();
        step.commit().await.unwrap();
        taken
    }

    #[tokio::test]
    async fn b11_a_state_is_good_once_and_for_its_person_alone() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let (state, sign_in) = begun(&workspace).await;
            let stored: (String, String) =
                on!(store.db(), |e| sqlx::query_as("SELECT state_hash, verifier FROM sign_ins").fetch_one(e).await).unwrap();
            assert!(!stored.0.contains("state") && stored.1.starts_with("v1."), "{}", database.engine);
            let stranger = UserId::new(store.env());
            assert_eq!(take(&workspace, state.expose(), &stranger).await, Taken::Unknown);
            assert_eq!(take(&workspace, "another state", &sign_in.user).await, Taken::Unknown);
            let other = testing::workspace(&store).await;
            assert_eq!(take(&other, state.expose(), &sign_in.user).await, Taken::Unknown);
            assert_eq!(take(&workspace, state.expose(), &sign_in.user).await, Taken::SignIn(sign_in.clone()), "{}", database.engine);
            assert_eq!(take(&workspace, state.expose(), &sign_in.user).await, Taken::Unknown);
        }
    }

    #[tokio::test]
    async fn b30_coming_back_late_is_told_apart_and_forgotten_in_the_end() {
        for database in databases().await {
            let (store, clock) = testing::store_and_clock(&database).await;
            let workspace = testing::workspace(&store).await;
            let (state, sign_in) = begun(&workspace).await;
            clock.advance(LASTING);
            assert_eq!(store.prune_sign_ins_across_workspaces().await.unwrap(), 0);
            assert_eq!(take(&workspace, state.expose(), &sign_in.user).await, Taken::Expired(sign_in.clone()), "{}", database.engine);
            let mut step = workspace.begin().await.unwrap();
            step.save_sign_in(&state, &sign_in).await.unwrap();
            step.commit().await.unwrap();
            clock.advance(LASTING + SignedDuration::from_hours(1));
            assert_eq!(store.prune_sign_ins_across_workspaces().await.unwrap(), 1);
            assert_eq!(take(&workspace, state.expose(), &sign_in.user).await, Taken::Unknown);
        }
    }
}
