//! Tasks, both ways: read by listing and searching, written by id or by our mark, on the records of their meeting.

use connector_kit::request::segment;
use connector_kit::{Entry, Member, Outbound, Page, PullRequest, Receipt, Result, Session, Sink, Source, TaskBoard, async_trait};
use jiff::tz::TimeZone;
use model::action_item::Task;
use model::settings::Destination;

use super::HubSpot;
use super::associations::{self, Targets};
use super::batch::{self, By, MOST, Write};
use super::feed::Feed;
use super::property::MARK;
use super::wire::{AccountDetails, Record};
use super::{contacts, map, owners};

const FEED: Feed = Feed { object: "tasks", modified: "hs_lastmodifieddate", properties: &map::TASK_PROPERTIES };

#[async_trait]
impl Source<Task> for HubSpot {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<Task>> {
        let news = FEED.pull(session, request).await?;
        let mut entries: Vec<Entry<Task>> = Vec::new();
        if !news.present.is_empty() {
            let (zone, all) = (zone(session).await?, owners::all(session).await?);
            entries.extend(
                news.present.iter().map(|record| Entry::Present(map::remote(record, FEED.modified, map::task(record, &all, &zone)))),
            );
        }
        entries.extend(news.gone.into_iter().map(|id| Entry::Gone { id }));
        Ok(Page { entries, cursor: news.cursor, more: news.more })
    }

    async fn is_gone(&self, session: &Session, id: &str, _destination: Option<&Destination>) -> Result<bool> {
        FEED.is_gone(session, id).await
    }
}

#[async_trait]
impl Sink<Task> for HubSpot {
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
        let request = session
            .get(format!("/crm/v3/objects/tasks/{}", segment(item.record.as_str())))
            .query("idProperty", MARK)
            .query("properties", &map::TASK_PROPERTIES.join(","));
        let Some(record) = contacts::found(request).await? else { return Ok(None) };
        let zone = zone(session).await?;
        Ok(Some(receipt(&item.item, &record, &zone)))
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        batch::archive(session, FEED.object, id).await
    }

    async fn destinations(&self, _session: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl TaskBoard for HubSpot {
    async fn members(&self, session: &Session) -> Result<Vec<Member>> {
        Ok(owners::all(session).await?.iter().map(owners::member).collect())
    }
}

async fn push(session: &Session, items: &[Outbound<Task>]) -> Result<Vec<Result<Receipt>>> {
    let zone = zone(session).await?;
    let meetings: Vec<Option<String>> = items.iter().map(|item| item.item.from.as_ref().map(|from| from.id.to_string())).collect();
    let targets = associations::of_meetings(session, &meetings).await?;
    let writes: Vec<Write> = items.iter().map(|item| write(item, &zone)).collect();
    let mut records = batch::write(session, FEED.object, &writes).await;
    let (places, wanted): (Vec<usize>, Vec<(String, Targets)>) = records
        .iter()
        .zip(targets)
        .enumerate()
        .filter_map(|(place, (record, targets))| Some((place, (record.as_ref().ok()?.id.clone(), targets))))
        .unzip();
    for (place, result) in places.into_iter().zip(associations::add(session, FEED.object, &wanted).await) {
        if let Err(error) = result {
            records[place] = Err(error);
        }
    }
    Ok(records.into_iter().zip(items).map(|(record, item)| record.map(|record| receipt(&item.item, &record, &zone))).collect())
}

fn write(item: &Outbound<Task>, zone: &TimeZone) -> Write {
    let mut properties = map::task_properties(&item.item, zone, item.link.is_some());
    properties.extend(item.properties.clone());
    properties.insert(MARK.to_owned(), item.record.to_string());
    match &item.link {
        Some(link) => Write { by: By::Id, id: link.id.clone(), properties },
        None => Write { by: By::Mark, id: item.record.to_string(), properties },
    }
}

/// Days are seen in the account's zone.
async fn zone(session: &Session) -> Result<TimeZone> {
    let details: AccountDetails = session.get("/account-info/v3/details").fetch().await?;
    Ok(map::zone(&details))
}

fn receipt(sent: &Task, record: &Record, zone: &TimeZone) -> Receipt {
    Receipt {
        id: record.id.clone(),
        version: record.updated_at.map(|at| at.to_string()),
        url: record.url.clone(),
        seen: Some(map::task_seen(sent, record, zone)),
    }
}
