//! The people and calendars the demo organisation starts with. It starts without events: they are fed in by the control routes.

use jiff::Timestamp;

use super::world::World;
use crate::kit::Account;

/// The calendar everybody in the organisation shares.
pub const TEAM: &str = "team.demo@group.calendar.google.com";

const TENANT: &str = "demo.example";
const ZONE: &str = "Europe/London";
const PEOPLE: [(&str, &str); 8] = [
    ("project.manager", "Project Manager"),
    ("marketing", "Marketing"),
    ("user.interface", "User Interface"),
    ("industrial.designer", "Industrial Designer"),
    ("professor.a", "Professor A"),
    ("professor.b", "Professor B"),
    ("phd.student", "PhD Student"),
    ("postdoc", "Postdoc"),
];

pub fn accounts() -> Vec<Account> {
    let account = |(number, (name, title)): (u64, &(&str, &str))| Account {
        id: (108_000_000_000_000_000_000_u128 + u128::from(number)).to_string(),
        email: format!("{name}@{TENANT}"),
        name: (*title).to_owned(),
        tenant: TENANT.to_owned(),
    };
    (1..).zip(&PEOPLE).map(account).collect()
}

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
