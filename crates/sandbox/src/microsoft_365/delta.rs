//! `calendarView/delta`: a window in full, then what changed in it, by opaque links in which the window is frozen.
//! Facts: learn.microsoft.com/graph/delta-query-events, microsoft-graph-docs#7632 (occurrences), #6599 (removals), #2350 (410).

use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::event::{Event, Row};
use super::world::World;
use super::{Outlook, Parameters, READ, render};
use crate::kit::Refusal;
use crate::microsoft::errors::{bad_request, refuse};
use crate::microsoft::prefer::Preferences;
use crate::microsoft::tokens;

/// Without a preferred size.
const PAGE: usize = 10;
/// Exchange expands no longer view.
const LONGEST_VIEW: SignedDuration = SignedDuration::from_hours(1_825 * 24);
/// "$select is not supported", nor are these.
const UNSUPPORTED: [&str; 5] = ["$select", "$expand", "$filter", "$orderby", "$search"];

/// What a state token remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Token {
    mailbox: String,
    calendar: String,
    from: Timestamp,
    until: Timestamp,
    /// The last change of the round before; 0 in the first round.
    since: u64,
    /// The last change of this round.
    top: u64,
    /// The row that the last page ended with.
    after: Option<(u64, String)>,
    generation: u64,
    /// Makes each link another one.
    page: u64,
}

/// `GET …/calendarView/delta`
pub async fn delta(
    State(outlook): State<Arc<Outlook>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Path(path): Path<Parameters>,
    Query(query): Query<Parameters>,
) -> Result<Json<Value>, Refusal> {
    let mailbox = outlook.mailbox(&headers, READ, &path)?;
    let preferences = Preferences::read(&headers)?;
    if let Some(name) = UNSUPPORTED.into_iter().find(|name| query.contains_key(*name)) {
        return Err(bad_request(
            "ErrorInvalidUrlQuery",
            &format!("The following parameters are not supported with change tracking: {name}."),
        ));
    }
    let world = outlook.world();
    let calendar = world.calendar(&mailbox, path.get("calendar").map(String::as_str));
    let calendar = calendar.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "ErrorItemNotFound", "The calendar was not found."))?;
    let token = match query.get("$deltatoken").or_else(|| query.get("$skiptoken")) {
        Some(sealed) => resumed(&outlook, &world, sealed, &mailbox, &calendar.id)?,
        None => opened(&world, &query, &mailbox, &calendar.id)?,
    };
    let place = uri.path().trim_start_matches("/microsoft-365").to_owned();
    let link = |token: &Token, kind: &str| format!("{}{place}?${kind}={}", outlook.base, tokens::seal(token, &outlook.key));
    Ok(Json(page(&world, &token, &preferences, link)))
}

fn opened(world: &World, query: &Parameters, mailbox: &str, calendar: &str) -> Result<Token, Refusal> {
    let moment = |name: &str| {
        let text = query.get(name).ok_or_else(|| bad_request("ErrorInvalidParameter", &format!("{name} is required.")))?;
        // A time without an offset is in UTC.
        let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
        text.parse().ok().or_else(civil).ok_or_else(|| bad_request("ErrorInvalidParameter", &format!("{name} is no time.")))
    };
    let (from, until) = (moment("startDateTime")?, moment("endDateTime")?);
    if until <= from {
        return Err(bad_request("ErrorInvalidParameter", "The end of the view is not after its start."));
    }
    if until.duration_since(from) > LONGEST_VIEW {
        return Err(bad_request("ErrorCalendarViewRangeTooBig", "The specified viewing range exceeds the maximum value of '1825' days."));
    }
    let (mailbox, calendar) = (mailbox.to_owned(), calendar.to_owned());
    Ok(Token { mailbox, calendar, from, until, since: 0, top: world.changes, after: None, generation: world.generation, page: 0 })
}

fn resumed(outlook: &Outlook, world: &World, sealed: &str, mailbox: &str, calendar: &str) -> Result<Token, Refusal> {
    let malformed = || bad_request("BadRequest", "Badly formed token.");
    let token: Token = tokens::open(sealed, &outlook.key).ok_or_else(malformed)?;
    if token.mailbox != mailbox || token.calendar != calendar {
        return Err(malformed());
    }
    if token.generation != world.generation {
        let words = format!("The sync state generation is not found; generation={};[highest={}].", token.generation, world.generation);
        return Err(refuse(StatusCode::GONE, "SyncStateNotFound", &words));
    }
    Ok(if token.top == 0 { Token { top: world.changes, ..token } } else { token })
}

/// A row of a round, in the order that it is told in.
struct Told {
    at: (u64, String),
    value: Value,
}

fn page(world: &World, token: &Token, preferences: &Preferences, link: impl Fn(&Token, &str) -> String) -> Value {
    let most = world.paging.most.or(preferences.page_size).unwrap_or(PAGE).max(1);
    let mut told = round(world, token, preferences);
    told.sort_by(|one, other| one.at.cmp(&other.at));
    let mut rest: Vec<Told> = told.into_iter().filter(|one| token.after.as_ref().is_none_or(|after| one.at > *after)).collect();
    let opening = world.paging.empty_first && token.since == 0 && token.page == 0;
    let left = if opening { std::mem::take(&mut rest) } else { rest.split_off(most.min(rest.len())) };
    let last = rest.last().map(|one| one.at.clone()).or_else(|| token.after.clone());
    let value: Vec<Value> = rest.into_iter().map(|one| one.value).collect();
    let mut answer = json!({ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection(event)", "value": value });
    if world.paging.wedged {
        answer["@odata.nextLink"] = json!(link(&Token { page: token.page + 1, ..token.clone() }, "skiptoken"));
    } else if left.is_empty() {
        // The next round begins after this one, and ends when it is asked for.
        let next = Token { since: token.top, top: 0, after: None, page: 0, ..token.clone() };
        answer["@odata.deltaLink"] = json!(link(&next, "deltatoken"));
    } else {
        answer["@odata.nextLink"] = json!(link(&Token { after: last, page: token.page + 1, ..token.clone() }, "skiptoken"));
    }
    answer
}

/// Everything that a round tells: what is in the window, and what is no longer; what changed outside of it is told as removed too.
fn round(world: &World, token: &Token, preferences: &Preferences) -> Vec<Told> {
    let news = |changed: u64| changed > token.since && changed <= token.top;
    let mut told = Vec::new();
    for event in world.events.values().filter(|event| event.calendar == token.calendar) {
        let rows: Vec<Row<'_>> = event.rows().into_iter().filter(|row| news(row.changed)).collect();
        if world.paging.masters && event.series.is_some() && rows.iter().any(|row| is_inside(row, token)) {
            told.push(Told { at: (event.changed.max(1), event.key.clone()), value: render::whole(&event.row(), preferences) });
        }
        told.extend(rows.iter().filter_map(|row| tell(row, event, token, preferences)));
    }
    let buried = world.tombstones.iter().filter(|one| token.since > 0 && one.calendar == token.calendar && news(one.changed));
    told.extend(buried.map(|one| Told { at: (one.changed, one.key.clone()), value: render::tombstone(one, preferences) }));
    told
}

fn tell(row: &Row<'_>, event: &Event, token: &Token, preferences: &Preferences) -> Option<Told> {
    let value = if is_inside(row, token) {
        render::in_delta(row, preferences)
    } else if token.since > 0 {
        render::removed(&row.key, event.moves, preferences)
    } else {
        return None;
    };
    Some(Told { at: (row.changed, row.key.clone()), value })
}

fn is_inside(row: &Row<'_>, token: &Token) -> bool {
    let (start, end) = (row.start.instant(), row.end.instant());
    start < token.until && (end > token.from || start >= token.from)
}
