//! Signed-in browsers. The cookie's text is `<workspace id>.<secret>`; only the secret's hash is stored.

use jiff::{SignedDuration, Timestamp};
use model::{Secret, UserId, WorkspaceId};

use crate::error::{Error, Result};
use crate::{Step, Store, instant, millis, on, on_tx, statements, unguessable};

statements! {
    START = "INSERT INTO sessions (workspace_id, token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    ONE = "SELECT user_id, created_at, expires_at FROM sessions WHERE workspace_id = $1 AND token_hash = $2 AND expires_at > $3";
    END = "DELETE FROM sessions WHERE workspace_id = $1 AND token_hash = $2";
    END_OF = "DELETE FROM sessions WHERE workspace_id = $1 AND user_id = $2";
    PRUNE = "DELETE FROM sessions WHERE expires_at <= $1";
}

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The two parts of a cookie's text; `None` where it was never one of ours.
fn parts(cookie: &str) -> Option<(WorkspaceId, &str)> {
    let (workspace, secret) = cookie.split_once('.')?;
    Some((workspace.parse().ok()?, secret))
}

impl Store {
    /// The session that a cookie's text belongs to; `None` where it is unknown, ended or expired.
    pub async fn session_across_workspaces(&self, cookie: &str) -> Result<Option<Session>> {
        let Some((workspace, secret)) = parts(cookie) else { return Ok(None) };
        let (hash, now) = (unguessable::hash(secret), millis(self.env().now()));
        let row: Option<(String, i64, i64)> =
            on!(self.db(), |e| sqlx::query_as(ONE).bind(workspace.as_str()).bind(hash).bind(now).fetch_optional(e).await)?;
        let Some((user, created, expires)) = row else { return Ok(None) };
        let user = user.parse().map_err(|error| Error::unreadable("session", error))?;
        Ok(Some(Session { workspace, user, created_at: instant(created), expires_at: instant(expires) }))
    }

    /// Deletes the sessions that have expired; answers how many.
    pub async fn prune_sessions_across_workspaces(&self) -> Result<u64> {
        let now = millis(self.env().now());
        let mut tx = self.db().begin().await?;
        let gone = on_tx!(&mut tx, |e| sqlx::query(PRUNE).bind(now).execute(e).await.map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(gone)
    }
}

impl Step {
    /// Starts a session; answers the cookie's text, which is not kept.
    pub async fn start_session(&mut self, user: &UserId, lasting: SignedDuration) -> Result<Secret> {
        let secret = unguessable::text(self.workspace.store.env());
        let (workspace, hash) = (self.workspace_id(), unguessable::hash(secret.expose()));
        let (now, until) = (millis(self.at), millis(self.at + lasting));
        on_tx!(&mut self.tx, |e| {
            sqlx::query(START).bind(&workspace).bind(hash).bind(user.as_str()).bind(now).bind(until).execute(e).await.map(drop)
        })?;
        Ok(Secret::new(format!("{workspace}.{}", secret.expose())))
    }

    /// Ends the session of this cookie; of no effect on a cookie of another workspace.
    pub async fn end_session(&mut self, cookie: &str) -> Result<()> {
        let Some((workspace, secret)) = parts(cookie).filter(|(workspace, _)| workspace == &self.workspace.id) else { return Ok(()) };
        let hash = unguessable::hash(secret);
        on_tx!(&mut self.tx, |e| sqlx::query(END).bind(workspace.as_str()).bind(hash).execute(e).await.map(drop))?;
        Ok(())
    }

    /// Ends every session of a person; answers how many there were.
    pub async fn end_sessions_of(&mut self, user: &UserId) -> Result<u64> {
        let workspace = self.workspace_id();
        Ok(on_tx!(&mut self.tx, |e| {
            sqlx::query(END_OF).bind(workspace).bind(user.as_str()).execute(e).await.map(|done| done.rows_affected())
        })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, databases};

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    async fn start(workspace: &crate::Workspace, user: &UserId) -> Secret {
        let mut step = workspace.begin().await.unwrap();
        let cookie = step.start_session(user, DAY).await.unwrap();
        step.commit().await.unwrap();
        cookie
    }

    #[tokio::test]
    async fn a_cookie_opens_its_session_until_it_expires() {
        for database in databases().await {
            let (store, clock) = testing::store_and_clock(&database).await;
            let workspace = testing::workspace(&store).await;
            let user = testing::user(&workspace).await;
            let cookie = start(&workspace, &user.id).await;
            let session = store.session_across_workspaces(cookie.expose()).await.unwrap().unwrap();
            assert_eq!((&session.user, &session.workspace), (&user.id, workspace.id()), "{}", database.engine);
            let stored: String = on!(store.db(), |e| sqlx::query_scalar("SELECT token_hash FROM sessions").fetch_one(e).await).unwrap();
            assert!(!cookie.expose().contains(&stored) && stored.len() == 64);
            let other = testing::workspace(&store).await;
            let moved = format!("{}.{}", other.id(), cookie.expose().split_once('.').unwrap().1);
            for text in ["", ".", "x.y", workspace.id().as_str(), &format!("{}x", cookie.expose()), &moved] {
                assert_eq!(store.session_across_workspaces(text).await.unwrap(), None, "{text}");
            }
            assert_eq!(store.prune_sessions_across_workspaces().await.unwrap(), 0);
            clock.advance(DAY);
            assert_eq!(store.session_across_workspaces(cookie.expose()).await.unwrap(), None, "{}", database.engine);
            assert_eq!(store.prune_sessions_across_workspaces().await.unwrap(), 1);
        }
    }

    #[tokio::test]
    async fn one_session_ends_or_all_of_a_person() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let user = testing::user(&workspace).await;
            let (first, second, third) =
                (start(&workspace, &user.id).await, start(&workspace, &user.id).await, start(&workspace, &user.id).await);
            let mut step = workspace.begin().await.unwrap();
            step.end_session(first.expose()).await.unwrap();
            step.end_session("nonsense").await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(store.session_across_workspaces(first.expose()).await.unwrap(), None, "{}", database.engine);
            assert!(store.session_across_workspaces(second.expose()).await.unwrap().is_some());
            let mut step = workspace.begin().await.unwrap();
            assert_eq!(step.end_sessions_of(&user.id).await.unwrap(), 2);
            step.commit().await.unwrap();
            assert_eq!(store.session_across_workspaces(third.expose()).await.unwrap(), None);
            let other = start(&workspace, &user.id).await;
            let mut step = workspace.begin().await.unwrap();
            step.delete_user(&user.id).await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(store.session_across_workspaces(other.expose()).await.unwrap(), None, "nobody is left to be signed in");
        }
    }
}
