//! The emulated Salesforce: sign-in, SOQL, records one by one and in collections, `describe`, the daily limit.
//!
//! Facts: REST API Developer Guide, SOQL and SOSL Reference, Object Reference (developer.salesforce.com), the trimmed schema among the
//! descriptions, help.salesforce.com for OAuth. Hosts collapse: the sign-in (`login.salesforce.com`) is `/salesforce`, the
//! organisation's own address is `/salesforce/instance`, told with each token as `instance_url`. Left out: SOSL, Bulk API, composite
//! requests, change events, sharing rules (whoever may see an object sees all of it).

mod control;
mod describe;
mod description;
mod errors;
mod oauth;
mod org;
mod query;
mod records;
mod rules;
mod schema;
mod seed;
mod soql;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::HeaderValue;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};

use self::description::Description;
use self::errors::refuse;
use self::org::Org;
use self::query::Cursors;
use crate::kit::{Authority, DescriptionError, Kit, Need, Refusal, Tool, Validator};

/// The tool's id.
const ID: &str = "salesforce";
/// The version that the organisation's own links name.
const API_VERSION: &str = "v64.0";
/// The oldest and newest versions that are answered.
const VERSIONS: std::ops::RangeInclusive<u32> = 31..=67;
/// "Access and manage your data": either is enough.
const API: &[&str] = &["api", "full"];
/// A Developer Edition may make so many calls in 24 hours.
const DAILY_CALLS: u64 = 15_000;

/// What the handlers share.
struct Salesforce {
    kit: Arc<Kit>,
    authority: Arc<Authority>,
    description: Description,
    org: Mutex<Org>,
    cursors: Mutex<Cursors>,
    used: AtomicU64,
    most: AtomicU64,
    page: AtomicUsize,
    /// Path of the API on its host.
    api: String,
}

impl Salesforce {
    fn org(&self) -> MutexGuard<'_, Org> {
        self.org.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cursors(&self) -> MutexGuard<'_, Cursors> {
        self.cursors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn usage(&self) -> (u64, u64) {
        (self.used.load(Ordering::SeqCst), self.most.load(Ordering::SeqCst))
    }

    fn set_usage(&self, used: u64, most: u64) {
        self.used.store(used, Ordering::SeqCst);
        self.most.store(most, Ordering::SeqCst);
    }

    fn page(&self) -> usize {
        self.page.load(Ordering::SeqCst)
    }

    fn set_page(&self, records: usize) {
        self.page.store(records.max(1), Ordering::SeqCst);
    }
}

/// An object that the user's profile withholds does not exist for them.
fn may_see(org: &Org, object: &str) -> Result<(), Refusal> {
    if org.withheld.iter().any(|name| name.eq_ignore_ascii_case(object)) {
        return Err(refuse("INSUFFICIENT_ACCESS", format!("insufficient access rights on object: {object}")));
    }
    Ok(())
}

/// Builds the emulator.
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let authority = oauth::authority(kit);
    let api = format!("/services/data/{API_VERSION}");
    let mut org = Org::new(api.clone());
    seed::fill(&mut org, kit.clock.now());
    let salesforce = Arc::new(Salesforce {
        kit: Arc::clone(kit),
        authority: Arc::clone(&authority),
        description: Description::load(kit)?,
        org: Mutex::new(org),
        cursors: Mutex::default(),
        used: AtomicU64::new(0),
        most: AtomicU64::new(DAILY_CALLS),
        page: AtomicUsize::new(usize::MAX),
        api,
    });
    let data = Router::new()
        .route("/{version}/query", get(query::query))
        .route("/{version}/queryAll", get(query::query_all))
        .route("/{version}/query/{place}", get(query::more))
        .route("/{version}/limits", get(describe::limits))
        .route("/{version}/sobjects/{object}", post(records::create))
        .route("/{version}/sobjects/{object}/describe", get(describe::describe))
        .route("/{version}/sobjects/{object}/{id}", get(records::one).patch(records::update).delete(records::delete))
        .route("/{version}/sobjects/ContentNote/{id}/Content", get(records::content))
        .route("/{version}/composite/sobjects", post(records::create_many).patch(records::update_many))
        .route("/{version}/composite/sobjects/{object}/{field}", patch(records::upsert_many))
        .route_layer(from_fn_with_state(Arc::clone(&salesforce), guarded))
        .fallback(async || errors::unknown_path());
    let router = Router::new().nest("/instance/services/data", data).with_state(Arc::clone(&salesforce)).merge(authority.router());
    Ok(Tool { id: ID, router, control: control::router(salesforce), authority, validator: Validator::by_handler(ID) })
}

/// Round every call of the API: a live session, an edition with API, a version that exists, a place in the day's limit, and the header
/// that tells how much of it is used ("Sforce-Limit-Info: api-usage=25/5000").
async fn guarded(
    State(salesforce): State<Arc<Salesforce>>,
    Path(path): Path<Vec<(String, String)>>,
    request: Request,
    next: Next,
) -> Response {
    let allowed = salesforce.authority.bearer(request.headers(), Need::Any(API)).and_then(|_| {
        if salesforce.org().without_api {
            return Err(refuse("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."));
        }
        let version = path.iter().find(|(name, _)| name == "version").map(|(_, text)| text.as_str()).unwrap_or_default();
        let number = version.strip_prefix('v').and_then(|text| text.strip_suffix(".0")).and_then(|text| text.parse().ok());
        if !number.is_some_and(|number: u32| VERSIONS.contains(&number)) {
            return Err(errors::unknown_path());
        }
        Ok(())
    });
    if let Err(refusal) = allowed {
        return refusal.into_response();
    }
    let (used, most) = salesforce.usage();
    let mut response = if used < most {
        salesforce.used.fetch_add(1, Ordering::SeqCst);
        next.run(request).await
    } else {
        refuse("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.").into_response()
    };
    let (used, most) = salesforce.usage();
    if let Ok(value) = HeaderValue::from_str(&format!("api-usage={used}/{most}")) {
        response.headers_mut().insert("sforce-limit-info", value);
    }
    response
}
