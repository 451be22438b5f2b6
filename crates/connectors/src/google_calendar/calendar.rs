//! Reading events: a bounded window in full, then what changed since, page by page, and the window rolled on.

use connector_kit::{CalendarSource, Cursor, Error, ErrorKind, Page, PullRequest, Result, Session, Source, async_trait, request};
use jiff::{SignedDuration, Timestamp};
use model::meeting::Meeting;
use model::settings::Destination;
use serde::{Deserialize, Serialize};

use super::{GoogleCalendar, map, wire};

/// How far ahead the window reaches when it is opened.
const AHEAD: SignedDuration = SignedDuration::from_hours(180 * 24);
/// When less than this is left of it, the next window is opened.
const LEAST_AHEAD: SignedDuration = SignedDuration::from_hours(150 * 24);
/// Google's own default, written out because every request of a reading must ask alike.
const PAGE_SIZE: u16 = 250;
/// The calendar that everybody has.
const PRIMARY: &str = "primary";

/// Where a reading stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    calendar: String,
    /// The window of the full reading; the sync token that ends it holds for the same window.
    from: Timestamp,
    until: Timestamp,
    /// `None`: the full reading is not over yet.
    sync_token: Option<String>,
    /// The next page of the full or the incremental reading; `None`: its first.
    page_token: Option<String>,
}

impl Place {
    fn window(calendar: &str, request: &PullRequest<'_>) -> Self {
        let until = request.now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
        let from = request.since.min(request.now);
        Self { calendar: calendar.to_owned(), from: whole_seconds(from), until: whole_seconds(until), sync_token: None, page_token: None }
    }

    /// The place of a saved cursor. One of another calendar is of no use.
    fn of(request: &PullRequest<'_>) -> Result<Self> {
        let calendar = request.destination.map_or(PRIMARY, |chosen| chosen.id.as_str());
        let Some(cursor) = request.cursor else {
            return Ok(Self::window(calendar, request));
        };
        let place: Self = cursor.read()?;
        if place.calendar == calendar {
            Ok(place)
        } else {
            Err(Error::new(ErrorKind::CursorExpired, "another calendar was chosen; it is read from the beginning"))
        }
    }

    /// Where to go on after this page, and whether there is more at once.
    fn after(self, page: &wire::Events, request: &PullRequest<'_>) -> Result<(Self, bool)> {
        if let Some(next) = &page.next_page_token {
            if self.page_token.as_ref() == Some(next) {
                return Err(Error::protocol("Google leads from a page to the same page"));
            }
            return Ok((Self { page_token: Some(next.clone()), ..self }, true));
        }
        let Some(token) = &page.next_sync_token else {
            return Err(Error::protocol("Google's last page holds no sync token"));
        };
        if self.sync_token.is_some() && self.until.duration_since(request.now) < LEAST_AHEAD {
            return Ok((Self::window(&self.calendar, request), true));
        }
        Ok((Self { sync_token: Some(token.clone()), page_token: None, ..self }, false))
    }
}

#[async_trait]
impl Source<Meeting> for GoogleCalendar {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<Meeting>> {
        let place = Place::of(request)?;
        let mut page: wire::Events = ask(session, &place).fetch().await?;
        if place.sync_token.is_some() {
            page.items.retain(|event| !map::is_beyond(event, place.from, place.until));
        }
        let (next, more) = place.after(&page, request)?;
        let zone = page.time_zone;
        let entries = page.items.into_iter().filter_map(|event| map::entry(event, zone.as_deref())).collect();
        Ok(Page { entries, cursor: Cursor::of(&next), more })
    }

    async fn is_gone(&self, session: &Session, id: &str, destination: Option<&Destination>) -> Result<bool> {
        let calendar = destination.map_or(PRIMARY, |chosen| chosen.id.as_str());
        let path = format!("/calendars/{}/events/{}", request::segment(calendar), request::segment(id));
        match session.get(path).fetch::<wire::Event>().await {
            Ok(event) => Ok(event.status.as_deref() == Some("cancelled")),
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::CursorExpired) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// Google ignores milliseconds and says nothing of anything finer.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// One page. Every request of a reading asks with the same parameters, and the incremental ones with the same as the
/// full one before them, less the window: a sync token cannot be combined with `timeMin` and `timeMax`.
fn ask<'s>(session: &'s Session, place: &Place) -> request::Request<'s> {
    let ask = session
        .get(format!("/calendars/{}/events", request::segment(&place.calendar)))
        .query("singleEvents", "true")
        .query("showDeleted", "true")
        .query("eventTypes", "default")
        .query("eventTypes", "fromGmail")
        .query("maxResults", &PAGE_SIZE);
    let ask = match &place.sync_token {
        Some(token) => ask.query("syncToken", token),
        None => ask.query("timeMin", &place.from).query("timeMax", &place.until),
    };
    ask.query_if("pageToken", place.page_token.as_ref())
}

#[async_trait]
impl CalendarSource for GoogleCalendar {
    async fn calendars(&self, session: &Session) -> Result<Vec<Destination>> {
        let mut entries = list(session).await?;
        entries.retain(|entry| entry.primary || !entry.hidden);
        entries.sort_by_key(|entry| !entry.primary);
        let name = |entry: &wire::CalendarEntry| entry.summary_override.clone().or_else(|| entry.summary.clone());
        Ok(entries.into_iter().map(|entry| Destination { name: name(&entry).unwrap_or_else(|| entry.id.clone()), id: entry.id }).collect())
    }
}

/// Every calendar of the account of which events can be read, hidden ones too (the primary one may be hidden).
pub async fn list(session: &Session) -> Result<Vec<wire::CalendarEntry>> {
    let mut entries = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let page: wire::CalendarList = session
            .get("/users/me/calendarList")
            .query("minAccessRole", "reader")
            .query("showHidden", "true")
            .query("maxResults", &PAGE_SIZE)
            .query_if("pageToken", token.as_ref())
            .fetch()
            .await?;
        entries.extend(page.items);
        if page.next_page_token.is_none() {
            return Ok(entries);
        }
        if page.next_page_token == token {
            return Err(Error::protocol("Google leads from a page of calendars to the same page"));
        }
        token = page.next_page_token;
    }
}
