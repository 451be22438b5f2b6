//! `/account`: whose Talkdesk it is. Fields as the file has them; docs.talkdesk.com/reference/account.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::Talkdesk;
use super::problem::Api;
use super::query::Query;
use crate::kit::Refusal;

pub(super) async fn details(
    State(talkdesk): State<Arc<Talkdesk>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    talkdesk.admit(&headers, Api::Account, &["account:read"])?;
    Query::read(Api::Account, query.as_deref(), &[])?;
    let id = talkdesk.world().account_id.clone();
    Ok(Json(json!({
        "id": id,
        "name": "demo",
        "company_name": "Demo Organisation",
        "timezone": "Europe/Berlin",
        "created_at": "2024-01-15T09:00:00Z",
        "_links": { "self": { "href": talkdesk.link("/account") } },
    })))
}
