//! Recorded calls: the reports of calls one after the other, each call's recordings, and another look at late ones.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::page::Cursor;
use connector_kit::request::segment;
use connector_kit::{
    Connector, Entry, Error, ErrorKind, MediaStream, Page, PullRequest, RecordingSource, Result, Session, Source, async_trait,
};
use jiff::{SignedDuration, Timestamp};
use model::Recording;
use model::recording::RecordedMeeting;
use model::settings::Destination;
use serde::{Deserialize, Serialize};

use super::calls::{self, Report};
use super::wire::{Call, RecordingFile, Recordings};
use super::{Talkdesk, error, map};

/// The longest span of one report ("up to a month of data per request"), in days, with room for short months.
const SPAN: SignedDuration = SignedDuration::from_hours(28 * 24);
/// How far a report reaches back over the one before: rows come late, and the two clocks may differ.
const OVERLAP: SignedDuration = SignedDuration::from_hours(4);
/// Calls whose recordings are asked for in one page.
const PAGE: usize = 25;
/// Looks at one report in a row; after that the stream rests until it is woken.
const LOOKS: u32 = 10;
/// How long a recording that the report promises is waited for.
const LATE: SignedDuration = SignedDuration::from_hours(24);
/// Calls that are waited for at most, and calls remembered as told: a cursor holds 64 kB.
const MOST_AWAITED: usize = 60;
const MOST_TOLD: usize = 600;

/// An ordered report: its job, and the calls it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    job: String,
    from: Timestamp,
    to: Timestamp,
    /// It reaches to the moment when it was ordered: the reading rests after it.
    is_last: bool,
}

/// Where the reading stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "phase")]
enum Phase {
    /// Everything that ended before `from` is read.
    Idle { from: Timestamp },
    /// A report is being made.
    Report { span: Span, looks: u32 },
    /// A report is there; its first `done` calls are read.
    Calls { span: Span, done: usize },
    /// The calls whose recordings were late are looked at again; then on from `from`.
    Awaited { from: Timestamp, left: usize },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    phase: Phase,
    /// Calls whose recordings are not there yet.
    awaited: Vec<Call>,
    /// Calls told of late, and when they ended (seconds since 1970): the overlap does not tell them again.
    told: BTreeMap<String, i64>,
    /// The earliest end of a call that was one too many to be waited for: the next report reaches back to it.
    back: Option<Timestamp>,
}

type Entries = Vec<Entry<RecordedMeeting>>;

#[async_trait]
impl Source<RecordedMeeting> for Talkdesk {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<RecordedMeeting>> {
        match next_page(session, request).await {
            Err(error) => Err(explained(session, error).await),
            page => page,
        }
    }

    /// A call is for ever; gone are its recordings.
    async fn is_gone(&self, session: &Session, id: &str, _destination: Option<&Destination>) -> Result<bool> {
        match recordings(session, id).await {
            Ok(files) => Ok(files.is_empty()),
            Err(error) => Err(explained(session, error).await),
        }
    }
}

/// Talkdesk answers 401 too while a scope that was granted is not active yet. If the token still opens the account, it is that.
async fn explained(session: &Session, error: Error) -> Error {
    if error.kind != ErrorKind::Unauthorized || Talkdesk.identify(session).await.is_err() {
        return error;
    }
    let code = error.code.clone().unwrap_or_else(|| "401".to_owned());
    error::scope_missing().with_code(code)
}

async fn next_page(session: &Session, request: &PullRequest<'_>) -> Result<Page<RecordedMeeting>> {
    let start = || Place { phase: Phase::Idle { from: request.since }, awaited: Vec::new(), told: BTreeMap::new(), back: None };
    let mut place = request.cursor.map_or_else(|| Ok(start()), Cursor::read)?;
    let (entries, more) = match place.phase.clone() {
        Phase::Idle { from } => place.begin(session, from, request.now).await?,
        Phase::Report { span, looks } => place.look(session, span, looks, request.now).await?,
        Phase::Calls { span, done } => match calls::look(session, &span.job).await? {
            Report::Done(all) => place.tell(session, span, &all, done, request.now).await?,
            Report::Running | Report::Lost => {
                place.phase = Phase::Idle { from: span.from };
                (Vec::new(), true)
            }
        },
        Phase::Awaited { from, left } => place.look_again(session, from, left, request.now).await?,
    };
    Ok(Page { entries, cursor: Cursor::of(&place), more })
}

impl Place {
    /// Orders the next report.
    async fn begin(&mut self, session: &Session, from: Timestamp, now: Timestamp) -> Result<(Entries, bool)> {
        let to = from.saturating_add(SPAN).unwrap_or(now).min(now);
        if to <= from {
            return Ok((Vec::new(), false));
        }
        let job = calls::order(session, from, to).await?;
        self.phase = Phase::Report { span: Span { job, from, to, is_last: to == now }, looks: 0 };
        Ok((Vec::new(), true))
    }

    /// A report takes seconds to minutes: a few looks at once, then one set of looks at each waking.
    async fn look(&mut self, session: &Session, span: Span, looks: u32, now: Timestamp) -> Result<(Entries, bool)> {
        match calls::look(session, &span.job).await? {
            Report::Done(all) => self.tell(session, span, &all, 0, now).await,
            Report::Running => {
                let looks = (looks + 1) % LOOKS;
                self.phase = Phase::Report { span, looks };
                Ok((Vec::new(), looks != 0))
            }
            Report::Lost => {
                self.phase = Phase::Idle { from: span.from };
                Ok((Vec::new(), false))
            }
        }
    }

    /// Tells the next calls of a report.
    async fn tell(&mut self, session: &Session, span: Span, all: &[Call], done: usize, now: Timestamp) -> Result<(Entries, bool)> {
        let mut entries = Vec::new();
        let mut end = done;
        let mut asked = 0;
        for call in all.iter().skip(done) {
            if asked == PAGE {
                break;
            }
            end += 1;
            let Some(id) = map::id(call) else { continue };
            if !map::is_recorded(call) || self.told.contains_key(&id) || self.awaits(&id) {
                continue;
            }
            asked += 1;
            self.ask(session, call.clone(), now, &mut entries).await?;
        }
        let recent = span.to.saturating_sub(OVERLAP).unwrap_or(span.to);
        self.forget_before(recent);
        if end < all.len() {
            self.phase = Phase::Calls { span, done: end };
            return Ok((entries, true));
        }
        let next = if span.is_last { recent.max(span.from) } else { span.to };
        let next = self.back.take().map_or(next, |back| next.min(back));
        self.phase = if span.is_last { Phase::Awaited { from: next, left: self.awaited.len() } } else { Phase::Idle { from: next } };
        Ok((entries, true))
    }

    /// Looks again at calls whose recordings were late, then rests.
    async fn look_again(&mut self, session: &Session, from: Timestamp, left: usize, now: Timestamp) -> Result<(Entries, bool)> {
        let mut entries = Vec::new();
        let some = left.min(PAGE).min(self.awaited.len());
        let again: Vec<Call> = self.awaited.drain(..some).collect();
        for call in again {
            self.ask(session, call, now, &mut entries).await?;
        }
        let left = left - left.min(PAGE);
        self.phase = if left > 0 { Phase::Awaited { from, left } } else { Phase::Idle { from } };
        Ok((entries, left > 0))
    }

    /// Asks for a call's recordings. None yet: the call is waited for, and told without them when that took too long.
    async fn ask(&mut self, session: &Session, call: Call, now: Timestamp, entries: &mut Entries) -> Result<()> {
        let Some(id) = map::id(&call) else { return Ok(()) };
        let ended = map::ended(&call).unwrap_or(now);
        let files = recordings(session, &id).await?;
        if files.is_empty() && now.duration_since(ended) < LATE {
            if self.awaited.len() < MOST_AWAITED {
                self.awaited.push(call);
            } else {
                self.back = Some(self.back.map_or(ended, |back| back.min(ended)));
            }
            return Ok(());
        }
        if let Some(remote) = map::recorded(&call, files) {
            entries.push(Entry::Present(remote));
            self.told.insert(id, ended.as_second());
        }
        Ok(())
    }

    fn awaits(&self, id: &str) -> bool {
        self.awaited.iter().any(|call| map::id(call).as_deref() == Some(id))
    }

    fn forget_before(&mut self, from: Timestamp) {
        self.told.retain(|_, ended| *ended >= from.as_second());
        let mut times: Vec<i64> = self.told.values().copied().collect();
        times.sort_unstable();
        if let Some(over) = times.len().checked_sub(MOST_TOLD + 1) {
            self.told.retain(|_, ended| *ended > times[over]);
        }
    }
}

/// A call's recordings, page by page; none where Talkdesk knows none.
async fn recordings(session: &Session, call: &str) -> Result<Vec<RecordingFile>> {
    let mut files: Vec<RecordingFile> = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut page = 1_u32;
    loop {
        let request = session.get(format!("/calls/{}/recordings", segment(call)));
        let request = if page > 1 { request.query("page", &page) } else { request };
        let answer: Recordings = match request.fetch().await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(files),
            answer => answer?,
        };
        let before = files.len();
        let some = answer.embedded.map(|embedded| embedded.recordings).unwrap_or_default();
        files.extend(some.into_iter().filter(|file| known.insert(file.id.clone())));
        if files.len() >= answer.total || files.len() == before {
            return Ok(files);
        }
        page += 1;
    }
}

#[async_trait]
impl RecordingSource for Talkdesk {
    /// The address redirects to a signed one that lives for minutes, so each opening asks anew.
    async fn open(&self, session: &Session, recording: &Recording, offset: u64) -> Result<MediaStream> {
        if recording.file.is_empty() {
            return Err(Error::invalid("this recording has no id at Talkdesk"));
        }
        match session.get(format!("/recordings/{}/media", segment(&recording.file))).from_byte(offset).stream().await {
            Err(error) => Err(explained(session, error).await),
            stream => stream,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_cursor_stays_below_64_kilobytes() {
        let long = Some("x".repeat(40));
        let call = Call {
            id: Some("17378a31cf7546d3acb9621f29a4e883".into()),
            kind: Some("inbound".into()),
            start_at: Some("2026-03-01T10:22:26Z".into()),
            end_at: Some("2026-03-01T10:22:26Z".into()),
            talkdesk_phone_display_name: long.clone(),
            user_name: long.clone(),
            user_email: long.clone(),
            ring_groups: long.clone(),
            recording_url: long,
            ..Call::default()
        };
        let told = (0..5_000).map(|number| (format!("17378a31cf7546d3acb9621f{number:08}"), now().as_second() + number)).collect();
        let span = Span { job: "c65186ee-3780-468e-968b-ca15b981c312".into(), from: now(), to: now(), is_last: true };
        let phase = Phase::Calls { span, done: 7 };
        let mut place = Place { phase, awaited: vec![call; MOST_AWAITED], told, back: Some(now()) };
        place.forget_before(now());
        assert!(place.told.len() <= MOST_TOLD && place.told.contains_key("17378a31cf7546d3acb9621f00004999"));
        assert!(Cursor::of(&place).0.len() < 64_000, "{}", Cursor::of(&place).0.len());
    }
}
