//! `/me`, `/calendars` and single events by their ids.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{BASIC, Outlook, Parameters, USER, render};
use crate::kit::Refusal;
use crate::microsoft::entra;
use crate::microsoft::errors::{bad_request, no_item};
use crate::microsoft::prefer::Preferences;

/// `GET /me`, `GET /users/{user}`
pub async fn user(
    State(outlook): State<Arc<Outlook>>,
    headers: HeaderMap,
    Path(path): Path<Parameters>,
    Query(query): Query<Parameters>,
) -> Result<Json<Value>, Refusal> {
    let mailbox = outlook.mailbox(&headers, USER, &path)?;
    let account = entra::accounts().into_iter().find(|account| account.email == mailbox).ok_or_else(no_item)?;
    Ok(Json(render::user(&account, query.get("$select").map(String::as_str))))
}

/// `GET …/calendars`
pub async fn list(
    State(outlook): State<Arc<Outlook>>,
    headers: HeaderMap,
    Path(path): Path<Parameters>,
    Query(query): Query<Parameters>,
) -> Result<Json<Value>, Refusal> {
    let mailbox = outlook.mailbox(&headers, BASIC, &path)?;
    let number = |name: &str, usual: usize| match query.get(name) {
        None => Ok(usual),
        Some(text) => text.parse().map_err(|_| bad_request("ErrorInvalidUrlQuery", &format!("{name} is no number."))),
    };
    let (top, skip) = (number("$top", 10)?, number("$skip", 0)?);
    let world = outlook.world();
    let top = world.paging.most.unwrap_or(top).min(top).max(1);
    let own: Vec<Value> = world.calendars.iter().filter(|one| one.mailbox == mailbox).map(render::calendar).collect();
    let page: Vec<Value> = own.iter().skip(skip).take(top).cloned().collect();
    let mut answer = json!({ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#calendars", "value": page });
    if skip + top < own.len() {
        let owner = path.get("user").map_or_else(|| "me".to_owned(), |user| format!("users/{user}"));
        answer["@odata.nextLink"] = json!(format!("{}/v1.0/{owner}/calendars?$top={top}&$skip={}", outlook.base, skip + top));
    }
    Ok(Json(answer))
}

/// `GET …/events/{event}`, in any calendar or in the one that the path names.
pub async fn event(State(outlook): State<Arc<Outlook>>, headers: HeaderMap, Path(path): Path<Parameters>) -> Result<Json<Value>, Refusal> {
    found(&outlook, &headers, &path, path.get("calendar").map(String::as_str))
}

/// `GET …/calendar/events/{event}`
pub async fn event_of_default(
    State(outlook): State<Arc<Outlook>>,
    headers: HeaderMap,
    Path(path): Path<Parameters>,
) -> Result<Json<Value>, Refusal> {
    let mailbox = outlook.mailbox(&headers, BASIC, &path)?;
    let default = outlook.world().calendar(&mailbox, None).map(|calendar| calendar.id.clone());
    found(&outlook, &headers, &path, default.as_deref())
}

fn found(outlook: &Outlook, headers: &HeaderMap, path: &Parameters, calendar: Option<&str>) -> Result<Json<Value>, Refusal> {
    let mailbox = outlook.mailbox(headers, BASIC, path)?;
    let preferences = Preferences::read(headers)?;
    let world = outlook.world();
    let row = path.get("event").and_then(|id| world.find(&mailbox, id)).ok_or_else(no_item)?;
    if calendar.is_some_and(|calendar| row.event.calendar != calendar) {
        return Err(no_item());
    }
    Ok(Json(render::whole(&row, &preferences)))
}
