//! `GetFolder` and `FindFolder`: the root of a mailbox and its calendars (MS-OXWSFOLD, MS-OXWSSRCH).

use super::access;
use super::soap::{self, Fault, Request};
use super::world::{Folder, Mailbox, World};
use crate::kit::xml::Element;

/// A folder that may be named.
pub enum Place<'w> {
    Root(&'w Mailbox),
    Calendar(&'w Folder),
}

/// What a folder id means to the caller.
pub fn place<'w>(world: &'w World, acting: &str, id: &Element) -> Result<Place<'w>, Fault> {
    let name = id.attribute("Id").unwrap_or_default();
    if id.name == "DistinguishedFolderId" {
        let (_, mailbox) = access::mailbox(world, acting, id)?;
        return match (name, mailbox.calendars.first()) {
            ("msgfolderroot", _) => Ok(Place::Root(mailbox)),
            ("calendar", Some(calendar)) => Ok(Place::Calendar(calendar)),
            _ => Err(missing()),
        };
    }
    if let Some((owner, calendar)) = world.folder(name) {
        access::open(world, acting, owner)?;
        return Ok(Place::Calendar(calendar));
    }
    let root = world.mailboxes.iter().find(|(_, mailbox)| mailbox.root == name).ok_or_else(missing)?;
    access::open(world, acting, root.0).map(|(_, mailbox)| Place::Root(mailbox))
}

/// A calendar that is named as the folder to read.
pub fn calendar<'w>(world: &'w World, acting: &str, id: Option<&Element>) -> Result<&'w Folder, Fault> {
    match place(world, acting, id.ok_or_else(missing)?)? {
        Place::Calendar(calendar) => Ok(calendar),
        Place::Root(_) => Err(Fault::new("ErrorInvalidRequest", "Only calendars are emulated.")),
    }
}

fn missing() -> Fault {
    Fault::new("ErrorFolderNotFound", "The specified folder could not be found in the store.")
}

pub fn get(world: &World, acting: &str, request: &Request) -> String {
    let with_names = wants_names(&request.operation);
    let ids = request.operation.child("FolderIds").map(|ids| ids.children.as_slice()).unwrap_or_default();
    let one = |id: &Element| match place(world, acting, id) {
        Ok(place) => soap::success("GetFolder", &format!("<m:Folders>{}</m:Folders>", render(&place, with_names))),
        Err(fault) => soap::error("GetFolder", &fault, "<m:Folders/>"),
    };
    soap::messages("GetFolder", &ids.iter().map(one).collect::<String>())
}

pub fn find(world: &World, acting: &str, request: &Request) -> String {
    let message = match page(world, acting, request) {
        Ok(inside) => soap::success("FindFolder", &inside),
        Err(fault) => soap::error("FindFolder", &fault, ""),
    };
    soap::messages("FindFolder", &message)
}

fn page(world: &World, acting: &str, request: &Request) -> Result<String, Fault> {
    let operation = &request.operation;
    let parents = operation.child("ParentFolderIds").map(|ids| ids.children.as_slice()).unwrap_or_default();
    let [parent] = parents else { return Err(Fault::new("ErrorInvalidRequest", "One parent folder is emulated.")) };
    let Place::Root(mailbox) = place(world, acting, parent)? else {
        return Err(Fault::new("ErrorInvalidRequest", "Only the root's folders are emulated."));
    };
    let view = operation.child("IndexedPageFolderView");
    let number = |name: &str| view.and_then(|view| view.attribute(name)).and_then(|text| text.parse::<usize>().ok());
    let (from, most) = (number("Offset").unwrap_or(0), number("MaxEntriesReturned").unwrap_or(usize::MAX));
    let all = mailbox.calendars.len();
    let page: String =
        mailbox.calendars.iter().skip(from).take(most).map(|one| render(&Place::Calendar(one), wants_names(operation))).collect();
    let next = from.saturating_add(most).min(all);
    Ok(format!(
        r#"<m:RootFolder IndexedPagingOffset="{next}" TotalItemsInView="{all}" IncludesLastItemInRange="{}"><t:Folders>{page}</t:Folders></m:RootFolder>"#,
        next >= all
    ))
}

fn wants_names(operation: &Element) -> bool {
    let Some(shape) = operation.child("FolderShape") else { return false };
    let added = shape.child("AdditionalProperties").map(|all| all.children.as_slice()).unwrap_or_default();
    shape.text_of("BaseShape") != Some("IdOnly") || added.iter().any(|path| path.attribute("FieldURI") == Some("folder:DisplayName"))
}

fn render(place: &Place<'_>, with_names: bool) -> String {
    let (kind, id, name) = match place {
        Place::Root(mailbox) => ("Folder", &mailbox.root, "Top of Information Store"),
        Place::Calendar(folder) => ("CalendarFolder", &folder.id, folder.name.as_str()),
    };
    let name = soap::tag("DisplayName", with_names.then_some(name));
    format!(r#"<t:{kind}><t:FolderId Id="{id}" ChangeKey="AQAAAA=="/>{name}</t:{kind}>"#)
}
