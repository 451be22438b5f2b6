//! Whoever a task is assigned to. A task tells a name; the address is asked for, once for each person of a page.

use std::collections::BTreeMap;

use connector_kit::request::segment;
use connector_kit::{ErrorKind, Result, Session};
use model::Person;

use super::map;
use super::wire::{Data, Named, User};

/// The people met so far, by Asana's id.
#[derive(Debug, Default)]
pub(super) struct People(BTreeMap<String, Person>);

impl People {
    /// The person behind an assignee. Someone whom this sign-in may not look up has a name alone.
    pub(super) async fn person(&mut self, session: &Session, assignee: Option<&Named>) -> Result<Option<Person>> {
        let Some(assignee) = assignee else { return Ok(None) };
        if let Some(known) = self.0.get(&assignee.gid) {
            return Ok(Some(known.clone()));
        }
        let request = session.get(format!("/users/{}", segment(&assignee.gid))).query("opt_fields", "name,email");
        let user = match request.fetch::<Data<User>>().await {
            Ok(answer) => answer.data,
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden) => {
                User { gid: assignee.gid.clone(), name: assignee.name.clone(), email: None }
            }
            Err(error) => return Err(error),
        };
        let person = map::person(&user);
        self.0.insert(user.gid, person.clone());
        Ok(Some(person))
    }
}
