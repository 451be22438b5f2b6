//! What people do in Google Calendar, and how tests make it hard: the routes under `/_sandbox/google-calendar`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, patch, post, put},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Google,
    event::{Row, View},
    when::When,
    world::{Edit, Paging, World},
};
use crate::kit::Refusal;

/// Fields of an event a person can write; the others are answered by the calendar itself.
const WRITABLE: [&str; 17] = [
    "summary",
    "description",
    "location",
    "status",
    "attendees",
    "conferenceData",
    "hangoutLink",
    "visibility",
    "transparency",
    "extendedProperties",
    "eventType",
    "colorId",
    "organizer",
    "creator",
    "iCalUID",
    "attachments",
    "source",
];

pub fn router(google: Arc<Google>) -> Router {
    Router::new()
        .route("/calendars", post(share))
        .route("/calendars/{calendar}/events", post(add))
        .route("/calendars/{calendar}/events/{event}", patch(change).delete(cancel))
        .route("/calendars/{calendar}/events/{event}/move", post(shift))
        .route("/calendars/{calendar}/push", post(push))
        .route("/calendars/{calendar}/expire-sync-tokens", post(expire))
        .route("/expire-sync-tokens", post(expire_all))
        .route("/channels", get(channels))
        .route("/paging", put(paging))
        .route("/quota", put(quota))
        .with_state(google)
}

fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::json(StatusCode::BAD_REQUEST, json!({ "error": message.into() }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Share {
    id: String,
    summary: String,
    time_zone: String,
    /// Role by e-mail address; `none` takes the calendar out of the person's list.
    roles: BTreeMap<String, String>,
}

/// Makes or changes a calendar and who has it.
async fn share(State(google): State<Arc<Google>>, Json(share): Json<Share>) -> Result<Response, Refusal> {
    jiff::tz::TimeZone::get(&share.time_zone).map_err(|error| wrong(error.to_string()))?;
    let roles: Vec<(String, String)> = share.roles.into_iter().collect();
    let now = google.kit.clock.now();
    google.world().share(&share.id, &share.summary, &share.time_zone, &roles, now);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// An event in Google's own form; `meet: true` gives it a Meet conference. Returns it as the calendar's owner sees it.
async fn add(
    State(google): State<Arc<Google>>,
    Path(calendar): Path<String>,
    Json(mut body): Json<Map<String, Value>>,
) -> Result<Response, Refusal> {
    let id = match body.remove("id") {
        Some(Value::String(id)) => checked_id(id)?,
        Some(_) => return Err(wrong("id is not a string")),
        None => format!("{:026x}", google.kit.uuid().as_u128() >> 24),
    };
    let meet = body.remove("meet") == Some(json!(true));
    let mut edit = edit_of(body)?;
    let owner = json!({ "email": calendar });
    edit.fields.entry("organizer").or_insert_with(|| owner.clone());
    edit.fields.entry("creator").or_insert(owner);
    if meet {
        add_conference(&google, &mut edit.fields);
    }
    let answer = {
        let mut world = google.world();
        if !world.calendars.contains_key(&calendar) {
            return Err(wrong(format!("no calendar {calendar}")));
        }
        world.add(&calendar, &id, edit, google.kit.clock.now()).map_err(wrong)?;
        seen(&google, &world, &calendar, &id)
    };
    tell(&google, &id);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// Changes an event, a series (by its id) or one instance (by the instance's id); `null` takes a field away.
async fn change(
    State(google): State<Arc<Google>>,
    Path((calendar, id)): Path<(String, String)>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Response, Refusal> {
    applied(&google, &calendar, &id, edit_of(body)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shift {
    minutes: i64,
}

/// Moves an event, a series or an instance by some minutes.
async fn shift(
    State(google): State<Arc<Google>>,
    Path((calendar, id)): Path<(String, String)>,
    Json(by): Json<Shift>,
) -> Result<Response, Refusal> {
    let edit = {
        let world = google.world();
        let row = world.find(&id).ok_or_else(|| wrong(format!("no event {id}")))?;
        Edit {
            start: Some(row.start().shifted(by.minutes).map_err(wrong)?),
            end: Some(row.end().shifted(by.minutes).map_err(wrong)?),
            ..Edit::default()
        }
    };
    applied(&google, &calendar, &id, edit)
}

fn applied(google: &Google, calendar: &str, id: &str, edit: Edit) -> Result<Response, Refusal> {
    let answer = {
        let mut world = google.world();
        world.change(id, edit, google.kit.clock.now()).map_err(wrong)?;
        seen(google, &world, calendar, id)
    };
    tell(google, id);
    Ok(Json(answer).into_response())
}

/// Cancels an event, a series or an instance.
async fn cancel(State(google): State<Arc<Google>>, Path((_, id)): Path<(String, String)>) -> Result<Response, Refusal> {
    google.world().cancel(&id, google.kit.clock.now()).map_err(wrong)?;
    tell(&google, &id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Fires a notification though nothing changed, as Google may. Answers how many channels heard it.
async fn push(State(google): State<Arc<Google>>, Path(calendar): Path<String>) -> Json<Value> {
    Json(json!({ "channels": google.announce([calendar]) }))
}

async fn expire(State(google): State<Arc<Google>>, Path(calendar): Path<String>) -> StatusCode {
    match google.world().calendars.get_mut(&calendar) {
        Some(calendar) => {
            calendar.epoch += 1;
            StatusCode::NO_CONTENT
        }
        None => StatusCode::NOT_FOUND,
    }
}

async fn expire_all(State(google): State<Arc<Google>>) -> StatusCode {
    let mut world = google.world();
    world.list_epoch += 1;
    world.calendars.values_mut().for_each(|calendar| calendar.epoch += 1);
    StatusCode::NO_CONTENT
}

async fn channels(State(google): State<Arc<Google>>) -> Json<Value> {
    let now = google.kit.clock.now();
    let world = google.world();
    let line = |channel: &super::channels::Channel| {
        json!({
            "id": channel.id,
            "calendar": channel.calendar,
            "owner": channel.owner,
            "address": channel.address,
            "expires": channel.expires.as_millisecond(),
            "live": channel.expires > now,
            "messages": channel.messages,
        })
    };
    Json(world.channels.values().map(line).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pages {
    most: Option<usize>,
    #[serde(default)]
    empty_first: bool,
}

/// Short pages (at least one row each), and an empty first one.
async fn paging(State(google): State<Arc<Google>>, Json(pages): Json<Pages>) -> StatusCode {
    let most = pages.most.map(|most| most.max(1));
    google.world().paging = Paging { most, empty_first: pages.empty_first };
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quota {
    /// Requests a minute and user.
    burst: u64,
    /// Answer 429 in place of 403.
    #[serde(default)]
    too_many: bool,
}

async fn quota(State(google): State<Arc<Google>>, Json(quota): Json<Quota>) -> StatusCode {
    google.quota.set_burst(quota.burst);
    google.world().quota_429 = quota.too_many;
    StatusCode::NO_CONTENT
}

fn edit_of(mut body: Map<String, Value>) -> Result<Edit, Refusal> {
    let time = |value: Option<Value>| value.as_ref().map(When::parse).transpose().map_err(wrong);
    let (start, end) = (time(body.remove("start"))?, time(body.remove("end"))?);
    let recurrence = match body.remove("recurrence") {
        None => None,
        Some(lines) => Some(serde_json::from_value(lines).map_err(|error| wrong(error.to_string()))?),
    };
    if let Some(name) = body.keys().find(|name| !WRITABLE.contains(&name.as_str())) {
        return Err(wrong(format!("unknown field {name}")));
    }
    Ok(Edit { start, end, recurrence, fields: body })
}

/// Ids are base32hex letters, 5 to 1024 of them (calendar.v3.json, Event.id).
fn checked_id(id: String) -> Result<String, Refusal> {
    let allowed = |letter: char| letter.is_ascii_digit() || ('a'..='v').contains(&letter);
    if (5..=1024).contains(&id.len()) && id.chars().all(allowed) {
        return Ok(id);
    }
    Err(wrong("Invalid resource id value."))
}

fn add_conference(google: &Google, fields: &mut Map<String, Value>) {
    let letter = || char::from(b'a' + u8::try_from(google.kit.number(26)).unwrap_or_default());
    let word = |length: usize| (0..length).map(|_| letter()).collect::<String>();
    let code = format!("{}-{}-{}", word(3), word(4), word(3));
    let link = format!("https://meet.google.com/{code}");
    fields.insert("hangoutLink".to_owned(), json!(link));
    fields.insert(
        "conferenceData".to_owned(),
        json!({
            "conferenceId": code,
            "conferenceSolution": { "key": { "type": "hangoutsMeet" }, "name": "Google Meet" },
            "entryPoints": [{ "entryPointType": "video", "uri": link, "label": format!("meet.google.com/{code}") }],
        }),
    );
}

fn seen(google: &Google, world: &World, calendar: &str, id: &str) -> Value {
    let zone = world.zone_of(calendar);
    let view = View { calendar, zone, most_attendees: None, base: &google.base };
    world.find(id).map_or(Value::Null, |row| {
        let gone = row.event.gone_for(calendar);
        Row { gone, ..row }.whole(&view)
    })
}

fn tell(google: &Google, id: &str) {
    let calendars = google.world().seen_on(id);
    google.announce(calendars);
}
