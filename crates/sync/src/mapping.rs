//! The field mapping: which field of a meeting goes to which property of a tool. Pure.

use std::collections::BTreeMap;

use model::connection::Capability;
use model::{Meeting, Settings};

use crate::matching::people;

/// The fields that a mapping may name.
pub const SOURCES: [&str; 10] = ["title", "summary", "description", "start", "end", "organizer", "participants", "tags", "join_url", "url"];

/// A field of a meeting as text; `None`: the meeting has no value, or there is no such field.
pub fn value(source: &str, meeting: &Meeting, url: &str) -> Option<String> {
    let names = || people(meeting).map(|person| person.label().to_owned()).collect::<Vec<_>>().join(", ");
    let text = match source {
        "title" => meeting.title.clone(),
        "summary" => meeting.summary.clone()?,
        "description" => meeting.description.clone()?,
        "start" => meeting.when.start().to_string(),
        "end" => meeting.when.end().to_string(),
        "organizer" => meeting.organizer.as_ref()?.label().to_owned(),
        "participants" => names(),
        "tags" => meeting.tags.join(", "),
        "join_url" => meeting.join_url.clone()?,
        "url" => url.to_owned(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The properties that the settings map for a capability.
pub(crate) fn mapped(settings: &Settings, capability: Capability, meeting: &Meeting, url: &str) -> BTreeMap<String, String> {
    let lines = settings.mapping.iter().filter(|line| line.of == capability);
    lines.filter_map(|line| Some((line.target.clone(), value(&line.source, meeting, url)?))).collect()
}
