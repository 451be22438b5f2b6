//! Reading events: a bounded window in full, then what changed since by delta links, page by page, and the window rolled on.

use connector_kit::{CalendarSource, Cursor, Error, ErrorKind, Page, PullRequest, Result, Session, Source, async_trait, request};
use jiff::{SignedDuration, Timestamp};
use model::meeting::Meeting;
use model::settings::Destination;
use serde::{Deserialize, Serialize};

use super::events::{PREFERENCES, Shelf};
use super::{Microsoft365, root, wire};

/// How far ahead the window reaches when it is opened.
const AHEAD: SignedDuration = SignedDuration::from_hours(180 * 24);
/// When less than this is left of it, the next window is opened.
const LEAST_AHEAD: SignedDuration = SignedDuration::from_hours(150 * 24);
/// Exchange expands no longer window (1,825 days).
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(1_800 * 24);
/// Graph gives less than that where it likes.
const PAGE_SIZE: u16 = 100;
/// More pages in a row that begin and end alike are a wedged cursor: Graph has been seen to give a new link to the same page for ever.
const MOST_ALIKE: u8 = 3;

/// Where a reading stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// `None`: the default calendar.
    calendar: Option<String>,
    /// The window of the full reading. It is frozen in every link that follows from it.
    from: Timestamp,
    until: Timestamp,
    /// `None`: the first page of the full reading.
    link: Option<String>,
    /// The full reading is over; the link tells what changed.
    incremental: bool,
    /// How the last page looked, and how many in a row did.
    #[serde(default)]
    alike: Option<(String, u8)>,
}

impl Place {
    fn window(calendar: Option<String>, request: &PullRequest<'_>) -> Self {
        let until = whole_seconds(request.now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX));
        let earliest = until.saturating_sub(LONGEST_WINDOW).unwrap_or(Timestamp::MIN);
        let from = whole_seconds(request.since.min(request.now)).max(earliest);
        Self { calendar, from, until, link: None, incremental: false, alike: None }
    }

    /// The place of a saved cursor. One of another calendar is of no use.
    fn of(request: &PullRequest<'_>) -> Result<Self> {
        let calendar = request.destination.map(|chosen| chosen.id.clone());
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
        if let Some(next) = &page.next_link {
            if self.link.as_ref() == Some(next) {
                return Err(Error::protocol("Microsoft 365 leads from a page to the same page"));
            }
            let alike = self.alike_after(page)?;
            return Ok((Self { link: Some(next.clone()), alike, ..self }, true));
        }
        let Some(link) = &page.delta_link else {
            return Err(Error::protocol("Microsoft 365's last page holds no delta link"));
        };
        if self.incremental && self.until.duration_since(request.now) < LEAST_AHEAD {
            return Ok((Self::window(self.calendar, request), true));
        }
        Ok((Self { link: Some(link.clone()), incremental: true, alike: None, ..self }, false))
    }

    fn alike_after(&self, page: &wire::Events) -> Result<Option<(String, u8)>> {
        let [first, .., last] = page.value.as_slice() else { return Ok(None) };
        let look = format!("{} {} {}", page.value.len(), first.id, last.id);
        let before = self.alike.as_ref().filter(|(known, _)| *known == look).map_or(0, |(_, times)| *times);
        if before >= MOST_ALIKE {
            return Err(Error::protocol("Microsoft 365 gives the same page again and again"));
        }
        Ok(Some((look, before + 1)))
    }
}

#[async_trait]
impl Source<Meeting> for Microsoft365 {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<Meeting>> {
        let place = Place::of(request)?;
        let page: wire::Events = match ask(session, &place).await {
            // A link that was saved, and that Graph can no longer read.
            Err(error) if error.kind == ErrorKind::Invalid && place.link.is_some() => {
                return Err(Error::new(ErrorKind::CursorExpired, "Microsoft 365 no longer reads the saved place; it is read anew"));
            }
            answer => answer?,
        };
        let shelf = Shelf { session, calendar: place.calendar.clone(), from: place.from };
        let (next, more) = place.after(&page, request)?;
        Ok(Page { entries: shelf.entries(page.value).await?, cursor: Cursor::of(&next), more })
    }

    async fn is_gone(&self, session: &Session, id: &str, destination: Option<&Destination>) -> Result<bool> {
        let calendar = destination.map(|chosen| chosen.id.clone());
        Ok(Shelf { session, calendar, from: Timestamp::MIN }.find(id).await?.is_none())
    }
}

async fn ask(session: &Session, place: &Place) -> Result<wire::Events> {
    let ask = if let Some(link) = &place.link {
        session.get(link.as_str())
    } else {
        let path = match &place.calendar {
            Some(id) => format!("{}/calendars/{}/calendarView/delta", root(session), request::segment(id)),
            None => format!("{}/calendarView/delta", root(session)),
        };
        session.get(path).query("startDateTime", &place.from).query("endDateTime", &place.until)
    };
    ask.header("prefer", format!("{PREFERENCES}, odata.maxpagesize={PAGE_SIZE}")).fetch().await
}

/// Nothing is said of fractions of a second.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[async_trait]
impl CalendarSource for Microsoft365 {
    /// The person's own calendars: those that others share need a permission of their own.
    async fn calendars(&self, session: &Session) -> Result<Vec<Destination>> {
        let mut all: Vec<wire::Calendar> = Vec::new();
        let mut page: wire::Calendars = session.get(format!("{}/calendars", root(session))).query("$top", &PAGE_SIZE).fetch().await?;
        loop {
            all.extend(page.value);
            let Some(next) = page.next_link else { break };
            page = session.get(next.as_str()).fetch().await?;
            if page.next_link.as_ref() == Some(&next) {
                return Err(Error::protocol("Microsoft 365 leads from a page of calendars to the same page"));
            }
        }
        all.sort_by_key(|calendar| calendar.is_default_calendar != Some(true));
        let owner = |calendar: &wire::Calendar| calendar.owner.as_ref().and_then(|owner| owner.address.clone());
        let own = all.first().and_then(owner);
        all.retain(|calendar| owner(calendar) == own);
        Ok(all
            .into_iter()
            .map(|calendar| Destination { name: calendar.name.unwrap_or_else(|| calendar.id.clone()), id: calendar.id })
            .collect())
    }
}
