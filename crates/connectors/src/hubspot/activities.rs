//! Meetings on HubSpot's timeline: one object per meeting, its associations, and notes for what its text cannot hold.

use std::collections::BTreeMap;

use connector_kit::request::segment;
use connector_kit::{ActivityLog, AssociationQuery, Outbound, Receipt, Result, Session, Sink, async_trait};
use jiff::Timestamp;
use model::person::normal_email;
use model::settings::Destination;
use model::{Activity, Associations};

use super::HubSpot;
use super::associations::{self, Targets};
use super::batch::{self, By, MOST, Write};
use super::notes::{self, Sheet};
use super::property::MARK;
use super::wire::Record;
use super::{contacts, map, markup, owners};

const OBJECT: &str = "meetings";

#[async_trait]
impl Sink<Activity> for HubSpot {
    fn batch(&self) -> usize {
        MOST
    }

    async fn push(&self, session: &Session, items: &[Outbound<Activity>]) -> Vec<Result<Receipt>> {
        let hosts = items.iter().filter_map(|item| item.item.owner.as_deref());
        let owners = match owners::ids(session, hosts).await {
            Ok(owners) => owners,
            Err(error) => return items.iter().map(|_| Err(error.clone())).collect(),
        };
        let texts: Vec<Vec<String>> = items.iter().map(|item| markup::pieces(&item.item.body, &item.item.title)).collect();
        let now = session.now();
        let writes: Vec<Write> = items.iter().zip(&texts).map(|(item, text)| write(item, text, &owners, now)).collect();
        let mut records = batch::write(session, OBJECT, &writes).await;
        associate(session, items, &mut records).await;
        carry_over(session, items, &texts, &mut records).await;
        records.into_iter().map(|record| record.map(|record| receipt(&record))).collect()
    }

    async fn find(&self, session: &Session, item: &Outbound<Activity>) -> Result<Option<Receipt>> {
        let target = format!("/crm/v3/objects/meetings/{}", segment(item.record.as_str()));
        Ok(contacts::found(session.get(target).query("idProperty", MARK)).await?.map(|record| receipt(&record)))
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        let target = format!("/crm/v3/objects/meetings/{}", segment(id));
        if let Some(meeting) = contacts::found(session.get(target).query("properties", MARK)).await?
            && let Some(mark) = map::value(&meeting, MARK)
        {
            notes::remove_after(session, &[(mark.to_owned(), 1)]).await?;
        }
        batch::archive(session, OBJECT, id).await
    }

    async fn destinations(&self, _session: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl ActivityLog for HubSpot {
    async fn associations(&self, session: &Session, query: &AssociationQuery) -> Result<Associations> {
        associations::find(session, query).await
    }

    async fn properties(&self, session: &Session, id: &str, names: &[&str]) -> Result<BTreeMap<String, String>> {
        batch::properties(session, OBJECT, id, names).await
    }
}

fn write(item: &Outbound<Activity>, text: &[String], owners: &BTreeMap<String, String>, now: Timestamp) -> Write {
    let owner = item.item.owner.as_deref().and_then(|email| owners.get(&normal_email(email)));
    let body = text.first().map_or("", String::as_str);
    let mut properties = map::meeting_properties(&item.item, body, owner, now);
    properties.extend(item.properties.clone());
    properties.insert(MARK.to_owned(), item.record.to_string());
    match &item.link {
        Some(link) => Write { by: By::Id, id: link.id.clone(), properties },
        None => Write { by: By::Mark, id: item.record.to_string(), properties },
    }
}

/// An item whose associations fail has failed: it is sent again, and finds its meeting by the mark.
async fn associate(session: &Session, items: &[Outbound<Activity>], records: &mut [Result<Record>]) {
    let (places, wanted): (Vec<usize>, Vec<(String, Targets)>) = records
        .iter()
        .zip(items)
        .enumerate()
        .filter_map(|(place, (record, item))| Some((place, (record.as_ref().ok()?.id.clone(), Targets::of(&item.item.associations)))))
        .unzip();
    let results = associations::add(session, OBJECT, &wanted).await;
    for (place, result) in places.into_iter().zip(results) {
        if let Err(error) = result {
            records[place] = Err(error);
        }
    }
}

/// Writes the further pieces of long texts as notes, and removes those that an earlier, longer text left.
async fn carry_over(session: &Session, items: &[Outbound<Activity>], texts: &[Vec<String>], records: &mut [Result<Record>]) {
    let mut sheets = Vec::new();
    let mut ends = Vec::new();
    for (place, (item, text)) in items.iter().zip(texts).enumerate() {
        if records[place].is_err() {
            continue;
        }
        if item.link.is_some() {
            ends.push((place, item.record.to_string(), text.len()));
        }
        let targets = Targets::of(&item.item.associations);
        let further = text.iter().enumerate().skip(1).map(|(number, piece)| {
            let sheet = Sheet {
                mark: notes::mark(item.record.as_str(), number + 1),
                id: None,
                at: item.item.start,
                html: piece.clone(),
                targets: targets.clone(),
                extra: BTreeMap::new(),
            };
            (place, sheet)
        });
        sheets.extend(further);
    }
    let (places, sheets): (Vec<usize>, Vec<Sheet>) = sheets.into_iter().unzip();
    for (place, written) in places.into_iter().zip(notes::write(session, &sheets).await) {
        if let Err(error) = written {
            records[place] = Err(error);
        }
    }
    let marks: Vec<(String, usize)> = ends.iter().map(|(_, mark, last)| (mark.clone(), *last)).collect();
    if let Err(error) = notes::remove_after(session, &marks).await {
        for (place, ..) in ends {
            records[place] = Err(error.clone());
        }
    }
}

fn receipt(record: &Record) -> Receipt {
    Receipt { id: record.id.clone(), version: record.updated_at.map(|at| at.to_string()), url: record.url.clone(), seen: None }
}
