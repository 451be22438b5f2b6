//! The demo organisation at Asana: people by role, two projects of which one has priorities, an archived one, no tasks.

use std::sync::Arc;

use jiff::SignedDuration;

use super::oauth;
use super::world::{Field, Project, User, Workspace, World};
use crate::kit::{Account, Authority, Kit};
use crate::people::PEOPLE;

/// Name, whether it is archived, whether it has priorities.
const PROJECTS: &[(&str, bool, bool)] = &[("Product", false, true), ("Research", false, false), ("Last year", true, false)];

/// The template's levels, in its order.
const LEVELS: &[&str] = &["High", "Medium", "Low"];

/// The authorization server and the world behind it: whoever can sign in is a member of the workspace.
pub(super) fn organisation(kit: &Arc<Kit>) -> (Arc<Authority>, World) {
    let created_at = kit.clock.now() - SignedDuration::from_hours(24 * 30);
    let mut world = World {
        workspaces: Vec::new(),
        users: Vec::new(),
        projects: Vec::new(),
        priority: Field { gid: String::new(), options: Vec::new() },
        tasks: Vec::new(),
        log: Vec::new(),
        webhooks: Vec::new(),
        last_gid: 1_200_000_000_000_000 + kit.number(1_000_000_000) * 1_000,
    };
    let workspace = world.new_gid();
    world.workspaces.push(Workspace { gid: workspace.clone(), name: "Demo".into() });
    world.priority.gid = world.new_gid();
    for level in LEVELS {
        let gid = world.new_gid();
        world.priority.options.push((gid, level));
    }
    for one in &PEOPLE[..5] {
        let gid = world.new_gid();
        world.users.push(User { gid, name: one.name.to_owned(), email: one.email() });
    }
    for (name, archived, has_priority) in PROJECTS.iter().copied() {
        let gid = world.new_gid();
        let workspace = workspace.clone();
        world.projects.push(Project { gid, name: name.to_owned(), workspace, archived, has_priority, created_at });
    }
    let account =
        |user: &User| Account { id: user.gid.clone(), email: user.email.clone(), name: user.name.clone(), tenant: workspace.clone() };
    let authority = oauth::authority(kit, world.users.iter().map(account).collect());
    (authority, world)
}
