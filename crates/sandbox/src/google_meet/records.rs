//! Conference records, their participants and sessions, and the spaces they were held in.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Meet;
use super::access::{RECORDS, SPACES};
use super::errors::not_found;
use super::filter::Filter;
use super::pages::{PageQuery, Sizes, latest_first};
use super::world::{Conference, Joined, Participant, World};
use crate::kit::{Caller, Refusal};

const RECORD_SIZES: Sizes = Sizes { usual: 25, most: 100 };
const PEOPLE_SIZES: Sizes = Sizes { usual: 100, most: 250 };

type Answer = Result<Json<Value>, Refusal>;

/// Whoever owns the space or was signed in there sees the record (guides/conferences).
fn sees(caller: &Caller, one: &Conference) -> bool {
    one.space.owner == caller.account.email || one.people.iter().any(|person| person.joined == Joined::SignedIn(caller.account.id.clone()))
}

impl World {
    /// A record that this caller may read.
    pub(super) fn readable(&self, caller: &Caller, id: &str, now: Timestamp) -> Result<&Conference, Refusal> {
        self.kept(now).find(|one| one.id == id && sees(caller, one)).ok_or_else(not_found)
    }
}

/// A list's answer: absent where there is nothing, as Google leaves out empty fields.
pub(super) fn listed(name: &str, items: Vec<Value>, next: Option<String>) -> Json<Value> {
    let mut answer = Map::new();
    if !items.is_empty() {
        answer.insert(name.to_owned(), Value::Array(items));
    }
    if let Some(next) = next {
        answer.insert("nextPageToken".to_owned(), json!(next));
    }
    Json(Value::Object(answer))
}

/// Without the fields that have no value.
pub(super) fn told(mut value: Value) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.retain(|_, field| !field.is_null());
    }
    value
}

fn record(one: &Conference) -> Value {
    told(json!({
        "name": one.name(),
        "startTime": one.start,
        "endTime": one.end,
        "expireTime": one.expires(),
        "space": format!("spaces/{}", one.space.id),
    }))
}

pub(super) async fn list(State(meet): State<Arc<Meet>>, Query(query): Query<PageQuery>, headers: HeaderMap) -> Answer {
    let caller = meet.reader(&headers, RECORDS)?;
    let filter = Filter::read(&query.filter)?;
    let found: Vec<(String, Value)> = {
        let world = meet.world();
        let own = world.kept(meet.kit.clock.now()).filter(|one| sees(&caller, one) && filter.takes(one));
        own.map(|one| (latest_first(one.start, &one.id), record(one))).collect()
    };
    let (items, next) = meet.page("conferenceRecords", &query, RECORD_SIZES, found)?;
    Ok(listed("conferenceRecords", items, next))
}

pub(super) async fn get(State(meet): State<Arc<Meet>>, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    let caller = meet.reader(&headers, RECORDS)?;
    let world = meet.world();
    Ok(Json(record(world.readable(&caller, &id, meet.kit.clock.now())?)))
}

fn person(one: &Conference, person: &Participant) -> Value {
    let first = person.sessions.first().map(|(start, _)| *start);
    let last = if person.sessions.iter().any(|(_, end)| end.is_none()) { None } else { person.sessions.last().and_then(|(_, end)| *end) };
    let name = json!({ "displayName": person.name });
    let mut answer = json!({
        "name": format!("{}/participants/{}", one.name(), person.id), "earliestStartTime": first, "latestEndTime": last,
    });
    match &person.joined {
        Joined::SignedIn(id) => answer["signedinUser"] = json!({ "user": format!("users/{id}"), "displayName": person.name }),
        Joined::Anonymous => answer["anonymousUser"] = name,
        Joined::Phone => answer["phoneUser"] = name,
    }
    told(answer)
}

pub(super) async fn participants(
    State(meet): State<Arc<Meet>>,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Answer {
    let caller = meet.reader(&headers, RECORDS)?;
    let found: Vec<(String, Value)> = {
        let world = meet.world();
        let one = world.readable(&caller, &id, meet.kit.clock.now())?;
        let joined = |person: &Participant| person.sessions.first().map_or(one.start, |(start, _)| *start);
        one.people.iter().map(|who| (latest_first(joined(who), &who.id), person(one, who))).collect()
    };
    let (items, next) = meet.page(&format!("{id}/participants"), &query, PEOPLE_SIZES, found)?;
    Ok(listed("participants", items, next))
}

pub(super) async fn participant(State(meet): State<Arc<Meet>>, Path((id, who)): Path<(String, String)>, headers: HeaderMap) -> Answer {
    let caller = meet.reader(&headers, RECORDS)?;
    let world = meet.world();
    let one = world.readable(&caller, &id, meet.kit.clock.now())?;
    let found = one.people.iter().find(|person| person.id == who).ok_or_else(not_found)?;
    Ok(Json(person(one, found)))
}

pub(super) async fn sessions(
    State(meet): State<Arc<Meet>>,
    Path((id, who)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Answer {
    let caller = meet.reader(&headers, RECORDS)?;
    let found: Vec<(String, Value)> = {
        let world = meet.world();
        let one = world.readable(&caller, &id, meet.kit.clock.now())?;
        let person = one.people.iter().find(|person| person.id == who).ok_or_else(not_found)?;
        let session = |(number, (start, end)): (usize, &(Timestamp, Option<Timestamp>))| {
            let name = format!("{}/participants/{who}/participantSessions/{number}", one.name());
            (latest_first(*start, &number.to_string()), told(json!({ "name": name, "startTime": start, "endTime": end })))
        };
        person.sessions.iter().enumerate().map(session).collect()
    };
    let (items, next) = meet.page(&format!("{id}/{who}/participantSessions"), &query, PEOPLE_SIZES, found)?;
    Ok(listed("participantSessions", items, next))
}

/// By its id, or by its code, which is an alias and knows no case.
pub(super) async fn space(State(meet): State<Arc<Meet>>, Path(name): Path<String>, headers: HeaderMap) -> Answer {
    let caller = meet.reader(&headers, SPACES)?;
    let world = meet.world();
    let named = |one: &&Conference| one.space.id == name || one.space.code == name.to_lowercase();
    let held: Vec<&Conference> = world.conferences.values().filter(named).filter(|one| sees(&caller, one)).collect();
    let space = &held.first().ok_or_else(not_found)?.space;
    let active = held.iter().find(|one| one.end.is_none());
    let mut answer = json!({
        "name": format!("spaces/{}", space.id),
        "meetingUri": format!("https://meet.google.com/{}", space.code),
        "meetingCode": space.code,
        "activeConference": active.map(|one| json!({ "conferenceRecord": one.name() })),
    });
    // "config" and phone numbers are for those who may change the space.
    if caller.scopes.iter().any(|scope| SPACES[2] == scope) {
        answer["config"] = json!({ "accessType": "TRUSTED", "entryPointAccess": "ALL" });
    }
    Ok(Json(told(answer)))
}
