//! HubSpot's owners: its users, to whom records and tasks belong.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::{Error, Member, Result, Session};
use model::person::normal_email;

use super::wire::{Owner, Owners};

/// Most pages of owners that are read; 100 owners each.
const MOST_PAGES: usize = 100;

/// All owners that are in use.
pub(super) async fn all(session: &Session) -> Result<Vec<Owner>> {
    let mut owners = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page: Owners = session.get("/crm/v3/owners").query("limit", "100").query_if("after", after.as_ref()).fetch().await?;
        owners.extend(page.results);
        match page.paging.and_then(|paging| paging.next) {
            Some(next) if Some(&next.after) != after.as_ref() => after = Some(next.after),
            Some(_) => return Err(Error::protocol("HubSpot's list of owners does not move on")),
            None => return Ok(owners),
        }
    }
    Err(Error::protocol("HubSpot's list of owners does not end"))
}

/// The owners' ids by address; an address that belongs to nobody there is absent.
pub(super) async fn ids(session: &Session, emails: impl IntoIterator<Item = &str>) -> Result<BTreeMap<String, String>> {
    let wanted: BTreeSet<String> = emails.into_iter().map(normal_email).collect();
    let mut ids = BTreeMap::new();
    for email in wanted {
        let found: Owners = session.get("/crm/v3/owners").query("email", &email).query("limit", "100").fetch().await?;
        let own = found.results.into_iter().find(|owner| owner.email.as_deref().is_some_and(|known| normal_email(known) == email));
        if let Some(owner) = own {
            ids.insert(email, owner.id);
        }
    }
    Ok(ids)
}

/// An owner as a member to whom a task can be given.
pub(super) fn member(owner: &Owner) -> Member {
    let names: Vec<&str> = [&owner.first_name, &owner.last_name].into_iter().flatten().map(|name| name.trim()).collect();
    let name = names.join(" ").trim().to_owned();
    let name = if name.is_empty() { owner.email.clone().unwrap_or_else(|| owner.id.clone()) } else { name };
    Member { id: owner.id.clone(), name, email: owner.email.clone() }
}
