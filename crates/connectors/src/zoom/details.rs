//! What the list of recordings does not tell of a meeting: its transcript's words, who was there, the AI summary.

use connector_kit::request::segment;
use connector_kit::{ErrorKind, Result, Session};
use futures::StreamExt;
use model::{Transcript, captions};

use super::map;
use super::wire::{Attendee, File, Participants, Recorded, Summary, User};

/// A transcript longer than this is not read.
const LONGEST_TRANSCRIPT: usize = 16 << 20;
/// The most that Zoom gives at once.
const PARTICIPANTS: u32 = 300;

/// One meeting's details.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub transcript: Option<Transcript>,
    pub attendees: Vec<Attendee>,
    pub summary: Option<Summary>,
}

/// Who is signed in; `/users/me/recordings` tells the meetings that this user hosted.
pub(super) async fn user(session: &Session) -> Result<User> {
    session.get("/users/me").fetch().await
}

/// A meeting's UUID as a path segment: encoded twice where its slashes would part the path at Zoom (their own rule).
pub(super) fn reference(uuid: &str) -> String {
    let once = segment(uuid);
    if uuid.starts_with('/') || uuid.contains("//") { segment(&once) } else { once }
}

pub(super) async fn of(session: &Session, meeting: &Recorded) -> Result<Details> {
    let transcript = match map::transcript_file(meeting) {
        Some(file) => transcript(session, file).await?,
        None => None,
    };
    let attendees = attendees(session, &meeting.uuid).await?;
    let summary = summary(session, &meeting.uuid).await?;
    Ok(Details { transcript, attendees, summary })
}

/// The words of a transcript; `None` where this file alone cannot be had or read, which must not stop the other meetings.
async fn transcript(session: &Session, file: &File) -> Result<Option<Transcript>> {
    let Some(address) = &file.download_url else { return Ok(None) };
    match text(session, address).await {
        Ok(text) => match captions::vtt(&text) {
            Ok(transcript) => Ok(Some(transcript)),
            Err(error) => {
                tracing::warn!(%error, "a transcript of Zoom cannot be read");
                Ok(None)
            }
        },
        // 401 is also Zoom's word for a file whose download the host does not allow; were it the sign-in, the next call would tell.
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden | ErrorKind::Unauthorized | ErrorKind::Protocol) => {
            tracing::warn!(kind = error.kind.as_str(), "a transcript of Zoom cannot be downloaded");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn text(session: &Session, address: &str) -> Result<String> {
    let mut stream = session.get(address).stream().await?;
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk?);
        if body.len() > LONGEST_TRANSCRIPT {
            return Err(connector_kit::Error::protocol("a transcript of Zoom is longer than 16 MB"));
        }
    }
    String::from_utf8(body).map_err(|_| connector_kit::Error::protocol("a transcript of Zoom is no UTF-8"))
}

/// Who was there; nobody where Zoom does not tell (one participant alone, more than a year ago).
async fn attendees(session: &Session, uuid: &str) -> Result<Vec<Attendee>> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let request = session.get(format!("/past_meetings/{}/participants", reference(uuid)));
        let answer: Participants = match request.query("page_size", &PARTICIPANTS).query_if("next_page_token", token.as_ref()).fetch().await
        {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(all),
            answer => answer?,
        };
        all.extend(answer.participants);
        let next = Some(answer.next_page_token).filter(|next| !next.is_empty());
        if next.is_none() || next == token {
            return Ok(all);
        }
        token = next;
    }
}

/// The AI Companion's summary. Most meetings have none, and the account's settings or plan may keep it from apps: it is an extra,
/// and its absence stops nothing.
pub(super) async fn summary(session: &Session, uuid: &str) -> Result<Option<Summary>> {
    match session.get(format!("/meetings/{}/meeting_summary", reference(uuid))).fetch::<Summary>().await {
        Ok(summary) => Ok(map::summary_text(&summary).is_some().then_some(summary)),
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden | ErrorKind::Invalid) => Ok(None),
        Err(error) => Err(error),
    }
}
