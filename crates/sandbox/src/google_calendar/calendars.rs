//! `calendarList.list` and the account's userinfo.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query as Pairs, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    Google,
    access::LIST_READ,
    ask::Query,
    errors::{bad_parameter, bad_request},
    list::full_sync_required,
    token::{Place, Token},
    world::{Calendar, Member, World},
};
use crate::kit::Refusal;

const ROLES: [&str; 5] = ["freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner"];

struct Asked {
    most: usize,
    least_role: usize,
    show_deleted: bool,
    after: usize,
    since: Option<u64>,
    top: u64,
    print: String,
}

impl Asked {
    fn read(pairs: &[(String, String)], world: &World, key: &[u8], owner: &str) -> Result<Self, Refusal> {
        let query = Query(pairs);
        let role = query.one("minAccessRole");
        let least_role = match role.map(|role| ROLES.iter().position(|own| *own == role)) {
            None => 0,
            Some(Some(rank)) => rank,
            Some(None) => {
                return Err(bad_parameter("minAccessRole", "invalidParameter", "Invalid role"));
            }
        };
        let (show_deleted, show_hidden) = (query.flag("showDeleted")?, query.flag("showHidden")?);
        let own_only = query.flag("showOwnOrganizationOnly")?;
        let mut asked = Self {
            most: query.count("maxResults")?.unwrap_or(100).min(250),
            least_role,
            show_deleted: show_deleted.unwrap_or(false),
            after: 0,
            since: None,
            top: world.changes,
            print: format!("{role:?} {show_deleted:?} {show_hidden:?} {own_only:?}"),
        };
        if let Some(sealed) = query.one("pageToken") {
            asked.resume(sealed, key, owner)?;
        } else if let Some(sealed) = query.one("syncToken") {
            if role.is_some() || own_only.is_some() {
                let message = "Sync token cannot be used with minAccessRole or showOwnOrganizationOnly.";
                return Err(bad_request("badRequest", message));
            }
            if show_deleted == Some(false) || show_hidden == Some(false) {
                let message = "Sync token cannot be used with showDeleted or showHidden set to false.";
                return Err(bad_request("badRequest", message));
            }
            asked.since = Some(sync_start(sealed, key, owner, world.list_epoch)?);
        }
        Ok(asked)
    }

    fn resume(&mut self, sealed: &str, key: &[u8], owner: &str) -> Result<(), Refusal> {
        match Token::open(sealed, key) {
            Some(Token::Page { collection, asked, after: Some(Place(after, ..)), since, top })
                if collection == list_name(owner) && asked == self.print =>
            {
                self.after = usize::try_from(after).unwrap_or_default();
                self.since = since;
                self.top = top;
                Ok(())
            }
            _ => Err(bad_parameter("pageToken", "invalid", "Invalid page token value.")),
        }
    }

    fn wants(&self, member: &Member) -> bool {
        let rank = ROLES.iter().position(|role| *role == member.role);
        match self.since {
            Some(seen) => member.changed > seen,
            None => (!member.gone || self.show_deleted) && rank.unwrap_or_default() >= self.least_role,
        }
    }
}

fn sync_start(sealed: &str, key: &[u8], owner: &str, now: u64) -> Result<u64, Refusal> {
    let Some(Token::Sync { collection, seen, epoch, .. }) = Token::open(sealed, key) else {
        return Err(bad_parameter("syncToken", "invalid", "Invalid sync token value."));
    };
    if collection != list_name(owner) || epoch != now {
        return Err(full_sync_required());
    }
    Ok(seen)
}

/// `GET users/me/calendarList`
pub async fn list(
    State(google): State<Arc<Google>>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let caller = google.caller(&headers, LIST_READ)?;
    let owner = caller.account.email.as_str();
    let world = google.world();
    let asked = Asked::read(&pairs, &world, &google.key, owner)?;
    let wanted: Vec<Value> =
        world.list_of(owner).filter(|(_, member)| asked.wants(member)).map(|(calendar, member)| entry(calendar, member, owner)).collect();
    let end = (asked.after + asked.most).min(wanted.len());
    let mut answer = json!({
        "kind": "calendar#calendarList",
        "etag": format!("\"{}\"", world.changes),
        "items": wanted.get(asked.after..end).unwrap_or_default(),
    });
    let collection = list_name(owner);
    if end < wanted.len() {
        let after = Some(Place(i64::try_from(end).unwrap_or(i64::MAX), 0, String::new()));
        let page = Token::Page { collection, asked: asked.print, after, since: asked.since, top: asked.top };
        answer["nextPageToken"] = json!(page.seal(&google.key));
    } else {
        let epoch = world.list_epoch;
        let sync = Token::Sync { collection, asked: String::new(), seen: asked.top, epoch };
        answer["nextSyncToken"] = json!(sync.seal(&google.key));
    }
    Ok(Json(answer).into_response())
}

fn entry(calendar: &Calendar, member: &Member, owner: &str) -> Value {
    let mut entry = json!({
        "kind": "calendar#calendarListEntry",
        "etag": format!("\"{}\"", member.changed),
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": calendar.zone,
        "colorId": "1",
        "backgroundColor": "#9fe1e7",
        "foregroundColor": "#000000",
        "selected": true,
        "accessRole": member.role,
        "defaultReminders": [],
        "conferenceProperties": { "allowedConferenceSolutionTypes": ["hangoutsMeet"] },
    });
    if calendar.id == owner {
        entry["primary"] = json!(true);
    }
    if member.gone {
        entry["deleted"] = json!(true);
    }
    entry
}

fn list_name(owner: &str) -> String {
    format!("calendarList of {owner}")
}
