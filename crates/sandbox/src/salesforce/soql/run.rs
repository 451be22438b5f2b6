//! A query held against the records: names and types first, then conditions, order and limit.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::super::errors::{Problem, no_column};
use super::super::org::{Org, Row};
use super::super::schema::{Field, Object, Type, object_of};
use super::{Condition, Literal, Operator, Query};
use crate::kit::Refusal;

/// The object, and its records in their order as the API writes them. `all`: with those in the recycle bin.
pub(in super::super) fn run(org: &Org, query: &Query, all: bool) -> Result<(&'static Object, Vec<Value>), Refusal> {
    let malformed = |message: String| Problem::new("MALFORMED_QUERY", message).refusal();
    let object = object_of(&query.object)
        .ok_or_else(|| Problem::new("INVALID_TYPE", format!("sObject type '{}' is not supported.", query.object)).refusal())?;
    let selected: Vec<Column> = query.fields.iter().map(|name| column(org, object, name)).collect::<Result<_, _>>()?;
    if let Some(filter) = &query.filter {
        for name in filter.fields() {
            let of = column(org, object, name)?;
            if matches!(of.field.kind, Type::LongText(_) | Type::Base64) {
                let message = format!("field '{name}' can not be filtered in a query call");
                return Err(Problem::new("INVALID_FIELD", message).refusal().as_misfit("a filter by what cannot be filtered"));
            }
        }
        check(org, object, filter).map_err(malformed)?;
    }
    let pinned = |name| query.filter.as_ref().is_some_and(|filter| filter.pins(name));
    if object.name == "ContentDocumentLink" && !pinned("ContentDocumentId") && !pinned("LinkedEntityId") {
        return Err(malformed("Implementation restriction: ContentDocumentLink requires a filter by a single Id".to_owned()));
    }
    let order: Vec<(Column, bool)> =
        query.order.iter().map(|(name, falls)| Ok((column(org, object, name)?, *falls))).collect::<Result<_, Refusal>>()?;
    let mut rows: Vec<&Row> = org.rows(object).filter(|row| all || !is_deleted(row)).collect();
    if let Some(filter) = &query.filter {
        rows.retain(|row| holds(org, object, row, filter));
    }
    rows.sort_by(|one, other| {
        let by = |(column, falls): &(Column, bool)| {
            let ordering = compare(column.field.kind, &column.value(org, one), &column.value(org, other));
            if *falls { ordering.reverse() } else { ordering }
        };
        order.iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
    });
    rows.truncate(query.limit.unwrap_or(usize::MAX));
    let show = |row: &Row| {
        org.written(object, row, |record| {
            for one in &selected {
                one.show(org, row, record);
            }
        })
    };
    Ok((object, rows.into_iter().map(show).collect()))
}

fn is_deleted(row: &Row) -> bool {
    row.get("IsDeleted") == Some(&Value::Bool(true))
}

/// A field of the object, or of one of its parents.
struct Column {
    field: &'static Field,
    parent: Option<(&'static str, &'static Field, &'static Object)>,
}

fn column(org: &Org, object: &'static Object, name: &str) -> Result<Column, Refusal> {
    let own = |object: &'static Object, name: &str| org.field(object, name).ok_or_else(|| no_column(name, object.name));
    match name.split_once('.') {
        None => Ok(Column { field: own(object, name)?, parent: None }),
        Some((relationship, name)) => {
            let (by, of) = object.parent(relationship).ok_or_else(|| no_column(relationship, object.name))?;
            let shown = by.name.trim_end_matches("Id");
            Ok(Column { field: own(of, name)?, parent: Some((shown, by, of)) })
        }
    }
}

impl Column {
    fn value(&self, org: &Org, row: &Row) -> Value {
        let get = |row: &Row, field: &Field| row.get(field.name).cloned().unwrap_or(Value::Null);
        match self.parent {
            None => get(row, self.field),
            Some((_, by, of)) => {
                let id = get(row, by);
                id.as_str().and_then(|id| org.row(of, id)).map_or(Value::Null, |parent| get(parent, self.field))
            }
        }
    }

    fn show(&self, org: &Org, row: &Row, record: &mut Map<String, Value>) {
        let value = self.value(org, row);
        match self.parent {
            // A blob is told by its address.
            None if self.field.kind == Type::Base64 => {
                let id = row.get("Id").and_then(Value::as_str).unwrap_or_default();
                record.insert(self.field.name.to_owned(), json!(format!("{}/sobjects/ContentNote/{id}/Content", org.api())));
            }
            None => drop(record.insert(self.field.name.to_owned(), value)),
            Some((shown, by, of)) => {
                let id = row.get(by.name).and_then(Value::as_str).and_then(|id| org.row(of, id));
                let Some(parent) = id else { return drop(record.insert(shown.to_owned(), Value::Null)) };
                let known = record.entry(shown.to_owned()).or_insert_with(|| org.written(of, parent, |_| {}));
                known[self.field.name] = value;
            }
        }
    }
}

/// Whether each literal is of its field's type.
fn check(org: &Org, object: &'static Object, condition: &Condition) -> Result<(), String> {
    let fits = |name: &str, value: &Literal| {
        let Ok(column) = column(org, object, name) else { return Ok(()) };
        let bare = |fits: fn(&str) -> bool| matches!(value, Literal::Bare(text) if fits(text));
        let good = match column.field.kind {
            _ if *value == Literal::Null => true,
            Type::Flag => matches!(value, Literal::Flag(_)),
            Type::DateTime => bare(|text| text.parse::<Timestamp>().is_ok()),
            Type::Date => bare(|text| text.len() == 10 && text.parse::<Date>().is_ok()),
            Type::Number => bare(|text| text.parse::<f64>().is_ok()),
            _ => matches!(value, Literal::Text(_)),
        };
        if good { Ok(()) } else { Err(format!("value of filter criterion for field '{name}' must be of another type")) }
    };
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().try_for_each(|part| check(org, object, part)),
        Condition::Not(part) => check(org, object, part),
        Condition::Compare { field, value, .. } => fits(field, value),
        Condition::In { field, values } => values.iter().try_for_each(|value| fits(field, value)),
    }
}

fn holds(org: &Org, object: &'static Object, row: &Row, condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|part| holds(org, object, row, part)),
        Condition::Any(parts) => parts.iter().any(|part| holds(org, object, row, part)),
        Condition::Not(part) => !holds(org, object, row, part),
        Condition::In { field, values } => column(org, object, field).is_ok_and(|column| {
            let value = column.value(org, row);
            values.iter().any(|wanted| test(column.field.kind, &value, Operator::Equal, wanted))
        }),
        Condition::Compare { field, operator, value } => {
            column(org, object, field).is_ok_and(|column| test(column.field.kind, &column.value(org, row), *operator, value))
        }
    }
}

fn test(kind: Type, value: &Value, operator: Operator, wanted: &Literal) -> bool {
    let wanted = match wanted {
        Literal::Text(text) | Literal::Bare(text) => json!(text),
        Literal::Flag(flag) => json!(flag),
        Literal::Null => Value::Null,
    };
    match operator {
        Operator::Equal => compare(kind, value, &wanted).is_eq(),
        Operator::Unequal => compare(kind, value, &wanted).is_ne(),
        Operator::Like => match (value.as_str(), wanted.as_str()) {
            (Some(value), Some(pattern)) => like(&value.to_lowercase(), &pattern.to_lowercase()),
            _ => false,
        },
        _ if value.is_null() || wanted.is_null() => false,
        Operator::Less => compare(kind, value, &wanted).is_lt(),
        Operator::AtMost => compare(kind, value, &wanted).is_le(),
        Operator::Greater => compare(kind, value, &wanted).is_gt(),
        Operator::AtLeast => compare(kind, value, &wanted).is_ge(),
    }
}

/// Texts without regard to case, ids by their first 15 characters, times as times; nulls come first.
fn compare(kind: Type, one: &Value, other: &Value) -> Ordering {
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    let short = |value: &Value| value.as_str().map(|id| id.chars().take(15).collect::<String>());
    let text =
        |value: &Value| value.as_str().map_or_else(|| value.as_bool().map(|flag| flag.to_string()), |text| Some(text.to_lowercase()));
    match kind {
        Type::DateTime => time(one).cmp(&time(other)),
        Type::Number => number(one).partial_cmp(&number(other)).unwrap_or(Ordering::Equal),
        Type::Id | Type::Reference(_) => short(one).cmp(&short(other)),
        _ => text(one).cmp(&text(other)),
    }
}

/// `%` is any text, `_` any character; a backslash takes a character as it is.
fn like(text: &str, pattern: &str) -> bool {
    let mut chars = pattern.chars();
    match chars.next() {
        None => text.is_empty(),
        Some('%') => {
            let rest = chars.as_str();
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| like(&text[at..], rest))
        }
        Some('\\') => {
            let literal = chars.next();
            let mut own = text.chars();
            own.next() == literal && like(own.as_str(), chars.as_str())
        }
        Some('_') => {
            let mut own = text.chars();
            own.next().is_some() && like(own.as_str(), chars.as_str())
        }
        Some(c) => {
            let mut own = text.chars();
            own.next() == Some(c) && like(own.as_str(), chars.as_str())
        }
    }
}
