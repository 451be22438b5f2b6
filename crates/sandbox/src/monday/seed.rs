//! The demo account at monday.com: people by role, a board that is ready, one without a marker column, and a document among the boards.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::oauth;
use super::world::{Board, Column, Group, Label, User, World};
use crate::kit::{Account, Authority, Kit};
use crate::people::PEOPLE;

/// Labels of a new board's status column; index 5 is the grey, empty one.
const STATUS: &[(i64, &str, bool)] = &[(0, "Working on it", false), (1, "Done", true), (2, "Stuck", false), (5, "", false)];
const PRIORITY: &[(i64, &str, bool)] =
    &[(7, "Low", false), (109, "Medium", false), (110, "High", false), (10, "Critical ⚠️️", false), (5, "", false)];

/// The authorization server and the world behind it: whoever can sign in is a user of the account.
pub(super) fn account(kit: &Arc<Kit>) -> (Arc<Authority>, World) {
    let mut world = World {
        account: (10_000_000 + kit.number(1_000_000)).to_string(),
        account_name: "Demo".into(),
        slug: "demo".into(),
        users: Vec::new(),
        boards: Vec::new(),
        items: Vec::new(),
        webhooks: Vec::new(),
        cursors: HashMap::new(),
        personal: BTreeSet::new(),
        index_lag_seconds: 10,
        next_id: 1_000_000_000 + kit.number(1_000_000),
    };
    for one in &PEOPLE[..5] {
        let user = User { id: world.new_id(), name: one.name.to_owned(), email: one.email() };
        world.users.push(user);
    }
    let account =
        |user: &User| Account { id: user.id.clone(), email: user.email.clone(), name: user.name.clone(), tenant: world.account.clone() };
    let authority = oauth::authority(kit, world.users.iter().map(account).collect());
    let groups = [("topics", "This month"), ("group_title", "Next month")];
    let product = [
        column("name", "Name", "name", &[]),
        column("person", "Owner", "people", &[]),
        column("status", "Status", "status", STATUS),
        column("priority_1", "Priority", "status", PRIORITY),
        column("date4", "Due date", "date", &[]),
        column("text_mk1", "Harmony ID", "text", &[]),
    ];
    let research = [column("name", "Name", "name", &[]), column("project_status", "Progress", "status", STATUS)];
    for (name, kind, columns) in
        [("Product", "board", product.to_vec()), ("Research", "board", research.to_vec()), ("Handbook", "document", Vec::new())]
    {
        let groups = groups.iter().map(|(id, title)| Group { id: (*id).to_owned(), title: (*title).to_owned() }).collect();
        let board = Board { id: world.new_id(), name: name.to_owned(), kind, columns, groups, log: Vec::new() };
        world.boards.push(board);
    }
    (authority, world)
}

pub(super) fn column(id: &str, title: &str, kind: &'static str, labels: &[(i64, &str, bool)]) -> Column {
    let labels = labels.iter().map(|(index, text, is_done)| Label { index: *index, text: (*text).to_owned(), is_done: *is_done });
    Column { id: id.to_owned(), title: title.to_owned(), kind, labels: labels.collect() }
}
