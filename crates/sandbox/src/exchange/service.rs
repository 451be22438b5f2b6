//! The one address of the service: sign-in, throttling, and which operation it is.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::soap::{self, Fault, Request};
use super::world::{Busy, World};
use super::{Exchange, access, find, folders, items, sync};

/// Operations, and what answers them.
type Operation = fn(&World, &str, &Request) -> String;
const OPERATIONS: [(&str, Operation); 5] = [
    ("GetFolder", folders::get),
    ("FindFolder", folders::find),
    ("SyncFolderItems", sync::items),
    ("FindItem", find::items),
    ("GetItem", items::get),
];

pub async fn call(State(exchange): State<Arc<Exchange>>, headers: HeaderMap, body: Bytes) -> Response {
    let caller = match access::caller(&exchange, &headers) {
        Ok(caller) => caller,
        Err(refusal) => return refusal,
    };
    let request = match soap::read(&exchange, &media_type(&headers), &body) {
        Ok(request) => request,
        Err(fault) => return soap::fault(&fault),
    };
    let quota = exchange.limit.take(&caller, 1);
    let busy = Fault {
        back_off_ms: Some(quota.retry_after_ms),
        ..Fault::new("ErrorServerBusy", "The server cannot service this request right now. Try again later.")
    };
    let world = exchange.world();
    let name = request.operation.name.as_str();
    match (quota.allowed, world.busy) {
        (true, _) => {}
        (false, Busy::Fault) => return soap::fault(&busy),
        (false, Busy::Unavailable) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        (false, Busy::Message) => {
            let inside = if name == "GetItem" { "<m:Items/>" } else { "" };
            return soap::answer(&exchange, &soap::messages(name, &soap::error(name, &busy, inside)));
        }
    }
    let operation = OPERATIONS.iter().find(|(known, _)| *known == name);
    match (access::acting(&world, &caller, &request), operation) {
        (Ok(acting), Some((_, operation))) => soap::answer(&exchange, &operation(&world, &acting, &request)),
        (Ok(_), None) => soap::fault(&Fault::new("ErrorInvalidOperation", "The operation is not emulated.")),
        (Err(fault), _) => soap::fault(&fault),
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
