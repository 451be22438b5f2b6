//! Who has a mailbox at the start, and the time zones by the names that Windows gives them.

use std::sync::Arc;

use super::world::{Mailbox, World};
use crate::kit::{Account, Kit};
use crate::people::{Colleague, DOMAIN, PEOPLE};

/// May act for everybody (the role `ApplicationImpersonation`), and has no mailbox.
pub const SERVICE: &str = "service.account@demo.example";
/// Everybody's password.
pub const PASSWORD: &str = "sandbox";

/// Names of Windows with those of the tz database (CLDR, `windowsZones`), as far as the control routes take them.
pub const ZONES: [(&str, &str); 6] = [
    ("UTC", "UTC"),
    ("GMT Standard Time", "Europe/London"),
    ("W. Europe Standard Time", "Europe/Berlin"),
    ("Eastern Standard Time", "America/New_York"),
    ("India Standard Time", "Asia/Kolkata"),
    ("Lord Howe Standard Time", "Australia/Lord_Howe"),
];

pub fn accounts() -> Vec<Account> {
    let account = |email: String, name: &str| Account { id: email.clone(), email, name: name.to_owned(), tenant: DOMAIN.to_owned() };
    let people = PEOPLE.iter().map(|one: &Colleague| account(one.email(), one.name));
    people.chain([account(SERVICE.to_owned(), "Service Account")]).collect()
}

pub fn world(kit: &Arc<Kit>) -> World {
    let mut world = World::default();
    for account in accounts().into_iter().filter(|account| account.email != SERVICE) {
        let mailbox = Mailbox::new(&account.email, &account.name, |name| kit.token(name));
        world.mailboxes.insert(account.email, mailbox);
    }
    world
}
