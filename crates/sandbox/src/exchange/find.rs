//! `FindItem` with a `CalendarView`: what lies in a window, series as their occurrences (MS-OXWSMTGS, `CalendarViewType`).

use jiff::{SignedDuration, Timestamp};

use super::folders;
use super::render::{self, Shape};
use super::soap::{self, Fault, Request};
use super::world::{Seen, World};

/// "The time range … is limited to two years" (learn.microsoft.com, calendarview).
const LONGEST_VIEW: SignedDuration = SignedDuration::from_hours(2 * 366 * 24);
/// `EWSFindCountLimit`.
const MOST: usize = 1_000;

pub fn items(world: &World, acting: &str, request: &Request) -> String {
    let message = match view(world, acting, request) {
        Ok(inside) => soap::success("FindItem", &inside),
        Err(fault) => soap::error("FindItem", &fault, ""),
    };
    soap::messages("FindItem", &message)
}

fn view(world: &World, acting: &str, request: &Request) -> Result<String, Fault> {
    let operation = &request.operation;
    let folder = folders::calendar(world, acting, operation.child("ParentFolderIds").and_then(|ids| ids.children.first()))?;
    let view = operation.child("CalendarView").ok_or_else(|| Fault::new("ErrorInvalidRequest", "Only a CalendarView is emulated."))?;
    let date = |name: &str| view.attribute(name).and_then(|text| text.parse::<Timestamp>().ok());
    let bounds =
        date("StartDate").zip(date("EndDate")).ok_or_else(|| Fault::new("ErrorInvalidRequest", "The view's dates need an offset here."))?;
    let (from, until) = bounds;
    if until <= from {
        return Err(Fault::new("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate"));
    }
    if until.duration_since(from) > LONGEST_VIEW {
        return Err(Fault::new("ErrorCalendarViewRangeTooBig", "The specified view range exceeds the maximum range of two years."));
    }
    let inside = |seen: &Seen<'_>| seen.facts.start < until && (seen.facts.end > from || seen.facts.start >= from);
    let mut found: Vec<Seen<'_>> = Vec::new();
    for item in folder.items.values() {
        let mut entries: Vec<Seen<'_>> = item.entries().into_iter().filter(inside).collect();
        if world.gives_masters && item.series.is_some() {
            entries = entries.into_iter().take(1).map(|_| item.whole()).collect();
        }
        found.extend(entries);
    }
    found.sort_by_key(|seen| (seen.facts.start, seen.id()));
    let all = found.len();
    let most = view.attribute("MaxEntriesReturned").and_then(|text| text.parse::<usize>().ok()).unwrap_or(usize::MAX);
    if all.min(most) > MOST {
        return Err(Fault::new(
            "ErrorExceededFindCountLimit",
            "The search operation could not be completed within the allotted item limit.",
        ));
    }
    found.truncate(most);
    let shape = Shape::of(operation.child("ItemShape"), false);
    let lines: String = found.iter().map(|seen| render::item(seen, &shape)).collect();
    Ok(format!(
        r#"<m:RootFolder TotalItemsInView="{all}" IncludesLastItemInRange="{}"><t:Items>{lines}</t:Items></m:RootFolder>"#,
        all <= most
    ))
}
