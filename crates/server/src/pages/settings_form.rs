//! Reads the settings form. What the form does not show keeps its saved value; what cannot be read is told with its field, and
//! nothing is taken for something else.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::Manifest;
use model::Settings;
use model::connection::{Capability, Way};
use model::settings::{Condition, Destination, Direction, FieldMapping, Frequency, IfPresent, Rule, RuleAction, Sync};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::words;
use crate::forms::Typed;

/// The fields of an action item that sync both ways.
pub const TWO_WAY: [&str; 5] = ["text", "owner", "due", "priority", "progress"];
/// Rows of an editor at most.
const MOST_ROWS: usize = 100;
/// What the form has once.
const FIELDS: [&str; 11] = [
    "form_token",
    "version",
    "frequency",
    "daily_at",
    "backfill_days",
    "transcript",
    "deletion",
    "edits_in_thread",
    "unknown_people",
    "deal_rule",
    "members",
];

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

type Read<T> = Result<T, Misread>;

fn misread<T>(field: &str, why: impl Into<String>) -> Read<T> {
    Err(Misread { field: field.to_owned(), why: why.into() })
}

/// Reads the form over the saved settings. What did not fit keeps its saved value in what is given back to be shown again.
pub fn read(manifest: &Manifest, saved: Settings, typed: &Typed) -> (Settings, Option<Misread>) {
    let mut settings = saved;
    let whole = known_names(manifest, typed).and_then(|()| fill(manifest, &mut settings, typed));
    (settings, whole.err())
}

fn fill(manifest: &Manifest, settings: &mut Settings, typed: &Typed) -> Read<()> {
    for capability in words::capabilities(manifest) {
        settings.syncs.insert(capability, sync(capability, typed)?);
    }
    settings.frequency = frequency(typed)?;
    settings.backfill_days = match typed.text("backfill_days").parse() {
        Ok(days) => days,
        Err(_) => return misread("backfill_days", "A whole number of days, 0 to 3650."),
    };
    choice(typed, "transcript", &mut settings.transcript)?;
    choice(typed, "unknown_people", &mut settings.unknown_people)?;
    choice(typed, "deal_rule", &mut settings.deal_rule)?;
    choice(typed, "deletion", &mut settings.deletion)?;
    if manifest.flow(Capability::Messages, Way::Push).is_some() {
        settings.edits_in_thread = typed.ticked("edits_in_thread");
    }
    for field in TWO_WAY {
        let name = format!("owner:{field}");
        if let Some(text) = typed.raw(&name) {
            settings.owners.insert(field.to_owned(), chosen(&name, text)?);
        }
    }
    if typed.raw("members").is_some() {
        settings.members = members(typed.text("members"))?;
    }
    settings.rules = rules(typed)?;
    settings.mapping = mapping(typed)?;
    Ok(())
}

/// Refuses a name that the form does not have, and one that it has once and that comes twice.
fn known_names(manifest: &Manifest, typed: &Typed) -> Read<()> {
    let mut seen = BTreeSet::new();
    for name in typed.names() {
        let known = match name.split_once([':', '.']) {
            None => FIELDS.contains(&name),
            Some(("on" | "direction" | "destination", of)) => words::capabilities(manifest).any(|one| one.as_str() == of),
            Some(("owner", of)) => TWO_WAY.contains(&of),
            Some((editor @ ("rule" | "map"), rest)) => is_cell(editor, rest),
            Some(_) => false,
        };
        if !known {
            return misread(name, "The form has no such field.");
        }
        if !seen.insert(name) {
            return misread(name, "It is given twice.");
        }
    }
    Ok(())
}

/// Whether an editor has this cell: `3.of`.
fn is_cell(editor: &str, name: &str) -> bool {
    let columns: &[&str] =
        if editor == "rule" { &["position", "of", "if", "text", "then"] } else { &["of", "source", "target", "if_present"] };
    name.split_once('.').is_some_and(|(row, column)| row.parse().is_ok_and(|row: usize| row < MOST_ROWS) && columns.contains(&column))
}

/// A choice by its name in the API, or the refusal of what is none.
fn chosen<T: DeserializeOwned>(field: &str, text: &str) -> Read<T> {
    named(text).map_or_else(|| misread(field, format!("There is no choice `{}`.", text.chars().take(60).collect::<String>())), Ok)
}

fn choice<T: DeserializeOwned>(typed: &Typed, name: &str, value: &mut T) -> Read<()> {
    if let Some(text) = typed.raw(name) {
        *value = chosen(name, text)?;
    }
    Ok(())
}

fn sync(capability: Capability, typed: &Typed) -> Read<Sync> {
    let field = |name: &str| format!("{name}:{}", capability.as_str());
    let mut direction = Direction::OneWay;
    choice(typed, &field("direction"), &mut direction)?;
    let destination = destination(&field("destination"), typed.text(&field("destination")))?;
    Ok(Sync { enabled: typed.ticked(&field("on")), direction, destination })
}

/// A place as options carry it: the JSON of a `Destination`; empty: none is chosen.
fn destination(field: &str, text: &str) -> Read<Option<Destination>> {
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(text).map_or_else(|_| misread(field, "Choose a place of the list."), |place| Ok(Some(place)))
}

fn frequency(typed: &Typed) -> Read<Frequency> {
    Ok(match typed.text("frequency") {
        "" | "real_time" => Frequency::RealTime,
        "hourly" => Frequency::Hourly,
        "manual" => Frequency::Manual,
        "daily" => match typed.text("daily_at").parse() {
            Ok(at) => Frequency::Daily { at },
            Err(_) => return misread("daily_at", "A time of day, as 09:30."),
        },
        _ => return misread("frequency", "Real time, hourly, daily or manual."),
    })
}

fn members(text: &str) -> Read<BTreeMap<String, String>> {
    let mut members = BTreeMap::new();
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
fn rules(typed: &Typed) -> Read<Vec<Rule>> {
    let mut rules: Vec<(u32, usize, Rule)> = Vec::new();
    for row in 0..MOST_ROWS {
        let field = |name: &str| typed.text(&format!("rule.{row}.{name}"));
        if field("if").is_empty() {
            continue;
        }
        let wrong = |what: &str| misread("rules", format!("Row {}: {what}.", row + 1));
        let Some(of) = Capability::parse(field("of")) else { return wrong("choose what it is for") };
        let text = field("text").to_owned();
        let needs_text = matches!(field("if"), "title_contains" | "host_is" | "has_tag");
        if needs_text && text.is_empty() {
            return wrong("type what to look for");
        }
        let when = match field("if") {
            "title_contains" => Condition::TitleContains { text },
            "host_is" => Condition::HostIs { email: text },
            "has_tag" => Condition::HasTag { tag: text },
            "external" => Condition::Participants { external: true },
            "internal" => Condition::Participants { external: false },
            "always" => Condition::Always,
            _ => return wrong("there is no such condition"),
        };
        let action = match destination("rules", field("then"))? {
            Some(to) => RuleAction::Send { to },
            None => RuleAction::Skip,
        };
        let position = match field("position") {
            "" => u32::MAX,
            text => match text.parse() {
                Ok(position) => position,
                Err(_) => return wrong("its position is a whole number"),
            },
        };
        rules.push((position, row, Rule { of, when, action }));
    }
    rules.sort_by_key(|(position, row, _)| (*position, *row));
    Ok(rules.into_iter().map(|(_, _, rule)| rule).collect())
}

/// The mapping's lines. A row without a field of ours is none.
fn mapping(typed: &Typed) -> Read<Vec<FieldMapping>> {
    let mut lines = Vec::new();
    for row in 0..MOST_ROWS {
        let field = |name: &str| typed.text(&format!("map.{row}.{name}"));
        if field("source").is_empty() {
            continue;
        }
        let Some(of) = Capability::parse(field("of")) else {
            return misread("mapping", format!("Row {}: choose what it is for.", row + 1));
        };
        let (source, target) = (field("source").to_owned(), field("target").to_owned());
        let if_present = match field("if_present") {
            "" => IfPresent::default(),
            text => chosen("mapping", text)?,
        };
        lines.push(FieldMapping { of, source, target, if_present });
    }
    Ok(lines)
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
        for row in ["if=has_tag&rule.0.text=+", "if=sometimes", "if=always&rule.0.then=%7B", "if=always&rule.0.position=first"] {
            assert_eq!(field(&format!("rule.0.of=messages&rule.0.{row}")), "rules", "{row}");
        }
        assert_eq!(field("rule.0.of=melodies&rule.0.if=always"), "rules");
        let line = mapping(&typed("map.0.of=deals&map.0.source=title&map.0.target=x&map.0.if_present=maybe"));
        assert_eq!(line.unwrap_err().field, "mapping");
        assert_eq!(frequency(&typed("frequency=often")).unwrap_err().field, "frequency");
        assert_eq!(sync(Capability::Notes, &typed("direction:notes=both")).unwrap_err().field, "direction:notes");
        assert_eq!(sync(Capability::Notes, &typed("destination:notes=%7B")).unwrap_err().field, "destination:notes");
        assert_eq!(frequency(&typed("frequency=daily&daily_at=25:00")).unwrap_err().field, "daily_at");
        assert_eq!(members("nobody").unwrap_err().field, "members");
        assert_eq!(frequency(&typed("frequency=daily&daily_at=09:30")), Ok(Frequency::Daily { at: jiff::civil::time(9, 30, 0, 0) }));
    }
}
