//! The filter of `conferenceRecords.list`, as far as its description goes: comparisons of four fields, joined by AND.

use jiff::Timestamp;

use super::errors::invalid;
use super::world::Conference;
use crate::kit::Refusal;

enum Field {
    Code,
    Space,
    Start,
    End,
}

enum Test {
    Is(String),
    Compare(&'static str, Timestamp),
    IsNull,
}

/// What a list is narrowed to.
pub(super) struct Filter(Vec<(Field, Test)>);

impl Filter {
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let parts = text.split(" AND ").map(str::trim).filter(|part| !part.is_empty());
        let tests: Option<Vec<(Field, Test)>> = parts.map(condition).collect();
        tests.map(Self).ok_or_else(|| invalid("Invalid filter."))
    }

    pub(super) fn takes(&self, one: &Conference) -> bool {
        self.0.iter().all(|(field, test)| match field {
            Field::Code => matches!(test, Test::Is(code) if one.space.code == *code),
            Field::Space => matches!(test, Test::Is(name) if format!("spaces/{}", one.space.id) == *name),
            Field::Start => test.takes(Some(one.start)),
            Field::End => test.takes(one.end),
        })
    }
}

impl Test {
    fn takes(&self, time: Option<Timestamp>) -> bool {
        match (self, time) {
            (Self::IsNull, time) => time.is_none(),
            (Self::Compare(operator, bound), Some(time)) => match *operator {
                ">=" => time >= *bound,
                "<=" => time <= *bound,
                ">" => time > *bound,
                "<" => time < *bound,
                _ => time == *bound,
            },
            _ => false,
        }
    }
}

fn condition(text: &str) -> Option<(Field, Test)> {
    if let Some(field) = text.strip_suffix(" IS NULL") {
        return match field.trim() {
            "end_time" => Some((Field::End, Test::IsNull)),
            _ => None,
        };
    }
    let (operator, at) = [">=", "<=", ">", "<", "="].into_iter().find_map(|operator| Some((operator, text.find(operator)?)))?;
    let (field, value) = (text[..at].trim(), text[at + operator.len()..].trim());
    let value = value.strip_prefix('"')?.strip_suffix('"')?;
    let time = || value.parse::<Timestamp>().ok().map(|time| Test::Compare(operator, time));
    match (field, operator) {
        ("space.meeting_code", "=") => Some((Field::Code, Test::Is(value.to_owned()))),
        ("space.name", "=") => Some((Field::Space, Test::Is(value.to_owned()))),
        ("start_time", _) => Some((Field::Start, time()?)),
        ("end_time", _) => Some((Field::End, time()?)),
        _ => None,
    }
}
