//! A look into the hub's database from outside, read-only: what it holds, and whether anything is still to be done.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

use crate::clock;

/// Looks in a row that find nothing to do: then it is settled.
const QUIET_LOOKS: u32 = 3;
const LOOK: Duration = Duration::from_millis(100);
/// Longer than the largest backfill takes.
const PATIENCE: Duration = Duration::from_mins(20);

/// The tables that hold what a sync is about, and how their rows show a change: by their number and their newest mark.
const TABLES: [(&str, &str); 7] = [
    ("records", "seq"),
    ("record_keys", "rowid"),
    ("changes", "seq"),
    ("links", "at"),
    ("items", "at"),
    ("intents", "created_at"),
    ("runs", "started_at"),
];

/// The database of a hub that runs.
#[derive(Debug, Clone)]
pub struct Books {
    pool: SqlitePool,
}

impl Books {
    /// Opens it for reading.
    pub async fn open(file: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(Duration::from_secs(5));
        Ok(Self { pool: SqlitePoolOptions::new().max_connections(1).connect_with(options).await? })
    }

    /// One number.
    pub async fn number(&self, query: &'static str) -> Result<i64> {
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    /// A column of texts.
    pub async fn texts(&self, query: &'static str, limit: u64) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(query).bind(i64::try_from(limit)?).fetch_all(&self.pool).await?)
    }

    /// Rows and newest marks of every table that a sync writes.
    pub async fn content(&self) -> Result<Vec<(&'static str, i64, i64)>> {
        let mut content = Vec::with_capacity(TABLES.len());
        for (table, mark) in TABLES {
            let text = format!("SELECT COUNT(*), COALESCE(MAX({mark}), 0) FROM {table}");
            let (rows, newest) = sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_one(&self.pool).await?;
            content.push((table, rows, newest));
        }
        Ok(content)
    }

    /// Waits until no stream runs or wants to run.
    pub async fn settled(&self) -> Result<()> {
        let begun = clock::now();
        let mut quiet = 0;
        while quiet < QUIET_LOOKS {
            let busy: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM streams WHERE enabled AND (lease_until IS NOT NULL OR wake_at <= $1)")
                .bind(clock::now().as_millisecond())
                .fetch_one(&self.pool)
                .await?;
            quiet = if busy == 0 { quiet + 1 } else { 0 };
            if clock::now().duration_since(begun).unsigned_abs() > PATIENCE {
                bail!("the hub is still at work after {} minutes", PATIENCE.as_secs() / 60);
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}
