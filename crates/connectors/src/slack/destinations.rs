//! Where messages can go: channels and people, and how a chosen one becomes a conversation to post in.

use connector_kit::{Error, Result, Session};
use model::settings::Destination;
use serde::de::DeserializeOwned;

use super::wire;

/// Slack advises 200 and takes up to 999; larger pages spare a large workspace's budget.
const PAGE: u16 = 500;
/// The one bot whom Slack does not call a bot.
const SLACKBOT: &str = "USLACKBOT";

/// Every channel that the app can post in, then every person.
pub async fn all(session: &Session) -> Result<Vec<Destination>> {
    let mut found = Vec::new();
    let listed = [("types", "public_channel,private_channel"), ("exclude_archived", "true")];
    for page in pages(session, "/conversations.list", &listed, |page: &wire::Channels| &page.response_metadata, |_| false).await? {
        // A private channel can be posted in by its members alone; public ones are joined when needed.
        let open = page.channels.into_iter().filter(|channel| channel.is_member || !channel.is_private);
        found.extend(
            open.map(|channel| Destination { name: format!("#{}", channel.name.as_deref().unwrap_or(&channel.id)), id: channel.id }),
        );
    }
    for page in pages(session, "/users.list", &[], |page: &wire::Users| &page.response_metadata, |_| false).await? {
        let people = page.members.into_iter().filter(|user| !user.deleted && !user.is_bot && user.id != SLACKBOT);
        found.extend(people.map(|user| {
            let name = user.real_name.filter(|name| !name.is_empty()).or(user.name).unwrap_or_else(|| user.id.clone());
            Destination { id: user.id, name }
        }));
    }
    Ok(found)
}

/// The pages of a listing method: all of them, or as far as the first one that is enough.
pub async fn pages<T: DeserializeOwned>(
    session: &Session,
    method: &str,
    parameters: &[(&str, &str)],
    paging: impl Fn(&T) -> &wire::Paging,
    enough: impl Fn(&T) -> bool,
) -> Result<Vec<T>> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let ask = parameters.iter().fold(session.get(method), |ask, (name, value)| ask.query(name, value)).query("limit", &PAGE);
        let page: T = ask.query_if("cursor", Some(&cursor).filter(|cursor| !cursor.is_empty())).fetch().await?;
        let next = paging(&page).next_cursor.clone();
        let last = next.is_empty() || enough(&page);
        pages.push(page);
        if last {
            return Ok(pages);
        }
        if next == cursor {
            return Err(Error::protocol("Slack leads from a page to the same page"));
        }
        cursor = next;
    }
}

/// The conversation that a destination means: a channel's id is one already; a person's id, or an address, is a direct
/// message, which is opened (opening it again finds the same one).
pub async fn conversation(session: &Session, destination: &Destination) -> Result<String> {
    let id = destination.id.as_str();
    let user = if id.contains('@') {
        let found: wire::FoundUser = session.get("/users.lookupByEmail").query("email", id).fetch().await?;
        found.user.id
    } else if id.starts_with(['U', 'W']) {
        id.to_owned()
    } else {
        return Ok(id.to_owned());
    };
    let opened: wire::Opened = session.post("/conversations.open").form(&[("users", &user)]).repeatable().fetch().await?;
    Ok(opened.channel.id)
}
