//! Notes on HubSpot's timeline: those that people wrote, and the further pieces of texts that are too long for one object.

use std::collections::BTreeMap;

use connector_kit::request::segment;
use connector_kit::{NoteSink, Outbound, Receipt, Result, Session, Sink, async_trait};
use jiff::Timestamp;
use model::Note;
use model::settings::Destination;

use super::HubSpot;
use super::associations::{self, Targets};
use super::batch::{self, By, Write};
use super::property::MARK;
use super::wire::Record;
use super::{contacts, map, markup};

const OBJECT: &str = "notes";
/// More pieces than this (4 MB of text) are looked for no further.
const MOST_PIECES: usize = 64;

/// One note to write.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub mark: String,
    /// HubSpot's id, where it is known.
    pub id: Option<String>,
    pub at: Timestamp,
    pub html: String,
    pub targets: Targets,
    pub extra: BTreeMap<String, String>,
}

/// The mark of the n-th piece of a record's text; the first is the record's own object.
pub(super) fn mark(record: &str, number: usize) -> String {
    if number == 1 { record.to_owned() } else { format!("{record}/{number}") }
}

/// Writes notes with their associations; one result each, in order.
pub(super) async fn write(session: &Session, sheets: &[Sheet]) -> Vec<Result<Record>> {
    let writes: Vec<Write> = sheets
        .iter()
        .map(|sheet| {
            let mut properties = sheet.extra.clone();
            properties.insert("hs_timestamp".to_owned(), sheet.at.to_string());
            properties.insert("hs_note_body".to_owned(), sheet.html.clone());
            properties.insert(MARK.to_owned(), sheet.mark.clone());
            match &sheet.id {
                Some(id) => Write { by: By::Id, id: id.clone(), properties },
                None => Write { by: By::Mark, id: sheet.mark.clone(), properties },
            }
        })
        .collect();
    let mut records = batch::write(session, OBJECT, &writes).await;
    let (places, wanted): (Vec<usize>, Vec<(String, Targets)>) = records
        .iter()
        .zip(sheets)
        .enumerate()
        .filter_map(|(place, (record, sheet))| Some((place, (record.as_ref().ok()?.id.clone(), sheet.targets.clone()))))
        .unzip();
    for (place, result) in places.into_iter().zip(associations::add(session, OBJECT, &wanted).await) {
        if let Err(error) = result {
            records[place] = Err(error);
        }
    }
    records
}

/// Removes the notes that hold pieces after the given last one of each record.
pub(super) async fn remove_after(session: &Session, lasts: &[(String, usize)]) -> Result<()> {
    let mut open: Vec<(String, usize)> = lasts.to_vec();
    while !open.is_empty() {
        let marks: Vec<String> = open.iter().map(|(record, last)| mark(record, last + 1)).collect();
        let found = batch::read_marked(session, OBJECT, &marks).await?;
        for note in &found {
            batch::archive(session, OBJECT, &note.id).await?;
        }
        let was_there = |mark: String| found.iter().any(|note| map::value(note, MARK) == Some(mark.as_str()));
        open.retain_mut(|(record, last)| {
            *last += 1;
            *last < MOST_PIECES && was_there(mark(record, *last))
        });
    }
    Ok(())
}

#[async_trait]
impl Sink<Note> for HubSpot {
    fn batch(&self) -> usize {
        batch::MOST
    }

    async fn push(&self, session: &Session, items: &[Outbound<Note>]) -> Vec<Result<Receipt>> {
        let meetings: Vec<Option<String>> = items.iter().map(|item| item.item.meeting.as_ref().map(ToString::to_string)).collect();
        let targets = match associations::of_meetings(session, &meetings).await {
            Ok(targets) => targets,
            Err(error) => return items.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut sheets = Vec::new();
        let mut firsts = Vec::new();
        let mut ends = Vec::new();
        for (item, targets) in items.iter().zip(targets) {
            firsts.push(sheets.len());
            let own = sheets_of(item, &targets);
            if item.link.is_some() {
                ends.push((item.record.to_string(), own.len()));
            }
            sheets.extend(own);
        }
        let written = write(session, &sheets).await;
        let removed = remove_after(session, &ends).await;
        firsts.push(written.len());
        let of_item = |(bounds, item): (&[usize], &Outbound<Note>)| {
            let own = &written[bounds[0]..bounds[1]];
            if let Some(Err(error)) = own.iter().find(|piece| piece.is_err()) {
                return Err(error.clone());
            }
            if let (Some(_), Err(error)) = (&item.link, &removed) {
                return Err(error.clone());
            }
            own[0].clone().map(|record| receipt(&record))
        };
        firsts.windows(2).zip(items).map(of_item).collect()
    }

    async fn find(&self, session: &Session, item: &Outbound<Note>) -> Result<Option<Receipt>> {
        let target = format!("/crm/v3/objects/notes/{}", segment(item.record.as_str()));
        Ok(contacts::found(session.get(target).query("idProperty", MARK)).await?.map(|record| receipt(&record)))
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        let target = format!("/crm/v3/objects/notes/{}", segment(id));
        if let Some(note) = contacts::found(session.get(target).query("properties", MARK)).await?
            && let Some(mark) = map::value(&note, MARK)
        {
            remove_after(session, &[(mark.to_owned(), 1)]).await?;
        }
        batch::archive(session, OBJECT, id).await
    }

    async fn destinations(&self, _session: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

impl NoteSink for HubSpot {}

/// The pieces of a note; there is always one.
fn sheets_of(item: &Outbound<Note>, targets: &Targets) -> Vec<Sheet> {
    let pieces = markup::pieces(&map::note_text(&item.item), item.item.title.as_deref().unwrap_or("Note"));
    let sheet = |(place, html): (usize, String)| Sheet {
        mark: mark(item.record.as_str(), place + 1),
        id: item.link.as_ref().filter(|_| place == 0).map(|link| link.id.clone()),
        at: map::made(&item.record),
        html,
        targets: targets.clone(),
        extra: if place == 0 { item.properties.clone() } else { BTreeMap::new() },
    };
    pieces.into_iter().enumerate().map(sheet).collect()
}

fn receipt(record: &Record) -> Receipt {
    Receipt { id: record.id.clone(), version: record.updated_at.map(|at| at.to_string()), url: record.url.clone(), seen: None }
}
