//! What the list of conferences does not tell of one: where it was held, who was there, what was said, and what was made of it.

use connector_kit::request::segment;
use connector_kit::{Error, ErrorKind, Result, Session};

use super::map;
use super::wire::{Artifact, Children, Entry, Participant, Record, Space, User};

const USER: &str = "https://www.googleapis.com/oauth2/v2/userinfo";
const FILES: &str = "https://www.googleapis.com/drive/v3/files";
/// The most that Google gives at once of participants, of everything else.
const PEOPLE: u32 = 250;
const USUAL: u32 = 100;
/// A list of more pages than this has no end.
const MOST_PAGES: usize = 500;

/// What is made of a conference, as far as it is begun.
#[derive(Debug, Default)]
pub(super) struct Artifacts {
    pub recordings: Vec<Artifact>,
    pub transcripts: Vec<Artifact>,
    pub notes: Vec<Artifact>,
}

/// One conference's details.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub space: Option<Space>,
    pub participants: Vec<Participant>,
    pub artifacts: Artifacts,
    /// In the order of the transcripts.
    pub entries: Vec<Entry>,
    /// The texts of the smart notes that could be had.
    pub notes: Vec<String>,
    /// So many more came in a form that cannot be read.
    pub unread: usize,
}

/// What came of the export of a document.
enum Exported {
    Text(String),
    /// It is empty, or out of reach and will stay so.
    Nothing,
    Unreadable,
}

/// Who is signed in.
pub(super) async fn user(session: &Session) -> Result<User> {
    session.get(session.service(USER)).fetch().await
}

/// The address of a resource by its name, whose every part stays inside its segment.
pub(super) fn path(version: &str, name: &str) -> String {
    let parts: Vec<String> = name.split('/').map(segment).collect();
    format!("/{version}/{}", parts.join("/"))
}

/// The address of a file in Drive.
pub(super) fn file(session: &Session, id: &str, method: &str) -> String {
    session.service(&format!("{FILES}/{}{method}", segment(id)))
}

pub(super) async fn artifacts(session: &Session, record: &Record) -> Result<Artifacts> {
    Ok(Artifacts {
        recordings: all(session, &record.name, "recordings", USUAL).await?.recordings,
        transcripts: all(session, &record.name, "transcripts", USUAL).await?.transcripts,
        notes: if_any(all(session, &record.name, "smartNotes", USUAL).await)?.smart_notes,
    })
}

/// `last`: the record's days are numbered, so that what is said in an unfinished transcript is read too.
pub(super) async fn of(session: &Session, record: &Record, artifacts: Artifacts, last: bool) -> Result<Details> {
    let participants = all(session, &record.name, "participants", PEOPLE).await?.participants;
    let mut entries = Vec::new();
    for transcript in artifacts.transcripts.iter().filter(|one| last || map::is_made(one)) {
        entries.extend(if_any(all(session, &transcript.name, "entries", USUAL).await)?.transcript_entries);
    }
    let (mut notes, mut unread) = (Vec::new(), 0);
    for document in artifacts.notes.iter().filter_map(map::document) {
        match text(session, document).await? {
            Exported::Text(text) => notes.push(text),
            Exported::Nothing => {}
            Exported::Unreadable => unread += 1,
        }
    }
    let space = match &record.space {
        Some(name) => space(session, name).await?,
        None => None,
    };
    Ok(Details { space, participants, artifacts, entries, notes, unread })
}

/// What not every account and conference has: that it is out of reach stops nothing.
fn if_any(found: Result<Children>) -> Result<Children> {
    match found {
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden) => Ok(Children::default()),
        found => found,
    }
}

/// All pages of what belongs to a resource.
async fn all(session: &Session, parent: &str, list: &str, size: u32) -> Result<Children> {
    let mut whole = Children::default();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let request = session.get(format!("{}/{list}", path("v2", parent))).query("pageSize", &size);
        let page: Children = request.query_if("pageToken", token.as_ref()).fetch().await?;
        whole.participants.extend(page.participants);
        whole.recordings.extend(page.recordings);
        whole.transcripts.extend(page.transcripts);
        whole.smart_notes.extend(page.smart_notes);
        whole.transcript_entries.extend(page.transcript_entries);
        let next = page.next_page_token.filter(|next| !next.is_empty());
        if next.is_none() {
            return Ok(whole);
        }
        if next == token {
            return Err(Error::protocol(format!("Google leads from a page of {list} to the same page")));
        }
        token = next;
    }
    Err(Error::protocol(format!("Google's list of {list} has no end")))
}

/// The space tells code and link; whoever was a guest in it may not see it.
async fn space(session: &Session, name: &str) -> Result<Option<Space>> {
    match session.get(path("v2", name)).fetch().await {
        Ok(space) => Ok(Some(space)),
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A document as text. It lies in the organiser's Drive, where it may be out of reach or gone: that stops nothing.
async fn text(session: &Session, document: &str) -> Result<Exported> {
    match session.get(file(session, document, "/export")).query("mimeType", "text/plain").send().await {
        Ok(reply) if reply.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")) => {
            let text = map::plain(&String::from_utf8_lossy(&reply.body));
            Ok(text.map_or(Exported::Nothing, Exported::Text))
        }
        Ok(_) => {
            tracing::warn!("smart notes of Google Meet came as no text");
            Ok(Exported::Unreadable)
        }
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden | ErrorKind::Invalid) => {
            tracing::info!(kind = error.kind.as_str(), "smart notes of Google Meet are out of reach");
            Ok(Exported::Nothing)
        }
        Err(error) => Err(error),
    }
}
