//! What people do in Outlook, and how tests make it hard: the routes under `/_sandbox/microsoft-365`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::event::Moment;
use super::pattern::Pattern;
use super::world::{Edit, Paging};
use super::{Outlook, TOOL, ids, render, seed};
use crate::kit::Refusal;
use crate::microsoft::entra;

pub fn router(outlook: Arc<Outlook>) -> Router {
    Router::new()
        .route("/mailboxes/{mailbox}/calendars", post(add_calendar))
        .route("/mailboxes/{mailbox}/events", post(add))
        .route("/mailboxes/{mailbox}/events/{event}", patch(change).delete(delete))
        .route("/mailboxes/{mailbox}/events/{event}/move", post(shift))
        .route("/expire-sync-states", post(expire))
        .route("/subscriptions", get(subscriptions))
        .route("/subscriptions/{id}/lifecycle", post(lifecycle))
        .route("/paging", put(paging))
        .route("/quota", put(quota))
        .route("/consent", put(consent))
        .with_state(outlook)
}

fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::json(StatusCode::BAD_REQUEST, json!({ "error": message.into() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCalendar {
    name: String,
}

async fn add_calendar(State(outlook): State<Arc<Outlook>>, Path(mailbox): Path<String>, Json(new): Json<NewCalendar>) -> Json<Value> {
    let calendar = seed::calendar(&mailbox, &new.name, &mailbox, false);
    let answer = json!({ "id": calendar.id });
    outlook.world().calendars.push(calendar);
    Json(answer)
}

/// An event in Graph's own form. Beside it: `calendar` (a calendar's id), `teams: true` (an online meeting), `uid` (that of another
/// calendar). Answers both ids.
async fn add(
    State(outlook): State<Arc<Outlook>>,
    Path(mailbox): Path<String>,
    Json(mut body): Json<Map<String, Value>>,
) -> Result<Response, Refusal> {
    let wanted = body.remove("calendar").and_then(|id| id.as_str().map(str::to_owned));
    let uid = body.remove("uid").and_then(|uid| uid.as_str().map(str::to_owned));
    let teams = body.remove("teams") == Some(json!(true));
    let mut edit = edit_of(body)?;
    let account = entra::accounts().into_iter().find(|account| account.email == mailbox).ok_or_else(|| wrong("no such mailbox"))?;
    let mut fields = render::defaults();
    fields.insert("organizer".to_owned(), json!({ "emailAddress": { "name": account.name, "address": account.email } }));
    if teams {
        let thread = format!("19%3ameeting_{}%40thread.v2", outlook.kit.uuid().simple());
        let link = format!("https://teams.microsoft.com/l/meetup-join/{thread}/0?context=%7b%7d");
        fields.insert("isOnlineMeeting".to_owned(), json!(true));
        fields.insert("onlineMeetingProvider".to_owned(), json!("teamsForBusiness"));
        fields.insert("onlineMeeting".to_owned(), json!({ "joinUrl": link }));
    }
    fields.append(&mut edit.fields);
    edit.fields = fields;
    let key = outlook.kit.uuid().simple().to_string();
    let own = uid.unwrap_or_else(|| outlook.kit.uuid().simple().to_string());
    {
        let mut world = outlook.world();
        let calendar = world.calendar(&mailbox, wanted.as_deref()).map(|calendar| calendar.id.clone());
        let calendar = calendar.ok_or_else(|| wrong("no such calendar"))?;
        world.add((&mailbox, &calendar), &key, &own, edit, outlook.kit.clock.now()).map_err(wrong)?;
    }
    announce(&outlook, &mailbox, &key, "created");
    let answer = json!({ "id": ids::immutable(&key), "usual": ids::usual(&key, 0) });
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// Changes an event, a series (by its id) or one instance (by the instance's id).
async fn change(
    State(outlook): State<Arc<Outlook>>,
    Path((mailbox, id)): Path<(String, String)>,
    Json(body): Json<Map<String, Value>>,
) -> Result<StatusCode, Refusal> {
    let (key, edit) = (key_of(&id)?, edit_of(body)?);
    outlook.world().change(&key, edit, outlook.kit.clock.now()).map_err(wrong)?;
    announce(&outlook, &mailbox, &key, "updated");
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes an event, a series or one instance.
async fn delete(State(outlook): State<Arc<Outlook>>, Path((mailbox, id)): Path<(String, String)>) -> Result<StatusCode, Refusal> {
    let key = key_of(&id)?;
    outlook.world().delete(&key).map_err(wrong)?;
    announce(&outlook, &mailbox, &key, "deleted");
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shift {
    calendar: String,
}

/// Moves an event to another calendar of the mailbox.
async fn shift(
    State(outlook): State<Arc<Outlook>>,
    Path((mailbox, id)): Path<(String, String)>,
    Json(to): Json<Shift>,
) -> Result<StatusCode, Refusal> {
    let key = key_of(&id)?;
    {
        let mut world = outlook.world();
        world.calendar(&mailbox, Some(&to.calendar)).ok_or_else(|| wrong("no such calendar"))?;
        world.shift(&key, &to.calendar).map_err(wrong)?;
    }
    announce(&outlook, &mailbox, &key, "updated");
    Ok(StatusCode::NO_CONTENT)
}

/// Tells every subscription to the mailbox's events.
fn announce(outlook: &Outlook, mailbox: &str, key: &str, change: &str) {
    let moves = outlook.world().events.get(key.split('.').next().unwrap_or_default()).map_or(0, |event| event.moves);
    for one in outlook.subscriptions.listening(mailbox, change) {
        let id = if one.immutable_ids { ids::immutable(key) } else { ids::usual(key, moves) };
        let resource = format!("Users/{}/Events/{id}", one.owner);
        let data = json!({ "@odata.type": "#Microsoft.Graph.Event", "@odata.id": resource, "@odata.etag": "W/\"1\"", "id": id });
        one.announce(&outlook.kit, TOOL, change, &resource, &data);
    }
}

/// Outlook forgets what its state tokens meant.
async fn expire(State(outlook): State<Arc<Outlook>>) -> StatusCode {
    outlook.world().generation += 1;
    StatusCode::NO_CONTENT
}

async fn subscriptions(State(outlook): State<Arc<Outlook>>) -> Json<Value> {
    let living = outlook.subscriptions.living();
    let line = |one: &crate::microsoft::subscription::Subscription| json!({ "id": one.id, "watched": one.watched, "paused": one.paused });
    Json(living.iter().map(line).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lifecycle {
    event: String,
}

/// `reauthorizationRequired`, `subscriptionRemoved` or `missed` happens to a subscription.
async fn lifecycle(
    State(outlook): State<Arc<Outlook>>,
    Path(id): Path<String>,
    Json(what): Json<Lifecycle>,
) -> Result<StatusCode, Refusal> {
    if !["reauthorizationRequired", "subscriptionRemoved", "missed"].contains(&what.event.as_str()) {
        return Err(wrong("no such event"));
    }
    outlook.subscriptions.happen(&id, &what.event).ok_or_else(|| wrong("no subscription that asked for such news"))?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pages {
    most: Option<usize>,
    #[serde(default)]
    empty_first: bool,
    #[serde(default)]
    masters: bool,
    #[serde(default)]
    wedged: bool,
}

async fn paging(State(outlook): State<Arc<Outlook>>, Json(pages): Json<Pages>) -> StatusCode {
    let Pages { most, empty_first, masters, wedged } = pages;
    outlook.world().paging = Paging { most, empty_first, masters, wedged };
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quota {
    /// Requests in ten minutes, per app and person.
    burst: u64,
}

async fn quota(State(outlook): State<Arc<Outlook>>, Json(quota): Json<Quota>) -> StatusCode {
    outlook.access.set_quota(quota.burst);
    StatusCode::NO_CONTENT
}

/// What the administrator consents to for applications, in place of what they did before.
async fn consent(State(outlook): State<Arc<Outlook>>, Json(permissions): Json<Vec<String>>) -> StatusCode {
    *outlook.access.consented() = permissions.into_iter().collect();
    StatusCode::NO_CONTENT
}

fn key_of(id: &str) -> Result<String, Refusal> {
    ids::key_of(id).map(|(key, _)| key).ok_or_else(|| wrong(format!("{id} is no id")))
}

fn edit_of(mut body: Map<String, Value>) -> Result<Edit, Refusal> {
    let time = |value: Option<Value>| value.as_ref().map(Moment::parse).transpose().map_err(wrong);
    let (start, end) = (time(body.remove("start"))?, time(body.remove("end"))?);
    let series = body.remove("recurrence").as_ref().map(Pattern::parse).transpose().map_err(wrong)?;
    let writable = render::defaults();
    if let Some(name) = body.keys().find(|name| !writable.contains_key(*name)) {
        return Err(wrong(format!("nobody writes the field {name}")));
    }
    Ok(Edit { start, end, series, fields: body })
}
