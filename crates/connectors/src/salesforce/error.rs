//! Reads Salesforce's errors: the code says more than the status does. And what is left of the organisation's calls.

use connector_kit::{Error, ErrorKind, Reply, Retry};
use jiff::SignedDuration;

use super::mark::MARK;
use super::wire::Refused;

/// Of the organisation's calls in 24 hours so many per cent are left to its people and other apps.
const LEFT_TO_OTHERS: u64 = 5;
/// The 24 hours roll; it is looked at again after this time.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(30);
/// Our own code where the organisation has not been set up yet.
pub(super) const NOT_SET_UP: &str = "EXTERNAL_ID_MISSING";

/// Reads an answer as an error.
pub(super) fn classify(reply: &Reply) -> Option<Error> {
    if reply.status < 300 {
        return None;
    }
    let all: Vec<Refused> = reply.peek().unwrap_or_default();
    let first = all.into_iter().next()?;
    // With 5xx a write may have happened, whatever the words are.
    if reply.status >= 500 || reply.status == 429 {
        return None;
    }
    Some(read(&first, reply.status))
}

/// Reads what was refused of one record; `status` is that of the whole answer.
pub(super) fn read(refused: &Refused, status: u16) -> Error {
    let code = refused.code.clone().unwrap_or_default();
    let message = refused.message.as_deref().unwrap_or_default();
    let new = Error::new;
    let error = match code.as_str() {
        "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" => new(ErrorKind::Unauthorized, "Salesforce no longer accepts this session"),
        "REQUEST_LIMIT_EXCEEDED" => {
            new(ErrorKind::RateLimited, "the organisation has used up its API calls of these 24 hours").with_retry(Retry::After(LOOK_AGAIN))
        }
        "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED" | "FUNCTIONALITY_NOT_ENABLED" => new(
            ErrorKind::Forbidden,
            "this Salesforce edition has no API: Enterprise, Performance, Unlimited and Developer Edition have one, Professional Edition as an add-on; \
             and the user needs the permission \"API Enabled\"",
        ),
        "NOT_FOUND" | "INVALID_FIELD" if message.contains(MARK) => {
            return Error::invalid(format!("the organisation has no external id field `{MARK}` yet")).with_code(NOT_SET_UP);
        }
        "NOT_FOUND" | "ENTITY_IS_DELETED" => new(ErrorKind::NotFound, "Salesforce has no such record (any more)"),
        "CANNOT_UPDATE_CONVERTED_LEAD" => new(ErrorKind::NotFound, "the lead has become a contact"),
        "INSUFFICIENT_ACCESS" | "INSUFFICIENT_ACCESS_OR_READONLY" | "INVALID_TYPE" | "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
            if status != 200 =>
        {
            new(ErrorKind::Forbidden, "the Salesforce user has no right to this object")
        }
        "UNABLE_TO_LOCK_ROW" | "INVALID_QUERY_LOCATOR" => new(ErrorKind::Unavailable, "Salesforce is busy with these records"),
        "DUPLICATE_VALUE" | "DUPLICATES_DETECTED" | "DUPLICATE_EXTERNAL_ID" => {
            new(ErrorKind::Conflict, "Salesforce has this already, or a duplicate rule of the organisation stands in the way")
        }
        "INVALID_FIELD" => Error::invalid(format!("Salesforce has no field `{}`, or the user may not see it", quoted(message))),
        "STRING_TOO_LONG" => named("Salesforce has no room for the value of", refused),
        "REQUIRED_FIELD_MISSING" => named("Salesforce asks for a value of", refused),
        "" => by_status(status),
        _ => named("Salesforce refuses the value of", refused),
    };
    if code.is_empty() { error } else { error.with_code(code) }
}

fn by_status(status: u16) -> Error {
    match status {
        401 => Error::new(ErrorKind::Unauthorized, "Salesforce no longer accepts this session"),
        403 => Error::new(ErrorKind::Forbidden, "the Salesforce user has no right to this"),
        404 => Error::new(ErrorKind::NotFound, "Salesforce has no such record (any more)"),
        _ => Error::invalid(format!("Salesforce refuses this (status {status})")),
    }
}

/// Names the fields, never their values: Salesforce's own sentences quote what was sent.
fn named(what: &str, refused: &Refused) -> Error {
    let fields: Vec<String> = refused.fields.iter().flatten().map(|field| format!("`{field}`")).collect();
    Error::invalid(if fields.is_empty() { "Salesforce refuses this record".to_owned() } else { format!("{what} {}", fields.join(", ")) })
}

/// The column that a sentence names first, if it looks like one.
fn quoted(message: &str) -> &str {
    let name = message.split('\'').nth(1).unwrap_or_default();
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte)) { name } else { "?" }
}

/// The pause that leaves the last calls of the day to others: `Sforce-Limit-Info: api-usage=14300/15000`.
pub(super) fn respite(reply: &Reply) -> Option<SignedDuration> {
    let usage = reply.header("sforce-limit-info")?.split(';').find_map(|part| part.trim().strip_prefix("api-usage="))?;
    let (used, most) = usage.split_once('/')?;
    let (used, most): (u64, u64) = (used.trim().parse().ok()?, most.trim().parse().ok()?);
    (most > 0 && used.saturating_mul(100) >= most.saturating_mul(100 - LEFT_TO_OTHERS)).then_some(LOOK_AGAIN)
}
