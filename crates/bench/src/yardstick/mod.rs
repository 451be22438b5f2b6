//! The least programs beside which the hub is measured. Plain, with the same durability (WAL, synchronous FULL), and nothing else.

pub mod fetch;
pub mod insert;

use std::path::Path;

use anyhow::Result;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

/// One connection to a new database, as durable as the hub's.
pub async fn open(file: &Path) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    Ok(SqlitePoolOptions::new().max_connections(1).connect_with(options).await?)
}
