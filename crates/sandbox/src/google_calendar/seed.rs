//! The people and calendars the demo organisation starts with. It starts without events: they are fed in by the control routes.

use jiff::Timestamp;

use super::world::World;
use crate::google::accounts;

/// The calendar everybody in the organisation shares.
pub const TEAM: &str = "team.demo@group.calendar.google.com";

const ZONE: &str = "Europe/London";

pub fn world(now: Timestamp) -> World {
    let mut world = World::default();
    let mut roles = Vec::new();
    for account in accounts() {
        let owner = [(account.email.clone(), "owner".to_owned())];
        world.share(&account.email, &account.email, ZONE, &owner, now);
        let role = if roles.is_empty() { "owner" } else { "reader" };
        roles.push((account.email, role.to_owned()));
    }
    world.share(TEAM, "Team", ZONE, &roles, now);
    world
}
