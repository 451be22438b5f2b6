//! Conferences: the list round by round, each new or grown one with its details, and the recordings' bytes.

use connector_kit::{
    Cursor, Entry, Error, ErrorKind, MediaStream, Page, PullRequest, RecordingSource, Remote, Result, Session, Source, async_trait,
};
use jiff::{SignedDuration, Timestamp};
use model::Recording;
use model::recording::RecordedMeeting;
use model::settings::Destination;

use super::place::{Place, Round, Told};
use super::wire::{Record, Records, User};
use super::{GoogleMeet, details, map};

/// Conferences of one page; each new one costs six calls more.
const PAGE: u32 = 25;
/// So long after the end a recording, transcript or notes may still begin to be listed.
const SETTLES: SignedDuration = SignedDuration::from_hours(2);
/// So long before a record's end what there is of it is told as it is.
const LAST_CALL: SignedDuration = SignedDuration::from_hours(3 * 24);

#[async_trait]
impl Source<RecordedMeeting> for GoogleMeet {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<RecordedMeeting>> {
        let mut place: Place = request.cursor.map_or_else(|| Ok(Place::begin(request.since)), Cursor::read)?;
        let (round, page) = list(session, &place, place.current(request.now)).await?;
        let mut teller = Teller { session, now: request.now, user: None };
        let mut entries = Vec::new();
        for record in page.conference_records {
            entries.extend(teller.tell(&mut place, &record).await?.map(Entry::Present));
        }
        let more = place.go_on(&round, page.next_page_token)?;
        Ok(Page { entries, cursor: Cursor::of(&place), more })
    }

    /// Nobody can delete a conference; Google does, 30 days after each. A record that is missing says nothing of the meeting.
    async fn is_gone(&self, _: &Session, _: &str, _: Option<&Destination>) -> Result<bool> {
        Ok(false)
    }
}

/// A page of a round. A page token that Google no longer takes begins the round anew; what was told in it is not told again.
async fn list(session: &Session, place: &Place, round: Round) -> Result<(Round, Records)> {
    match ask(session, place, &round).await {
        Err(error) if round.token.is_some() && error.kind == ErrorKind::Invalid => {
            let round = Round { token: None, ..round };
            let page = ask(session, place, &round).await?;
            Ok((round, page))
        }
        page => Ok((round, page?)),
    }
}

async fn ask(session: &Session, place: &Place, round: &Round) -> Result<Records> {
    let request = session.get("/v2/conferenceRecords").query("filter", &format!("end_time>=\"{}\"", place.from)).query("pageSize", &PAGE);
    request.query_if("pageToken", round.token.as_ref()).fetch().await
}

/// Tells what is new or has grown.
struct Teller<'s> {
    session: &'s Session,
    now: Timestamp,
    user: Option<User>,
}

impl Teller<'_> {
    /// `None`: there is nothing new to tell of this conference.
    async fn tell(&mut self, place: &mut Place, record: &Record) -> Result<Option<Remote<RecordedMeeting>>> {
        let Some(ended) = map::ended(record) else { return Ok(None) };
        let known = place.told.get(&record.name);
        if known.is_some_and(|told| told.settled) {
            return Ok(None);
        }
        let known = known.map(|told| told.state.clone());
        let last = map::expires(record).is_some_and(|expires| expires.duration_since(self.now) < LAST_CALL);
        match self.told(record, known.as_deref(), last).await {
            Ok((state, complete, remote)) => {
                let settled = last || (complete && self.now.duration_since(ended) >= SETTLES);
                place.told.insert(record.name.clone(), Told { ended: ended.as_second(), state, settled });
                Ok(remote)
            }
            // Its 30 days ended between the list and this.
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The state, whether nothing that was begun is missing in it, and the conference unless it was told in this state.
    async fn told(&mut self, record: &Record, known: Option<&str>, last: bool) -> Result<(String, bool, Option<Remote<RecordedMeeting>>)> {
        let artifacts = details::artifacts(self.session, record).await?;
        let (listed, complete) = (map::state(&artifacts, 0), map::is_complete(&artifacts));
        if known == Some(listed.as_str()) && !last {
            return Ok((listed, complete, None));
        }
        let details = details::of(self.session, record, artifacts, last).await?;
        let state = map::state(&details.artifacts, details.unread);
        let complete = complete && state == listed;
        if known == Some(state.as_str()) && !last {
            return Ok((state, complete, None));
        }
        if self.user.is_none() {
            self.user = Some(details::user(self.session).await?);
        }
        let remote = map::recorded(record, details, self.user.as_ref());
        Ok((state, complete, remote))
    }
}

#[async_trait]
impl RecordingSource for GoogleMeet {
    async fn open(&self, session: &Session, recording: &Recording, offset: u64) -> Result<MediaStream> {
        if recording.file.is_empty() {
            return Err(Error::invalid("this is no recording of Google Meet's"));
        }
        let request = session.get(details::file(session, &recording.file, "")).query("alt", "media").query("supportsAllDrives", "true");
        request.from_byte(offset).stream().await
    }
}
