//! The field mapping: which field of a meeting goes to which property of a tool. Pure.

use std::collections::BTreeMap;

use model::connection::Capability;
use model::settings::IfPresent;
use model::{Fields, Meeting, Settings};

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

/// The capabilities whose objects have properties to map to.
pub const MAPPED: [Capability; 2] = [Capability::Activities, Capability::Deals];

/// One property that the settings map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mapped {
    pub target: String,
    pub value: String,
    pub if_present: IfPresent,
}

/// The properties that the settings map for a capability, and for which the meeting has a value.
pub(crate) fn mapped(settings: &Settings, capability: Capability, meeting: &Meeting, url: &str) -> Vec<Mapped> {
    let lines = settings.mapping.iter().filter(|line| line.of == capability);
    lines
        .filter_map(|line| {
            Some(Mapped { target: line.target.clone(), value: value(&line.source, meeting, url)?, if_present: line.if_present })
        })
        .collect()
}

/// The properties whose present values decide what is written.
pub(crate) fn to_look_at(lines: &[Mapped]) -> Vec<&str> {
    lines.iter().filter(|line| line.if_present != IfPresent::Overwrite).map(|line| line.target.as_str()).collect()
}

/// What is written to properties, and what is then agreed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    pub send: BTreeMap<String, String>,
    /// `property:NAME`: the value as it then is; `~ours:NAME`: our part of it.
    pub compared: Fields,
}

/// Decides each property by what it holds at the tool (`theirs`) and by what is ours in it (`base`).
pub(crate) fn settle(lines: Vec<Mapped>, base: &Fields, theirs: &BTreeMap<String, String>) -> Settled {
    let mut settled = Settled::default();
    for Mapped { target, value, if_present } in lines {
        let (agreed, ours) = (format!("property:{target}"), format!("~ours:{target}"));
        let present = theirs.get(&target).map(String::as_str).filter(|present| !present.trim().is_empty());
        let before = base.get(&ours).as_str();
        let wanted = match (if_present, present) {
            (IfPresent::Overwrite, _) | (_, None) => value.clone(),
            (IfPresent::Keep, Some(present)) if before == Some(present) => value.clone(),
            (IfPresent::Keep, Some(present)) => present.to_owned(),
            (IfPresent::Append, Some(present)) => match before.filter(|before| present.contains(*before)) {
                Some(before) => present.replacen(before, &value, 1),
                None if present.contains(&value) => present.to_owned(),
                None => format!("{present}\n{value}"),
            },
        };
        if present == Some(wanted.as_str()) {
            // Nothing to write; what was agreed, if anything was, stays agreed.
            let known = base.get(&agreed).as_str().unwrap_or(&wanted).to_owned();
            settled.compared.set(agreed, known.into());
            settled.compared.set(&*ours, base.get(&ours).clone());
        } else {
            settled.compared.set(agreed, wanted.clone().into());
            settled.compared.set(ours, value.into());
            settled.send.insert(target, wanted);
        }
    }
    settled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(if_present: IfPresent, base: &Fields, theirs: Option<&str>) -> Settled {
        let line = Mapped { target: "next_step".into(), value: "Send the offer".into(), if_present };
        let theirs = theirs.map(|text| ("next_step".to_owned(), text.to_owned())).into_iter().collect();
        settle(vec![line], base, &theirs)
    }

    fn sent(if_present: IfPresent, base: &Fields, theirs: Option<&str>) -> Option<String> {
        settled(if_present, base, theirs).send.remove("next_step")
    }

    #[test]
    fn where_the_target_has_a_value_the_option_decides() {
        let nothing = Fields::default();
        for (option, theirs, wanted) in [
            (IfPresent::Overwrite, None, Some("Send the offer")),
            (IfPresent::Overwrite, Some("Call"), Some("Send the offer")),
            (IfPresent::Keep, None, Some("Send the offer")),
            (IfPresent::Keep, Some("  "), Some("Send the offer")),
            (IfPresent::Keep, Some("Call"), None),
            (IfPresent::Append, None, Some("Send the offer")),
            (IfPresent::Append, Some("Call"), Some("Call\nSend the offer")),
            (IfPresent::Append, Some("Call\nSend the offer"), None),
        ] {
            assert_eq!(sent(option, &nothing, theirs).as_deref(), wanted, "{option:?} with {theirs:?}");
        }
    }

    #[test]
    fn our_own_earlier_value_gives_way_and_a_persons_words_stay() {
        let base = settled(IfPresent::Append, &Fields::default(), Some("Call")).compared;
        let mut newer = Mapped { target: "next_step".into(), value: "Sign".into(), if_present: IfPresent::Append };
        let theirs = BTreeMap::from([("next_step".to_owned(), "Call soon\nSend the offer\nThanks".to_owned())]);
        assert_eq!(settle(vec![newer.clone()], &base, &theirs).send["next_step"], "Call soon\nSign\nThanks");
        newer.if_present = IfPresent::Keep;
        let ours = BTreeMap::from([("next_step".to_owned(), "Send the offer".to_owned())]);
        assert_eq!(settle(vec![newer.clone()], &base, &ours).send["next_step"], "Sign", "nobody touched it: it is still ours");
        assert!(settle(vec![newer], &base, &theirs).send.is_empty(), "somebody did: it is theirs now");
    }

    #[test]
    fn what_is_kept_is_no_difference_the_next_time() {
        let first = settled(IfPresent::Keep, &Fields::default(), Some("Call"));
        let second = settled(IfPresent::Keep, &first.compared, Some("Call again"));
        assert_eq!(first.compared.agreed(), second.compared.agreed());
    }
}
