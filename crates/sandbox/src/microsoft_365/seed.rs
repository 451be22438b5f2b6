//! The calendars that the demo organisation starts with. They start empty: events are fed in by the control routes.

use super::world::{Calendar, World};
use crate::microsoft::entra;

/// Everybody has a calendar of their own; the first person has a second one, and sees that of the second person.
pub fn world() -> World {
    let mut world = World { generation: 1, changes: 1, ..World::default() };
    let people = entra::accounts();
    for account in &people {
        world.calendars.push(calendar(&account.email, "Calendar", &account.email, true));
    }
    if let [first, second, ..] = people.as_slice() {
        world.calendars.push(calendar(&first.email, "Team", &first.email, false));
        world.calendars.push(calendar(&first.email, "Calendar", &second.email, false));
    }
    world
}

/// Calendars' ids do not change, so they are made from what they are.
pub fn calendar(mailbox: &str, name: &str, owner: &str, is_default: bool) -> Calendar {
    let id = super::ids::usual(&format!("calendar:{mailbox}:{owner}:{name}"), 0);
    Calendar { id, mailbox: mailbox.to_owned(), name: name.to_owned(), is_default, owner: owner.to_owned() }
}
