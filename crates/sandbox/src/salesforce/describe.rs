//! What an object is made of, and how many calls are left. REST API Developer Guide, "`SObject` Describe", "Limits".

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Salesforce;
use super::records::object;
use super::rules::picklist;
use super::schema::{Access, EXTERNAL_ID, Field, Object, SYSTEM, Type};
use crate::kit::{Outcome, Refusal, Side};

/// `GET /sobjects/{object}/describe`
pub(super) async fn describe(
    State(salesforce): State<Arc<Salesforce>>,
    Path((_, name)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let object = object(&name)?;
    let org = salesforce.org();
    super::may_see(&org, object.name)?;
    salesforce.kit.checks.counted(super::ID, Side::Request, Outcome::Undescribed);
    let own = org.field(object, EXTERNAL_ID.name);
    let fields: Vec<Value> = SYSTEM.iter().chain(object.fields).chain(own).map(|field| shown(object, field)).collect();
    Ok(Json(json!({
        "name": object.name, "label": object.name, "keyPrefix": object.prefix, "custom": false, "queryable": true,
        "createable": object.writable, "updateable": object.writable, "deletable": object.writable, "fields": fields,
    }))
    .into_response())
}

fn shown(object: &Object, field: &Field) -> Value {
    let (kind, length) = match field.kind {
        Type::Id => ("id", 18),
        Type::Text(length) => ("string", length),
        Type::Email => ("email", 80),
        Type::LongText(length) => ("textarea", length),
        Type::Picklist => ("picklist", 255),
        Type::Number => ("double", 0),
        Type::Flag => ("boolean", 0),
        Type::Date => ("date", 0),
        Type::DateTime => ("datetime", 0),
        Type::Reference(_) => ("reference", 18),
        Type::Base64 => ("base64", 0),
    };
    let is_own = field.name == EXTERNAL_ID.name;
    let (values, restricted) = picklist(object.name, field.name);
    let values: Vec<Value> =
        values.iter().map(|value| json!({ "value": value, "label": value, "active": true, "defaultValue": false })).collect();
    json!({
        "name": field.name, "label": field.name, "type": kind, "length": length, "nillable": !field.required,
        "createable": field.access != Access::Read, "updateable": field.access == Access::Write,
        "filterable": !matches!(field.kind, Type::LongText(_) | Type::Base64),
        "custom": is_own, "externalId": is_own, "unique": is_own, "idLookup": is_own || field.kind == Type::Id,
        "restrictedPicklist": restricted, "picklistValues": values,
    })
}

/// `GET /limits`
pub(super) async fn limits(State(salesforce): State<Arc<Salesforce>>) -> Json<Value> {
    let (used, most) = salesforce.usage();
    Json(json!({ "DailyApiRequests": { "Max": most, "Remaining": most.saturating_sub(used) } }))
}
