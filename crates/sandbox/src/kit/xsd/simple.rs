//! Text: built-in types, and those made of them by restriction, list and union (XML Schema part 2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::{Date, DateTime, Time};

use super::{Schemas, XS};
use crate::kit::xml::Element;

/// A simple type.
#[derive(Clone, Copy)]
pub(super) enum Simple<'s> {
    /// By its qualified name: a built-in one.
    Named(&'s str),
    /// A `simpleType`.
    Node(&'s Element),
    /// A `restriction`.
    Restriction(&'s Element),
}

impl Schemas {
    pub(super) fn check_simple(&self, simple: Simple<'_>, text: &str) -> Result<(), String> {
        match simple {
            Simple::Named(name) => match (self.types.get(name), name.strip_prefix(&format!("{{{XS}}}"))) {
                (Some(node), _) => self.check_simple(Simple::Node(node), text),
                (None, Some(built_in)) => check_built_in(built_in, text),
                (None, None) => Err(format!("the type {name} is not there")),
            },
            Simple::Node(node) => {
                // A complex type with simple content may be the base of another.
                let inner = if node.name == "simpleType" { Some(node) } else { node.child("simpleContent") };
                let inner = inner.and_then(|node| node.children.first()).ok_or("a type is empty")?;
                match inner.name.as_str() {
                    "restriction" | "extension" => self.check_simple(Simple::Restriction(inner), text),
                    "list" => {
                        let item = inner.attribute("itemType").map(Simple::Named).or_else(|| inner.children.first().map(Simple::Node));
                        let item = item.ok_or("a list of nothing")?;
                        text.split_whitespace().try_for_each(|one| self.check_simple(item, one))
                    }
                    "union" => {
                        let named = inner.attribute("memberTypes").into_iter().flat_map(str::split_whitespace).map(Simple::Named);
                        let mut members = named.chain(inner.children.iter().map(Simple::Node));
                        let fits = members.any(|member| self.check_simple(member, text).is_ok());
                        if fits { Ok(()) } else { Err(format!("`{text}` is of none of the types")) }
                    }
                    other => Err(format!("xs:{other} is not understood as a type")),
                }
            }
            Simple::Restriction(node) => {
                match (node.attribute("base"), node.children.first()) {
                    (Some(base), _) => self.check_simple(Simple::Named(base), text)?,
                    (None, Some(inline)) => self.check_simple(Simple::Node(inline), text)?,
                    (None, None) => return Err("a restriction of nothing".to_owned()),
                }
                check_facets(node, text)
            }
        }
    }
}

fn check_facets(node: &Element, text: &str) -> Result<(), String> {
    let values =
        |facet: &'static str| node.children.iter().filter(move |child| child.name == facet).filter_map(|one| one.attribute("value"));
    if values("pattern").next().is_some() {
        return Err("a pattern is not understood".to_owned());
    }
    if values("enumeration").next().is_some() && !values("enumeration").any(|one| one == text) {
        return Err(format!("`{text}` is none of the values"));
    }
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| "a bound is no number".to_owned());
    for least in values("minInclusive") {
        if number(text)? < number(least)? {
            return Err(format!("{text} is less than {least}"));
        }
    }
    for most in values("maxInclusive") {
        if number(text)? > number(most)? {
            return Err(format!("{text} is more than {most}"));
        }
    }
    for least in values("minLength") {
        if i64::try_from(text.chars().count()).unwrap_or(i64::MAX) < number(least)? {
            return Err(format!("`{text}` is shorter than {least}"));
        }
    }
    Ok(())
}

fn check_built_in(name: &str, raw: &str) -> Result<(), String> {
    let text = raw.trim_matches([' ', '\t', '\r', '\n']);
    let fits = match name {
        "string" => true,
        "boolean" => ["true", "false", "1", "0"].contains(&text),
        "int" => text.parse::<i32>().is_ok(),
        "long" | "integer" => text.parse::<i64>().is_ok(),
        "unsignedShort" => text.parse::<u16>().is_ok(),
        "double" => {
            ["INF", "-INF", "NaN"].contains(&text) || text.bytes().all(|b| b"+-.eE0123456789".contains(&b)) && text.parse::<f64>().is_ok()
        }
        "dateTime" => is_date_time(text),
        "date" => without_zone(text).is_some_and(|bare| bare.len() == 10 && bare.parse::<Date>().is_ok()),
        "time" => without_zone(text).is_some_and(|bare| bare.len() >= 8 && bare.parse::<Time>().is_ok()),
        "duration" => text.trim_start_matches('-').starts_with('P') && text.parse::<jiff::Span>().is_ok(),
        "anyURI" => !text.contains(char::is_whitespace),
        "language" => text.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())),
        "base64Binary" => STANDARD.decode(text.split_whitespace().collect::<String>()).is_ok(),
        "NCName" | "ID" => !text.is_empty() && !text.contains([':', ' ']) && !text.starts_with(|c: char| c.is_ascii_digit()),
        other => return Err(format!("xs:{other} is not understood")),
    };
    if fits { Ok(()) } else { Err(format!("`{raw}` is no xs:{name}")) }
}

fn is_date_time(text: &str) -> bool {
    without_zone(text).is_some_and(|bare| bare.len() >= 19 && bare.as_bytes().get(10) == Some(&b'T') && bare.parse::<DateTime>().is_ok())
}

/// The text before `Z` or `±hh:mm`, either of which may be absent.
fn without_zone(text: &str) -> Option<&str> {
    if let Some(bare) = text.strip_suffix('Z') {
        return Some(bare);
    }
    let Some((bare, zone)) = text.len().checked_sub(6).and_then(|at| text.split_at_checked(at)) else { return Some(text) };
    let is_zone = zone.starts_with(['+', '-']) && zone.as_bytes().get(3) == Some(&b':');
    if !is_zone {
        return Some(text);
    }
    let (hours, minutes) = (zone.get(1..3)?.parse::<u8>().ok()?, zone.get(4..6)?.parse::<u8>().ok()?);
    (hours <= 14 && minutes < 60).then_some(bare)
}
