//! The events of a page as entries: occurrences completed by their series, removals asked after. Which page, says calendar.rs.

use std::collections::BTreeMap;

use connector_kit::{Entry, ErrorKind, Result, Session, request};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use model::meeting::Meeting;

use super::map::{self, Role};
use super::{root, wire};

/// Ids that stay when an event is moved, and times in UTC: what each request for events asks.
pub const PREFERENCES: &str = "IdType=\"ImmutableId\", outlook.timezone=\"UTC\"";
/// Exchange serves four requests of an app to a mailbox at once; one of them stays free.
const AT_ONCE: usize = 3;
/// Stands for the zones of whole days.
const SLACK: SignedDuration = SignedDuration::from_hours(24);

/// One calendar, to look single events up in.
pub struct Shelf<'s> {
    pub session: &'s Session,
    /// `None`: the default calendar.
    pub calendar: Option<String>,
    /// Nothing that ends before is wanted.
    pub from: Timestamp,
}

impl Shelf<'_> {
    /// What a page says, in its order.
    pub async fn entries(&self, page: Vec<wire::Event>) -> Result<Vec<Entry<Meeting>>> {
        let masters = self.masters(&page).await?;
        let found: Vec<Option<Entry<Meeting>>> =
            stream::iter(page).map(|event| self.entry(event, &masters)).buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn entry(&self, event: wire::Event, masters: &BTreeMap<String, wire::Event>) -> Result<Option<Entry<Meeting>>> {
        if event.removed.is_some() {
            return self.removed(event.id).await;
        }
        let whole = match (map::role(&event), &event.series_master_id) {
            (Role::Occurrence, Some(series)) => masters.get(series).map(|master| map::completed(event, master)),
            _ => Some(event),
        };
        Ok(whole.and_then(map::meeting).map(Entry::Present))
    }

    /// "Removed" is said of what is gone, of what was moved out of the window, and of what was never in it. Only the id tells
    /// which (microsoftgraph/microsoft-graph-docs#6599).
    async fn removed(&self, id: String) -> Result<Option<Entry<Meeting>>> {
        let Some(event) = self.find(&id).await? else { return Ok(Some(Entry::Gone { id })) };
        let earliest = self.from.saturating_sub(SLACK).unwrap_or(Timestamp::MIN);
        let wanted = map::meeting(event).filter(|meeting| meeting.item.when.end() > earliest);
        Ok(wanted.map(Entry::Present))
    }

    /// The series that the page's occurrences belong to: those that are on it, and the others by their ids. One that is gone
    /// takes its occurrences along; each of them will be told as removed.
    async fn masters(&self, page: &[wire::Event]) -> Result<BTreeMap<String, wire::Event>> {
        let mut masters: BTreeMap<String, wire::Event> =
            page.iter().filter(|event| map::role(event) == Role::Master).map(|event| (event.id.clone(), event.clone())).collect();
        let occurrences = page.iter().filter(|event| event.removed.is_none() && map::role(event) == Role::Occurrence);
        let mut missing: Vec<String> = occurrences.filter_map(|event| event.series_master_id.clone()).collect();
        missing.sort_unstable();
        missing.dedup();
        missing.retain(|id| !masters.contains_key(id));
        let sought = stream::iter(missing).map(|id| async move { self.find(&id).await.map(|event| Some((id, event?))) });
        let found: Vec<Option<(String, wire::Event)>> = sought.buffered(AT_ONCE).try_collect().await?;
        masters.extend(found.into_iter().flatten());
        Ok(masters)
    }

    /// One event of this calendar by its id; `None`: it is not there.
    pub async fn find(&self, id: &str) -> Result<Option<wire::Event>> {
        let calendar = match &self.calendar {
            Some(calendar) => format!("calendars/{}", request::segment(calendar)),
            None => "calendar".to_owned(),
        };
        let path = format!("{}/{calendar}/events/{}", root(self.session), request::segment(id));
        match self.session.get(path).header("prefer", PREFERENCES).fetch().await {
            Ok(event) => Ok(Some(event)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
