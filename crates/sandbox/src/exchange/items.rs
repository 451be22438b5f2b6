//! `GetItem`: items by their ids, occurrences of a series by its master, and the master by an occurrence (MS-OXWSCORE).

use super::access;
use super::render::{self, Shape};
use super::soap::{self, Fault, Request};
use super::world::{self, Seen, World};
use crate::kit::xml::Element;

pub fn get(world: &World, acting: &str, request: &Request) -> String {
    let shape = Shape::of(request.operation.child("ItemShape"), true);
    let ids = request.operation.child("ItemIds").map(|ids| ids.children.as_slice()).unwrap_or_default();
    let one = |id: &Element| match named(world, acting, id) {
        Ok(seen) => soap::success("GetItem", &format!("<m:Items>{}</m:Items>", render::item(&seen, &shape))),
        Err(fault) => soap::error("GetItem", &fault, "<m:Items/>"),
    };
    soap::messages("GetItem", &ids.iter().map(one).collect::<String>())
}

fn named<'w>(world: &'w World, acting: &str, id: &Element) -> Result<Seen<'w>, Fault> {
    let text = |name: &str| id.attribute(name).unwrap_or_default();
    match id.name.as_str() {
        "ItemId" => match world::master_of(text("Id")) {
            Some((master, original)) => item(world, acting, &master)?.item.entry(original).ok_or_else(deleted),
            None => item(world, acting, text("Id")),
        },
        "RecurringMasterItemId" => {
            let (master, _) = world::master_of(text("OccurrenceId"))
                .ok_or_else(|| Fault::new("ErrorCalendarIsNotRecurringMaster", "The specified id is not that of an occurrence."))?;
            item(world, acting, &master)
        }
        "OccurrenceItemId" => {
            let found = item(world, acting, text("RecurringMasterId"))?.item;
            let series =
                found.series.as_ref().ok_or_else(|| Fault::new("ErrorCalendarIsNotRecurringMaster", "It is no recurring master."))?;
            let index = text("InstanceIndex").parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let out_of_range =
                || Fault::new("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", "Occurrence with this index was not found.");
            let original = index.and_then(|at| found.originals(series).get(at).copied()).ok_or_else(out_of_range)?;
            found.entry(original).ok_or_else(deleted)
        }
        _ => Err(Fault::new("ErrorInvalidRequest", "Ids of this kind are not emulated.")),
    }
}

fn item<'w>(world: &'w World, acting: &str, id: &str) -> Result<Seen<'w>, Fault> {
    let missing = || Fault::new("ErrorItemNotFound", "The specified object was not found in the store.");
    let (owner, item) = world.item(id).ok_or_else(missing)?;
    access::open(world, acting, owner).map_err(|_| missing())?;
    Ok(item.whole())
}

fn deleted() -> Fault {
    Fault::new("ErrorCalendarOccurrenceIsDeletedFromRecurrence", "Occurrence with this index was previously deleted from the recurrence.")
}
