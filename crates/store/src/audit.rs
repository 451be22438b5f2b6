//! The audit trail: who did what, from where, written in the transaction of the act itself. How rows are chained and checked
//! is `audit_chain`.

use model::WorkspaceId;
use serde::Serialize;

pub use crate::audit_chain::{Check, Entry, Fault, Head, verify, verify_lines};
use crate::error::{Error, Result};
use crate::{Step, Workspace, instant, millis, on, on_tx, statements};

statements! {
    TAKE_SEQ = "UPDATE workspaces SET audit_seq = audit_seq + 1 WHERE id = $1 RETURNING audit_seq, audit_hash";
    SET_HASH = "UPDATE workspaces SET audit_hash = $2 WHERE id = $1";
    WRITE = "INSERT INTO audit (workspace_id, seq, at, actor, address, act, target, detail, previous, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    NEWEST = "SELECT workspace_id, seq, at, actor, address, act, target, detail, previous, hash FROM audit
        WHERE workspace_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
    OLDEST = "SELECT workspace_id, seq, at, actor, address, act, target, detail, previous, hash FROM audit
        WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    HEAD = "SELECT audit_seq, audit_hash FROM workspaces WHERE id = $1";
}

/// Rows read at once where a whole trail is checked.
const PAGE: u32 = 1_000;

#[derive(sqlx::FromRow)]
struct Row {
    workspace_id: String,
    seq: i64,
    at: i64,
    actor: String,
    address: String,
    act: String,
    target: String,
    detail: String,
    previous: String,
    hash: String,
}

impl Row {
    fn read(self) -> Result<Entry> {
        let workspace: WorkspaceId = self.workspace_id.parse().map_err(|error| Error::unreadable("audit row", error))?;
        Ok(Entry {
            workspace,
            seq: self.seq,
            at: instant(self.at),
            actor: self.actor,
            address: self.address,
            act: self.act,
            target: self.target,
            detail: self.detail,
            previous: self.previous,
            hash: self.hash,
        })
    }
}

impl Workspace {
    /// Acts older than number `before` (`None`: than now), newest first.
    pub async fn audit_before(&self, before: Option<i64>, limit: u32) -> Result<Vec<Entry>> {
        let before = before.unwrap_or(i64::MAX);
        let rows: Vec<Row> =
            on!(self.db(), |e| sqlx::query_as(NEWEST).bind(self.id.as_str()).bind(before).bind(i64::from(limit)).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Acts after number `after` (0: from the first), oldest first, for an export.
    pub async fn audit_after(&self, after: i64, limit: u32) -> Result<Vec<Entry>> {
        let rows: Vec<Row> =
            on!(self.db(), |e| sqlx::query_as(OLDEST).bind(self.id.as_str()).bind(after).bind(i64::from(limit)).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Where the trail ends: worth keeping outside.
    pub async fn audit_head(&self) -> Result<Head> {
        let row: Option<(i64, String)> = on!(self.db(), |e| sqlx::query_as(HEAD).bind(self.id.as_str()).fetch_optional(e).await)?;
        let (seq, hash) = row.ok_or(Error::NotFound("the workspace"))?;
        Ok(Head { seq, hash })
    }

    /// Checks the whole trail, its end included; acts of meanwhile are left to the next check.
    pub async fn verify_audit(&self) -> Result<Result<Head, Fault>> {
        let head = self.audit_head().await?;
        let mut check = Check::default();
        loop {
            let page = self.audit_after(check.head().seq, PAGE).await?;
            for entry in page.iter().take_while(|entry| entry.seq <= head.seq) {
                if let Err(fault) = check.next(entry) {
                    return Ok(Err(fault));
                }
            }
            if page.last().is_none_or(|entry| entry.seq >= head.seq) {
                return Ok(check.end(&head));
            }
        }
    }
}

impl Step {
    /// Writes an act down. It becomes durable with the step, or not at all. `detail` never holds a secret.
    pub async fn audit(&mut self, actor: &str, address: &str, act: &str, target: &str, detail: &impl Serialize) -> Result<()> {
        let id = self.workspace_id();
        let taken: Option<(i64, String)> = on_tx!(&mut self.tx, |e| sqlx::query_as(TAKE_SEQ).bind(id).fetch_optional(e).await)?;
        let (seq, previous) = taken.ok_or(Error::NotFound("the workspace"))?;
        let mut entry = Entry {
            workspace: self.workspace.id.clone(),
            seq,
            at: instant(millis(self.at)),
            actor: actor.to_owned(),
            address: address.to_owned(),
            act: act.to_owned(),
            target: target.to_owned(),
            detail: serde_json::to_string(detail).map_err(|error| Error::unreadable("audit detail", error))?,
            previous,
            hash: String::new(),
        };
        entry.hash = entry.expected_hash();
        on_tx!(&mut self.tx, |e| {
            sqlx::query(WRITE)
                .bind(entry.workspace.as_str())
                .bind(entry.seq)
                .bind(millis(entry.at))
                .bind(&entry.actor)
                .bind(&entry.address)
                .bind(&entry.act)
                .bind(&entry.target)
                .bind(&entry.detail)
                .bind(&entry.previous)
                .bind(&entry.hash)
                .execute(&mut *e)
                .await?;
            sqlx::query(SET_HASH).bind(entry.workspace.as_str()).bind(&entry.hash).execute(e).await.map(drop)
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use serde_json::json;

    use super::*;
    use crate::Store;
    use crate::testing::{self, databases};

    async fn act(workspace: &Workspace, target: &str) {
        let mut step = workspace.begin().await.unwrap();
        step.audit("usr_1", "192.0.2.1", "connection.created", target, &json!({ "name": "Ångström \u{202e}" })).await.unwrap();
        step.commit().await.unwrap();
    }

    async fn run(store: &Store, text: &'static str) {
        let mut tx = store.db().begin().await.unwrap();
        on_tx!(&mut tx, |e| sqlx::query(text).execute(e).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn acts_are_numbered_without_gaps_even_when_they_come_together_or_are_rolled_back() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            let mut undone = workspace.begin().await.unwrap();
            undone.audit("usr_1", "", "connection.deleted", "con_1", &json!({})).await.unwrap();
            drop(undone);
            join_all((0..12).map(|at| {
                let workspace = workspace.clone();
                async move { act(&workspace, &format!("con_{at}")).await }
            }))
            .await;
            let trail = workspace.audit_after(0, 100).await.unwrap();
            assert_eq!(trail.iter().map(|entry| entry.seq).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>(), "{}", database.engine);
            assert_eq!(verify(&trail).unwrap(), workspace.audit_head().await.unwrap());
            assert_eq!(workspace.verify_audit().await.unwrap().unwrap().seq, 12);
            let other = testing::workspace(&store).await;
            assert_eq!(other.verify_audit().await.unwrap(), Ok(Head::default()));
        }
    }

    #[tokio::test]
    async fn a_trail_is_read_page_by_page_in_both_directions() {
        for database in databases().await {
            let store = testing::store(&database).await;
            let workspace = testing::workspace(&store).await;
            for at in 1..=5 {
                act(&workspace, &format!("con_{at}")).await;
            }
            let numbers = |page: Vec<Entry>| page.into_iter().map(|entry| entry.seq).collect::<Vec<_>>();
            assert_eq!(numbers(workspace.audit_before(None, 2).await.unwrap()), [5, 4], "{}", database.engine);
            assert_eq!(numbers(workspace.audit_before(Some(4), 9).await.unwrap()), [3, 2, 1]);
            assert_eq!(numbers(workspace.audit_after(3, 9).await.unwrap()), [4, 5]);
        }
    }

    #[tokio::test]
    async fn tampering_in_the_database_is_found_at_its_row() {
        let tamperings = [
            ("UPDATE audit SET actor = 'usr_2' WHERE seq = 2", 2),
            ("UPDATE audit SET at = at + 1 WHERE seq = 3", 3),
            ("DELETE FROM audit WHERE seq = 1", 1),
            ("DELETE FROM audit WHERE seq = 4", 4),
            ("UPDATE workspaces SET audit_hash = '' WHERE audit_seq = 4", 5),
        ];
        for (text, row) in tamperings {
            for database in databases().await {
                let store = testing::store(&database).await;
                let workspace = testing::workspace(&store).await;
                for at in 1..=4 {
                    act(&workspace, &format!("con_{at}")).await;
                }
                run(&store, text).await;
                assert_eq!(workspace.verify_audit().await.unwrap().unwrap_err().row, row, "{text} on {}", database.engine);
            }
        }
    }
}
