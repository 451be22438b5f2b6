//! Links: our id ↔ their id, and the values both last agreed on.

use jiff::Timestamp;
use model::connection::Capability;
use model::{ConnectionId, Fields, RecordId};
use sqlx::AssertSqlSafe;

use crate::db::{for_list, for_rows};
use crate::error::{Error, Result};
use crate::records::{chunks, last_of_each};
use crate::streams::Stream;
use crate::{Step, Workspace, instant, millis, on, on_tx, statements};

statements! {
    BY_REMOTE = "SELECT connection_id, capability, remote_id, record_id, version, url, base, gone, place, at FROM links
        WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND remote_id IN ($4)";
    BY_RECORD = "SELECT connection_id, capability, remote_id, record_id, version, url, base, gone, place, at FROM links
        WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND record_id IN ($4)";
    OF_RECORD = "SELECT connection_id, capability, remote_id, record_id, version, url, base, gone, place, at FROM links
        WHERE workspace_id = $1 AND record_id = $2 ORDER BY connection_id, capability";
    COUNTS = "SELECT capability, CAST(COUNT(*) AS BIGINT) FROM links WHERE workspace_id = $1 AND connection_id = $2 AND NOT gone GROUP BY capability";
    UNSEEN = "SELECT connection_id, capability, remote_id, record_id, version, url, base, gone, place, at FROM links
        WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND NOT gone AND at < $4 AND COALESCE(place, '') = $5
        AND EXISTS (SELECT 1 FROM records WHERE records.workspace_id = links.workspace_id AND records.id = links.record_id AND sort_at >= $6)
        ORDER BY remote_id LIMIT $7";
    TOUCH = "UPDATE links SET at = $4 WHERE workspace_id = $1 AND connection_id = $2 AND capability = $3 AND remote_id IN ($5)";
    SAVE = "INSERT INTO links (workspace_id, connection_id, capability, remote_id, record_id, version, url, base, gone, place, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (workspace_id, connection_id, capability, remote_id) DO UPDATE SET record_id = excluded.record_id,
        version = excluded.version, url = excluded.url, base = excluded.base, gone = excluded.gone, place = excluded.place, at = excluded.at";
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub connection: ConnectionId,
    pub capability: Capability,
    pub remote_id: String,
    pub record: RecordId,
    pub version: Option<String>,
    pub url: Option<String>,
    pub base: Fields,
    /// The tool said that its side is gone. Kept, so that a later copy of it is known.
    pub gone: bool,
    /// The destination in which the object was met or made.
    pub place: Option<String>,
    /// When it was last known to hold.
    pub at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    connection_id: String,
    capability: String,
    remote_id: String,
    record_id: String,
    version: Option<String>,
    url: Option<String>,
    base: String,
    gone: bool,
    place: Option<String>,
    at: i64,
}

impl Row {
    fn read(self) -> Result<Link> {
        Ok(Link {
            connection: self.connection_id.parse().map_err(|error| Error::unreadable("link", error))?,
            capability: Capability::parse(&self.capability).ok_or_else(|| Error::unreadable("link", &self.capability))?,
            remote_id: self.remote_id,
            record: self.record_id.parse().map_err(|error| Error::unreadable("link", error))?,
            version: self.version,
            url: self.url,
            base: serde_json::from_str(&self.base).map_err(|error| Error::unreadable("link", error))?,
            gone: self.gone,
            place: self.place,
            at: instant(self.at),
        })
    }
}

impl Workspace {
    /// Where a record went and where it came from.
    pub async fn links_of(&self, record: &RecordId) -> Result<Vec<Link>> {
        let rows: Vec<Row> = on!(self.db(), |e| sqlx::query_as(OF_RECORD).bind(self.id.as_str()).bind(record.as_str()).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Links of one destination (`None`: of none) that were last known to hold before `since`, and whose record's own time is not
    /// before `oldest` (milliseconds).
    pub async fn unseen_links(&self, stream: &Stream, place: Option<&str>, since: Timestamp, oldest: i64, limit: u32) -> Result<Vec<Link>> {
        let rows: Vec<Row> = on!(self.db(), |e| {
            sqlx::query_as(UNSEEN)
                .bind(self.id.as_str())
                .bind(stream.connection.as_str())
                .bind(stream.capability.as_str())
                .bind(millis(since))
                .bind(place.unwrap_or_default())
                .bind(oldest)
                .bind(i64::from(limit))
                .fetch_all(e)
                .await
        })?;
        rows.into_iter().map(Row::read).collect()
    }

    /// How many records are in step, by capability.
    pub async fn link_counts(&self, connection: &ConnectionId) -> Result<Vec<(Capability, i64)>> {
        let rows: Vec<(String, i64)> =
            on!(self.db(), |e| sqlx::query_as(COUNTS).bind(self.id.as_str()).bind(connection.as_str()).fetch_all(e).await)?;
        Ok(rows.into_iter().filter_map(|(name, count)| Capability::parse(&name).map(|capability| (capability, count))).collect())
    }
}

impl Step {
    /// Links of these objects of a tool.
    pub async fn links_by_remote(&mut self, connection: &ConnectionId, capability: Capability, ids: &[&str]) -> Result<Vec<Link>> {
        self.links(BY_REMOTE, connection, capability, ids).await
    }

    /// Links of these records at one connection.
    pub async fn links_by_record(&mut self, connection: &ConnectionId, capability: Capability, ids: &[&RecordId]) -> Result<Vec<Link>> {
        let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        self.links(BY_RECORD, connection, capability, &ids).await
    }

    async fn links(&mut self, text: &str, connection: &ConnectionId, capability: Capability, ids: &[&str]) -> Result<Vec<Link>> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in chunks(ids) {
            let (text, workspace) = (for_list(text, chunk.len()), self.workspace_id());
            let rows: Vec<Row> = on_tx!(&mut self.tx, |e| {
                let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(workspace).bind(connection.as_str()).bind(capability.as_str());
                for id in chunk {
                    query = query.bind(*id);
                }
                query.fetch_all(e).await
            })?;
            found.extend(rows.into_iter().map(Row::read).collect::<Result<Vec<_>>>()?);
        }
        Ok(found)
    }

    /// These objects of a tool were seen just now.
    pub async fn touch_links(&mut self, stream: &Stream, ids: &[&str]) -> Result<()> {
        let now = millis(self.at);
        for chunk in chunks(ids) {
            let (text, workspace) = (for_list(TOUCH, chunk.len()), self.workspace_id());
            on_tx!(&mut self.tx, |e| {
                let mut query = sqlx::query(AssertSqlSafe(text)).bind(workspace).bind(stream.connection.as_str());
                query = query.bind(stream.capability.as_str()).bind(now);
                for id in chunk {
                    query = query.bind(*id);
                }
                query.execute(e).await.map(drop)
            })?;
        }
        Ok(())
    }

    /// Saves links; an earlier one for the same object is replaced, be it stored or in the same list.
    pub async fn save_links(&mut self, links: &[Link]) -> Result<()> {
        let links = last_of_each(links, |link| (&link.connection, link.capability, &link.remote_id));
        for chunk in chunks(&links) {
            let (text, workspace) = (for_rows(&self.tx, SAVE, chunk.len()), self.workspace_id());
            let mut bases = Vec::with_capacity(chunk.len());
            for link in chunk {
                bases.push(serde_json::to_string(&link.base).map_err(|error| Error::unreadable("link", error))?);
            }
            on_tx!(&mut self.tx, |e| {
                let mut query = sqlx::query(AssertSqlSafe(text));
                for (link, base) in chunk.iter().zip(&bases) {
                    query = query.bind(&workspace).bind(link.connection.as_str()).bind(link.capability.as_str()).bind(&link.remote_id);
                    query = query.bind(link.record.as_str()).bind(&link.version).bind(&link.url).bind(base);
                    query = query.bind(link.gone).bind(&link.place).bind(millis(link.at));
                }
                query.execute(e).await.map(drop)
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
