//! Notes: a `ContentNote` for each, linked to the meeting's activity and to whom it is about. Long texts of activities go on in one, too.
//!
//! A note takes no field of ours, so its title bears a short tag by which it is found again; queries see it as soon as it is made.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connector_kit::{NoteSink, Outbound, Receipt, Result, Session, Sink, async_trait};
use model::Note;
use model::settings::Destination;
use serde_json::{Map, Value, json};

use super::Salesforce;
use super::associations::{self, Logged};
use super::collections::{By, Write};
use super::wire::{DocumentLink, Found};
use super::{collections, map, mark, soql};

/// Most characters of a title.
const TITLE: usize = 255;
const OBJECT: &str = "ContentNote";

/// A note to write.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub tag: String,
    pub title: String,
    pub text: String,
    /// Known from an earlier write.
    pub id: Option<String>,
    /// What it is to be seen on.
    pub on: Vec<String>,
}

#[async_trait]
impl Sink<Note> for Salesforce {
    fn batch(&self) -> usize {
        25
    }

    async fn push(&self, session: &Session, items: &[Outbound<Note>]) -> Vec<Result<Receipt>> {
        let meetings: Vec<Option<String>> = items.iter().map(|item| item.item.meeting.as_ref().map(ToString::to_string)).collect();
        let logged = match associations::logged(session, &meetings).await {
            Ok(logged) => logged,
            Err(error) => return items.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut results = Vec::with_capacity(items.len());
        for (item, logged) in items.iter().zip(logged) {
            results.push(push(session, item, logged).await);
        }
        results
    }

    async fn find(&self, session: &Session, item: &Outbound<Note>) -> Result<Option<Receipt>> {
        match find(session, &mark::tag(&item.record, 0)).await? {
            Some(id) => Ok(Some(receipt(session, id).await?)),
            None => Ok(None),
        }
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        collections::delete(session, OBJECT, id).await
    }

    async fn destinations(&self, _session: &Session) -> Result<Vec<Destination>> {
        Ok(Vec::new())
    }
}

impl NoteSink for Salesforce {}

async fn push(session: &Session, item: &Outbound<Note>, logged: Option<Logged>) -> Result<Receipt> {
    let note = &item.item;
    let title = note.title.clone().or_else(|| note.body.lines().find(|line| !line.trim().is_empty()).map(str::to_owned));
    let author = note.author.iter().map(|author| format!("\n\n— {author}"));
    let on = logged.map(|logged| std::iter::once(logged.id).chain(logged.related.who).chain(logged.related.what).collect());
    let sheet = Sheet {
        tag: mark::tag(&item.record, 0),
        title: title.unwrap_or_else(|| "Note".to_owned()),
        text: std::iter::once(note.body.clone()).chain(author).collect(),
        id: item.link.as_ref().map(|link| link.id.clone()),
        on: on.unwrap_or_default(),
    };
    let id = write(session, &sheet).await?;
    receipt(session, id).await
}

async fn receipt(session: &Session, id: String) -> Result<Receipt> {
    let url = Some(map::url(&session.base_url().await?, &id));
    Ok(Receipt { id, version: None, url, seen: None })
}

/// Makes a note or brings it up to date, and links it where it is not linked yet.
pub(super) async fn write(session: &Session, sheet: &Sheet) -> Result<String> {
    let title = format!("{} {}", map::shortened(&sheet.title, TITLE - sheet.tag.len() - 1), sheet.tag);
    let known = match &sheet.id {
        Some(id) => Some(id.clone()),
        None => find(session, &sheet.tag).await?,
    };
    let fields = record(&[("Title", &title), ("Content", &STANDARD.encode(map::html(&sheet.text)))]);
    let note = Write { object: OBJECT, by: known.map_or(By::New, By::Id), fields };
    let id = collections::write(session, &[note]).await.remove(0)?;
    link(session, &id, &sheet.on).await?;
    Ok(id)
}

fn record(fields: &[(&str, &str)]) -> Map<String, Value> {
    fields.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect()
}

async fn link(session: &Session, id: &str, on: &[String]) -> Result<()> {
    if on.is_empty() {
        return Ok(());
    }
    let query = format!("SELECT ContentDocumentId, LinkedEntityId FROM ContentDocumentLink WHERE ContentDocumentId = {}", soql::text(id));
    let links: Vec<DocumentLink> = soql::all(session, &query).await?;
    let missing = on.iter().filter(|other| !links.iter().any(|link| link.linked_entity_id == **other));
    let link = |other: &String| Write {
        object: "ContentDocumentLink",
        by: By::New,
        fields: record(&[("ContentDocumentId", id), ("LinkedEntityId", other), ("ShareType", "V")]),
    };
    let writes: Vec<Write> = missing.map(link).collect();
    collections::write(session, &writes).await.into_iter().try_for_each(|result| result.map(drop))
}

async fn find(session: &Session, tag: &str) -> Result<Option<String>> {
    let query = format!("SELECT Id, Title FROM ContentNote WHERE Title LIKE {}", soql::contains(tag));
    let found: Vec<Found> = soql::all(session, &query).await?;
    Ok(found.into_iter().find(|note| note.title.as_deref().is_some_and(|title| title.ends_with(tag))).map(|note| note.id))
}

/// The notes in which the texts of these activities go on: activity and note.
pub(super) async fn overflow(session: &Session, activities: &[String]) -> Result<Vec<(String, String)>> {
    let query = "SELECT ContentDocumentId, LinkedEntityId FROM ContentDocumentLink WHERE LinkedEntityId IN";
    let links: Vec<DocumentLink> = soql::all_in(session, query, activities).await?;
    let ids: Vec<String> = links.iter().map(|link| link.content_document_id.clone()).collect();
    let notes: Vec<Found> = soql::all_in(session, "SELECT Id, Title FROM ContentNote WHERE Id IN", &ids).await?;
    let is_ours = |id: &str| notes.iter().any(|note| note.id == id && note.title.as_deref().is_some_and(|title| title.ends_with("/1]")));
    let pairs = links.into_iter().filter(|link| is_ours(&link.content_document_id));
    Ok(pairs.map(|link| (link.linked_entity_id, link.content_document_id)).collect())
}
