//! Associations v4: read one or many, link by the default type or by a named one, unlink.
//! Schemas: `PublicApiSpecs/CRM/Associations/Rollouts/130902/v4/associations.json`.

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
    batch::{Outcome, sized},
    bodies::{Batch, Category, From, LinkType, Pair, read},
    errors::{invalid, not_found, standard},
    hub::{Hub, Query},
    kind::Kind,
    links::{self, End},
    objects::kind_of,
    portal::Portal,
};
use crate::kit::Refusal;

type Shared = State<Arc<Hub>>;
type Both = (String, String, String, String);

/// `GET /crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}`
pub async fn list(
    State(hub): Shared,
    Path((from, id, to)): Path<(String, String, String)>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (from, to) = (kind_of(&from)?, kind_of(&to)?);
    hub.caller(&headers, from.read())?;
    let query = Query::read(pairs, &["after", "limit"])?;
    let (limit, after) = (query.limit(500, 500)?, query.after()?);
    let portal = hub.portal();
    let id = portal.find(from, None, &id).ok_or_else(not_found)?;
    let (results, next) = page(&portal, (from, id), to, after, limit);
    let mut answer = json!({ "results": results });
    if let Some(next) = next {
        answer["paging"] = json!({ "next": { "after": next } });
    }
    Ok(Json(answer).into_response())
}

fn page(portal: &Portal, from: End, to: Kind, after: u64, limit: usize) -> (Vec<Value>, Option<String>) {
    let mut held = portal.links.after(from, to, after).peekable();
    let mut results = Vec::new();
    let mut last = after;
    while let Some((end, types)) = held.next_if(|_| results.len() < limit) {
        last = end.1;
        results.push(json!({ "toObjectId": end.1.to_string(), "associationTypes": links::answer(from.0, to, types) }));
    }
    (results, held.peek().map(|_| last.to_string()))
}

/// `POST /crm/v4/associations/{fromObjectType}/{toObjectType}/batch/read`
pub async fn read_many(
    State(hub): Shared,
    Path((from, to)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let (from, to) = (kind_of(&from)?, kind_of(&to)?);
    hub.caller(&headers, from.read())?;
    let body: Batch<From> = read(&headers, &body)?;
    if !(1..=1000).contains(&body.inputs.len()) {
        return Err(invalid("inputs must hold between 1 and 1000 ids"));
    }
    let portal = hub.portal();
    let mut outcome = Outcome::default();
    for From { id, after } in body.inputs {
        let after: u64 = match after.as_deref() {
            None | Some("") => 0,
            Some(text) => text.parse().map_err(|_| invalid(&format!("after has an invalid value: {text}")))?,
        };
        let known = portal.find(from, None, &id);
        let (results, next) = known.map_or_else(Default::default, |id| page(&portal, (from, id), to, after, 500));
        if results.is_empty() {
            let message = format!("No {} is associated with {} {id}.", to.singular(), from.singular());
            let error = standard("OBJECT_NOT_FOUND", &message, &json!({ "fromObjectId": [id] }), &[]);
            outcome.errors.push(error);
            continue;
        }
        let mut line = json!({ "from": { "id": id }, "to": results });
        if let Some(next) = next {
            line["paging"] = json!({ "next": { "after": next } });
        }
        outcome.results.push(line);
    }
    Ok(outcome.answer(&hub, StatusCode::OK))
}

/// `PUT /crm/v4/objects/{fromObjectType}/{fromObjectId}/associations/default/{toObjectType}/{toObjectId}`
pub async fn join_default(State(hub): Shared, Path(path): Path<Both>, headers: HeaderMap) -> Result<Response, Refusal> {
    let (from, to) = (kind_of(&path.0)?, kind_of(&path.2)?);
    hub.caller(&headers, from.write())?;
    let mut portal = hub.portal();
    let ends = ends(&portal, (from, &path.1), (to, &path.3)).ok_or_else(not_found)?;
    let id = default_type(from, to)?;
    link(&hub, &mut portal, ends, id);
    let outcome = Outcome { results: default_lines(ends, id), errors: Vec::new() };
    Ok(outcome.answer(&hub, StatusCode::OK))
}

/// `POST /crm/v4/associations/{fromObjectType}/{toObjectType}/batch/associate/default`
pub async fn join_many(
    State(hub): Shared,
    Path((from, to)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let (from, to) = (kind_of(&from)?, kind_of(&to)?);
    hub.caller(&headers, from.write())?;
    let body: Batch<Pair> = read(&headers, &body)?;
    sized(&body.inputs)?;
    let id = default_type(from, to)?;
    let mut portal = hub.portal();
    let mut outcome = Outcome::default();
    for Pair { from: one, to: other } in &body.inputs {
        let Some(ends) = ends(&portal, (from, &one.id), (to, &other.id)) else {
            let context = json!({ "fromObjectId": [one.id], "toObjectId": [other.id] });
            outcome.errors.push(standard("OBJECT_NOT_FOUND", "One of the objects does not exist.", &context, &[]));
            continue;
        };
        link(&hub, &mut portal, ends, id);
        outcome.results.extend(default_lines(ends, id));
    }
    Ok(outcome.answer(&hub, StatusCode::OK))
}

/// `PUT /crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}/{toObjectId}` with the types to set
pub async fn join(State(hub): Shared, Path(path): Path<Both>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let (from, to) = (kind_of(&path.0)?, kind_of(&path.2)?);
    hub.caller(&headers, from.write())?;
    let types: Vec<LinkType> = read(&headers, &body)?;
    let wrong = types
        .iter()
        .find(|asked| asked.association_category != Category::HubspotDefined || !links::is_type(from, to, asked.association_type_id));
    if let Some(wrong) = wrong {
        return Err(invalid(&format!("No association type with id {} leads there.", wrong.association_type_id)));
    }
    if types.is_empty() {
        return Err(invalid("At least one association type is required."));
    }
    let mut portal = hub.portal();
    let ends = ends(&portal, (from, &path.1), (to, &path.3)).ok_or_else(not_found)?;
    for asked in &types {
        link(&hub, &mut portal, ends, asked.association_type_id);
    }
    let answer = json!({
        "fromObjectTypeId": from.type_id(),
        "fromObjectId": ends.0.1.to_string(),
        "toObjectTypeId": to.type_id(),
        "toObjectId": ends.1.1.to_string(),
        "labels": [],
    });
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// `DELETE /crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}/{toObjectId}`: all types; none is fine too.
pub async fn part(State(hub): Shared, Path(path): Path<Both>, headers: HeaderMap) -> Result<Response, Refusal> {
    let (from, to) = (kind_of(&path.0)?, kind_of(&path.2)?);
    hub.caller(&headers, from.write())?;
    let mut portal = hub.portal();
    let ends = ends(&portal, (from, &path.1), (to, &path.3)).ok_or_else(not_found)?;
    if portal.links.part(ends.0, ends.1) {
        record(&hub, "association.delete", ends, &Value::Null);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn ends(portal: &Portal, from: (Kind, &str), to: (Kind, &str)) -> Option<(End, End)> {
    Some(((from.0, portal.find(from.0, None, from.1)?), (to.0, portal.find(to.0, None, to.1)?)))
}

fn default_type(from: Kind, to: Kind) -> Result<u32, Refusal> {
    let message = || invalid(&format!("There is no default association from {} to {}.", from.plural(), to.plural()));
    links::default_type(from, to).ok_or_else(message)
}

fn link(hub: &Hub, portal: &mut Portal, ends: (End, End), id: u32) {
    if portal.links.join(ends.0, ends.1, id) {
        record(hub, "association.create", ends, &json!({ "associationTypeId": id }));
    }
}

fn record(hub: &Hub, action: &str, ((from, one), (to, other)): (End, End), body: &Value) {
    let object = format!("{} {one} - {} {other}", from.singular(), to.singular());
    hub.kit.ledger.record(TOOL, action, &object, None, body.clone());
}

/// Both directions are answered.
fn default_lines(ends: (End, End), id: u32) -> Vec<Value> {
    let line = |from: End, to: End, id: u32| {
        json!({
            "from": { "id": from.1.to_string() },
            "to": { "id": to.1.to_string() },
            "associationSpec": { "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": id },
        })
    };
    let back = links::default_type(ends.1.0, ends.0.0).unwrap_or(id);
    vec![line(ends.0, ends.1, id), line(ends.1, ends.0, back)]
}
