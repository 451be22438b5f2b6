//! Owners and pipelines: read only, as a person set them up in HubSpot.
//! Schemas: `PublicApiSpecs/CRM/{Crm Owners/146888,Pipelines/145896}/v3`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query as Pairs, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    errors::{invalid, not_found},
    hub::{Hub, Query},
    kind::Kind,
    objects::kind_of,
    portal::{Owner, Pipeline, Stage},
};
use crate::kit::{Need, Refusal};

type Shared = State<Arc<Hub>>;

const OWNERS: Need = Need::All(&["crm.objects.owners.read"]);
/// The account's owners and pipelines are as old as the account.
const SINCE: &str = "2026-01-05T09:00:00.000Z";

/// `GET /crm/v3/owners`
pub async fn owners(State(hub): Shared, Pairs(pairs): Pairs<Vec<(String, String)>>, headers: HeaderMap) -> Result<Response, Refusal> {
    hub.caller(&headers, OWNERS)?;
    let query = Query::read(pairs, &["after", "archived", "email", "limit"])?;
    let (limit, after, archived) = (query.limit(100, 500)?, query.after()?, query.flag("archived")?);
    let portal = hub.portal();
    let wanted =
        |owner: &&Owner| !archived && owner.id > after && query.one("email").is_none_or(|email| owner.email.eq_ignore_ascii_case(email));
    let found: Vec<&Owner> = portal.owners.iter().filter(wanted).collect();
    let page: Vec<Value> = found.iter().take(limit).map(|owner| owner_answer(owner)).collect();
    let mut answer = json!({ "results": page });
    if let Some(last) = found.get(limit - 1).filter(|_| found.len() > limit) {
        answer["paging"] = json!({ "next": { "after": last.id.to_string() } });
    }
    Ok(Json(answer).into_response())
}

/// `GET /crm/v3/owners/{ownerId}`
pub async fn owner(
    State(hub): Shared,
    Path(id): Path<String>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    hub.caller(&headers, OWNERS)?;
    let query = Query::read(pairs, &["archived", "idProperty"])?;
    let by_user = match query.one("idProperty") {
        None | Some("id") => false,
        Some("userId") => true,
        Some(other) => return Err(invalid(&format!("idProperty has an invalid value: {other}"))),
    };
    let portal = hub.portal();
    let own = |owner: &&Owner| id == if by_user { owner.user_id } else { owner.id }.to_string();
    let found = portal.owners.iter().find(own).ok_or_else(not_found)?;
    Ok(Json(owner_answer(found)).into_response())
}

fn owner_answer(owner: &Owner) -> Value {
    json!({
        "id": owner.id.to_string(),
        "email": owner.email,
        "firstName": owner.name,
        "lastName": "",
        "type": "PERSON",
        "userId": owner.user_id,
        "userIdIncludingInactive": owner.user_id,
        "createdAt": SINCE,
        "updatedAt": SINCE,
        "archived": false,
    })
}

/// `GET /crm/v3/pipelines/{objectType}`
pub async fn pipelines(State(hub): Shared, Path(kind): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.read_schema())?;
    let portal = hub.portal();
    let own = portal.pipelines.iter().filter(|_| kind == Kind::Deal);
    let results: Vec<Value> = (0..).zip(own).map(|(order, pipeline)| pipeline_answer(order, pipeline)).collect();
    Ok(Json(json!({ "results": results })).into_response())
}

/// `GET /crm/v3/pipelines/{objectType}/{pipelineId}`
pub async fn pipeline(State(hub): Shared, Path((kind, id)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.read_schema())?;
    let portal = hub.portal();
    let mut own = (0..).zip(&portal.pipelines).filter(|_| kind == Kind::Deal);
    let (order, found) = own.find(|(_, pipeline)| pipeline.id == id).ok_or_else(not_found)?;
    Ok(Json(pipeline_answer(order, found)).into_response())
}

fn pipeline_answer(order: i32, pipeline: &Pipeline) -> Value {
    let stage = |(order, stage): (i32, &Stage)| {
        let closed = matches!(stage.probability, "0.0" | "1.0").to_string();
        json!({
            "id": stage.id,
            "label": stage.label,
            "displayOrder": order,
            "metadata": { "isClosed": closed, "probability": stage.probability },
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            "createdAt": SINCE,
            "updatedAt": SINCE,
            "archived": false,
        })
    };
    let stages: Vec<Value> = (0..).zip(&pipeline.stages).map(stage).collect();
    json!({
        "id": pipeline.id,
        "label": pipeline.label,
        "displayOrder": order,
        "stages": stages,
        "createdAt": SINCE,
        "updatedAt": SINCE,
        "archived": false,
    })
}
