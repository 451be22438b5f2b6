//! Salesforce's users: whom events and tasks belong to.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::{Member, Result, Session};
use model::person::normal_email;

use super::soql;
use super::wire::User;

/// The active users.
pub(super) async fn all(session: &Session) -> Result<Vec<Member>> {
    let users: Vec<User> = soql::all(session, "SELECT Id, Name, Email FROM User WHERE IsActive = true ORDER BY Name").await?;
    Ok(users.into_iter().filter_map(member).collect())
}

/// The active users' ids by address; an address that belongs to nobody there is absent.
pub(super) async fn ids(session: &Session, emails: impl IntoIterator<Item = &str>) -> Result<BTreeMap<String, String>> {
    let wanted: BTreeSet<String> = emails.into_iter().map(normal_email).collect();
    let wanted: Vec<String> = wanted.into_iter().collect();
    let users: Vec<User> = soql::all_in(session, "SELECT Id, Name, Email FROM User WHERE IsActive = true AND Email IN", &wanted).await?;
    let pairs = users.into_iter().filter_map(member).filter_map(|member| Some((normal_email(&member.email?), member.id)));
    Ok(pairs.collect())
}

fn member(user: User) -> Option<Member> {
    let id = user.id?;
    let name = user.name.or_else(|| user.email.clone()).unwrap_or_else(|| id.clone());
    Some(Member { id, name, email: user.email })
}
