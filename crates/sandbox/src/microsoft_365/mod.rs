//! The emulated Outlook calendar of Microsoft 365: Entra's sign-in, calendars, `calendarView/delta`, events by id and change
//! notifications, as described in Graph's openapi.v1.0. Writing events through the API is not emulated; people do it through the
//! control routes, each in a mailbox of their own: invitations do not travel.

mod calendars;
mod control;
mod delta;
mod event;
mod ids;
mod pattern;
mod render;
mod seed;
#[cfg(test)]
mod tests;
mod world;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use jiff::SignedDuration;

use self::world::World;
use crate::kit::{Authority, DescriptionError, Kit, Limit, Refusal, Tool};
use crate::microsoft::access::{Access, Allowed, Rights};
use crate::microsoft::description::{self, BASE};
use crate::microsoft::entra::{self, DEFAULT_SCOPE, OFFLINE};
use crate::microsoft::errors::{bad_request, refuse};
use crate::microsoft::subscriptions::Subscriptions;

const TOOL: &str = "microsoft-365";
/// "10,000 API requests in a 10 minute period" for an app and a mailbox (microsoft-graph-docs, concepts/throttling.md).
const REQUESTS: u64 = 10_000;
/// The maximum for events without resource data.
const LONGEST_SUBSCRIPTION: SignedDuration = SignedDuration::from_mins(10_080);

/// What the app may ask a person for.
const SCOPES: &[&str] = &[
    "openid",
    "profile",
    "email",
    OFFLINE,
    "User.Read",
    "User.ReadWrite",
    "Calendars.ReadBasic",
    "Calendars.Read",
    "Calendars.Read.Shared",
    "Calendars.ReadWrite",
    DEFAULT_SCOPE,
];

/// `GET /me`, `/users/{id}`.
pub(crate) const USER: Rights =
    Rights { delegated: &["User.Read", "User.ReadWrite"], application: &["User.ReadBasic.All", "User.Read.All"] };
/// Calendars and single events.
pub(crate) const BASIC: Rights = Rights {
    delegated: &["Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"],
    application: &["Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"],
};
/// Delta functions, and subscriptions to events. The table lets `Calendars.ReadBasic` read a delta too, without bodies; that is
/// left out.
pub(crate) const READ: Rights =
    Rights { delegated: &["Calendars.Read", "Calendars.ReadWrite"], application: &["Calendars.Read", "Calendars.ReadWrite"] };

/// What the handlers share.
struct Outlook {
    kit: Arc<Kit>,
    access: Arc<Access>,
    subscriptions: Arc<Subscriptions>,
    world: Arc<Mutex<World>>,
    /// Signs state tokens.
    key: Vec<u8>,
    base: String,
}

/// The parameters of a path: `user`, `calendar`, `event`, as far as it has them.
type Parameters = BTreeMap<String, String>;

impl Outlook {
    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// The caller, and the address of the mailbox that the path names.
    fn mailbox(&self, headers: &HeaderMap, rights: Rights, path: &Parameters) -> Result<String, Refusal> {
        let allowed = self.access.allowed(headers, rights)?;
        mailbox_of(&allowed, path.get("user").map(String::as_str))
    }
}

/// A person reaches their own mailbox, an application everybody's; `/me` is nobody's to an application.
fn mailbox_of(allowed: &Allowed, user: Option<&str>) -> Result<String, Refusal> {
    let own = &allowed.caller.account;
    match user {
        None if allowed.is_application => Err(bad_request("BadRequest", "/me request is only valid with delegated authentication flow.")),
        None => Ok(own.email.clone()),
        Some(user) => {
            let is = |account: &crate::kit::Account| account.id == user || account.email.eq_ignore_ascii_case(user);
            let account = entra::accounts().into_iter().find(is);
            let account = account.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "ErrorInvalidUser", "The requested user is invalid."))?;
            if allowed.is_application || account.id == own.id {
                Ok(account.email)
            } else {
                Err(refuse(StatusCode::FORBIDDEN, "ErrorAccessDenied", "Access is denied. Check credentials and try again."))
            }
        }
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whose events a subscription watches: `me/events` or `users/{id}/events`.
fn judge(allowed: &Allowed, resource: &str) -> Result<String, Refusal> {
    let parts: Vec<&str> = resource.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["me", "events"] => mailbox_of(allowed, None),
        ["users", user, "events"] => mailbox_of(allowed, Some(&user.replace("%40", "@"))),
        _ => Err(bad_request("ExtensionError", "Resource is not supported for change notifications.")),
    }
}

/// The tool, seeded with the people of the demo organisation, each with a calendar.
///
/// # Errors
/// The description is there but cannot be read.
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let validator = description::validator(kit, TOOL)?;
    let authority = Authority::new(kit, entra::style(TOOL, "Microsoft", SCOPES));
    let quota = Limit::new(kit.clock.clone(), REQUESTS, 600);
    let access = Arc::new(Access::new(&authority, &["Calendars.Read", "User.ReadBasic.All"], quota));
    let subscriptions = Subscriptions::new(kit, TOOL, &access, READ, LONGEST_SUBSCRIPTION, Box::new(judge));
    let outlook = Arc::new(Outlook {
        kit: Arc::clone(kit),
        access,
        subscriptions: Arc::clone(&subscriptions),
        world: Arc::new(Mutex::new(seed::world())),
        key: kit.token("").into_bytes(),
        base: kit.base(TOOL),
    });
    let mut router = Router::new();
    for owner in ["/me", "/users/{user}"] {
        let at = |path: &str| format!("{BASE}{owner}{path}");
        router = router
            .route(&at(""), get(calendars::user))
            .route(&at("/calendars"), get(calendars::list))
            .route(&at("/events/{event}"), get(calendars::event))
            .route(&at("/calendar/events/{event}"), get(calendars::event_of_default))
            .route(&at("/calendars/{calendar}/events/{event}"), get(calendars::event));
        for delta in ["delta", "delta()"] {
            router = router
                .route(&at(&format!("/calendarView/{delta}")), get(delta::delta))
                .route(&at(&format!("/calendars/{{calendar}}/calendarView/{delta}")), get(delta::delta));
        }
    }
    let router = router.with_state(Arc::clone(&outlook)).merge(subscriptions.router()).merge(authority.router());
    Ok(Tool { id: TOOL, router, control: control::router(outlook), authority, validator })
}
