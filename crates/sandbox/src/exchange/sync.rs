//! `SyncFolderItems`: what changed in a folder since a state (MS-OXWSSYNC). Series come as their masters, never as occurrences.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::folders;
use super::render::{self, Shape};
use super::soap::{self, Fault, Request};
use super::world::{Folder, World};

pub fn items(world: &World, acting: &str, request: &Request) -> String {
    let message = match changes(world, acting, request) {
        Ok(inside) => soap::success("SyncFolderItems", &inside),
        Err(fault) => soap::error("SyncFolderItems", &fault, ""),
    };
    soap::messages("SyncFolderItems", &message)
}

fn changes(world: &World, acting: &str, request: &Request) -> Result<String, Fault> {
    let operation = &request.operation;
    let folder = folders::calendar(world, acting, operation.child("SyncFolderId").and_then(|id| id.children.first()))?;
    let since = match operation.text_of("SyncState").filter(|state| !state.is_empty()) {
        None => 0,
        Some(state) => read(world, folder, state)
            .ok_or_else(|| Fault::new("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid."))?,
    };
    let asked = operation.text_of("MaxChangesReturned").and_then(|text| text.parse::<usize>().ok()).unwrap_or(512);
    let most = world.most_changes.map_or(asked, |most| most.min(asked));
    // The last change of each item, in the order of these.
    let last: BTreeMap<&str, u64> = folder.log.iter().filter(|(seq, _)| *seq > since).map(|(seq, id)| (id.as_str(), *seq)).collect();
    let mut order: Vec<(u64, &str)> = last.into_iter().map(|(id, seq)| (seq, id)).collect();
    order.retain(|(_, id)| folder.items.contains_key(*id) || folder.made.get(*id).is_some_and(|made| *made <= since));
    order.sort_unstable();
    let is_last = order.len() <= most;
    order.truncate(most);
    let until = if is_last { world.seq } else { order.last().map_or(since, |(seq, _)| *seq) };
    let shape = Shape::of(operation.child("ItemShape"), false);
    let lines: String = order.iter().map(|(_, id)| line(folder, id, since, &shape)).collect();
    Ok(format!(
        "<m:SyncState>{}</m:SyncState><m:IncludesLastItemInRange>{is_last}</m:IncludesLastItemInRange><m:Changes>{lines}</m:Changes>",
        written(world, folder, until)
    ))
}

fn line(folder: &Folder, id: &str, since: u64, shape: &Shape) -> String {
    match folder.items.get(id) {
        None => format!(r#"<t:Delete><t:ItemId Id="{id}" ChangeKey="AQAAAA=="/></t:Delete>"#),
        Some(item) => {
            let verb = if folder.made.get(id).is_some_and(|made| *made > since) { "Create" } else { "Update" };
            format!("<t:{verb}>{}</t:{verb}>", render::item(&item.whole(), shape))
        }
    }
}

fn written(world: &World, folder: &Folder, seq: u64) -> String {
    STANDARD.encode(format!("{}|{}|{seq}", world.epoch, folder.id))
}

fn read(world: &World, folder: &Folder, state: &str) -> Option<u64> {
    let text = String::from_utf8(STANDARD.decode(state).ok()?).ok()?;
    let mut parts = text.split('|');
    let (epoch, id, seq) = (parts.next()?, parts.next()?, parts.next()?);
    (epoch.parse::<u64>().ok()? == world.epoch && id == folder.id).then(|| seq.parse().ok()).flatten()
}
