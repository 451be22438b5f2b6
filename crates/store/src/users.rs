//! The people of a workspace: who they are, what they may do, and the hash of their password. How a password is hashed is
//! the server's business.

use jiff::Timestamp;
use model::person::normal_email;
use model::{Secret, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::{Step, Store, Workspace, instant, millis, on, on_tx, statements};

statements! {
    CREATE = "INSERT INTO users (workspace_id, id, email, name, role, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (workspace_id, email) DO NOTHING";
    ONE = "SELECT workspace_id, id, email, name, role, password_hash, created_at FROM users WHERE workspace_id = $1 AND id = $2";
    ALL = "SELECT workspace_id, id, email, name, role, password_hash, created_at FROM users WHERE workspace_id = $1 ORDER BY email";
    BY_EMAIL = "SELECT workspace_id, id, email, name, role, password_hash, created_at FROM users WHERE email = $1 ORDER BY workspace_id";
    SET = "UPDATE users SET name = $3, role = $4 WHERE workspace_id = $1 AND id = $2";
    SET_PASSWORD = "UPDATE users SET password_hash = $3 WHERE workspace_id = $1 AND id = $2";
    DELETE = "DELETE FROM users WHERE workspace_id = $1 AND id = $2";
}

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Connects tools for the workspace, sets policy, reads the audit trail.
    Admin,
    /// Connects own tools.
    Member,
}

impl Role {
    /// The name as stored and as in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Admin, Self::Member].into_iter().find(|role| role.as_str() == name)
    }
}

/// A person who signs in, or a service account that never does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    pub id: UserId,
    /// In the compared form: trimmed, lower case.
    pub email: String,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
}

/// A person at the door: what is needed to check the password.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub workspace: WorkspaceId,
    pub user: User,
    /// The hash of the password; `None`: this account has none, and no password opens it.
    pub password_hash: Option<Secret>,
}

#[derive(sqlx::FromRow)]
struct Row {
    workspace_id: String,
    id: String,
    email: String,
    name: String,
    role: String,
    password_hash: String,
    created_at: i64,
}

impl Row {
    fn read(self) -> Result<Candidate> {
        let bad = |error: &dyn std::fmt::Display| Error::unreadable("user", error);
        let user = User {
            id: self.id.parse().map_err(|error| bad(&error))?,
            email: self.email,
            name: self.name,
            role: Role::parse(&self.role).ok_or_else(|| bad(&self.role))?,
            created_at: instant(self.created_at),
        };
        Ok(Candidate {
            workspace: self.workspace_id.parse().map_err(|error| bad(&error))?,
            user,
            password_hash: Some(self.password_hash).filter(|hash| !hash.is_empty()).map(Secret::new),
        })
    }
}

impl Store {
    /// Everybody with this address, whichever the workspace: who signs in has not said yet which one is meant.
    pub async fn candidates_across_workspaces(&self, email: &str) -> Result<Vec<Candidate>> {
        let rows: Vec<Row> = on!(self.db(), |e| sqlx::query_as(BY_EMAIL).bind(normal_email(email)).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }
}

impl Workspace {
    /// One person.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>> {
        Ok(self.candidate(id).await?.map(|candidate| candidate.user))
    }

    /// One person with the hash of the password, to check the old one before it is changed.
    pub async fn candidate(&self, id: &UserId) -> Result<Option<Candidate>> {
        let row: Option<Row> = on!(self.db(), |e| sqlx::query_as(ONE).bind(self.id.as_str()).bind(id.as_str()).fetch_optional(e).await)?;
        row.map(Row::read).transpose()
    }

    /// Everybody, by address.
    pub async fn users(&self) -> Result<Vec<User>> {
        let rows: Vec<Row> = on!(self.db(), |e| sqlx::query_as(ALL).bind(self.id.as_str()).fetch_all(e).await)?;
        rows.into_iter().map(|row| row.read().map(|candidate| candidate.user)).collect()
    }
}

impl Step {
    /// Adds a person; without a password hash, nobody can sign in as them by password. `Taken`: the address is.
    pub async fn create_user(&mut self, email: &str, name: &str, role: Role, password_hash: Option<&Secret>) -> Result<User> {
        let user = User {
            id: UserId::new(self.workspace.store.env()),
            email: normal_email(email),
            name: name.trim().to_owned(),
            role,
            created_at: instant(millis(self.at)),
        };
        let workspace = self.workspace_id();
        let made = on_tx!(&mut self.tx, |e| {
            sqlx::query(CREATE)
                .bind(workspace)
                .bind(user.id.as_str())
                .bind(&user.email)
                .bind(&user.name)
                .bind(role.as_str())
                .bind(password_hash.map_or("", Secret::expose))
                .bind(millis(user.created_at))
                .execute(e)
                .await
                .map(|done| done.rows_affected())
        })?;
        if made == 1 { Ok(user) } else { Err(Error::Taken("the e-mail address")) }
    }

    /// Changes a person's name and role.
    pub async fn set_user(&mut self, id: &UserId, name: &str, role: Role) -> Result<()> {
        let workspace = self.workspace_id();
        let set = on_tx!(&mut self.tx, |e| {
            sqlx::query(SET)
                .bind(workspace)
                .bind(id.as_str())
                .bind(name.trim())
                .bind(role.as_str())
                .execute(e)
                .await
                .map(|done| done.rows_affected())
        })?;
        if set == 1 { Ok(()) } else { Err(Error::NotFound("the user")) }
    }

    /// Replaces the password's hash. Sessions go on; end them with `end_sessions_of`.
    pub async fn set_password(&mut self, id: &UserId, password_hash: &Secret) -> Result<()> {
        let workspace = self.workspace_id();
        let set = on_tx!(&mut self.tx, |e| {
            sqlx::query(SET_PASSWORD)
                .bind(workspace)
                .bind(id.as_str())
                .bind(password_hash.expose())
                .execute(e)
                .await
                .map(|done| done.rows_affected())
        })?;
        if set == 1 { Ok(()) } else { Err(Error::NotFound("the user")) }
    }

    /// Removes a person with all sessions and API tokens; connections stay, and are the caller's to end first.
    pub async fn delete_user(&mut self, id: &UserId) -> Result<()> {
        let workspace = self.workspace_id();
        let gone = on_tx!(&mut self.tx, |e| {
            sqlx::query(DELETE).bind(workspace).bind(id.as_str()).execute(e).await.map(|done| done.rows_affected())
        })?;
        if gone == 1 { Ok(()) } else { Err(Error::NotFound("the user")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, databases};

    #[tokio::test]
    async fn people_are_found_by_address_in_any_spelling_and_only_where_they_are() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let (here, there) = (testing::workspace(&store).await, testing::workspace(&store).await);
            let mut step = here.begin().await.unwrap();
            let hash = Secret::from("hash");
            let user = step.create_user(" Project.Manager@Demo.example", "Project Manager ", Role::Admin, Some(&hash)).await.unwrap();
            let again = step.create_user("project.manager@demo.EXAMPLE", "Another", Role::Member, None).await;
            assert!(matches!(again, Err(Error::Taken(_))), "{}", database.engine);
            step.commit().await.unwrap();
            let mut step = there.begin().await.unwrap();
            let twin = step.create_user("project.manager@demo.example", "Project Manager", Role::Member, None).await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(user.email, "project.manager@demo.example");
            assert_eq!(here.users().await.unwrap(), std::slice::from_ref(&user));
            assert_eq!(there.user(&user.id).await.unwrap(), None);
            let found = store.candidates_across_workspaces("PROJECT.MANAGER@demo.example").await.unwrap();
            let mut seen: Vec<_> =
                found.into_iter().map(|one| (one.workspace, one.user.id, one.password_hash.map(|hash| hash.expose().to_owned()))).collect();
            seen.sort();
            let mut wanted = [(here.id().clone(), user.id, Some("hash".to_owned())), (there.id().clone(), twin.id, None)];
            wanted.sort();
            assert_eq!(seen, wanted, "{}", database.engine);
        }
    }

    #[tokio::test]
    async fn a_person_is_changed_and_removed() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let user = testing::user(&workspace).await;
            let mut step = workspace.begin().await.unwrap();
            step.set_user(&user.id, "Head of Sales", Role::Admin).await.unwrap();
            step.set_password(&user.id, &Secret::from("new hash")).await.unwrap();
            step.commit().await.unwrap();
            let changed = workspace.candidate(&user.id).await.unwrap().unwrap();
            assert_eq!((changed.user.name.as_str(), changed.user.role), ("Head of Sales", Role::Admin), "{}", database.engine);
            assert_eq!(changed.password_hash.unwrap().expose(), "new hash");
            let mut step = workspace.begin().await.unwrap();
            step.delete_user(&user.id).await.unwrap();
            assert!(matches!(step.delete_user(&user.id).await, Err(Error::NotFound(_))));
            assert!(matches!(step.set_user(&user.id, "Nobody", Role::Member).await, Err(Error::NotFound(_))));
            step.commit().await.unwrap();
            assert_eq!(workspace.users().await.unwrap(), []);
        }
    }
}
