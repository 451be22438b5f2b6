//! Fresh databases for tests: SQLite always; PostgreSQL too where `HARMONY_TEST_POSTGRES_URL` names a server (as `cargo xtask test` does).

use std::str::FromStr;

use sqlx::{Connection, Executor};

use crate::db::Db;

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
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{name}\""))).await.expect("a test database can be made");
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
