//! Where tasks can go and to whom: the projects and the people of every workspace that the signed-in person sees.

use connector_kit::{Error, Member, Result, Session, TaskBoard, async_trait};
use model::settings::Destination;
use serde::de::DeserializeOwned;

use super::wire::{Named, Page, User};
use super::{Asana, map};

/// The longest page that Asana gives.
pub(super) const PAGE: u32 = 100;
/// Pages of one list that are read at most.
const MOST_PAGES: usize = 50;

/// The projects to choose from. Where there are several workspaces, a project's name tells its own.
pub(super) async fn projects(session: &Session) -> Result<Vec<Destination>> {
    let workspaces = workspaces(session).await?;
    let mut found = Vec::new();
    for workspace in &workspaces {
        let projects: Vec<Named> = all(session, "/projects", &[("workspace", &workspace.gid), ("archived", "false")]).await?;
        let name = |project: &Named| match workspaces.len() {
            1 => project.name.clone(),
            _ => format!("{} ({})", project.name, workspace.name),
        };
        found.extend(projects.iter().map(|project| Destination { id: project.gid.clone(), name: name(project) }));
    }
    Ok(found)
}

#[async_trait]
impl TaskBoard for Asana {
    async fn members(&self, session: &Session) -> Result<Vec<Member>> {
        let mut found: Vec<Member> = Vec::new();
        for workspace in workspaces(session).await? {
            let users: Vec<User> = all(session, "/users", &[("workspace", &workspace.gid), ("opt_fields", "name,email")]).await?;
            for user in users {
                if !found.iter().any(|known| known.id == user.gid) {
                    found.push(map::member(user));
                }
            }
        }
        Ok(found)
    }
}

async fn workspaces(session: &Session) -> Result<Vec<Named>> {
    all(session, "/workspaces", &[]).await
}

/// Everything on a list. Asana pages no list of projects or people without a workspace.
pub(super) async fn all<T: DeserializeOwned>(session: &Session, path: &str, query: &[(&str, &str)]) -> Result<Vec<T>> {
    let mut found = Vec::new();
    let mut offset: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut request = session.get(path).query("limit", &PAGE).query_if("offset", offset.as_deref());
        for (name, value) in query {
            request = request.query(name, *value);
        }
        let page: Page<T> = request.fetch().await?;
        found.extend(page.data);
        match page.next_page {
            None => return Ok(found),
            Some(next) if offset.as_ref() == Some(&next.offset) => break,
            Some(next) => offset = Some(next.offset),
        }
    }
    Err(Error::protocol("Asana's list has no end"))
}
