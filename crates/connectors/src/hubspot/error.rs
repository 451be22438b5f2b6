//! Reads HubSpot's errors: the category and its context say more than the status does.

use connector_kit::{Error, ErrorKind, Reply, Retry};
use jiff::SignedDuration;

use super::wire::{ErrorBody, RefusedProperty};

/// Reads an answer as an error. 207 is none: its single errors are read with the batch.
pub(super) fn classify(reply: &Reply) -> Option<Error> {
    if reply.status < 400 {
        return None;
    }
    let body: ErrorBody = reply.peek().unwrap_or_default();
    let asked = reply.header("retry-after").and_then(|text| text.trim().parse::<i64>().ok());
    let pause = asked.map(|seconds| SignedDuration::from_secs(seconds.clamp(0, 3_600)));
    Some(read(reply.status, &body, pause))
}

/// Reads one error of a 207.
pub(super) fn classify_item(body: &ErrorBody) -> Error {
    let status = match body.category.as_deref() {
        Some("OBJECT_NOT_FOUND" | "NOT_FOUND") => 404,
        Some("CONFLICT" | "OBJECT_ALREADY_EXISTS") => 409,
        Some("MISSING_SCOPES" | "FORBIDDEN" | "BANNED") => 403,
        Some("RATE_LIMITS") => 429,
        Some("INTERNAL_ERROR") => 500,
        _ => 400,
    };
    read(status, body, None)
}

fn read(status: u16, body: &ErrorBody, pause: Option<SignedDuration>) -> Error {
    let code = |error: Error| match &body.category {
        Some(category) if error.code.is_none() => error.with_code(category.clone()),
        _ => error,
    };
    code(match (status, body.category.as_deref()) {
        (_, Some("MISSING_SCOPES")) => missing_scopes(body),
        (429, _) | (_, Some("RATE_LIMITS")) => rate_limited(body, pause),
        (401, _) => Error::new(ErrorKind::Unauthorized, "HubSpot no longer accepts this sign-in"),
        (403, _) => Error::new(ErrorKind::Forbidden, "HubSpot does not allow this: a scope, a plan or a user's right is missing"),
        (404 | 410, _) => Error::new(ErrorKind::NotFound, "HubSpot has no such object (any more)"),
        (409 | 412, _) => conflict(body),
        // Locked while HubSpot works through a large import: the page on errors asks for pauses of 2 seconds at least.
        (423, _) => Error::new(ErrorKind::Unavailable, "HubSpot has locked these objects for a moment")
            .with_retry(Retry::After(pause.unwrap_or(SignedDuration::from_secs(2)))),
        // The account moves to another data centre; that may take up to a day.
        (477, _) => Error::new(ErrorKind::Unavailable, "HubSpot is moving this account to another data centre")
            .with_retry(Retry::After(pause.unwrap_or(SignedDuration::from_mins(10)))),
        (500.., _) => {
            let error = Error::new(ErrorKind::Unavailable, format!("HubSpot answered with status {status}")).in_doubt();
            pause.map_or(error.clone(), |pause| error.with_retry(Retry::After(pause)))
        }
        _ => refused(status, body),
    })
}

fn missing_scopes(body: &ErrorBody) -> Error {
    let contexts = body.errors.iter().map(|detail| &detail.context).chain([&body.context]);
    let mut scopes: Vec<&str> = contexts
        .flat_map(|context| ["missingScopes", "requiredGranularScopes", "requiredScopes"].map(|name| context.get(name)))
        .flatten()
        .flatten()
        .map(String::as_str)
        .collect();
    scopes.sort_unstable();
    scopes.dedup();
    let named = if scopes.is_empty() { "a scope".to_owned() } else { scopes.join(", ") };
    Error::new(ErrorKind::Forbidden, format!("HubSpot asks for the permission {named}"))
}

/// A window of ten seconds, the searches' second, or the day; the day's budget comes back at the account's midnight.
fn rate_limited(body: &ErrorBody, pause: Option<SignedDuration>) -> Error {
    let policy = body.policy_name.as_deref().unwrap_or("a limit");
    let usual = match policy {
        "DAILY" => SignedDuration::from_hours(1),
        "SECONDLY" => SignedDuration::from_secs(1),
        _ => SignedDuration::from_secs(10),
    };
    Error::new(ErrorKind::RateLimited, format!("HubSpot's limit is reached ({policy})"))
        .with_retry(Retry::After(pause.unwrap_or(usual)))
        .with_code(policy)
}

fn conflict(body: &ErrorBody) -> Error {
    let known = body.message.rsplit_once("Existing ID: ").map(|(_, id)| id.trim());
    let known = known.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
    Error::new(ErrorKind::Conflict, known.map_or("HubSpot has this already".to_owned(), |id| format!("HubSpot has this already, as {id}")))
}

/// Names the property, never its value: HubSpot's own sentences quote what was sent.
fn refused(status: u16, body: &ErrorBody) -> Error {
    let listed: Vec<RefusedProperty> = body
        .message
        .split_once('[')
        .and_then(|(_, rest)| rest.rsplit_once(']'))
        .and_then(|(list, _)| serde_json::from_str(&format!("[{list}]")).ok())
        .unwrap_or_default();
    let in_list = listed.iter().find_map(|property| Some((property.name.clone()?, property.error.clone())));
    let in_details = || {
        body.errors.iter().find_map(|detail| {
            let named = detail.context.get("propertyName").and_then(|names| names.first());
            Some((named.or(detail.place.as_ref())?.clone(), detail.code.clone()))
        })
    };
    match in_list.or_else(in_details) {
        Some((name, Some(code))) if code == "PROPERTY_DOESNT_EXIST" => {
            Error::invalid(format!("HubSpot has no property `{name}`")).with_code(code)
        }
        Some((name, code)) => {
            let error = Error::invalid(format!("HubSpot refuses the value of `{name}`"));
            code.map_or(error.clone(), |code| error.with_code(code))
        }
        None => Error::invalid(format!("HubSpot refuses this request (status {status})")),
    }
}
