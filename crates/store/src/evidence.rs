//! What is known of a connection's health, as facts with their beginning. Its status follows from them by
//! `model::connection::Status` and is stored nowhere.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::ConnectionId;
use model::connection::{Capability, Evidence};

use crate::error::{Error, Result};
use crate::{Step, Workspace, instant, millis, on, on_tx, statements};

/// What a status needs besides the facts. (The state is asked for twice because SQLite uses a partial index only where
/// its condition stands in the query.)
macro_rules! state {
    ($of:literal) => {
        concat!(
            "SELECT c.id, c.connected, c.settings IS NOT NULL AS has_settings,
            (SELECT CAST(COUNT(*) AS BIGINT) FROM intents i WHERE i.workspace_id = c.workspace_id AND i.connection_id = c.id
                AND i.state IN ('open', 'uncertain') AND i.state = 'uncertain') AS uncertain,
            (SELECT MIN(i.created_at) FROM intents i WHERE i.workspace_id = c.workspace_id AND i.connection_id = c.id
                AND i.state IN ('open', 'uncertain') AND i.state = 'uncertain') AS uncertain_since,
            (SELECT CAST(COUNT(*) AS BIGINT) FROM streams s WHERE s.workspace_id = c.workspace_id AND s.connection_id = c.id
                AND s.enabled AND s.in_step_at IS NULL) AS unfinished,
            (SELECT MIN(s.in_step_at) FROM streams s WHERE s.workspace_id = c.workspace_id AND s.connection_id = c.id
                AND s.enabled) AS in_step_at
            FROM connections c WHERE c.workspace_id = $1",
            $of
        )
    };
}

statements! {
    NOTE = "INSERT INTO evidence (workspace_id, connection_id, fact, detail, since, at, until) VALUES ($1, $2, $3, $4, $5, $5, $6)
        ON CONFLICT (workspace_id, connection_id, fact) DO UPDATE SET detail = excluded.detail, at = excluded.at, until = excluded.until";
    CLEAR = "DELETE FROM evidence WHERE workspace_id = $1 AND connection_id = $2 AND fact = $3";
    FACTS = "SELECT connection_id, fact, detail, since, at, until FROM evidence WHERE workspace_id = $1 AND connection_id = $2 ORDER BY fact";
    ALL_FACTS = "SELECT connection_id, fact, detail, since, at, until FROM evidence WHERE workspace_id = $1";
    STATE = state!(" AND c.id = $2");
    ALL_STATES = state!("");
}

/// A fact about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// The tool refused the credentials; the detail says why.
    Refused,
    /// A right is missing; the detail names it.
    Forbidden,
    /// The settings no longer fit the tool; the detail names what is gone.
    Misfit,
    /// The tool is down, slow or limits us; `until` is the next attempt.
    Delayed,
    /// Deletions are held back; the detail is their number.
    Braked,
    /// The capability was tried with this outcome.
    Tested(Capability),
}

impl Fact {
    /// The name as stored and as in the API.
    pub fn name(self) -> String {
        match self {
            Self::Refused => "refused".to_owned(),
            Self::Forbidden => "forbidden".to_owned(),
            Self::Misfit => "misfit".to_owned(),
            Self::Delayed => "delayed".to_owned(),
            Self::Braked => "braked".to_owned(),
            Self::Tested(capability) => format!("tested:{}", capability.as_str()),
        }
    }

    /// The fact of that name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "refused" => Some(Self::Refused),
            "forbidden" => Some(Self::Forbidden),
            "misfit" => Some(Self::Misfit),
            "delayed" => Some(Self::Delayed),
            "braked" => Some(Self::Braked),
            _ => name.strip_prefix("tested:").and_then(Capability::parse).map(Self::Tested),
        }
    }
}

/// A fact as noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    pub fact: Fact,
    pub detail: String,
    /// When it was noted first, without being cleared in between.
    pub since: Timestamp,
    /// When it was noted last.
    pub at: Timestamp,
    pub until: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct FactRow {
    connection_id: String,
    fact: String,
    detail: String,
    since: i64,
    at: i64,
    until: Option<i64>,
}

impl FactRow {
    fn read(self) -> Result<(String, Noted)> {
        let noted = Noted {
            fact: Fact::parse(&self.fact).ok_or_else(|| Error::unreadable("fact", &self.fact))?,
            detail: self.detail,
            since: instant(self.since),
            at: instant(self.at),
            until: self.until.map(instant),
        };
        Ok((self.connection_id, noted))
    }
}

#[derive(sqlx::FromRow)]
struct StateRow {
    id: String,
    connected: bool,
    has_settings: bool,
    uncertain: i64,
    uncertain_since: Option<i64>,
    unfinished: i64,
    in_step_at: Option<i64>,
}

impl StateRow {
    fn with(self, facts: Vec<Noted>) -> Evidence {
        let mut evidence = Evidence {
            has_credentials: self.connected,
            has_settings: self.has_settings,
            uncertain: self.uncertain_since.map(|since| (instant(since), self.uncertain.unsigned_abs())),
            in_step: self.in_step_at.filter(|_| self.unfinished == 0).map(instant),
            ..Evidence::default()
        };
        for noted in facts {
            match noted.fact {
                Fact::Refused => evidence.refused = Some((noted.since, noted.detail)),
                Fact::Forbidden => evidence.forbidden = Some((noted.since, noted.detail)),
                Fact::Misfit => evidence.misfit = Some((noted.since, noted.detail)),
                Fact::Delayed => evidence.delayed = Some((noted.since, noted.until.unwrap_or(noted.at))),
                // A detail that is not a number is of somebody who changed the database by hand; the brake holds all the same.
                Fact::Braked => evidence.braked = Some((noted.since, noted.detail.parse().unwrap_or(1))),
                Fact::Tested(_) => {}
            }
        }
        evidence
    }
}

impl Workspace {
    /// Every fact about a connection.
    pub async fn facts(&self, connection: &ConnectionId) -> Result<Vec<Noted>> {
        let rows: Vec<FactRow> =
            on!(self.db(), |e| sqlx::query_as(FACTS).bind(self.id.as_str()).bind(connection.as_str()).fetch_all(e).await)?;
        rows.into_iter().map(|row| row.read().map(|(_, noted)| noted)).collect()
    }

    /// All from which a connection's status follows.
    pub async fn status_evidence(&self, connection: &ConnectionId) -> Result<Evidence> {
        let row: Option<StateRow> =
            on!(self.db(), |e| sqlx::query_as(STATE).bind(self.id.as_str()).bind(connection.as_str()).fetch_optional(e).await)?;
        let row = row.ok_or(Error::NotFound("the connection"))?;
        Ok(row.with(self.facts(connection).await?))
    }

    /// All from which the statuses of the workspace's connections follow, for a list of them.
    pub async fn status_evidence_of_all(&self) -> Result<BTreeMap<ConnectionId, Evidence>> {
        let states: Vec<StateRow> = on!(self.db(), |e| sqlx::query_as(ALL_STATES).bind(self.id.as_str()).fetch_all(e).await)?;
        let facts: Vec<FactRow> = on!(self.db(), |e| sqlx::query_as(ALL_FACTS).bind(self.id.as_str()).fetch_all(e).await)?;
        let mut of: BTreeMap<String, Vec<Noted>> = BTreeMap::new();
        for row in facts {
            let (connection, noted) = row.read()?;
            of.entry(connection).or_default().push(noted);
        }
        let each = states.into_iter().map(|row| {
            let id = row.id.parse().map_err(|error| Error::unreadable("connection", error))?;
            let facts = of.remove(&row.id).unwrap_or_default();
            Ok((id, row.with(facts)))
        });
        each.collect()
    }
}

impl Step {
    /// Notes a fact. Noted again, it keeps its beginning.
    pub async fn note_fact(&mut self, connection: &ConnectionId, fact: Fact, detail: &str, until: Option<Timestamp>) -> Result<()> {
        let (workspace, now) = (self.workspace_id(), millis(self.at));
        on_tx!(&mut self.tx, |e| {
            sqlx::query(NOTE)
                .bind(workspace)
                .bind(connection.as_str())
                .bind(fact.name())
                .bind(detail)
                .bind(now)
                .bind(until.map(millis))
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Notes that a fact no longer holds.
    pub async fn clear_fact(&mut self, connection: &ConnectionId, fact: Fact) -> Result<()> {
        let workspace = self.workspace_id();
        on_tx!(&mut self.tx, |e| {
            sqlx::query(CLEAR).bind(workspace).bind(connection.as_str()).bind(fact.name()).execute(e).await.map(drop)
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use model::connection::{Status, StatusColour, Way};
    use model::{IntentId, Kind, RecordId, RunId, Settings};

    use super::*;
    use crate::intents::{Intent, IntentState, Write};
    use crate::testing::{self, databases};

    #[test]
    fn every_fact_reads_back_by_its_name() {
        let tested = Capability::ALL.into_iter().map(Fact::Tested);
        for fact in [Fact::Refused, Fact::Forbidden, Fact::Misfit, Fact::Delayed, Fact::Braked].into_iter().chain(tested) {
            assert_eq!(Fact::parse(&fact.name()), Some(fact));
        }
        assert_eq!(Fact::parse("tested:nothing"), None);
    }

    #[tokio::test]
    async fn a_fact_keeps_its_beginning_until_it_is_cleared() {
        for database in databases().await {
            let (store, clock) = testing::store_and_clock(&database).await;
            let workspace = testing::workspace(&store).await;
            let id = testing::connection(&workspace, None).await.id;
            let begun = store.env().now();
            for (detail, until) in [("503", Some(begun)), ("429", None)] {
                let mut step = workspace.begin().await.unwrap();
                step.note_fact(&id, Fact::Delayed, detail, until).await.unwrap();
                step.note_fact(&id, Fact::Tested(Capability::Tasks), "ok", None).await.unwrap();
                step.commit().await.unwrap();
                clock.advance(SignedDuration::from_secs(5));
            }
            let facts = workspace.facts(&id).await.unwrap();
            let last = begun + SignedDuration::from_secs(5);
            assert_eq!(
                facts[0],
                Noted { fact: Fact::Delayed, detail: "429".into(), since: begun, at: last, until: None },
                "{}",
                database.engine
            );
            assert_eq!(facts[1].fact, Fact::Tested(Capability::Tasks));
            let mut step = workspace.begin().await.unwrap();
            step.clear_fact(&id, Fact::Delayed).await.unwrap();
            step.note_fact(&id, Fact::Delayed, "503", None).await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(workspace.facts(&id).await.unwrap()[0].since, begun + SignedDuration::from_secs(10));
        }
    }

    #[tokio::test]
    async fn each_fact_comes_to_its_place() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let id = testing::connection(&workspace, None).await.id;
            let (now, later) = (store.env().now(), store.env().now() + SignedDuration::from_secs(90));
            let mut step = workspace.begin().await.unwrap();
            step.set_connected(&id).await.unwrap();
            step.note_fact(&id, Fact::Refused, "revoked", None).await.unwrap();
            step.note_fact(&id, Fact::Forbidden, "write", None).await.unwrap();
            step.note_fact(&id, Fact::Misfit, "a field", None).await.unwrap();
            step.note_fact(&id, Fact::Braked, "73", None).await.unwrap();
            step.note_fact(&id, Fact::Delayed, "503", Some(later)).await.unwrap();
            step.commit().await.unwrap();
            let wanted = Evidence {
                has_credentials: true,
                refused: Some((now, "revoked".into())),
                forbidden: Some((now, "write".into())),
                misfit: Some((now, "a field".into())),
                braked: Some((now, 73)),
                delayed: Some((now, later)),
                ..Evidence::default()
            };
            assert_eq!(workspace.status_evidence(&id).await.unwrap(), wanted, "{}", database.engine);
            let other = testing::connection(&workspace, None).await.id;
            let all = BTreeMap::from([(id, wanted), (other, Evidence::default())]);
            assert_eq!(workspace.status_evidence_of_all().await.unwrap(), all);
        }
    }

    fn intent(connection: &ConnectionId, store: &crate::Store) -> Intent {
        Intent {
            id: IntentId::new(store.env()),
            connection: connection.clone(),
            capability: Capability::Tasks,
            record: RecordId::new(Kind::ActionItem, store.env()),
            run: RunId::new(store.env()),
            operation: Write::Create,
            key: uuid::Uuid::nil(),
            payload_hash: String::new(),
            state: IntentState::Open,
            created: store.env().now(),
            settled: None,
            detail: String::new(),
        }
    }

    #[tokio::test]
    async fn uncertain_writes_and_unfinished_streams_are_evidence() {
        for database in databases().await {
            let (store, clock) = testing::store_and_clock(&database).await;
            let workspace = testing::workspace(&store).await;
            let id = testing::connection(&workspace, None).await.id;
            let begun = store.env().now();
            let mut step = workspace.begin().await.unwrap();
            step.set_connected(&id).await.unwrap();
            step.set_settings(&id, &Settings::default(), 0).await.unwrap();
            step.set_stream(&id, Capability::Tasks, Way::Push, true, true, None, Some("connect")).await.unwrap();
            step.set_stream(&id, Capability::Tasks, Way::Pull, true, true, None, Some("connect")).await.unwrap();
            step.set_stream(&id, Capability::Notes, Way::Push, false, true, None, None).await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(workspace.status_evidence(&id).await.unwrap().in_step, None, "{}", database.engine);
            let streams = store.lease_across_workspaces("test", 10).await.unwrap();
            assert_eq!(streams.len(), 2);
            for (stream, after) in streams.iter().zip([30, 20]) {
                let at = begun + SignedDuration::from_secs(after);
                let mut step = workspace.begin().await.unwrap();
                let release = crate::streams::Release { in_step_at: Some(at), ..Default::default() };
                step.release(stream, &release).await.unwrap();
                step.commit().await.unwrap();
                let evidence = workspace.status_evidence(&id).await.unwrap();
                assert_eq!(evidence.in_step, (after == 20).then_some(at), "the slowest decides, {}", database.engine);
                assert_eq!((evidence.uncertain, evidence.has_settings), (None, true));
            }
            for state in [IntentState::Uncertain, IntentState::Uncertain, IntentState::Done] {
                let intent = intent(&id, &store);
                let mut step = workspace.begin().await.unwrap();
                step.open_intent(&intent).await.unwrap();
                step.settle_intent(&intent.id, state, "").await.unwrap();
                step.commit().await.unwrap();
                clock.advance(SignedDuration::from_secs(1));
            }
            let evidence = workspace.status_evidence(&id).await.unwrap();
            assert_eq!(evidence.uncertain, Some((begun, 2)), "{}", database.engine);
            assert_eq!(Status::from_evidence(&evidence, store.env().now()).colour, StatusColour::Yellow);
        }
    }
}
