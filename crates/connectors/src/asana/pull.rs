//! What changed in a project's tasks: first a listing, then events from a token that was taken before it.

use connector_kit::request::segment;
use connector_kit::{Cursor, Entry, Error, ErrorKind, Page, PullRequest, Result, Session, Source, async_trait};
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::settings::Destination;
use serde::{Deserialize, Serialize};

use super::map::Touched;
use super::people::People;
use super::places::PAGE;
use super::wire::{self, Compact, Data, Events, NewToken};
use super::{Asana, map};

/// What is read of a task.
pub(super) const TASK: &str = "name,completed,due_on,assignee.name,modified_at,permalink_url,projects,\
                               custom_fields.asana_created_field,custom_fields.enum_value.name";
/// Asana gives each event at most once, and may lose one: so often what was modified is listed anyway.
const LIST_EVERY: SignedDuration = SignedDuration::from_hours(12);
/// Asana's clock and ours may differ by so much, and events come up to ten minutes late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);

/// A place in a project's tasks.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    /// Asana's token: the events after it are not read yet.
    sync: String,
    /// When the last listing began.
    listed: Timestamp,
    /// The listing under way.
    listing: Option<Listing>,
}

/// A listing of what was modified since then.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Listing {
    since: Timestamp,
    offset: Option<String>,
}

#[async_trait]
impl Source<Task> for Asana {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<Task>> {
        let project = &request.destination.ok_or_else(|| Error::invalid("choose the project whose tasks are followed"))?.id;
        let place = match request.cursor {
            Some(cursor) => cursor.read()?,
            None => begin(session, project, request).await?,
        };
        match &place.listing {
            Some(listing) => list(session, project, &place, listing).await,
            None => follow(session, project, place, request.now).await,
        }
    }

    async fn is_gone(&self, session: &Session, id: &str, _destination: Option<&Destination>) -> Result<bool> {
        let request = session.get(format!("/tasks/{}", segment(id))).query("opt_fields", "name");
        match request.fetch::<Data<Compact>>().await {
            Ok(_) => Ok(false),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// The token is taken first: what happens during the listing is told by the events after it.
async fn begin(session: &Session, project: &str, request: &PullRequest<'_>) -> Result<Place> {
    let answer = session.get("/events").query("resource", project).accepting(412).send().await?;
    let sync = answer.parse::<NewToken>()?.sync;
    Ok(Place { sync, listed: request.now, listing: Some(Listing { since: request.since, offset: None }) })
}

async fn list(session: &Session, project: &str, place: &Place, listing: &Listing) -> Result<Page<Task>> {
    let request = session
        .get("/tasks")
        .query("project", project)
        .query("modified_since", &listing.since)
        .query("limit", &PAGE)
        .query_if("offset", listing.offset.as_deref())
        .query("opt_fields", TASK);
    let page: wire::Page<wire::Task> = request.fetch().await.map_err(|error| match (error.kind, &listing.offset) {
        // "offset: Your pagination token has expired."
        (ErrorKind::Invalid, Some(_)) => Error::new(ErrorKind::CursorExpired, "Asana lost the place on its list"),
        _ => error,
    })?;
    let mut people = People::default();
    let mut entries = Vec::with_capacity(page.data.len());
    for task in page.data {
        entries.push(present(session, &mut people, task).await?);
    }
    let next = page.next_page.map(|next| next.offset);
    if next.is_some() && next == listing.offset {
        return Err(Error::protocol("Asana promises a further page and does not say where"));
    }
    let listing = next.map(|offset| Listing { offset: Some(offset), ..listing.clone() });
    let place = Place { sync: place.sync.clone(), listed: place.listed, listing };
    Ok(Page { entries, cursor: Cursor::of(&place), more: true })
}

async fn follow(session: &Session, project: &str, place: Place, now: Timestamp) -> Result<Page<Task>> {
    let request = session.get("/events").query("resource", project).query("sync", &place.sync);
    let answer = request.accepting(412).send().await?;
    if answer.status == 412 {
        return Err(Error::new(ErrorKind::CursorExpired, "Asana no longer knows what has changed since the last reading"));
    }
    let events: Events = answer.parse()?;
    let mut people = People::default();
    let mut entries = Vec::new();
    for (id, what) in map::touched(&events.data) {
        let read = match what {
            Touched::Gone => Err(Error::new(ErrorKind::NotFound, "deleted")),
            Touched::Changed => task(session, &format!("/tasks/{}", segment(&id))).await,
        };
        match read {
            Ok(task) if task.projects.iter().any(|one| one.gid == *project) => entries.push(present(session, &mut people, task).await?),
            // Moved to another project, or where this person cannot see it: nothing is concluded from that.
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::Forbidden => {}
            Err(error) if error.kind == ErrorKind::NotFound => entries.push(Entry::Gone { id }),
            Err(error) => return Err(error),
        }
    }
    let list_again = !events.has_more && now.duration_since(place.listed) >= LIST_EVERY;
    let listing = list_again.then(|| Listing { since: place.listed.saturating_sub(OVERLAP).unwrap_or(place.listed), offset: None });
    let place = Place { sync: events.sync, listed: if list_again { now } else { place.listed }, listing };
    Ok(Page { entries, cursor: Cursor::of(&place), more: events.has_more || list_again })
}

async fn present(session: &Session, people: &mut People, task: wire::Task) -> Result<Entry<Task>> {
    let owner = people.person(session, task.assignee.as_ref()).await?;
    let item = map::task(&task, owner);
    Ok(map::entry(task, item))
}

/// One task, by the path that names it.
pub(super) async fn task(session: &Session, path: &str) -> Result<wire::Task> {
    Ok(session.get(path).query("opt_fields", TASK).fetch::<Data<wire::Task>>().await?.data)
}
