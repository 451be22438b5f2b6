//! The demo organisation at Notion: people by role, a database of meetings, one of tasks, and one that nobody shared. No pages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;

use super::oauth;
use super::world::{Capability, Property, Source, User, World};
use crate::kit::{Account, Authority, Kit};
use crate::people::PEOPLE;

/// Columns beside the title: name and kind.
type Columns = &'static [(&'static str, &'static str)];

/// Title, whether it is shared, and its columns.
const SOURCES: &[(&str, bool, Columns)] = &[
    (
        "Meetings",
        true,
        &[
            ("Date", "date"),
            ("Participants", "multi_select"),
            ("Attendees", "rich_text"),
            ("Organizer", "people"),
            ("Link", "url"),
            ("Age", "formula"),
        ],
    ),
    ("Tasks", true, &[("Status", "status"), ("Assignee", "people"), ("Due", "date"), ("Priority", "select")]),
    ("Salaries", false, &[("Amount", "number")]),
];

/// The authorization server and the world behind it: whoever can sign in is a member of the workspace.
pub(super) fn organisation(kit: &Arc<Kit>) -> (Arc<Authority>, World) {
    let created = kit.clock.now() - SignedDuration::from_hours(24 * 30);
    let id = || kit.uuid().to_string();
    let (workspace, bot) = (id(), id());
    let users: Vec<User> = PEOPLE[..5].iter().map(|one| User { id: id(), name: one.name.to_owned(), email: one.email() }).collect();
    let sources = SOURCES.iter().map(|(title, shared, columns)| Source {
        id: id(),
        database: id(),
        title: (*title).to_owned(),
        properties: properties(kit, columns),
        shared: *shared,
        trashed: false,
        created,
        edited: created,
    });
    let world = World {
        sources: sources.collect(),
        workspace: workspace.clone(),
        workspace_name: "Demo".to_owned(),
        bot: bot.clone(),
        capabilities: BTreeSet::from([
            Capability::ReadContent,
            Capability::InsertContent,
            Capability::UpdateContent,
            Capability::ReadUsers,
        ]),
        users,
        pages: Vec::new(),
        blocks: BTreeMap::new(),
        children: BTreeMap::new(),
        subscription: None,
    };
    let account =
        |user: &User| Account { id: user.id.clone(), email: user.email.clone(), name: user.name.clone(), tenant: workspace.clone() };
    let authority = oauth::authority(kit, world.users.iter().map(account).collect(), bot, "Demo".to_owned());
    (authority, world)
}

fn properties(kit: &Kit, columns: Columns) -> Vec<Property> {
    let option = |name: &str| json!({ "id": kit.uuid().to_string(), "name": name, "color": "default", "description": null });
    let mut all = vec![Property { id: "title".to_owned(), name: "Name".to_owned(), kind: "title".to_owned(), config: json!({}) }];
    for (name, kind) in columns {
        let config = match *kind {
            "status" => {
                let options = [option("Not started"), option("In progress"), option("Done"), option("Cancelled")];
                let group = |name: &str, own: &[&serde_json::Value]| {
                    let ids: Vec<_> = own.iter().map(|one| &one["id"]).collect();
                    json!({ "id": kit.uuid().to_string(), "name": name, "color": "gray", "option_ids": ids })
                };
                let groups =
                    [group("To-do", &[&options[0]]), group("In progress", &[&options[1]]), group("Complete", &[&options[2], &options[3]])];
                json!({ "options": options, "groups": groups })
            }
            "select" => {
                let options = ["Low", "Medium", "High"].map(option);
                json!({ "options": options })
            }
            "multi_select" => json!({ "options": [] }),
            "number" => json!({ "format": "dollar" }),
            "formula" => json!({ "expression": "dateBetween(now(), prop(\"Date\"), \"days\")" }),
            _ => json!({}),
        };
        all.push(Property { id: kit.token("")[..4].to_owned(), name: (*name).to_owned(), kind: (*kind).to_owned(), config });
    }
    all
}
