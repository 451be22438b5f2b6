//! Zoom's errors: an HTTP status and a code of its own. Codes as kinds, in words that say what to do.

use connector_kit::{Error, ErrorKind, Reply, Retry};
use jiff::SignedDuration;

use super::wire::ErrorBody;

/// Reads an answer. 5xx, and 429 with `Retry-After` (seconds, or on the daily limit an ISO date), are read by the kit.
pub(super) fn classify(reply: &Reply) -> Option<Error> {
    match reply.status {
        200..=399 | 500.. => None,
        429 => too_many(reply),
        status => {
            let body: ErrorBody = reply.peek().unwrap_or_default();
            let error = by_code(status, body.code, body.message.as_deref())?;
            Some(match body.code {
                Some(code) => error.with_code(code.to_string()),
                None => error,
            })
        }
    }
}

fn by_code(status: u16, code: Option<i64>, message: Option<&str>) -> Option<Error> {
    let is = |kind, words: &str| Some(Error::new(kind, words));
    match (status, code) {
        (_, Some(4700 | 4711)) => Some(missing_scope(message)),
        (401, _) | (_, Some(124)) => is(ErrorKind::Unauthorized, "Zoom no longer accepts the sign-in"),
        (_, Some(200)) => is(ErrorKind::Forbidden, "Zoom offers this to paid accounts alone, or not to this role"),
        (_, Some(2305)) => is(ErrorKind::Forbidden, "the Zoom account's settings keep meeting summaries from apps"),
        (_, Some(300)) => is(ErrorKind::Invalid, "Zoom does not take a value of this request"),
        (_, Some(1001)) => is(ErrorKind::NotFound, "the user is not in this Zoom account (any more)"),
        (_, Some(3001)) => is(ErrorKind::NotFound, "Zoom has no such meeting (any more)"),
        (_, Some(3301)) => is(ErrorKind::NotFound, "Zoom has no recording of this meeting (any more)"),
        (_, Some(12702)) => is(ErrorKind::NotFound, "Zoom tells nothing of meetings more than a year ago"),
        (_, Some(2300)) => is(ErrorKind::Protocol, "Zoom does not know this endpoint"),
        (403, _) => is(ErrorKind::Forbidden, "Zoom does not allow this: a role or a setting of the account is in the way"),
        // The kit reads the status.
        _ => None,
    }
}

/// The message ends with `does not contain scopes:[…]`; what is in the brackets names scopes and nothing else.
fn missing_scope(message: Option<&str>) -> Error {
    let named = message.and_then(|text| text.split_once('[')?.1.split_once(']')).map(|(scopes, _)| scopes.trim());
    let is_scopes =
        |text: &&str| !text.is_empty() && text.len() < 400 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b":_, ".contains(&b));
    match named.filter(is_scopes) {
        Some(scopes) => Error::new(ErrorKind::Forbidden, format!("Zoom's scope {scopes} is missing; reconnect to grant it")),
        None => Error::new(ErrorKind::Forbidden, "a scope is missing at Zoom; reconnect to grant it"),
    }
}

/// Without `Retry-After` the kind of limit tells how long to wait.
fn too_many(reply: &Reply) -> Option<Error> {
    if reply.header("retry-after").is_some() {
        return None;
    }
    let daily = reply.header("x-ratelimit-type").is_some_and(|kind| kind.to_lowercase().contains("dai"));
    let (words, wait) = if daily {
        ("Zoom's daily limit of this account is used up", SignedDuration::from_hours(1))
    } else {
        ("Zoom asks for fewer calls", SignedDuration::from_secs(1))
    };
    Some(Error::new(ErrorKind::RateLimited, words).with_code("429").with_retry(Retry::After(wait)))
}
