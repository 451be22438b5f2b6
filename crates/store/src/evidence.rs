//! Evidence: facts about a connection, each with since when, and the status's input put together from them.

use jiff::Timestamp;
use model::ConnectionId;
use model::connection::Evidence;
use sqlx::AssertSqlSafe;

use crate::db::for_list;
use crate::error::Result;
use crate::{Step, Workspace, instant, millis, on, on_tx, statements};

statements! {
    NOTE = "INSERT INTO evidence (workspace_id, connection_id, fact, detail, since, at, until) VALUES ($1, $2, $3, $4, $5, $5, $6)
        ON CONFLICT (workspace_id, connection_id, fact) DO UPDATE SET detail = excluded.detail, at = excluded.at, until = excluded.until";
    CLEAR = "DELETE FROM evidence WHERE workspace_id = $1 AND connection_id = $2 AND fact IN ($3)";
    CLEAR_ALL = "DELETE FROM evidence WHERE workspace_id = $1 AND connection_id = $2";
    FACTS = "SELECT fact, detail, since, at, until FROM evidence WHERE workspace_id = $1 AND connection_id = $2 ORDER BY since, fact";
    STREAMS = "SELECT CAST(COUNT(*) AS BIGINT), CAST(COUNT(in_step_at) AS BIGINT), MIN(in_step_at) FROM streams
        WHERE workspace_id = $1 AND connection_id = $2 AND enabled";
    UNCERTAIN = "SELECT CAST(COUNT(*) AS BIGINT), MIN(created_at) FROM intents WHERE workspace_id = $1 AND connection_id = $2 AND state = 'uncertain'";
    STATE = "SELECT connected, settings_version FROM connections WHERE workspace_id = $1 AND id = $2";
}

/// A fact. Its name may be about one stream: `delayed:tasks:push`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub name: String,
    pub detail: String,
    pub since: Timestamp,
    pub at: Timestamp,
    pub until: Option<Timestamp>,
}

impl Workspace {
    /// A connection's facts, oldest first.
    pub async fn facts(&self, connection: &ConnectionId) -> Result<Vec<Fact>> {
        let rows: Vec<(String, String, i64, i64, Option<i64>)> =
            on!(self.db(), |e| sqlx::query_as(FACTS).bind(self.id.as_str()).bind(connection.as_str()).fetch_all(e).await)?;
        let read = |(name, detail, since, at, until): (String, String, i64, i64, Option<i64>)| Fact {
            name,
            detail,
            since: instant(since),
            at: instant(at),
            until: until.map(instant),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// All that a connection's status follows from.
    pub async fn status_evidence(&self, connection: &ConnectionId) -> Result<Evidence> {
        let (workspace, id) = (self.id.as_str(), connection.as_str());
        let state: Option<(bool, i64)> = on!(self.db(), |e| sqlx::query_as(STATE).bind(workspace).bind(id).fetch_optional(e).await)?;
        let Some((connected, version)) = state else { return Ok(Evidence::default()) };
        let (streams, finished, in_step): (i64, i64, Option<i64>) =
            on!(self.db(), |e| sqlx::query_as(STREAMS).bind(workspace).bind(id).fetch_one(e).await)?;
        let (uncertain, oldest): (i64, Option<i64>) =
            on!(self.db(), |e| sqlx::query_as(UNCERTAIN).bind(workspace).bind(id).fetch_one(e).await)?;
        let facts = self.facts(connection).await?;
        let first = |name: &str| {
            facts.iter().find(|fact| fact.name == name || fact.name.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')))
        };
        let told = |name: &str| first(name).map(|fact| (fact.since, fact.detail.clone()));
        Ok(Evidence {
            has_credentials: connected,
            has_settings: version > 0,
            refused: told("refused"),
            forbidden: told("forbidden"),
            misfit: told("misfit"),
            uncertain: oldest.filter(|_| uncertain > 0).map(|at| (instant(at), u64::try_from(uncertain).unwrap_or(0))),
            braked: told("braked"),
            delayed: first("delayed").map(|fact| (fact.since, fact.until.unwrap_or(fact.at))),
            in_step: in_step.filter(|_| streams == finished).map(instant),
        })
    }
}

impl Step {
    /// Writes a fact down; one that holds already keeps its `since`.
    pub async fn note_evidence(&mut self, connection: &ConnectionId, fact: &str, detail: &str, until: Option<Timestamp>) -> Result<()> {
        let (workspace, now) = (self.workspace_id(), millis(self.at));
        on_tx!(&mut self.tx, |e| {
            sqlx::query(NOTE)
                .bind(workspace)
                .bind(connection.as_str())
                .bind(fact)
                .bind(detail)
                .bind(now)
                .bind(until.map(millis))
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// These facts no longer hold.
    pub async fn clear_evidence<N: AsRef<str>>(&mut self, connection: &ConnectionId, facts: &[N]) -> Result<()> {
        if facts.is_empty() {
            return Ok(());
        }
        let (text, workspace) = (for_list(CLEAR, facts.len()), self.workspace_id());
        on_tx!(&mut self.tx, |e| {
            let mut query = sqlx::query(AssertSqlSafe(text)).bind(workspace).bind(connection.as_str());
            for fact in facts {
                query = query.bind(fact.as_ref());
            }
            query.execute(e).await.map(drop)
        })?;
        Ok(())
    }

    /// Nothing holds any more: it was connected anew, or ended.
    pub async fn clear_all_evidence(&mut self, connection: &ConnectionId) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| sqlx::query(CLEAR_ALL).bind(workspace).bind(connection.as_str()).execute(e).await.map(drop))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
