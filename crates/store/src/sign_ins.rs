//! Sign-ins at tools that have not come back yet: single use, bound to the person who began them.

use jiff::Timestamp;
use model::{ConnectionId, Secret, UserId};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::seal::Place;
use crate::{Step, instant, millis, on_tx, statements};

statements! {
    SAVE = "INSERT INTO sign_ins (workspace_id, state_hash, user_id, connection_id, verifier, scopes, return_to, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    TAKE = "DELETE FROM sign_ins WHERE workspace_id = $1 AND state_hash = $2 RETURNING user_id, connection_id, verifier, scopes, return_to, expires_at";
    PRUNE = "DELETE FROM sign_ins WHERE workspace_id = $1 AND expires_at < $2";
}

/// A sign-in that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Who began it.
    pub user: UserId,
    pub connection: ConnectionId,
    /// The PKCE verifier.
    pub verifier: Secret,
    /// The scopes that were asked.
    pub scopes: Vec<String>,
    /// The page to come back to.
    pub return_to: String,
    pub expires: Timestamp,
}

/// What was found under a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    Good(Box<SignIn>),
    /// It took longer than ten minutes.
    Expired,
    /// There is none, or it was used.
    Unknown,
}

fn hash(state: &str) -> String {
    hex::encode(Sha256::digest(state.as_bytes()))
}

impl Step {
    /// Keeps a sign-in under its state (of which only the hash is stored), and forgets those that ran out.
    pub async fn save_sign_in(&mut self, state: &str, sign_in: &SignIn) -> Result<()> {
        let (workspace, state, now) = (self.workspace_id(), hash(state), millis(self.at));
        let place = Place { workspace: &workspace, table: "sign_ins", row: &state };
        let sealed = self.data_key().await?.seal_text(self.workspace.store.env(), place, &sign_in.verifier);
        let scopes = serde_json::to_string(&sign_in.scopes).map_err(|error| Error::unreadable("sign-in", error))?;
        on_tx!(&mut self.tx, |e| {
            sqlx::query(PRUNE).bind(&workspace).bind(now).execute(&mut *e).await?;
            sqlx::query(SAVE)
                .bind(&workspace)
                .bind(&state)
                .bind(sign_in.user.as_str())
                .bind(sign_in.connection.as_str())
                .bind(sealed)
                .bind(scopes)
                .bind(&sign_in.return_to)
                .bind(millis(sign_in.expires))
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Takes the sign-in of a state out: a second time there is none.
    pub async fn take_sign_in(&mut self, state: &str) -> Result<Taken> {
        let (workspace, state) = (self.workspace_id(), hash(state));
        let row: Option<(String, String, String, String, String, i64)> =
            on_tx!(&mut self.tx, |e| sqlx::query_as(TAKE).bind(&workspace).bind(&state).fetch_optional(e).await)?;
        let Some((user, connection, verifier, scopes, return_to, expires)) = row else { return Ok(Taken::Unknown) };
        if instant(expires) < self.at {
            return Ok(Taken::Expired);
        }
        let place = Place { workspace: &workspace, table: "sign_ins", row: &state };
        Ok(Taken::Good(Box::new(SignIn {
            user: user.parse().map_err(|error| Error::unreadable("sign-in", error))?,
            connection: connection.parse().map_err(|error| Error::unreadable("sign-in", error))?,
            verifier: self.data_key().await?.open_text(place, &verifier)?,
            scopes: serde_json::from_str(&scopes).map_err(|error| Error::unreadable("sign-in", error))?,
            return_to,
            expires: instant(expires),
        })))
    }
}

#[cfg(test)]
mod tests;
