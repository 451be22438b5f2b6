//! Whoever items are assigned to. A cell tells ids; names and addresses are asked for, once for a page.

use std::collections::BTreeSet;

use connector_kit::{ErrorKind, Result, Session};
use cynic::QueryBuilder;

use super::graphql::ask;
use super::map::{self, People};
use super::query::{ByIds, UsersById};
use super::wire::Item;

/// The people behind these items. Someone whom this sign-in may not look up has no name.
pub(super) async fn behind<'a>(session: &Session, items: impl Iterator<Item = &'a Item>) -> Result<People> {
    let ids: BTreeSet<&str> = items.filter_map(map::assignee).collect();
    if ids.is_empty() {
        return Ok(People::new());
    }
    let limit = i32::try_from(ids.len()).unwrap_or(i32::MAX);
    let variables = ByIds { ids: Some(ids.into_iter().map(cynic::Id::new).collect()), limit };
    match ask(session, UsersById::build(variables)).await {
        Ok(answer) => Ok(answer.users.into_iter().flatten().map(|user| (user.id.inner().to_owned(), map::person(&user))).collect()),
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => Ok(People::new()),
        Err(error) => Err(error),
    }
}
