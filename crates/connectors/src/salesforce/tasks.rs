//! Tasks, both ways: read by their changes, written by id or by our mark, about whom and what the meeting's activity is about.

use std::collections::BTreeMap;

use connector_kit::{Entry, Member, Outbound, Page, PullRequest, Receipt, Result, Session, Sink, Source, TaskBoard, async_trait};
use model::Fields;
use model::action_item::Task;
use model::settings::Destination;
use serde_json::{Value, json};

use super::Salesforce;
use super::choices::{self, Choices};
use super::collections::{self, By, MOST, Write};
use super::feed::{self, Dated, Feed};
use super::wire::TaskRecord;
use super::{associations, map, mark, soql, users};

/// The fields that flow both ways.
const TWO_WAY: [&str; 5] = ["text", "owner", "due", "priority", "progress"];

const FEED: [Feed; 1] = [Feed { object: "Task", fields: map::TASK_FIELDS }];

impl Dated for TaskRecord {
    fn id(&self) -> &str {
        &self.id
    }

    fn modstamp(&self) -> Option<&str> {
        self.system_modstamp.as_deref()
    }
}

#[async_trait]
impl Source<Task> for Salesforce {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<Task>> {
        let news = feed::pull::<TaskRecord>(&FEED, session, request).await?;
        let mut entries: Vec<Entry<Task>> = Vec::with_capacity(news.records.len());
        if !news.records.is_empty() {
            let (choices, users, base) = (choices::read(session).await?, users::all(session).await?, session.base_url().await?);
            entries.extend(news.records.iter().map(|record| {
                if record.is_deleted == Some(true) {
                    return Entry::Gone { id: record.id.clone() };
                }
                let task = map::task(record, &choices, &users);
                Entry::Present(map::remote(&record.id, record.system_modstamp.as_deref(), &base, task))
            }));
        }
        Ok(Page { entries, cursor: news.cursor, more: news.more })
    }

    async fn is_gone(&self, session: &Session, id: &str, _destination: Option<&Destination>) -> Result<bool> {
        collections::is_gone(session, "Task", id).await
    }
}

#[async_trait]
impl Sink<Task> for Salesforce {
    fn batch(&self) -> usize {
        MOST
    }

    async fn push(&self, session: &Session, items: &[Outbound<Task>]) -> Vec<Result<Receipt>> {
        match push(session, items).await {
            Ok(results) => results,
            Err(error) => items.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn find(&self, session: &Session, item: &Outbound<Task>) -> Result<Option<Receipt>> {
        let Some(found) = mark::find(session, "Task", &item.record).await? else { return Ok(None) };
        let choices = choices::read(session).await?;
        receipts(session, vec![Ok(found.id)], &choices).await?.remove(0).map(Some)
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        collections::delete(session, "Task", id).await
    }

    async fn destinations(&self, _session: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl TaskBoard for Salesforce {
    async fn members(&self, session: &Session) -> Result<Vec<Member>> {
        users::all(session).await
    }
}

async fn push(session: &Session, items: &[Outbound<Task>]) -> Result<Vec<Result<Receipt>>> {
    let choices = choices::read(session).await?;
    let meeting = |item: &Outbound<Task>| item.item.from.as_ref().filter(|_| item.link.is_none()).map(|from| from.id.to_string());
    let meetings: Vec<Option<String>> = items.iter().map(meeting).collect();
    let logged = associations::logged(session, &meetings).await?;
    let mut writes = Vec::with_capacity(items.len());
    for (item, logged) in items.iter().zip(logged) {
        let related = logged.map(|logged| logged.related).unwrap_or_default();
        let by = item.link.as_ref().map_or_else(|| By::Mark(item.record.to_string()), |link| By::Id(link.id.clone()));
        writes.push(Write { object: "Task", by, fields: map::task_fields(item, &choices, &related)? });
    }
    let mut written = collections::write(session, &writes).await;
    for (place, write) in writes.into_iter().enumerate() {
        if written[place].as_ref().is_err_and(mark::is_missing) {
            written[place] = without_mark(session, &items[place], write).await;
        }
    }
    receipts(session, written, &choices).await
}

/// Where the organisation has no field for our mark yet: looks for the line first, and makes the task only if it is not there.
async fn without_mark(session: &Session, item: &Outbound<Task>, mut write: Write) -> Result<String> {
    let text = write.fields.get("Description").and_then(Value::as_str).unwrap_or_default();
    let text = format!("{text}\n\n{}", mark::line(&item.record));
    write.fields.insert("Description".to_owned(), json!(text));
    let found = mark::find_by_line(session, "Task", &item.record).await?;
    write.by = found.map_or(By::New, |found| By::Id(found.id));
    collections::write(session, &[write]).await.remove(0)
}

/// What Salesforce now has of each that was written.
async fn receipts(session: &Session, written: Vec<Result<String>>, choices: &Choices) -> Result<Vec<Result<Receipt>>> {
    let ids: Vec<String> = written.iter().flatten().cloned().collect();
    let records: Vec<TaskRecord> = soql::all_in(session, &format!("SELECT {} FROM Task WHERE Id IN", map::TASK_FIELDS), &ids).await?;
    let users = if records.is_empty() { Vec::new() } else { users::all(session).await? };
    let seen: BTreeMap<&str, &TaskRecord> = records.iter().map(|record| (record.id.as_str(), record)).collect();
    let base = session.base_url().await?;
    let receipt = |id: String| {
        let record = seen.get(id.as_str());
        let two_way = |record: &&TaskRecord| Fields::of(&map::task(record, choices, &users)).only(&TWO_WAY);
        Receipt {
            url: Some(map::url(&base, &id)),
            version: record.and_then(|record| record.system_modstamp.clone()),
            seen: record.map(two_way),
            id,
        }
    };
    Ok(written.into_iter().map(|id| id.map(receipt)).collect())
}
