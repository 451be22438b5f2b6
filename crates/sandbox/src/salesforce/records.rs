//! Records, one by one and up to 200 in a call. REST API Developer Guide, "`SObject` Rows", "`SObject` Rows by External ID", "`SObject`
//! Collections".

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Salesforce;
use super::errors::{Problem, no_column, refuse};
use super::org::{Author, Did, Org, Row};
use super::schema::{EXTERNAL_ID, Object, Type, object_by_id, object_of};
use crate::kit::{Caller, Need, Refusal, Side};

type Shared = State<Arc<Salesforce>>;

/// Most records of one call.
const MOST: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Collection {
    #[serde(default)]
    all_or_none: bool,
    records: Vec<Row>,
}

/// What a write is to do.
enum Aim {
    Create,
    Update(String),
}

pub(super) fn object(name: &str) -> Result<&'static Object, Refusal> {
    object_of(name).ok_or_else(|| refuse("NOT_FOUND", "The requested resource does not exist").as_misfit("no such object"))
}

impl Salesforce {
    /// Names and JSON types of what is to be written; misfits are refused as a whole.
    fn read(&self, org: &Org, object: &'static Object, values: &Row) -> Result<(), Refusal> {
        self.description.count(&self.kit, Side::Request, object.name);
        if !object.writable {
            return Err(refuse("METHOD_NOT_ALLOWED", format!("{} is not written by the API", object.name)).as_misfit("a read-only object"));
        }
        for (name, value) in values.iter().filter(|(name, _)| *name != "attributes" && !name.eq_ignore_ascii_case("id")) {
            let field = org.field(object, name).ok_or_else(|| no_column(name, object.name))?;
            let good = match field.kind {
                _ if value.is_null() => true,
                Type::Flag => value.is_boolean(),
                Type::Number => value.is_number(),
                _ => value.is_string(),
            };
            if !good {
                let message = format!("Cannot deserialize instance of {:?} from {value}", field.kind);
                return Err(refuse("JSON_PARSER_ERROR", message).as_misfit(&format!("{name} has another type")));
            }
        }
        // What the description calls never null may be emptied by nobody, but that is for the rules to say.
        let written: Row = values.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())).collect();
        match self.description.misfit(object.name, &written) {
            Some((place, reason)) => Err(refuse("INVALID_FIELD", format!("{place} {reason}")).as_misfit(&format!("{place} {reason}"))),
            None => Ok(()),
        }
    }

    /// Does it, and enters it in the ledger.
    fn write(&self, org: &mut Org, object: &'static Object, aim: &Aim, values: &Row, caller: &Caller) -> Result<(String, bool), Problem> {
        let author = Author { user: &caller.account.id, now: self.kit.clock.now() };
        let values: Row = values
            .iter()
            .filter(|(name, _)| *name != "attributes" && !name.eq_ignore_ascii_case("id"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let key = values.get(EXTERNAL_ID.name).and_then(Value::as_str).map(str::to_owned);
        let (id, done) = match aim {
            Aim::Create => (org.create(object, &values, &author)?, Some("create")),
            Aim::Update(id) => {
                let did = org.update(object, id, &values, &author)?;
                (super::org::full(id).unwrap_or_default(), (did == Did::Updated).then_some("update"))
            }
        };
        if let Some(verb) = done {
            let action = format!("{}.{verb}", action_of(object));
            self.kit.ledger.record(super::ID, &action, &id, key.as_deref(), Value::Object(values));
        }
        Ok((id, matches!(aim, Aim::Create)))
    }

    fn remove(&self, org: &mut Org, object: &'static Object, id: &str, caller: &Caller) -> Result<(), Problem> {
        let author = Author { user: &caller.account.id, now: self.kit.clock.now() };
        org.delete(object, id, &author)?;
        self.kit.ledger.record(super::ID, &format!("{}.delete", action_of(object)), id, None, json!({}));
        Ok(())
    }
}

/// `Event` is `event`, `ContentNote` is `content_note`.
fn action_of(object: &Object) -> String {
    let mut action = String::new();
    for (at, c) in object.name.char_indices() {
        if c.is_uppercase() && at > 0 {
            action.push('_');
        }
        action.extend(c.to_lowercase());
    }
    action
}

/// `GET /sobjects/{object}/{id}`
pub(super) async fn one(State(salesforce): Shared, Path((_, name, id)): Path<(String, String, String)>) -> Result<Response, Refusal> {
    let object = object(&name)?;
    let mut org = salesforce.org();
    org.purge(salesforce.kit.clock.now());
    super::may_see(&org, object.name)?;
    salesforce.description.count(&salesforce.kit, Side::Request, object.name);
    let missing = |problem: Problem| if problem.code == "ENTITY_IS_DELETED" { Problem::new("NOT_FOUND", problem.message) } else { problem };
    let row = org.live(object, &id).map_err(|problem| missing(problem).refusal())?;
    let record = org.written(object, row, |record| {
        for field in super::schema::SYSTEM.iter().chain(object.fields) {
            record.insert(field.name.to_owned(), row.get(field.name).cloned().unwrap_or(Value::Null));
        }
    });
    Ok(Json(record).into_response())
}

/// `GET /sobjects/ContentNote/{id}/Content`: the note itself.
pub(super) async fn content(State(salesforce): Shared, Path((_, id)): Path<(String, String)>) -> Result<Response, Refusal> {
    let org = salesforce.org();
    let row = org.live(object("ContentNote")?, &id).map_err(|problem| problem.refusal())?;
    let text = row.get("Content").and_then(Value::as_str).unwrap_or_default();
    Ok(STANDARD.decode(text).unwrap_or_default().into_response())
}

/// `POST /sobjects/{object}`
pub(super) async fn create(
    State(salesforce): Shared,
    Path((_, name)): Path<(String, String)>,
    headers: HeaderMap,
    Json(values): Json<Row>,
) -> Result<Response, Refusal> {
    let (object, caller) = (object(&name)?, salesforce.authority.bearer(&headers, Need::Any(super::API))?);
    let mut org = salesforce.org();
    super::may_see(&org, object.name)?;
    salesforce.read(&org, object, &values)?;
    let (id, _) = salesforce.write(&mut org, object, &Aim::Create, &values, &caller).map_err(|problem| problem.refusal())?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "success": true, "errors": [] }))).into_response())
}

/// `PATCH /sobjects/{object}/{id}`
pub(super) async fn update(
    State(salesforce): Shared,
    Path((_, name, id)): Path<(String, String, String)>,
    headers: HeaderMap,
    Json(values): Json<Row>,
) -> Result<Response, Refusal> {
    let (object, caller) = (object(&name)?, salesforce.authority.bearer(&headers, Need::Any(super::API))?);
    let mut org = salesforce.org();
    super::may_see(&org, object.name)?;
    salesforce.read(&org, object, &values)?;
    salesforce.write(&mut org, object, &Aim::Update(id), &values, &caller).map_err(|problem| problem.refusal())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /sobjects/{object}/{id}`
pub(super) async fn delete(
    State(salesforce): Shared,
    Path((_, name, id)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (object, caller) = (object(&name)?, salesforce.authority.bearer(&headers, Need::Any(super::API))?);
    let mut org = salesforce.org();
    super::may_see(&org, object.name)?;
    salesforce.description.count(&salesforce.kit, Side::Request, object.name);
    salesforce.remove(&mut org, object, &id, &caller).map_err(|problem| problem.refusal())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /composite/sobjects`: new records, each with its type in `attributes`.
pub(super) async fn create_many(
    State(salesforce): Shared,
    headers: HeaderMap,
    Json(collection): Json<Collection>,
) -> Result<Response, Refusal> {
    salesforce.many(&headers, &collection, |_, object, values| {
        if values.keys().any(|name| name.eq_ignore_ascii_case("id")) {
            return Err(Problem::new("INVALID_FIELD", format!("cannot specify Id in an insert call: {}", object.name)));
        }
        Ok(Aim::Create)
    })
}

/// `PATCH /composite/sobjects`: known records, each with its type and id.
pub(super) async fn update_many(
    State(salesforce): Shared,
    headers: HeaderMap,
    Json(collection): Json<Collection>,
) -> Result<Response, Refusal> {
    salesforce.many(&headers, &collection, |_, object, values| {
        let id = values.iter().find(|(name, _)| name.eq_ignore_ascii_case("id")).and_then(|(_, id)| id.as_str());
        match id {
            Some(id) if object_by_id(id).is_some_and(|of| of.name == object.name) => Ok(Aim::Update(id.to_owned())),
            Some(id) => Err(Problem::new("MALFORMED_ID", format!("bad id {id}"))),
            None => Err(Problem::new("MISSING_ARGUMENT", "Id not specified in an update call")),
        }
    })
}

/// `PATCH /composite/sobjects/{object}/{field}`: by an external id.
pub(super) async fn upsert_many(
    State(salesforce): Shared,
    Path((_, name, field)): Path<(String, String, String)>,
    headers: HeaderMap,
    Json(collection): Json<Collection>,
) -> Result<Response, Refusal> {
    let by = object(&name)?;
    let known = salesforce.org().field(by, &field).is_some_and(|known| known.name == EXTERNAL_ID.name);
    if !known {
        let message = format!("Provided external ID field does not exist or is not accessible: {field}");
        return Err(refuse("NOT_FOUND", message));
    }
    salesforce.many(&headers, &collection, |org, object, values| {
        let value = values.get(&field).and_then(Value::as_str).unwrap_or_default();
        if object.name != by.name || value.is_empty() {
            return Err(Problem::new("MISSING_ARGUMENT", format!("{field} not specified")));
        }
        match org.by_external_id(object, value).as_slice() {
            [] => Ok(Aim::Create),
            [id] => Ok(Aim::Update(id.clone())),
            _ => Err(Problem::new("DUPLICATE_EXTERNAL_ID", format!("Multiple records with {field} {value}"))),
        }
    })
}

impl Salesforce {
    fn many(
        &self,
        headers: &HeaderMap,
        collection: &Collection,
        aim: impl Fn(&Org, &'static Object, &Row) -> Result<Aim, Problem>,
    ) -> Result<Response, Refusal> {
        let caller = self.authority.bearer(headers, Need::Any(super::API))?;
        if collection.records.is_empty() || collection.records.len() > MOST || collection.all_or_none {
            let message = format!("record count has to be between 1 and {MOST}; allOrNone is not emulated");
            return Err(refuse("LIMIT_EXCEEDED", message).as_misfit("a collection of another size or kind"));
        }
        let mut org = self.org();
        let mut typed = Vec::with_capacity(collection.records.len());
        for values in &collection.records {
            let name = values.get("attributes").and_then(|attributes| attributes["type"].as_str()).unwrap_or_default();
            let object =
                object_of(name).ok_or_else(|| refuse("INVALID_TYPE", format!("type {name:?} is not supported")).as_misfit("no type"))?;
            super::may_see(&org, object.name)?;
            self.read(&org, object, values)?;
            typed.push((object, values));
        }
        let mut answers = Vec::with_capacity(typed.len());
        for (object, values) in typed {
            let done = aim(&org, object, values).and_then(|aim| self.write(&mut org, object, &aim, values, &caller));
            answers.push(match done {
                Ok((id, created)) => json!({ "id": id, "success": true, "errors": [], "created": created }),
                Err(problem) => problem.in_collection(),
            });
        }
        Ok(Json(answers).into_response())
    }
}
