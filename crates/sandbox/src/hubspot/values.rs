//! Whether a property takes a value, and how the value is kept. The definitions themselves are schema.rs.

use jiff::{Timestamp, civil::Date};

use super::{
    errors::Flaw,
    kind::Kind,
    portal::Portal,
    records::Values,
    render::moment,
    schema::{Definition, Type},
};

/// "Maximum 65,536 characters" is said of every body and note property in HubSpot's guides.
const LONGEST: usize = 65_536;

/// All values of one object, checked and brought into the form they are kept in; every flaw, not just the first.
pub fn checked<'a>(portal: &Portal, kind: Kind, given: impl IntoIterator<Item = (&'a String, &'a String)>) -> Result<Values, Vec<Flaw>> {
    let mut values = Values::new();
    let mut flaws = Vec::new();
    for (name, raw) in given {
        match one(portal, kind, name, raw) {
            Ok(value) => {
                values.insert(name.as_str().into(), value);
            }
            Err(flaw) => flaws.push(flaw),
        }
    }
    let stage = portal.misplaced_stage(values.get("pipeline"), values.get("dealstage"));
    flaws.extend(stage.map(|message| flaw("dealstage", "INVALID_OPTION", message)));
    if flaws.is_empty() { Ok(values) } else { Err(flaws) }
}

fn flaw(property: &str, code: &'static str, message: String) -> Flaw {
    Flaw { property: property.to_owned(), code, message }
}

fn one(portal: &Portal, kind: Kind, name: &str, raw: &str) -> Result<String, Flaw> {
    let definition =
        portal.definition(kind, name).ok_or_else(|| flaw(name, "PROPERTY_DOESNT_EXIST", format!("Property \"{name}\" does not exist")))?;
    if definition.read_only() {
        let message = format!("\"{name}\" is a read only property; its value cannot be set.");
        return Err(flaw(name, "READ_ONLY_VALUE", message));
    }
    if raw.is_empty() {
        return Ok(String::new());
    }
    if raw.chars().count() > LONGEST {
        let message = format!("{name} cannot exceed {LONGEST} characters");
        return Err(flaw(name, "INVALID_STRING_LENGTH", message));
    }
    // Since April 2025 values that are no texts are refused with spaces round them.
    if definition.kind != Type::Text && raw.trim() != raw {
        return Err(flaw(name, "INVALID_WHITESPACE", format!("{raw:?} has leading or trailing spaces")));
    }
    let value = typed(portal, kind, definition, raw)?;
    if definition.unique && name == "email" && !is_email(&value) {
        return Err(flaw(name, "INVALID_EMAIL", format!("Email address {raw} is invalid")));
    }
    Ok(value)
}

fn typed(portal: &Portal, kind: Kind, definition: &Definition, raw: &str) -> Result<String, Flaw> {
    let name = definition.name.as_str();
    let not = |code, what: &str| Err(flaw(name, code, format!("{raw} was not a valid {what}.")));
    let option = |known: bool, allowed: String| {
        let message = format!("{raw} was not one of the allowed options: [{allowed}]");
        if known { Ok(raw.to_owned()) } else { Err(flaw(name, "INVALID_OPTION", message)) }
    };
    let offered = |value: &str| definition.options.iter().any(|choice| choice.value == value);
    let all = || definition.options.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>().join(", ");
    match definition.kind {
        Type::Text if name == "email" && kind == Kind::Contact => Ok(raw.trim().to_lowercase()),
        Type::Text => Ok(raw.to_owned()),
        Type::Number => match raw.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(raw.to_owned()),
            _ => not("INVALID_FLOAT", "number"),
        },
        Type::Yes => option(matches!(raw, "true" | "false"), "true, false".to_owned()),
        Type::Moment => match instant(raw) {
            Some(at) => Ok(moment(at)),
            None => not("INVALID_DATE", "date"),
        },
        Type::Day => match raw.parse::<Date>().ok().filter(|_| raw.len() == 10).or_else(|| midnight(raw)) {
            Some(date) => Ok(date.to_string()),
            None => not("INVALID_DATE", "date"),
        },
        Type::Choice => option(offered(raw), all()),
        Type::Choices => option(raw.split(';').filter(|part| !part.is_empty()).all(offered), all()),
        Type::Owner => match portal.owner(raw) {
            Some(_) => Ok(raw.to_owned()),
            None => Err(flaw(name, "INVALID_OWNER_ID", format!("Owner {raw} does not exist"))),
        },
        Type::Pipeline => option(portal.pipelines.iter().any(|pipeline| pipeline.id == raw), portal.pipeline_ids()),
        Type::Stage => option(portal.stages().any(|stage| stage.id == raw), portal.stage_ids()),
    }
}

/// Epoch milliseconds or ISO 8601, with a zone.
pub fn instant(raw: &str) -> Option<Timestamp> {
    match raw.parse::<i64>() {
        Ok(ms) => Timestamp::from_millisecond(ms).ok(),
        Err(_) => raw.parse().ok(),
    }
}

/// Dates may be given as the milliseconds of a midnight in UTC.
fn midnight(raw: &str) -> Option<Date> {
    let at = Timestamp::from_millisecond(raw.parse().ok()?).ok()?;
    (at.as_millisecond() % 86_400_000 == 0).then(|| at.to_zoned(jiff::tz::TimeZone::UTC).date())
}

fn is_email(value: &str) -> bool {
    value.split_once('@').is_some_and(|(local, host)| {
        let plain = |part: &str| !part.is_empty() && !part.contains([' ', '@', ',', ';', '<', '>']);
        plain(local) && plain(host) && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    })
}
