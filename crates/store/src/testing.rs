//! Fresh databases for tests: SQLite always; PostgreSQL too where `HARMONY_TEST_POSTGRES_URL` names a server (as `cargo xtask test` does).

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::env::Simulated;
use model::{UserId, WorkspaceId};
use sqlx::{Connection as _, Executor};

use crate::connections::Connection;
use crate::db::Db;
use crate::keys::{MasterKey, MasterKeys};
use crate::users::{Role, User};
use crate::workspaces::Profile;
use crate::{Store, Workspace};

/// A database of its own for one test.
pub struct TestDatabase {
    /// To open it (again).
    pub url: String,
    /// "SQLite" or "PostgreSQL", for messages.
    pub engine: &'static str,
    _folder: tempfile::TempDir,
}

/// One empty database on each engine that is at hand. Not migrated.
pub async fn databases() -> Vec<TestDatabase> {
    let mut all = vec![sqlite()];
    #[expect(clippy::disallowed_methods, reason = "the test command hands the server's address over in this variable")]
    if let Ok(server) = std::env::var("HARMONY_TEST_POSTGRES_URL") {
        all.push(postgres(&server).await);
    }
    all
}

/// An empty SQLite database in a folder that goes with it.
pub fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    TestDatabase { url: format!("sqlite://{}", folder.path().join("test.db").display()), engine: "SQLite", _folder: folder }
}

async fn postgres(server: &str) -> TestDatabase {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let name = format!(
        "harmony_{}",
        folder.path().file_name().map(|name| name.to_string_lossy().replace('.', "").to_lowercase()).unwrap_or_default()
    );
    let options = sqlx::postgres::PgConnectOptions::from_str(server).expect("the test server's address is well formed");
    let mut connection = sqlx::PgConnection::connect_with(&options).await.expect("the test server answers");
    // Sorted by a language's rules, as servers usually are: what relies on the order of bytes is found here.
    let text = format!("CREATE DATABASE \"{name}\" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'");
    connection.execute(sqlx::AssertSqlSafe(text)).await.expect("a test database can be made");
    let mut url = url::Url::parse(server).expect("the test server's address is well formed");
    url.set_path(&name);
    TestDatabase { url: url.to_string(), engine: "PostgreSQL", _folder: folder }
}

/// Prepares a statement on the engine, so that a text that only one of them takes is found.
pub async fn prepare(db: &Db, text: &'static str) -> Result<(), sqlx::Error> {
    match db {
        Db::Sqlite { writer, .. } => writer.acquire().await?.prepare(sqlx::SqlStr::from_static(text)).await.map(drop),
        Db::Postgres(pool) => pool.acquire().await?.prepare(sqlx::SqlStr::from_static(text)).await.map(drop),
    }
}

/// A clock that stands at one instant, and reproducible randomness. No two of one process draw the same, as no two real ones do.
pub fn env() -> Simulated {
    static SEED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let seed = SEED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let start = Timestamp::from_second(1_780_000_000).expect("the second is in range");
    Simulated::new(start, seed << 32)
}

/// A master key that everybody knows.
pub fn keys() -> MasterKeys {
    MasterKeys::new(MasterKey::from_bytes(&[7; 32]), Vec::new())
}

/// The open store on this database.
pub async fn store(database: &TestDatabase) -> Store {
    store_and_clock(database).await.0
}

/// The open store on this database, and its clock.
pub async fn store_and_clock(database: &TestDatabase) -> (Store, Arc<Simulated>) {
    let clock = Arc::new(env());
    let store = Store::open(&database.url, keys(), clock.clone()).await.expect("the test database opens");
    (store, clock)
}

/// What a test's workspace says of itself.
pub fn profile() -> Profile {
    Profile { name: "Demo".to_owned(), time_zone: TimeZone::UTC, own_domains: vec!["demo.example".to_owned()] }
}

/// A fresh workspace.
pub async fn workspace(store: &Store) -> Workspace {
    let workspace = store.workspace(&WorkspaceId::new(store.env()));
    let mut step = workspace.begin().await.expect("a step begins");
    step.create_workspace(&profile()).await.expect("a workspace can be made");
    step.commit().await.expect("a step commits");
    workspace
}

/// A member of the workspace, without a password.
pub async fn user(workspace: &Workspace) -> User {
    let mut step = workspace.begin().await.expect("a step begins");
    let email = "project.manager@demo.example";
    let user = step.create_user(email, "Project Manager", Role::Member, None).await.expect("a user can be made");
    step.commit().await.expect("a step commits");
    user
}

/// A connection to Linear, the workspace's or one person's, with nothing in it yet.
pub async fn connection(workspace: &Workspace, user: Option<UserId>) -> Connection {
    let connection = Connection::new(workspace.store().env(), "linear", "oauth", user, BTreeMap::new());
    let mut step = workspace.begin().await.expect("a step begins");
    step.create_connection(&connection).await.expect("a connection can be made");
    step.commit().await.expect("a step commits");
    connection
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_statement_prepares_on_every_engine() {
        for database in databases().await {
            let db = Db::open(&database.url).await.unwrap();
            for (name, text) in crate::ALL_STATEMENTS.iter().copied().flatten() {
                let prepared = prepare(&db, text).await;
                assert!(prepared.is_ok(), "{name} on {}: {prepared:?}", database.engine);
            }
            if let Db::Postgres(_) = &db {
                prepare(&db, crate::streams::CLAIM_POSTGRES).await.unwrap();
                prepare(&db, crate::bell::TELL_POSTGRES).await.unwrap();
            }
        }
    }
}
