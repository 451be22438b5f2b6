//! The handlers of `events.list` and `events.get`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query as Pairs, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};

use super::{
    Google,
    access::EVENTS_READ,
    ask::{Ask, Query},
    errors::not_found,
    event::{Row, View},
    list::Reading,
};
use crate::kit::Refusal;

/// `GET calendars/{calendarId}/events`
pub async fn list(
    State(google): State<Arc<Google>>,
    Path(calendar): Path<String>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let caller = google.caller(&headers, EVENTS_READ)?;
    let ask = Ask::read(pairs)?;
    let world = google.world();
    let (calendar, role) = Google::readable(&world, &caller, &calendar)?;
    let reading = Reading { world: &world, calendar, role, ask: &ask, key: &google.key, base: &google.base, now: google.kit.clock.now() };
    Ok(Json(reading.answer()?).into_response())
}

/// `GET calendars/{calendarId}/events/{eventId}`: cancelled events too, and instances by their id.
pub async fn get(
    State(google): State<Arc<Google>>,
    Path((calendar, id)): Path<(String, String)>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let caller = google.caller(&headers, EVENTS_READ)?;
    let query = Query(&pairs);
    let (zone, most_attendees) = (query.zone("timeZone")?, query.count("maxAttendees")?);
    let world = google.world();
    let (calendar, _) = Google::readable(&world, &caller, &calendar)?;
    let found = world.find(&id).filter(|row| row.event.on_calendar(&calendar.id));
    let row = found.ok_or_else(not_found)?;
    let row = Row { gone: row.event.gone_for(&calendar.id), ..row };
    let zone = zone.unwrap_or_else(|| calendar.time_zone());
    let view = View { calendar: &calendar.id, zone, most_attendees, base: &google.base };
    Ok(Json(row.whole(&view)).into_response())
}
