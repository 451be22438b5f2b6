//! The two databases behind one type: opening them safely, transactions, and one text per statement for both.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::error::{Error, Result};

/// Connections of one process to PostgreSQL at most; one of them listens.
const CONNECTIONS: u32 = 17;
/// Statements that a connection keeps prepared: more than there are, with the few sizes of those about many rows.
const STATEMENTS: usize = 400;

/// An open database.
#[derive(Debug, Clone)]
pub enum Db {
    /// One connection writes, several read: SQLite has one writer at a time, and waiting for it here is fair.
    Sqlite {
        writer: SqlitePool,
        reader: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction that may write. Dropped without `commit`: rolled back.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs the same expression on either database's reading pool.
#[macro_export]
macro_rules! on {
    ($db:expr, |$e:ident| $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { reader: $e, .. } => $body,
            $crate::db::Db::Postgres($e) => $body,
        }
    };
}

/// Runs the same expression inside either transaction.
#[macro_export]
macro_rules! on_tx {
    ($tx:expr, |$e:ident| $body:expr) => {
        match $tx {
            $crate::db::Tx::Sqlite(tx) => {
                let $e = &mut **tx;
                $body
            }
            $crate::db::Tx::Postgres(tx) => {
                let $e = &mut **tx;
                $body
            }
        }
    };
}

/// Names a module's statements and lists them for the test that prepares each on both databases.
#[macro_export]
macro_rules! statements {
    ($($name:ident = $text:expr;)*) => {
        $(const $name: &str = $text;)*
        /// Every statement of this module, by name.
        #[cfg(test)]
        pub(crate) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

impl Db {
    /// Opens `sqlite://path` or `postgres://…`, checks what durability rests on, and brings the schema up to date.
    pub async fn open(url: &str) -> Result<Self> {
        let db = if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::open_postgres(url).await?
        } else {
            return Err(Error::Configuration("the database address must begin with `sqlite://` or `postgres://`".to_owned()));
        };
        match &db {
            Self::Sqlite { writer, .. } => sqlx::migrate!("./migrations").run(writer).await?,
            Self::Postgres(pool) => sqlx::migrate!("./migrations").run(pool).await?,
        }
        Ok(db)
    }

    async fn open_sqlite(url: &str) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENTS);
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        let (journal,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(&writer).await?;
        let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(&writer).await?;
        if journal != "wal" || synchronous != 2 {
            let seen = format!("journal_mode {journal}, synchronous {synchronous}");
            return Err(Error::Configuration(format!(
                "SQLite must run with journal_mode wal and synchronous 2 (FULL), but reports {seen}"
            )));
        }
        let reader = SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
        Ok(Self::Sqlite { writer, reader })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("harmony").statement_cache_capacity(STATEMENTS);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(Duration::from_secs(10)).connect_with(options).await?;
        let (version,): (String,) = sqlx::query_as("SHOW server_version_num").fetch_one(&pool).await?;
        if version.parse::<u32>().unwrap_or(0) < 150_000 {
            return Err(Error::Configuration(format!("PostgreSQL 15 or later is needed; this server is {version}")));
        }
        let (fsync,): (String,) = sqlx::query_as("SHOW fsync").fetch_one(&pool).await?;
        let (commit,): (String,) = sqlx::query_as("SHOW synchronous_commit").fetch_one(&pool).await?;
        if fsync != "on" || commit == "off" {
            let seen = format!("fsync {fsync}, synchronous_commit {commit}");
            return Err(Error::Configuration(format!("PostgreSQL must run with fsync and synchronous_commit on, but reports {seen}")));
        }
        Ok(Self::Postgres(pool))
    }

    /// Begins a transaction that may write.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        let (one,): (i64,) = on!(self, |e| sqlx::query_as("SELECT CAST(1 AS BIGINT)").fetch_one(e).await)?;
        debug_assert_eq!(one, 1);
        Ok(())
    }

    /// Closes it, writing what is in memory to its file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Makes it durable.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// The same `INSERT … VALUES (…)` for many rows: the row of placeholders is repeated. PostgreSQL wants them numbered; SQLite
/// looks for a numbered one among all before it, which for many rows takes longer than to insert them, and so has them bare.
pub(crate) fn for_rows(tx: &Tx, statement: &str, rows: usize) -> String {
    let Some((head, rest)) = statement.split_once("VALUES (") else { return statement.to_owned() };
    let Some((row, tail)) = rest.split_once(')') else { return statement.to_owned() };
    let columns = row.split(',').count();
    let mut text = String::with_capacity(statement.len() + rows * columns * 6);
    text.push_str(head);
    text.push_str("VALUES ");
    for at in 0..rows {
        text.push_str(if at == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            text.push_str(if column == 1 { "" } else { ", " });
            match tx {
                Tx::Sqlite(_) => text.push('?'),
                Tx::Postgres(_) => {
                    text.push('$');
                    text.push_str(&(at * columns + column).to_string());
                }
            }
        }
        text.push(')');
    }
    text.push_str(tail);
    text
}

/// The same statement with its last placeholder, written `IN ($k)`, repeated for a list of `items` values.
pub(crate) fn for_list(statement: &str, items: usize) -> String {
    let Some((head, rest)) = statement.rsplit_once("IN ($") else { return statement.to_owned() };
    let Some((first, tail)) = rest.split_once(')') else { return statement.to_owned() };
    let first: usize = first.parse().unwrap_or(1);
    let places: Vec<String> = (first..first + items.max(1)).map(|at| format!("${at}")).collect();
    format!("{head}IN ({}){tail}", places.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Db, for_list, for_rows};
    use crate::testing::databases;

    #[test]
    fn a_list_is_spread_over_placeholders() {
        assert_eq!(
            for_list("SELECT a FROM t WHERE w = $1 AND id IN ($2) ORDER BY a", 3),
            "SELECT a FROM t WHERE w = $1 AND id IN ($2, $3, $4) ORDER BY a"
        );
    }

    #[tokio::test]
    async fn rows_are_repeated_with_the_placeholders_of_the_engine() {
        for database in databases().await {
            let tx = Db::open(&database.url).await.unwrap().begin().await.unwrap();
            let two = for_rows(&tx, "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT DO NOTHING", 2);
            let places = if database.engine == "SQLite" { "(?, ?), (?, ?)" } else { "($1, $2), ($3, $4)" };
            assert_eq!(two, format!("INSERT INTO t (a, b) VALUES {places} ON CONFLICT DO NOTHING"));
        }
    }
}
