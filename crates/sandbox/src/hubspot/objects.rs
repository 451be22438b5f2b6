//! Single objects: list, create, read, change, archive. Batches are batch.rs, search is search.rs.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query as Pairs, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    TOOL,
    bodies::{Category, Change, Create, Link, Strings, read},
    errors::{bad_values, invalid, misfit, not_found, refuse, refuse_with},
    hooks::Source,
    hub::{Hub, Query},
    kind::Kind,
    links,
    portal::Portal,
    records::{Record, Values},
    render,
    values::checked,
};
use crate::kit::Refusal;

type Shared = State<Arc<Hub>>;
type Parameters = Pairs<Vec<(String, String)>>;

/// The kind a path names.
pub fn kind_of(name: &str) -> Result<Kind, Refusal> {
    Kind::named(name).ok_or_else(|| misfit(&format!("Unable to infer object type from: {name}")))
}

/// `GET /crm/v3/objects/{objectType}`
pub async fn list(State(hub): Shared, Path(kind): Path<String>, Pairs(pairs): Parameters, headers: HeaderMap) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.read())?;
    let known = ["after", "archived", "associations", "limit", "properties", "propertiesWithHistory"];
    let query = Query::read(pairs, &known)?;
    let (limit, after, archived) = (query.limit(10, 100)?, query.after()?, query.flag("archived")?);
    let wanted = Wanted::read(&hub.portal(), kind, &query)?;
    let portal = hub.portal();
    let mut page = portal.table(kind).after(after).filter(|record| record.archived_ms.is_some() == archived).peekable();
    let mut results = Vec::new();
    let mut last = after;
    while let Some(record) = page.next_if(|_| results.len() < limit) {
        last = record.id;
        results.push(wanted.answer(&portal, kind, record));
    }
    let mut answer = json!({ "results": results });
    if page.peek().is_some() {
        let link = format!("{}/crm/v3/objects/{}?after={last}", hub.kit.base(TOOL), kind.plural());
        answer["paging"] = json!({ "next": { "after": last.to_string(), "link": link } });
    }
    Ok(Json(answer).into_response())
}

/// `POST /crm/v3/objects/{objectType}`
pub async fn create(State(hub): Shared, Path(kind): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.write())?;
    let body: Create = read(&headers, &body)?;
    let mut portal = hub.portal();
    let values = new_values(&portal, kind, &body.properties)?;
    let ends = ends_of(&portal, kind, &body.associations)?;
    let id = add(&hub, &mut portal, kind, values, &ends, None);
    hub.announce(&mut portal);
    let record = portal.table(kind).get(id).ok_or_else(not_found)?;
    Ok((StatusCode::CREATED, Json(Value::Object(render::whole(kind, record)))).into_response())
}

/// `GET /crm/v3/objects/{objectType}/{objectId}`
pub async fn get(
    State(hub): Shared,
    Path((kind, id)): Path<(String, String)>,
    Pairs(pairs): Parameters,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.read())?;
    let query = Query::read(pairs, &["archived", "associations", "idProperty", "properties", "propertiesWithHistory"])?;
    let archived = query.flag("archived")?;
    let portal = hub.portal();
    let wanted = Wanted::read(&portal, kind, &query)?;
    let by = query.one("idProperty");
    unique_property(&portal, kind, by)?;
    let record = if archived {
        let id: Option<u64> = id.parse().ok();
        id.and_then(|id| portal.table(kind).get(id)).filter(|record| record.archived_ms.is_some())
    } else {
        portal.find(kind, by, &id).and_then(|id| portal.table(kind).live(id))
    };
    let record = record.ok_or_else(not_found)?;
    Ok(Json(wanted.answer(&portal, kind, record)).into_response())
}

/// `PATCH /crm/v3/objects/{objectType}/{objectId}`
pub async fn change(
    State(hub): Shared,
    Path((kind, id)): Path<(String, String)>,
    Pairs(pairs): Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.write())?;
    let query = Query::read(pairs, &["idProperty"])?;
    let body: Change = read(&headers, &body)?;
    let mut portal = hub.portal();
    unique_property(&portal, kind, query.one("idProperty"))?;
    let id = portal.find(kind, query.one("idProperty"), &id).ok_or_else(not_found)?;
    let values = changed_values(&portal, kind, id, &body.properties)?;
    edit(&hub, &mut portal, kind, id, &values, None);
    hub.announce(&mut portal);
    let record = portal.table(kind).get(id).ok_or_else(not_found)?;
    let names = body.properties.into_keys().collect();
    Ok(Json(Value::Object(render::object(kind, record, &record.now, &names))).into_response())
}

/// `DELETE /crm/v3/objects/{objectType}/{objectId}`: into the recycling bin; done already is done too.
pub async fn archive(State(hub): Shared, Path((kind, id)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.write())?;
    let mut portal = hub.portal();
    if let Ok(id) = id.parse() {
        remove(&hub, &mut portal, kind, id);
        hub.announce(&mut portal);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What a reading asks for.
pub struct Wanted {
    names: BTreeSet<String>,
    associations: Vec<Kind>,
}

impl Wanted {
    fn read(portal: &Portal, kind: Kind, query: &Query) -> Result<Self, Refusal> {
        if !query.list("propertiesWithHistory").is_empty() {
            return Err(invalid("propertiesWithHistory is not emulated."));
        }
        let kinds = query.list("associations");
        let associations = kinds.iter().map(|name| kind_of(name)).collect::<Result<_, _>>()?;
        Ok(Self { names: named(portal, kind, query.list("properties")), associations })
    }

    fn answer(&self, portal: &Portal, kind: Kind, record: &Record) -> Value {
        let mut answer = render::object(kind, record, &record.now, &self.names);
        let mut found = Map::new();
        for to in &self.associations {
            let line = |(end, types): (links::End, &BTreeSet<u32>)| {
                let name = move |id: &u32| json!({ "id": end.1.to_string(), "type": links::name(kind, *to, *id) });
                types.iter().map(name).collect::<Vec<_>>()
            };
            let results: Vec<Value> = portal.links.of((kind, record.id), *to).flat_map(line).collect();
            if !results.is_empty() {
                found.insert(to.plural().to_owned(), json!({ "results": results }));
            }
        }
        if !found.is_empty() {
            answer.insert("associations".to_owned(), Value::Object(found));
        }
        Value::Object(answer)
    }
}

/// The names asked for that exist (unknown ones are left out in silence), or the usual ones.
pub fn named(portal: &Portal, kind: Kind, asked: Vec<String>) -> BTreeSet<String> {
    if asked.is_empty() {
        return kind.defaults().iter().map(ToString::to_string).collect();
    }
    asked.into_iter().filter(|name| portal.definition(kind, name).is_some()).collect()
}

/// An `idProperty` has unique values, or is refused.
pub fn unique_property(portal: &Portal, kind: Kind, name: Option<&str>) -> Result<(), Refusal> {
    let Some(name) = name.filter(|name| *name != "hs_object_id") else { return Ok(()) };
    match portal.definition(kind, name) {
        None => Err(invalid(&format!("Property \"{name}\" does not exist"))),
        Some(definition) if !definition.unique => {
            Err(invalid(&format!("{name} is not a unique property and cannot be used as idProperty")))
        }
        Some(_) => Ok(()),
    }
}

/// The values of a new object: valid, complete, and of nobody else.
pub fn new_values(portal: &Portal, kind: Kind, given: &Strings) -> Result<Values, Refusal> {
    let mut values = checked(portal, kind, given).map_err(|flaws| bad_values(&portal.id, &flaws))?;
    let there = |name: &str| values.get(name).is_some_and(|value| !value.is_empty());
    let (all, one) = kind.required();
    let mut missing: Vec<&str> = all.iter().copied().filter(|name| !there(name)).collect();
    if !one.is_empty() && !one.iter().any(|name| there(name)) {
        missing.extend(one);
    }
    if !missing.is_empty() {
        let message = format!("Error creating {}. Some required properties were not set.", kind.shouted());
        return Err(refuse_with(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", &message, json!({ "context": { "properties": missing } })));
    }
    if kind == Kind::Deal && !there("pipeline") {
        values.insert("pipeline".into(), "default".to_owned());
        if let Some(message) = portal.misplaced_stage(values.get("pipeline"), values.get("dealstage")) {
            return Err(invalid(&message));
        }
    }
    conflict(portal, kind, None, &values)?;
    Ok(values)
}

/// The values of a change to the object `id`.
pub fn changed_values(portal: &Portal, kind: Kind, id: u64, given: &Strings) -> Result<Values, Refusal> {
    let values = checked(portal, kind, given).map_err(|flaws| bad_values(&portal.id, &flaws))?;
    conflict(portal, kind, Some(id), &values)?;
    Ok(values)
}

fn conflict(portal: &Portal, kind: Kind, own: Option<u64>, values: &Values) -> Result<(), Refusal> {
    let taken = values.iter().find_map(|(name, value)| {
        let holder = portal.table(kind).holder(name, value)?;
        (Some(holder) != own).then_some((name, value, holder))
    });
    match taken {
        None => Ok(()),
        Some((name, _, holder)) if &**name == "email" => {
            let message = format!("Contact already exists. Existing ID: {holder}");
            Err(refuse(StatusCode::CONFLICT, "CONFLICT", &message))
        }
        Some((name, value, holder)) => {
            let message = format!("Cannot set {name} to {value}. {holder} already has that value.");
            let flaw = super::errors::Flaw { property: name.to_string(), code: "CONFLICTING_UNIQUE_VALUE", message };
            Err(bad_values(&portal.id, &[flaw]))
        }
    }
}

/// The records an object is to be linked with, each with a type that leads from its kind to theirs.
pub fn ends_of(portal: &Portal, kind: Kind, given: &[Link]) -> Result<Vec<(links::End, u32)>, Refusal> {
    let mut ends = Vec::new();
    for link in given {
        if link.types.is_empty() {
            return Err(invalid("At least one association type is required."));
        }
        for asked in &link.types {
            let id = asked.association_type_id;
            let to = links::target(kind, id).filter(|_| asked.association_category == Category::HubspotDefined);
            let to = to.ok_or_else(|| invalid(&format!("No association type with id {id} leads from {} objects.", kind.shouted())))?;
            let target = portal.find(to, None, &link.to.id).ok_or_else(|| {
                let message = format!("{} {} does not exist", to.shouted(), link.to.id);
                invalid(&message)
            })?;
            ends.push(((to, target), id));
        }
    }
    Ok(ends)
}

/// Adds an object for an app. `key` is what makes it the same object when sent again.
pub fn add(hub: &Hub, portal: &mut Portal, kind: Kind, values: Values, ends: &[(links::End, u32)], key: Option<&str>) -> u64 {
    let linked: Vec<String> = ends.iter().map(|((to, id), _)| format!("{} {id}", to.singular())).collect();
    let body = json!({ "properties": render::plain(&values), "associations": linked });
    let id = portal.create(kind, values, hub.now_ms(), Source::App);
    for (end, type_id) in ends {
        portal.links.join((kind, id), *end, *type_id);
    }
    hub.kit.ledger.record(TOOL, &format!("{}.create", kind.singular()), &id.to_string(), key, body);
    id
}

/// Changes an object for an app.
pub fn edit(hub: &Hub, portal: &mut Portal, kind: Kind, id: u64, values: &Values, key: Option<&str>) {
    if portal.update(kind, id, values, hub.now_ms(), Source::App) {
        let body = json!({ "properties": render::plain(values) });
        hub.kit.ledger.record(TOOL, &format!("{}.update", kind.singular()), &id.to_string(), key, body);
    }
}

/// Archives an object for an app.
pub fn remove(hub: &Hub, portal: &mut Portal, kind: Kind, id: u64) {
    if portal.archive(kind, id, hub.now_ms(), Source::App) {
        hub.kit.ledger.record(TOOL, &format!("{}.archive", kind.singular()), &id.to_string(), None, Value::Null);
    }
}
