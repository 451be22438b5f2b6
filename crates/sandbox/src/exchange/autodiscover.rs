//! Autodiscover v2: where a mailbox is, told to anybody (its form as Microsoft's own script for Exchange Server reads it:
//! <https://github.com/microsoft/CSS-Exchange>, `Get-ProtocolEndpointViaAutoDv2.ps1`).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Exchange;

/// Where the organisation's Exchange would be.
const SERVER: &str = "https://mail.demo.example/EWS/Exchange.asmx";

pub async fn find(
    State(exchange): State<Arc<Exchange>>,
    Path(mailbox): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let wrong = |status: StatusCode, code: &str| {
        (status, Json(json!({ "ErrorCode": code, "ErrorMessage": "The request is not valid." }))).into_response()
    };
    match query.get("Protocol").map(String::as_str) {
        None => wrong(StatusCode::BAD_REQUEST, "MandatoryParameterMissing"),
        Some(name) if !name.eq_ignore_ascii_case("EWS") => wrong(StatusCode::BAD_REQUEST, "InvalidProtocol"),
        Some(_) if !exchange.world().mailboxes.contains_key(&mailbox.to_lowercase()) => wrong(StatusCode::NOT_FOUND, "UserNotFound"),
        Some(_) => Json(json!({ "Protocol": "EWS", "Url": SERVER })).into_response(),
    }
}
