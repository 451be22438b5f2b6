//! The demo organisation at Linear: people by role, two teams with Linear's usual states, a few labels, no issues.

use std::sync::Arc;

use jiff::SignedDuration;

use super::oauth;
use super::world::{Label, State, StateKind, Team, User, World};
use crate::kit::{Account, Authority, Kit};
use crate::people::PEOPLE;

const TEAMS: &[(&str, &str)] = &[("DEMO", "Product"), ("RES", "Research")];

const STATES: &[(&str, StateKind)] = &[
    ("Backlog", StateKind::Backlog),
    ("Todo", StateKind::Unstarted),
    ("In Progress", StateKind::Started),
    ("Done", StateKind::Completed),
    ("Canceled", StateKind::Canceled),
];

const LABELS: &[&str] = &["Meeting", "Bug", "Improvement"];

/// The authorization server and the world behind it: whoever can sign in is a user of the workspace.
pub(super) fn organisation(kit: &Arc<Kit>) -> (Arc<Authority>, World) {
    let organization = kit.uuid().to_string();
    let now = kit.clock.now();
    let created_at = now.checked_sub(SignedDuration::from_hours(24 * 30)).unwrap_or(now);
    let users: Vec<User> = PEOPLE[..5]
        .iter()
        .map(|one| User {
            id: kit.uuid().to_string(),
            name: one.name.to_owned(),
            email: one.email(),
            // The first one is an admin of the workspace.
            admin: *one == PEOPLE[0],
            created_at,
        })
        .collect();
    let account =
        |user: &User| Account { id: user.id.clone(), email: user.email.clone(), name: user.name.clone(), tenant: organization.clone() };
    let authority = oauth::authority(kit, users.iter().map(account).collect());
    let teams: Vec<Team> = TEAMS
        .iter()
        .map(|(key, name)| Team {
            id: kit.uuid().to_string(),
            key: (*key).to_owned(),
            name: (*name).to_owned(),
            members: users.iter().map(|user| user.id.clone()).collect(),
            created_at,
            next_number: 1,
        })
        .collect();
    let state = |team: &Team, index: usize| State {
        id: kit.uuid().to_string(),
        team: team.id.clone(),
        name: STATES[index].0.to_owned(),
        kind: STATES[index].1,
        position: f64::from(u8::try_from(index).unwrap_or(u8::MAX)),
        created_at,
    };
    let states = teams.iter().flat_map(|team| (0..STATES.len()).map(move |index| (team, index)));
    let states = states.map(|(team, index)| state(team, index)).collect();
    let labels = LABELS.iter().map(|name| Label { id: kit.uuid().to_string(), team: None, name: (*name).to_owned(), created_at }).collect();
    let world = World {
        organization,
        organization_name: "Demo".into(),
        url_key: "demo".into(),
        created_at,
        users,
        teams,
        states,
        labels,
        issues: Vec::new(),
        comments: Vec::new(),
        attachments: Vec::new(),
        webhooks: Vec::new(),
        sync_id: 1,
    };
    (authority, world)
}
