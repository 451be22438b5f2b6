//! Reads the settings form. What the form does not show keeps its saved value; what cannot be read is told with its field.

use connector_kit::Manifest;
use model::Settings;
use model::connection::{Capability, Way};
use model::settings::{Condition, Destination, Direction, FieldMapping, Frequency, Rule, RuleAction, Sync};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::words;
use crate::forms::Typed;

/// The fields of an action item that sync both ways.
pub const TWO_WAY: [&str; 5] = ["text", "owner", "due", "priority", "progress"];
/// Rows of an editor at most; a form with more is cut, which nobody types by hand.
const MOST_ROWS: usize = 100;

/// A field that cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread {
    pub field: String,
    pub why: String,
}

/// A choice by its name in the API.
pub fn named<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(Value::from(name)).ok()
}

/// The name of a choice in the API.
pub fn name_of(choice: impl Serialize) -> String {
    serde_json::to_value(choice).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Reads the form over the saved settings.
pub fn read(manifest: &Manifest, saved: Settings, typed: &Typed) -> (Settings, Option<Misread>) {
    let mut settings = saved;
    let mut misread = None;
    for capability in words::capabilities(manifest) {
        settings.syncs.insert(capability, sync(capability, typed));
    }
    match frequency(typed) {
        Ok(frequency) => settings.frequency = frequency,
        Err(error) => misread = Some(error),
    }
    match typed.text("backfill_days").parse() {
        Ok(days) => settings.backfill_days = days,
        Err(_) => misread = Some(Misread { field: "backfill_days".to_owned(), why: "A whole number of days, 0 to 3650.".to_owned() }),
    }
    choice(typed, "transcript", &mut settings.transcript);
    choice(typed, "unknown_people", &mut settings.unknown_people);
    choice(typed, "deal_rule", &mut settings.deal_rule);
    choice(typed, "deletion", &mut settings.deletion);
    if manifest.flow(Capability::Messages, Way::Push).is_some() {
        settings.edits_in_thread = typed.ticked("edits_in_thread");
    }
    for field in TWO_WAY {
        if let Some(owner) = typed.raw(&format!("owner:{field}")).and_then(named) {
            settings.owners.insert(field.to_owned(), owner);
        }
    }
    if typed.raw("members").is_some() {
        match members(typed.text("members")) {
            Ok(members) => settings.members = members,
            Err(error) => misread = Some(error),
        }
    }
    match rules(typed) {
        Ok(rules) => settings.rules = rules,
        Err(error) => misread = Some(error),
    }
    settings.mapping = mapping(typed);
    (settings, misread)
}

fn choice<T: DeserializeOwned>(typed: &Typed, name: &str, value: &mut T) {
    if let Some(chosen) = typed.raw(name).and_then(named) {
        *value = chosen;
    }
}

fn sync(capability: Capability, typed: &Typed) -> Sync {
    let field = |name: &str| format!("{name}:{}", capability.as_str());
    Sync {
        enabled: typed.ticked(&field("on")),
        direction: named(typed.text(&field("direction"))).unwrap_or(Direction::OneWay),
        destination: destination(typed.text(&field("destination"))),
    }
}

/// A place as options carry it: the JSON of a `Destination`.
fn destination(text: &str) -> Option<Destination> {
    serde_json::from_str(text).ok()
}

fn frequency(typed: &Typed) -> Result<Frequency, Misread> {
    Ok(match typed.text("frequency") {
        "hourly" => Frequency::Hourly,
        "manual" => Frequency::Manual,
        "daily" => {
            let at = typed.text("daily_at").parse();
            Frequency::Daily { at: at.map_err(|_| Misread { field: "daily_at".to_owned(), why: "A time of day, as 09:30.".to_owned() })? }
        }
        _ => Frequency::RealTime,
    })
}

fn members(text: &str) -> Result<std::collections::BTreeMap<String, String>, Misread> {
    let mut members = std::collections::BTreeMap::new();
    for (at, line) in text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
        let pair =
            line.split_once('=').map(|(email, id)| (email.trim(), id.trim())).filter(|(email, id)| email.contains('@') && !id.is_empty());
        let (email, id) =
            pair.ok_or_else(|| Misread { field: "members".to_owned(), why: format!("Line {}: write `address = member id`.", at + 1) })?;
        members.insert(model::person::normal_email(email), id.to_owned());
    }
    Ok(members)
}

/// The rules in the order of their positions. A row without a condition is none.
fn rules(typed: &Typed) -> Result<Vec<Rule>, Misread> {
    let mut rules: Vec<(u32, usize, Rule)> = Vec::new();
    for row in 0..MOST_ROWS {
        let field = |name: &str| typed.text(&format!("rule.{row}.{name}"));
        let Some(of) = Capability::parse(field("of")).filter(|_| !field("if").is_empty()) else { continue };
        let text = field("text").to_owned();
        let needs_text = matches!(field("if"), "title_contains" | "host_is" | "has_tag");
        if needs_text && text.is_empty() {
            return Err(Misread { field: "rules".to_owned(), why: format!("Row {}: type what to look for.", row + 1) });
        }
        let when = match field("if") {
            "title_contains" => Condition::TitleContains { text },
            "host_is" => Condition::HostIs { email: text },
            "has_tag" => Condition::HasTag { tag: text },
            "external" => Condition::Participants { external: true },
            "internal" => Condition::Participants { external: false },
            _ => Condition::Always,
        };
        let action = match destination(field("then")) {
            Some(to) => RuleAction::Send { to },
            None => RuleAction::Skip,
        };
        rules.push((field("position").parse().unwrap_or(u32::MAX), row, Rule { of, when, action }));
    }
    rules.sort_by_key(|(position, row, _)| (*position, *row));
    Ok(rules.into_iter().map(|(_, _, rule)| rule).collect())
}

/// The mapping's lines. A row without a field of ours is none.
fn mapping(typed: &Typed) -> Vec<FieldMapping> {
    let line = |row: usize| {
        let field = |name: &str| typed.text(&format!("map.{row}.{name}"));
        let of = Capability::parse(field("of")).filter(|_| !field("source").is_empty())?;
        let (source, target) = (field("source").to_owned(), field("target").to_owned());
        Some(FieldMapping { of, source, target, if_present: named(field("if_present")).unwrap_or_default() })
    };
    (0..MOST_ROWS).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Typed {
        Typed::parse(text.as_bytes())
    }

    #[test]
    fn rules_are_read_in_the_order_of_their_positions() {
        let form = typed(
            "rule.0.of=messages&rule.0.if=always&rule.0.then=&rule.0.position=2&rule.1.of=messages&rule.1.if=title_contains&rule.1.text=Board\
             &rule.1.then=%7B%22id%22%3A%22C1%22%2C%22name%22%3A%22board%22%7D&rule.1.position=1&rule.2.of=messages&rule.2.if=",
        );
        let rules = rules(&form).unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[0].when, Condition::TitleContains { text: "Board".into() });
        assert_eq!(rules[0].action, RuleAction::Send { to: Destination { id: "C1".into(), name: "board".into() } });
        assert_eq!((&rules[1].when, &rules[1].action), (&Condition::Always, &RuleAction::Skip));
    }

    #[test]
    fn what_cannot_be_read_names_its_field() {
        let field = |text: &str| rules(&typed(text)).unwrap_err().field;
        assert_eq!(field("rule.0.of=messages&rule.0.if=has_tag&rule.0.text=+"), "rules");
        assert_eq!(frequency(&typed("frequency=daily&daily_at=25:00")).unwrap_err().field, "daily_at");
        assert_eq!(members("nobody").unwrap_err().field, "members");
        assert_eq!(frequency(&typed("frequency=daily&daily_at=09:30")), Ok(Frequency::Daily { at: jiff::civil::time(9, 30, 0, 0) }));
    }
}
