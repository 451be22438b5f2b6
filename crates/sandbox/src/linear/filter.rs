//! Filters: what of an object can be filtered on, and whether a filter fits it. The shape of filters is the schema's business.

use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use super::failure::Failure;
use super::node::{Node, stamp, stamp_or_null};
use super::world::{Label, State, Team, User, World};

/// An object as filters see it.
pub(super) fn view(world: &World, node: &Node) -> Value {
    let mut view = match node {
        Node::User(one) => user(Some(one)),
        Node::Team(one) => team(Some(one)),
        Node::State(one) => state(world, one),
        Node::Label(one) => label(one),
        Node::Issue(one) => json!({
            "number": one.number,
            "title": one.title,
            "description": one.description,
            "priority": one.priority,
            "dueDate": one.due_date,
            "startedAt": stamp_or_null(one.started_at),
            "completedAt": stamp_or_null(one.completed_at),
            "canceledAt": stamp_or_null(one.canceled_at),
            "archivedAt": stamp_or_null(one.archived_at),
            "team": team(world.team(&one.team).ok()),
            "state": world.state(&one.state).map_or(Value::Null, |found| state(world, found)),
            "assignee": user(one.assignee.as_deref().and_then(|id| world.user(id).ok())),
            "creator": user(one.creator.as_deref().and_then(|id| world.user(id).ok())),
            "labels": world.labels.iter().filter(|found| one.labels.contains(&found.id)).map(label).collect::<Vec<_>>(),
            "attachments": world.attachments.iter().filter(|found| found.issue == one.id)
                .map(|found| json!({ "id": found.id, "url": found.url, "title": found.title })).collect::<Vec<_>>(),
        }),
        Node::Comment(one) => json!({ "body": one.body }),
        Node::Attachment(one) => json!({ "url": one.url, "title": one.title }),
        _ => json!({}),
    };
    let (created, updated) = node.times();
    view["id"] = json!(node.id());
    view["createdAt"] = stamp(created);
    view["updatedAt"] = stamp(updated);
    view
}

fn user(user: Option<&User>) -> Value {
    user.map_or(
        Value::Null,
        |user| json!({ "id": user.id, "name": user.name, "displayName": user.name, "email": user.email, "active": true }),
    )
}

fn team(team: Option<&Team>) -> Value {
    team.map_or(Value::Null, |team| json!({ "id": team.id, "key": team.key, "name": team.name }))
}

fn state(world: &World, state: &State) -> Value {
    json!({
        "id": state.id, "name": state.name, "type": state.kind.name(), "position": state.position,
        "team": team(world.team(&state.team).ok()),
    })
}

fn label(label: &Label) -> Value {
    json!({ "id": label.id, "name": label.name, "isGroup": false })
}

/// Does the filter (null: none) fit?
pub(super) fn matches(filter: &Value, view: &Value) -> Result<bool, Failure> {
    let Some(parts) = filter.as_object() else {
        return Ok(true);
    };
    for (name, wanted) in parts {
        let fits = match (name.as_str(), view) {
            (_, _) if wanted.is_null() && name != "eq" && name != "neq" => true,
            ("and", _) => all(wanted, |one| matches(one, view))?,
            ("or", _) => any(wanted, |one| matches(one, view))?,
            ("null", _) => view.is_null() == (wanted == true),
            ("some", Value::Array(items)) => items.iter().try_fold(false, |found, item| Ok(found || matches(wanted, item)?))?,
            ("every", Value::Array(items)) => items.iter().try_fold(true, |found, item| Ok(found && matches(wanted, item)?))?,
            (_, Value::Array(items)) => {
                let one = json!({ name: wanted });
                items.iter().try_fold(false, |found, item| Ok(found || matches(&one, item)?))?
            }
            (_, Value::Object(fields)) => {
                let field = fields.get(name).ok_or_else(|| Failure::not_emulated(&format!("filter by {name}")))?;
                matches(wanted, field)?
            }
            (operator, value) => compare(operator, wanted, value)?,
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

fn all(list: &Value, fits: impl Fn(&Value) -> Result<bool, Failure>) -> Result<bool, Failure> {
    list.as_array().into_iter().flatten().try_fold(true, |found, one| Ok(found && fits(one)?))
}

fn any(list: &Value, fits: impl Fn(&Value) -> Result<bool, Failure>) -> Result<bool, Failure> {
    list.as_array().into_iter().flatten().try_fold(false, |found, one| Ok(found || fits(one)?))
}

fn compare(operator: &str, wanted: &Value, value: &Value) -> Result<bool, Failure> {
    let text = value.as_str().unwrap_or_default();
    let other = wanted.as_str().unwrap_or_default();
    let fits = match operator {
        "eq" => same(wanted, value),
        "neq" => !same(wanted, value),
        "in" => any(wanted, |one| Ok(same(one, value)))?,
        "nin" => !any(wanted, |one| Ok(same(one, value)))?,
        "eqIgnoreCase" => text.to_lowercase() == other.to_lowercase(),
        "contains" => text.contains(other),
        "containsIgnoreCase" => text.to_lowercase().contains(&other.to_lowercase()),
        "startsWith" => text.starts_with(other),
        "endsWith" => text.ends_with(other),
        "gt" | "gte" | "lt" | "lte" => {
            let Some(order) = order(value, wanted)? else {
                return Ok(false);
            };
            match operator {
                "gt" => order.is_gt(),
                "gte" => order.is_ge(),
                "lt" => order.is_lt(),
                _ => order.is_le(),
            }
        }
        // A field of something that is not there (the name of no assignee).
        _ if value.is_null() => false,
        _ => return Err(Failure::not_emulated(&format!("comparator {operator}"))),
    };
    Ok(fits)
}

fn same(wanted: &Value, value: &Value) -> bool {
    let numbers = wanted.as_f64().zip(value.as_f64());
    let times = time(wanted).zip(time(value));
    wanted == value || numbers.is_some_and(|(a, b)| a.total_cmp(&b).is_eq()) || times.is_some_and(|(a, b)| a == b)
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// How `value` stands to `wanted`: numbers, times, or days; nothing compares with null.
fn order(value: &Value, wanted: &Value) -> Result<Option<std::cmp::Ordering>, Failure> {
    if value.is_null() {
        return Ok(None);
    }
    if let (Some(value), Some(wanted)) = (value.as_f64(), wanted.as_f64()) {
        return Ok(Some(value.total_cmp(&wanted)));
    }
    if let (Some(value), Some(wanted)) = (time(value), time(wanted)) {
        return Ok(Some(value.cmp(&wanted)));
    }
    let (text, other) = (value.as_str().unwrap_or_default(), wanted.as_str().unwrap_or_default());
    if other.parse::<Span>().is_ok() {
        return Err(Failure::not_emulated("a duration in a filter"));
    }
    if other.parse::<jiff::civil::Date>().is_ok() {
        return Ok(Some(text[..other.len().min(text.len())].cmp(other)));
    }
    Err(Failure::argument(format!("{other:?} is neither a date nor a number.")))
}
