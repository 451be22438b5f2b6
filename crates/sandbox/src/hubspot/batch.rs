//! Batches of objects: create, read, update, upsert, archive. A hundred inputs at most; what fails alone is told in a 207.

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
    bodies::{Batch, ChangeOne, CreateOne, Id, ReadBatch, read},
    errors::{bad_values, details, invalid, standard},
    hub::{Hub, Query},
    kind::Kind,
    links::End,
    objects::{add, changed_values, edit, ends_of, kind_of, named, new_values, remove, unique_property},
    portal::Portal,
    records::{Values, folded},
    render,
    values::checked,
};
use crate::kit::Refusal;

type Shared = State<Arc<Hub>>;

const MOST: usize = 100;

/// A checked input of a creation: values, links, the caller's own name for it.
type Ready<'a> = (Values, Vec<(End, u32)>, Option<&'a str>);

/// What a batch comes to.
#[derive(Default)]
pub struct Outcome {
    pub results: Vec<Value>,
    pub errors: Vec<Value>,
}

impl Outcome {
    /// The answer: `good` when nothing failed, else 207.
    pub fn answer(self, hub: &Hub, good: StatusCode) -> Response {
        let now = render::moment(hub.kit.clock.now());
        let mut answer = json!({ "status": "COMPLETE", "results": self.results, "startedAt": now, "completedAt": now });
        if self.errors.is_empty() {
            return (good, Json(answer)).into_response();
        }
        answer["numErrors"] = json!(self.errors.len());
        answer["errors"] = Value::Array(self.errors);
        (StatusCode::MULTI_STATUS, Json(answer)).into_response()
    }

    fn missing(&mut self, kind: Kind, ids: &[String]) {
        if !ids.is_empty() {
            let message =
                format!("Could not get some {} objects, they may be deleted or not exist. Check that ids are valid.", kind.shouted());
            self.errors.push(standard("OBJECT_NOT_FOUND", &message, &json!({ "ids": ids }), &[]));
        }
    }
}

/// Refuses empty and overlong batches.
pub fn sized<T>(inputs: &[T]) -> Result<(), Refusal> {
    match inputs.len() {
        0 => Err(invalid("inputs must not be empty")),
        1..=MOST => Ok(()),
        number => Err(invalid(&format!("The batch has {number} inputs; at most {MOST} are allowed."))),
    }
}

/// `POST …/batch/create`: all or nothing, unless every input can be told apart by an `objectWriteTraceId`.
pub async fn create(State(hub): Shared, Path(kind): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.write())?;
    let body: Batch<CreateOne> = read(&headers, &body)?;
    sized(&body.inputs)?;
    let mut portal = hub.portal();
    let singly = body.inputs.iter().all(|input| input.object_write_trace_id.is_some());
    let mut outcome = Outcome::default();
    let mut ready: Vec<Ready<'_>> = Vec::new();
    for input in &body.inputs {
        let trace = input.object_write_trace_id.as_deref();
        let checked = new_values(&portal, kind, &input.properties)
            .and_then(|values| Ok((values, ends_of(&portal, kind, &input.associations)?)))
            .and_then(|(values, ends)| twice(&portal, kind, &ready, &values).map(|()| (values, ends)));
        match checked {
            Ok((values, ends)) => ready.push((values, ends, trace)),
            Err(refusal) if !singly => return Err(refusal),
            Err(_) => {
                let context = json!({ "objectWriteTraceId": [trace] });
                outcome.errors.push(standard("VALIDATION_ERROR", "The input was not valid.", &context, &[]));
            }
        }
    }
    for (values, ends, trace) in ready {
        let id = add(&hub, &mut portal, kind, values, &ends, trace);
        let record = portal.table(kind).get(id);
        let mut answer = record.map_or_else(Map::new, |record| render::whole(kind, record));
        trace.map(|trace| answer.insert("objectWriteTraceId".to_owned(), json!(trace)));
        outcome.results.push(Value::Object(answer));
    }
    hub.announce(&mut portal);
    Ok(outcome.answer(&hub, StatusCode::CREATED))
}

/// Two inputs of one batch must not take the same unique value.
fn twice(portal: &Portal, kind: Kind, ready: &[Ready<'_>], values: &Values) -> Result<(), Refusal> {
    let unique = |name: &str| portal.definition(kind, name).is_some_and(|definition| definition.unique);
    let clash = values
        .iter()
        .find(|(name, value)| !value.is_empty() && unique(name) && ready.iter().any(|(other, ..)| other.get(*name) == Some(value)));
    match clash {
        Some((name, value)) => Err(invalid(&format!("Duplicate value {value} for unique property {name} in the batch."))),
        None => Ok(()),
    }
}

/// `POST …/batch/read`
pub async fn read_many(
    State(hub): Shared,
    Path(kind): Path<String>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.read())?;
    let archived = Query::read(pairs, &["archived"])?.flag("archived")?;
    let body: ReadBatch = read(&headers, &body)?;
    sized(&body.inputs)?;
    if !body.properties_with_history.is_empty() {
        return Err(invalid("propertiesWithHistory is not emulated."));
    }
    let portal = hub.portal();
    unique_property(&portal, kind, body.id_property.as_deref())?;
    let names = named(&portal, kind, body.properties);
    let mut outcome = Outcome::default();
    let mut missing = Vec::new();
    let mut seen = BTreeSet::new();
    for Id { id } in body.inputs {
        let found = if archived {
            let record = id.parse().ok().and_then(|id| portal.table(kind).get(id));
            record.filter(|record| record.archived_ms.is_some())
        } else {
            let held = portal.find(kind, body.id_property.as_deref(), &id);
            held.and_then(|id| portal.table(kind).live(id))
        };
        match found {
            Some(record) if seen.insert(record.id) => {
                outcome.results.push(Value::Object(render::object(kind, record, &record.now, &names)));
            }
            Some(_) => {}
            None => missing.push(id),
        }
    }
    outcome.missing(kind, &missing);
    Ok(outcome.answer(&hub, StatusCode::OK))
}

/// `POST …/batch/update`: wrong values refuse the whole batch, unknown ids fail alone.
pub async fn update(State(hub): Shared, Path(kind): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.write())?;
    let body: Batch<ChangeOne> = read(&headers, &body)?;
    sized(&body.inputs)?;
    let mut portal = hub.portal();
    let mut ready = Vec::new();
    let mut missing = Vec::new();
    let mut seen = BTreeSet::new();
    for input in &body.inputs {
        unique_property(&portal, kind, input.id_property.as_deref())?;
        let Some(id) = portal.find(kind, input.id_property.as_deref(), &input.id) else {
            checked(&portal, kind, &input.properties).map_err(|flaws| bad_values(&portal.id, &flaws))?;
            missing.push(input.id.clone());
            continue;
        };
        if !seen.insert(id) {
            return Err(invalid("Duplicate IDs found in batch input."));
        }
        ready.push((id, changed_values(&portal, kind, id, &input.properties)?, input));
    }
    let mut outcome = Outcome::default();
    for (id, values, input) in ready {
        let trace = input.object_write_trace_id.as_deref();
        edit(&hub, &mut portal, kind, id, &values, trace);
        outcome.results.push(Value::Object(changed(&portal, kind, id, input)));
    }
    hub.announce(&mut portal);
    outcome.missing(kind, &missing);
    Ok(outcome.answer(&hub, StatusCode::OK))
}

fn changed(portal: &Portal, kind: Kind, id: u64, input: &ChangeOne) -> Map<String, Value> {
    let names = input.properties.keys().cloned().collect();
    let record = portal.table(kind).get(id);
    let mut answer = record.map_or_else(Map::new, |record| render::object(kind, record, &record.now, &names));
    if let Some(trace) = &input.object_write_trace_id {
        answer.insert("objectWriteTraceId".to_owned(), json!(trace));
    }
    answer
}

/// `POST …/batch/upsert`: by one property with unique values, the same for all inputs; its value is the `id`.
pub async fn upsert(State(hub): Shared, Path(kind): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.write())?;
    let body: Batch<ChangeOne> = read(&headers, &body)?;
    sized(&body.inputs)?;
    let mut portal = hub.portal();
    let name = body.inputs.first().and_then(|input| input.id_property.clone());
    let name = name.ok_or_else(|| invalid("idProperty is required for an upsert."))?;
    if name == "hs_object_id" || body.inputs.iter().any(|input| input.id_property.as_ref() != Some(&name)) {
        return Err(invalid("All inputs must have the same idProperty, a property with unique values."));
    }
    unique_property(&portal, kind, Some(&name))?;
    let mut seen = BTreeSet::new();
    for input in &body.inputs {
        if input.id.trim().is_empty() || !seen.insert(folded(&input.id)) {
            return Err(invalid("Every input needs its own value of the idProperty."));
        }
    }
    let mut outcome = Outcome::default();
    for input in &body.inputs {
        match upsert_one(&hub, &mut portal, kind, &name, input) {
            Ok(answer) => outcome.results.push(Value::Object(answer)),
            Err(error) => outcome.errors.push(error),
        }
    }
    hub.announce(&mut portal);
    Ok(outcome.answer(&hub, StatusCode::OK))
}

fn upsert_one(hub: &Hub, portal: &mut Portal, kind: Kind, name: &str, input: &ChangeOne) -> Result<Map<String, Value>, Value> {
    let trace = json!({ "objectWriteTraceId": input.object_write_trace_id.iter().collect::<Vec<_>>(), "ids": [input.id] });
    let mut given = input.properties.clone();
    given.insert(name.to_owned(), input.id.clone());
    checked(portal, kind, &given)
        .map_err(|flaws| standard("VALIDATION_ERROR", "Property values were not valid", &trace, &details(&flaws)))?;
    let refused = |_| standard("VALIDATION_ERROR", "The input was not valid.", &trace, &[]);
    let key = Some(input.id.as_str());
    let (id, new) = if let Some(id) = portal.find(kind, Some(name), &input.id) {
        let values = changed_values(portal, kind, id, &given).map_err(refused)?;
        edit(hub, portal, kind, id, &values, key);
        (id, false)
    } else {
        let values = new_values(portal, kind, &given).map_err(refused)?;
        (add(hub, portal, kind, values, &[], key), true)
    };
    let mut answer = changed(portal, kind, id, input);
    answer.insert("new".to_owned(), json!(new));
    Ok(answer)
}

/// `POST …/batch/archive`
pub async fn archive(State(hub): Shared, Path(kind): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.write())?;
    let body: Batch<Id> = read(&headers, &body)?;
    sized(&body.inputs)?;
    let mut portal = hub.portal();
    for id in body.inputs.iter().filter_map(|input| input.id.parse().ok()) {
        remove(&hub, &mut portal, kind, id);
    }
    hub.announce(&mut portal);
    Ok(StatusCode::NO_CONTENT.into_response())
}
