//! The account's details. Schema: `PortalInformationResponse`, `PublicApiSpecs/Account/Account Info/Rollouts/144923/v3/accountInfo.json`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query as Pairs, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::hub::{Hub, Query};
use crate::kit::{Need, Refusal};

/// `GET /account-info/v3/details`
pub async fn details(
    State(hub): State<Arc<Hub>>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    hub.caller(&headers, Need::All(&["oauth"]))?;
    Query::read(pairs, &[])?;
    let portal: u64 = hub.portal().id.parse().unwrap_or_default();
    let answer = json!({
        "portalId": portal,
        "accountType": "STANDARD",
        "timeZone": "Europe/Berlin",
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": "+01:00",
        "utcOffsetMilliseconds": 3_600_000,
        "uiDomain": "app-eu1.hubspot.com",
        "dataHostingLocation": "eu1",
    });
    Ok(Json(answer).into_response())
}
