//! Who may do what: the scopes of each method (as in calendar.v3.json), the quota, and the calendars a person has.

use axum::http::{HeaderMap, StatusCode};

use super::{
    Google,
    errors::{Fault, not_found, refuse},
    world::{Calendar, World},
};
use crate::google::userinfo::{EMAIL, PROFILE};
use crate::kit::{Caller, Need, Refusal};

macro_rules! scopes {
    ($($name:literal),* $(,)?) => { &[$(concat!("https://www.googleapis.com/auth/", $name)),*] };
}

pub const EVENTS_READ: &[&str] = scopes![
    "calendar",
    "calendar.app.created",
    "calendar.events",
    "calendar.events.freebusy",
    "calendar.events.owned",
    "calendar.events.owned.readonly",
    "calendar.events.public.readonly",
    "calendar.events.readonly",
    "calendar.readonly",
];
pub const LIST_READ: &[&str] = scopes!["calendar", "calendar.calendarlist", "calendar.calendarlist.readonly", "calendar.readonly",];
pub const STOP: &[&str] = scopes![
    "calendar",
    "calendar.acls",
    "calendar.acls.readonly",
    "calendar.app.created",
    "calendar.calendarlist",
    "calendar.calendarlist.readonly",
    "calendar.events",
    "calendar.events.freebusy",
    "calendar.events.owned",
    "calendar.events.owned.readonly",
    "calendar.events.public.readonly",
    "calendar.events.readonly",
    "calendar.readonly",
    "calendar.settings",
    "calendar.settings.readonly",
];
/// What the app may ask for. The scopes of other people's public or created calendars are left out.
pub const ASKABLE: &[&str] = &[
    "openid",
    "email",
    "profile",
    EMAIL,
    PROFILE,
    "https://www.googleapis.com/auth/calendar",
    "https://www.googleapis.com/auth/calendar.readonly",
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.events.readonly",
    "https://www.googleapis.com/auth/calendar.events.owned",
    "https://www.googleapis.com/auth/calendar.events.owned.readonly",
    "https://www.googleapis.com/auth/calendar.calendarlist",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
];
const ANY_CALENDAR: &[&str] = scopes!["calendar", "calendar.readonly", "calendar.events", "calendar.events.readonly"];

impl Google {
    /// The caller, when its token has one of the scopes and its quota is not spent.
    pub fn caller(&self, headers: &HeaderMap, scopes: &'static [&'static str]) -> Result<Caller, Refusal> {
        let caller = self.authority.bearer(headers, Need::Any(scopes))?;
        if self.quota.take(&caller.account.email, 1).allowed {
            return Ok(caller);
        }
        let fault = Fault { domain: "usageLimits", reason: "rateLimitExceeded", message: "Rate Limit Exceeded", place: None };
        // "rateLimitExceeded errors can return either 403 or 429" (guides/errors).
        let status = if self.world().quota_429 { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::FORBIDDEN };
        Err(refuse(status, &fault))
    }

    /// The calendar by id or `primary`, with the caller's role.
    pub fn readable<'a>(world: &'a World, caller: &Caller, id: &str) -> Result<(&'a Calendar, &'a str), Refusal> {
        let id = if id == "primary" { &caller.account.email } else { id };
        let calendar = world.calendars.get(id).ok_or_else(not_found)?;
        let member = calendar.members.get(&caller.account.email).filter(|member| !member.gone);
        let role = member.ok_or_else(not_found)?.role.as_str();
        let anywhere = caller.may(ANY_CALENDAR);
        if anywhere || role == "owner" {
            return Ok((calendar, role));
        }
        // Only the `.owned` scopes: other people's calendars stay closed.
        let fault = Fault {
            domain: "calendar",
            reason: "requiredAccessLevel",
            message: "You need to have owner access to this calendar.",
            place: None,
        };
        Err(refuse(StatusCode::FORBIDDEN, &fault))
    }
}
