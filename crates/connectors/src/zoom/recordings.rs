//! Recorded meetings: the lists window by window, each new or changed meeting with its details, and the files' bytes.

use connector_kit::page::Cursor;
use connector_kit::{Entry, Error, ErrorKind, MediaStream, Page, PullRequest, RecordingSource, Result, Session, Source, async_trait};
use jiff::{SignedDuration, Timestamp};
use model::Recording;
use model::recording::RecordedMeeting;
use model::settings::Destination;

use super::place::{List, Place, Told, Window, day};
use super::wire::{Recorded, RecordingList, User};
use super::{Zoom, details, map};

/// Meetings of one page; each new one costs three calls more.
const PAGE: u32 = 20;
/// How long after its start a meeting's summary is asked for again.
const LATE_SUMMARY: SignedDuration = SignedDuration::from_hours(48);

type Entries = Vec<Entry<RecordedMeeting>>;

#[async_trait]
impl Source<RecordedMeeting> for Zoom {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<RecordedMeeting>> {
        let mut place = request.cursor.map_or_else(|| Ok(Place::begin(day(request.since))), Cursor::read)?;
        let today = day(request.now);
        let window = place.current(today);
        let (window, page) = list(session, window).await?;
        let entries = match window.list {
            List::Kept => tell(session, &mut place, page.meetings, request.now).await?,
            List::Trash => bury(session, &mut place, page.meetings).await?,
        };
        let more = place.go_on(&window, page.next_page_token, today);
        Ok(Page { entries, cursor: Cursor::of(&place), more })
    }

    async fn is_gone(&self, session: &Session, id: &str, _destination: Option<&Destination>) -> Result<bool> {
        match files(session, id).await {
            Ok(_) => Ok(false),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// A page of a window. A page token that Zoom forgot (code 300) begins the window anew; what was told of it is remembered.
async fn list(session: &Session, window: Window) -> Result<(Window, RecordingList)> {
    match ask(session, &window).await {
        Err(error) if window.token.is_some() && error.code.as_deref() == Some("300") => {
            let window = Window { token: None, ..window };
            let page = ask(session, &window).await?;
            Ok((window, page))
        }
        page => Ok((window, page?)),
    }
}

async fn ask(session: &Session, window: &Window) -> Result<RecordingList> {
    let request = session.get("/users/me/recordings").query("from", &window.from).query("to", &window.to).query("page_size", &PAGE);
    let request = if window.list == List::Trash { request.query("trash", "true") } else { request };
    request.query_if("next_page_token", window.token.as_ref()).fetch().await
}

/// Tells what is new or changed.
async fn tell(session: &Session, place: &mut Place, meetings: Vec<Recorded>, now: Timestamp) -> Result<Entries> {
    let mut entries = Vec::new();
    let mut host: Option<User> = None;
    for meeting in meetings {
        let Some(start) = map::start(&meeting) else {
            tracing::warn!("a recording of Zoom says nowhere when it began");
            continue;
        };
        let state = map::state(&meeting);
        if let Some(told) = place.told.get(&meeting.uuid).filter(|told| told.state == state) {
            let may_come = told.awaits && now.duration_since(start) < LATE_SUMMARY;
            if !may_come || details::summary(session, &meeting.uuid).await?.is_none() {
                continue;
            }
        }
        if host.is_none() {
            host = Some(details::user(session).await?);
        }
        let details = details::of(session, &meeting).await?;
        // A transcript that is there but could not be had is tried again in the next round.
        if details.transcript.is_some() || map::transcript_file(&meeting).is_none() {
            place.told.insert(meeting.uuid.clone(), Told { at: start.as_second(), state, awaits: details.summary.is_none() });
        }
        place.trashed.remove(&meeting.uuid);
        entries.extend(map::recorded(&meeting, host.as_ref(), details).map(Entry::Present));
    }
    Ok(entries)
}

/// Tells what is gone. A meeting may be in the trash with one file alone, so each is asked for: gone is what Zoom has not.
async fn bury(session: &Session, place: &mut Place, meetings: Vec<Recorded>) -> Result<Entries> {
    let mut entries = Vec::new();
    for meeting in meetings {
        if place.trashed.contains_key(&meeting.uuid) {
            continue;
        }
        match files(session, &meeting.uuid).await {
            Err(error) if error.kind == ErrorKind::NotFound => {
                place.told.remove(&meeting.uuid);
                place.trashed.insert(meeting.uuid.clone(), map::start(&meeting).map_or(0, Timestamp::as_second));
                entries.push(Entry::Gone { id: meeting.uuid });
            }
            answer => drop(answer?),
        }
    }
    Ok(entries)
}

async fn files(session: &Session, uuid: &str) -> Result<Recorded> {
    session.get(format!("/meetings/{}/recordings", details::reference(uuid))).fetch().await
}

#[async_trait]
impl RecordingSource for Zoom {
    /// Download addresses end, so each opening asks for the meeting's files anew.
    async fn open(&self, session: &Session, recording: &Recording, offset: u64) -> Result<MediaStream> {
        let (uuid, id) = map::file_parts(&recording.file).ok_or_else(|| Error::invalid("this is no recording of Zoom's"))?;
        let files = files(session, uuid).await?.recording_files;
        let file = files.into_iter().find(|file| file.id.as_deref() == Some(id));
        let address = file.and_then(|file| file.download_url);
        let address = address.ok_or_else(|| Error::new(ErrorKind::NotFound, "Zoom has this file no longer"))?;
        session.get(address).from_byte(offset).stream().await
    }
}
