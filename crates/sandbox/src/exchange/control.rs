//! What people do in their calendars, and how tests make it hard: the routes under `/_sandbox/exchange`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{patch, post, put};
use axum::{Json, Router};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::recurrence::Recurrence;
use super::seed::ZONES;
use super::world::{Busy, Facts, Item, Series, Who, moved, whole};
use super::{Exchange, seed};
use crate::kit::Refusal;

pub fn router(exchange: Arc<Exchange>) -> Router {
    Router::new()
        .route("/mailboxes/{email}/items", post(add))
        .route("/mailboxes/{email}/delegates", post(delegate))
        .route("/items/{item}", patch(change).delete(remove))
        .route("/items/{item}/occurrences", patch(change_occurrence))
        .route("/items/{item}/cancel-occurrence", post(cancel_occurrence))
        .route("/expire-sync-states", post(expire))
        .route("/paging", put(paging))
        .route("/masters", put(masters))
        .route("/busy", put(busy))
        .with_state(exchange)
}

fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::json(StatusCode::BAD_REQUEST, json!({ "error": message.into() }))
}

/// Fields of a calendar item that a person can write; one that is absent is left as it is.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    subject: Option<String>,
    body: Option<String>,
    location: Option<String>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    /// The name that Windows gives the zone.
    zone: Option<String>,
    /// The tz database's name of a zone that Windows does not know.
    custom_zone: Option<String>,
    all_day: Option<bool>,
    free_busy: Option<String>,
    cancelled: Option<bool>,
    response: Option<String>,
    organizer: Option<Who>,
    required: Option<Vec<Who>>,
    optional: Option<Vec<Who>>,
    resources: Option<Vec<Who>>,
    join_url: Option<String>,
    recurrence: Option<Recurrence>,
    /// Which calendar, by its name.
    calendar: Option<String>,
    uid: Option<String>,
}

impl Edit {
    fn apply(self, facts: &mut Facts) -> Result<(), Refusal> {
        let set = |place: &mut Option<String>, value: Option<String>| {
            if value.is_some() {
                *place = value;
            }
        };
        set(&mut facts.subject, self.subject);
        set(&mut facts.body, self.body);
        set(&mut facts.location, self.location);
        set(&mut facts.join_url, self.join_url);
        facts.start = whole(self.start.unwrap_or(facts.start));
        facts.end = whole(self.end.unwrap_or(facts.end)).max(facts.start);
        facts.all_day = self.all_day.unwrap_or(facts.all_day);
        facts.cancelled = self.cancelled.unwrap_or(facts.cancelled);
        facts.free_busy = self.free_busy.unwrap_or_else(|| facts.free_busy.clone());
        facts.response = self.response.unwrap_or_else(|| facts.response.clone());
        facts.organizer = self.organizer.or_else(|| facts.organizer.clone());
        facts.required = self.required.unwrap_or_else(|| facts.required.clone());
        facts.optional = self.optional.unwrap_or_else(|| facts.optional.clone());
        facts.resources = self.resources.unwrap_or_else(|| facts.resources.clone());
        match (self.zone, self.custom_zone) {
            (_, Some(custom)) => {
                TimeZone::get(&custom).map_err(|error| wrong(error.to_string()))?;
                facts.zone = ("Customized Time Zone".to_owned(), custom);
            }
            (Some(name), None) => {
                let known = ZONES.iter().find(|(windows, _)| *windows == name).ok_or_else(|| wrong(format!("no zone {name}")))?;
                facts.zone = (name, known.1.to_owned());
            }
            (None, None) => {}
        }
        Ok(())
    }
}

/// A meeting or a series. Answers its id.
async fn add(State(exchange): State<Arc<Exchange>>, Path(email): Path<String>, Json(mut edit): Json<Edit>) -> Result<Response, Refusal> {
    let start = edit.start.ok_or_else(|| wrong("start is needed"))?;
    let (id, uid) = (format!("{}=", exchange.kit.token("AAMkItem")), exchange.kit.token("040000008200E00074C5B7101A82E008"));
    let mut world = exchange.world();
    let mailbox = world.mailboxes.get(&email).ok_or_else(|| wrong(format!("no mailbox {email}")))?;
    let wanted = edit.calendar.take().unwrap_or_else(|| "Calendar".to_owned());
    let folder = mailbox.calendars.iter().find(|one| one.name == wanted).ok_or_else(|| wrong(format!("no calendar {wanted}")))?.id.clone();
    let owner = Who { name: Some(mailbox.name.clone()), email: email.clone(), response: None };
    let series = edit.recurrence.take().map(|rule| Series { rule, deleted: [].into(), exceptions: BTreeMap::new() });
    let uid = edit.uid.take().unwrap_or(uid);
    let mut facts = Facts {
        subject: None,
        body: None,
        location: None,
        start,
        end: moved(start, SignedDuration::from_mins(30)),
        zone: ("GMT Standard Time".to_owned(), "Europe/London".to_owned()),
        all_day: false,
        free_busy: "Busy".to_owned(),
        cancelled: false,
        response: "Organizer".to_owned(),
        organizer: Some(owner),
        required: Vec::new(),
        optional: Vec::new(),
        resources: Vec::new(),
        join_url: None,
    };
    edit.apply(&mut facts)?;
    let item = Item { id: id.clone(), uid, change: 0, modified: exchange.kit.clock.now(), facts, series };
    world.put(&folder, item);
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

/// Changes an item, or a whole series.
async fn change(State(exchange): State<Arc<Exchange>>, Path(id): Path<String>, Json(mut edit): Json<Edit>) -> Result<StatusCode, Refusal> {
    let rule = edit.recurrence.take();
    let now = exchange.kit.clock.now();
    let mut outcome = Ok(());
    let found = exchange.world().change(&id, now, |item| {
        if let (Some(rule), Some(series)) = (rule, item.series.as_mut()) {
            *series = Series { rule, deleted: [].into(), exceptions: BTreeMap::new() };
        }
        outcome = edit.apply(&mut item.facts);
    });
    outcome?;
    told(found, &id)
}

#[derive(Deserialize)]
struct ChangedOccurrence {
    /// The start that the pattern gives.
    original: Timestamp,
    edit: Edit,
}

/// Changes one occurrence, which becomes an exception.
async fn change_occurrence(
    State(exchange): State<Arc<Exchange>>,
    Path(id): Path<String>,
    Json(body): Json<ChangedOccurrence>,
) -> Result<StatusCode, Refusal> {
    let now = exchange.kit.clock.now();
    let mut outcome = Err(wrong("there is no such occurrence"));
    let found = exchange.world().change(&id, now, |item| {
        let Some(mut facts) = item.entry(body.original).map(|seen| seen.facts) else { return };
        outcome = body.edit.apply(&mut facts);
        if let Some(series) = item.series.as_mut() {
            series.exceptions.insert(body.original, facts);
        }
    });
    outcome?;
    told(found, &id)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Original {
    original: Timestamp,
}

/// Takes one occurrence out of its series.
async fn cancel_occurrence(
    State(exchange): State<Arc<Exchange>>,
    Path(id): Path<String>,
    Json(body): Json<Original>,
) -> Result<StatusCode, Refusal> {
    let now = exchange.kit.clock.now();
    let mut there = false;
    let found = exchange.world().change(&id, now, |item| {
        there = item.entry(body.original).is_some();
        if let Some(series) = item.series.as_mut().filter(|_| there) {
            series.deleted.insert(body.original);
        }
    });
    told(found && there, &id)
}

async fn remove(State(exchange): State<Arc<Exchange>>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    told(exchange.world().delete(&id), &id)
}

fn told(found: bool, id: &str) -> Result<StatusCode, Refusal> {
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(wrong(format!("no item {id}"))) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delegate {
    email: String,
}

/// Lets somebody else read a mailbox.
async fn delegate(
    State(exchange): State<Arc<Exchange>>,
    Path(owner): Path<String>,
    Json(to): Json<Delegate>,
) -> Result<StatusCode, Refusal> {
    if !seed::accounts().iter().any(|account| account.email == to.email) {
        return Err(wrong(format!("nobody is {}", to.email)));
    }
    let mut world = exchange.world();
    let mailbox = world.mailboxes.get_mut(&owner).ok_or_else(|| wrong(format!("no mailbox {owner}")))?;
    mailbox.delegates.insert(to.email);
    Ok(StatusCode::NO_CONTENT)
}

async fn expire(State(exchange): State<Arc<Exchange>>) -> StatusCode {
    exchange.world().epoch += 1;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paging {
    most: Option<usize>,
}

/// Fewer changes on a page than are asked for (at least one).
async fn paging(State(exchange): State<Arc<Exchange>>, Json(paging): Json<Paging>) -> StatusCode {
    exchange.world().most_changes = paging.most.map(|most| most.max(1));
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Masters {
    on: bool,
}

async fn masters(State(exchange): State<Arc<Exchange>>, Json(masters): Json<Masters>) -> StatusCode {
    exchange.world().gives_masters = masters.on;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Throttled {
    /// Calls in five minutes.
    burst: u64,
    #[serde(default)]
    form: Busy,
}

async fn busy(State(exchange): State<Arc<Exchange>>, Json(throttled): Json<Throttled>) -> StatusCode {
    exchange.limit.set_burst(throttled.burst);
    exchange.world().busy = throttled.form;
    StatusCode::NO_CONTENT
}
