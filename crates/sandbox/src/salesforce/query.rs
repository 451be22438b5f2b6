//! Queries and their pages. REST API Developer Guide, "Query", "`QueryAll`", "Query More Results".

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::Salesforce;
use super::errors::{Problem, refuse};
use super::soql;
use crate::kit::{Refusal, Side};

/// "The default is 2,000; the minimum batch size is 200, and the maximum batch size is 2,000."
const USUAL_PAGE: usize = 2_000;
/// An address is cut off beyond 16,384 bytes.
const LONGEST_ADDRESS: usize = 16_384;
/// A place in a result is kept so long.
const LOCATOR_LIFE: SignedDuration = SignedDuration::from_hours(48);

/// The results that wait to be read on.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    next: u64,
    waiting: BTreeMap<String, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    object: &'static str,
    records: Vec<Value>,
    page: usize,
    since: Timestamp,
}

pub(super) async fn query(
    State(salesforce): State<Arc<Salesforce>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    first(&salesforce, &headers, query.as_deref().unwrap_or_default(), false)
}

pub(super) async fn query_all(
    State(salesforce): State<Arc<Salesforce>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    first(&salesforce, &headers, query.as_deref().unwrap_or_default(), true)
}

fn first(salesforce: &Salesforce, headers: &HeaderMap, query: &str, all: bool) -> Result<Response, Refusal> {
    if query.len() > LONGEST_ADDRESS {
        return Err(StatusCode::URI_TOO_LONG.into_response().into());
    }
    let text = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "q").map(|(_, text)| text.into_owned());
    let text = text.ok_or_else(|| refuse("MALFORMED_QUERY", "A query string has to be specified").as_misfit("no query"))?;
    let malformed = |message: String| Problem::new("MALFORMED_QUERY", message.clone()).refusal().as_misfit(&message);
    let parsed = soql::parse(&text).map_err(malformed)?;
    let mut org = salesforce.org();
    org.purge(salesforce.kit.clock.now());
    super::may_see(&org, &parsed.object)?;
    let (object, records) = soql::run(&org, &parsed, all)?;
    salesforce.description.count(&salesforce.kit, Side::Request, object.name);
    let page = page_size(headers).min(salesforce.page());
    Ok(salesforce.answer(Waiting { object: object.name, records, page, since: salesforce.kit.clock.now() }, 0, None))
}

/// `Sforce-Query-Options: batchSize=…`.
fn page_size(headers: &HeaderMap) -> usize {
    let wanted = headers.get("sforce-query-options").and_then(|value| value.to_str().ok()).and_then(|text| text.split_once("batchSize="));
    let size = wanted.and_then(|(_, text)| text.trim().parse().ok());
    size.map_or(USUAL_PAGE, |size: usize| size.clamp(200, USUAL_PAGE))
}

/// The page that `nextRecordsUrl` names: a place, a hyphen, how many records came before.
pub(super) async fn more(State(salesforce): State<Arc<Salesforce>>, Path((_, place)): Path<(String, String)>) -> Result<Response, Refusal> {
    let gone = || refuse("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (name, before) = place.rsplit_once('-').ok_or_else(gone)?;
    let before: usize = before.parse().map_err(|_| gone())?;
    let now = salesforce.kit.clock.now();
    let waiting =
        salesforce.cursors().waiting.remove(name).filter(|waiting| now.duration_since(waiting.since) < LOCATOR_LIFE).ok_or_else(gone)?;
    salesforce.description.count(&salesforce.kit, Side::Request, waiting.object);
    Ok(salesforce.answer(waiting, before, Some(name.to_owned())))
}

impl Salesforce {
    fn answer(&self, waiting: Waiting, from: usize, name: Option<String>) -> Response {
        let total = waiting.records.len();
        let to = (from + waiting.page).min(total);
        let records: Vec<Value> = waiting.records[from.min(to)..to].to_vec();
        self.hold(waiting.object, &records);
        let mut body = json!({ "totalSize": total, "done": to == total, "records": records });
        if to < total {
            let mut cursors = self.cursors();
            let name = name.unwrap_or_else(|| {
                cursors.next += 1;
                format!("01gHx{:013}", cursors.next)
            });
            body["nextRecordsUrl"] = json!(format!("{}/query/{name}-{to}", self.api));
            cursors.waiting.insert(name, waiting);
        }
        Json(body).into_response()
    }

    /// Holds what is answered against the description.
    fn hold(&self, object: &str, records: &[Value]) {
        self.description.count(&self.kit, Side::Response, object);
        for record in records.iter().filter_map(Value::as_object) {
            if let Some((place, reason)) = self.description.misfit(object, record) {
                self.kit.checks.violation(super::ID, "GET", "query", Side::Response, &place, &reason);
            }
        }
    }
}
