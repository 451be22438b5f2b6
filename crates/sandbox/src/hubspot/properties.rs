//! The properties API: list, read, define and archive properties, and their groups.
//! Schemas: `PublicApiSpecs/CRM/Properties/Rollouts/145899/v3/properties.json`.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query as Pairs, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    TOOL,
    bodies::{Group, Property, PropertyOption, read},
    errors::{invalid, not_found, refuse},
    hub::{Hub, Query},
    kind::Kind,
    objects::kind_of,
    portal::Portal,
    schema::{Choice, Definition, Maker, Type},
};
use crate::kit::Refusal;

type Shared = State<Arc<Hub>>;

const KNOWN: [&str; 4] = ["archived", "dataSensitivity", "locale", "properties"];
/// "Up to ten unique ID properties per object" (guides, properties).
const MOST_UNIQUE: usize = 10;

/// `GET /crm/v3/properties/{objectType}`
pub async fn list(
    State(hub): Shared,
    Path(kind): Path<String>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.read_schema())?;
    let archived = Query::read(pairs, &KNOWN)?.flag("archived")?;
    let results: Vec<Value> = hub.portal().definitions(kind, archived).map(Definition::answer).collect();
    Ok(Json(json!({ "results": results })).into_response())
}

/// `GET /crm/v3/properties/{objectType}/{propertyName}`
pub async fn get(
    State(hub): Shared,
    Path((kind, name)): Path<(String, String)>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.read_schema())?;
    let archived = Query::read(pairs, &KNOWN)?.flag("archived")?;
    let portal = hub.portal();
    let definition = portal.definitions(kind, archived).find(|definition| definition.name == name);
    Ok(Json(definition.ok_or_else(not_found)?.answer()).into_response())
}

/// `POST /crm/v3/properties/{objectType}`
pub async fn define(State(hub): Shared, Path(kind): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.write_schema())?;
    let body: Property = read(&headers, &body)?;
    let mut portal = hub.portal();
    let definition = defined(&hub, &portal, kind, body)?;
    let answer = definition.answer();
    let name = definition.name.clone();
    portal.define(kind, definition);
    hub.kit.ledger.record(TOOL, "property.create", &format!("{} {name}", kind.singular()), None, answer.clone());
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn defined(hub: &Hub, portal: &Portal, kind: Kind, body: Property) -> Result<Definition, Refusal> {
    let named = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if !body.name.starts_with(|letter: char| letter.is_ascii_lowercase()) || !body.name.chars().all(named) || body.name.len() > 100 {
        return Err(invalid(&format!("The property name {} is not valid: lower-case letters, digits and _ only.", body.name)));
    }
    if body.name.starts_with("hs_") {
        return Err(invalid("Property names starting with hs_ are reserved."));
    }
    if portal.definition(kind, &body.name).is_some() {
        let message = format!("A property named '{}' already exists.", body.name);
        return Err(refuse(StatusCode::CONFLICT, "CONFLICT", &message));
    }
    if !portal.groups.get(&kind).is_some_and(|groups| groups.contains(&body.group_name)) {
        return Err(invalid(&format!("Property group {} does not exist.", body.group_name)));
    }
    let value = value_type(&body.r#type, &body.field_type)?;
    let unique = body.has_unique_value.unwrap_or(false);
    if unique && !matches!(value, Type::Text | Type::Number) {
        return Err(invalid("Only string and number properties can have unique values."));
    }
    if unique && portal.definitions(kind, false).filter(|own| own.unique && own.maker == Maker::App).count() >= MOST_UNIQUE {
        return Err(invalid(&format!("At most {MOST_UNIQUE} properties with unique values are allowed per object.")));
    }
    let choices = body.options.unwrap_or_default();
    if matches!(value, Type::Choice | Type::Choices) == choices.is_empty() {
        return Err(invalid("Options belong to enumerations, and enumerations need options."));
    }
    let choice = |option: PropertyOption| Choice { label: option.label, value: option.value, hidden: option.hidden };
    Ok(Definition {
        name: body.name,
        label: body.label,
        description: body.description.unwrap_or_default(),
        group: body.group_name,
        kind: value,
        field: body.field_type,
        options: choices.into_iter().map(choice).collect(),
        unique,
        maker: Maker::App,
        archived: false,
        created: hub.kit.clock.now(),
    })
}

/// Which field types go with which types (guides, properties).
fn value_type(name: &str, field: &str) -> Result<Type, Refusal> {
    Ok(match (name, field) {
        ("string", "text" | "textarea" | "html" | "phonenumber" | "file") | ("phone_number", "phonenumber") => Type::Text,
        ("number", "number") => Type::Number,
        ("date", "date") => Type::Day,
        ("datetime", "date") => Type::Moment,
        ("bool", "booleancheckbox") => Type::Yes,
        ("enumeration", "select" | "radio") => Type::Choice,
        ("enumeration", "checkbox") => Type::Choices,
        _ => return Err(invalid(&format!("type {name} and fieldType {field} do not go together."))),
    })
}

/// `DELETE /crm/v3/properties/{objectType}/{propertyName}`
pub async fn archive(State(hub): Shared, Path((kind, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.write_schema())?;
    if !hub.portal().archive_definition(kind, &name) {
        return Err(not_found());
    }
    hub.kit.ledger.record(TOOL, "property.archive", &format!("{} {name}", kind.singular()), None, Value::Null);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /crm/v3/properties/{objectType}/groups`
pub async fn groups(
    State(hub): Shared,
    Path(kind): Path<String>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.read_schema())?;
    Query::read(pairs, &["locale"])?;
    let portal = hub.portal();
    let names = portal.groups.get(&kind).into_iter().flatten();
    let results: Vec<Value> = names.map(|name| group_answer(name, name, -1)).collect();
    Ok(Json(json!({ "results": results })).into_response())
}

/// `POST /crm/v3/properties/{objectType}/groups`
pub async fn add_group(State(hub): Shared, Path(kind): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.write_schema())?;
    let body: Group = read(&headers, &body)?;
    if !hub.portal().groups.entry(kind).or_default().insert(body.name.clone()) {
        let message = format!("A property group named '{}' already exists.", body.name);
        return Err(refuse(StatusCode::CONFLICT, "CONFLICT", &message));
    }
    let answer = group_answer(&body.name, &body.label, body.display_order.unwrap_or(-1));
    hub.kit.ledger.record(TOOL, "property_group.create", &format!("{} {}", kind.singular(), body.name), None, answer.clone());
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn group_answer(name: &str, label: &str, order: i32) -> Value {
    json!({ "name": name, "label": label, "displayOrder": order, "archived": false })
}
