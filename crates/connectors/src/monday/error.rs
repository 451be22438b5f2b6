//! Reads monday.com's errors: they stand in the body, most of them with status 200.

use connector_kit::{Error, ErrorKind, Reply, Retry};
use jiff::SignedDuration;
use serde_json::Value;

/// No pause is longer; the day's calls may have been raised meanwhile.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Reads an answer as an error. monday.com's messages may repeat what was sent; only its codes are passed on.
pub(super) fn classify(reply: &Reply) -> Option<Error> {
    let body: Value = reply.peek()?;
    // Until 2025-01 an error was the whole body; a refused token still is.
    let (code, status, retry) = match body["errors"].as_array().and_then(|errors| errors.first()) {
        Some(first) if first.is_object() => {
            let extensions = &first["extensions"];
            (&extensions["code"], &extensions["status_code"], &extensions["retry_in_seconds"])
        }
        Some(_) => (&body["error_code"], &body["status_code"], &body["error_data"]["retry_in_seconds"]),
        None if body["error_code"].is_string() || body["error_message"].is_string() => {
            (&body["error_code"], &body["status_code"], &body["error_data"]["retry_in_seconds"])
        }
        None => return None,
    };
    let code = code.as_str().unwrap_or_default();
    let told = status.as_u64().and_then(|status| u16::try_from(status).ok());
    // A status of the answer that says more than 200 does comes before the one inside it.
    let status = if reply.status == 200 { told.unwrap_or(200) } else { reply.status };
    let error = read(code, status, retry, reply);
    Some(if code.is_empty() { error } else { error.with_code(code) })
}

fn read(code: &str, status: u16, retry: &Value, reply: &Reply) -> Error {
    match code {
        "COMPLEXITY_BUDGET_EXHAUSTED" | "ComplexityException" => rate_limited("monday.com asks for lighter calls", retry, reply),
        "DAILY_LIMIT_EXCEEDED" => rate_limited("the account's calls of this day are used up", retry, reply),
        "RATE_LIMIT_EXCEEDED"
        | "FIELD_LIMIT_EXCEEDED"
        | "FIELD_MINUTE_RATE_LIMIT_EXCEEDED"
        | "IP_RATE_LIMIT_EXCEEDED"
        | "maxConcurrencyExceeded"
        | "CONCURRENCY_LIMIT_EXCEEDED" => rate_limited("monday.com asks for fewer calls", retry, reply),
        "NOT_AUTHENTICATED" | "OAUTH21_TOKEN_REQUIRED" => unauthorized(),
        "UNAUTHORIZED_FIELD_OR_TYPE" | "missingRequiredPermissions" => {
            Error::new(ErrorKind::Forbidden, "a permission that this needs was not granted")
        }
        "UserUnauthorizedException" | "USER_UNAUTHORIZED" | "USER_ACCESS_DENIED" | "UserAccessDeniedException" => forbidden(),
        "ResourceNotFoundException" | "InvalidBoardIdException" | "InvalidItemIdException" | "InvalidPulseIdException" => {
            Error::new(ErrorKind::NotFound, "monday.com has no such object (any more)")
        }
        "GRAPHQL_VALIDATION_FAILED" | "GRAPHQL_PARSE_FAILED" | "undefinedField" | "InvalidVersionException" | "MAX_COMPLEXITY_EXCEEDED" => {
            Error::protocol("monday.com's schema no longer takes what is asked")
        }
        "InternalServerError" | "INTERNAL_SERVER_ERROR" | "API_TEMPORARILY_BLOCKED" => unavailable(),
        _ => by_status(status, retry, reply),
    }
}

fn by_status(status: u16, retry: &Value, reply: &Reply) -> Error {
    match status {
        401 => unauthorized(),
        403 => forbidden(),
        404 => Error::new(ErrorKind::NotFound, "monday.com has no such object (any more)"),
        409 => Error::new(ErrorKind::Conflict, "monday.com has this object already, or another version of it"),
        429 => rate_limited("monday.com asks for fewer calls", retry, reply),
        500.. => unavailable(),
        _ => Error::invalid("monday.com refuses this content"),
    }
}

fn unauthorized() -> Error {
    Error::new(ErrorKind::Unauthorized, "monday.com no longer accepts this sign-in")
}

fn forbidden() -> Error {
    Error::new(ErrorKind::Forbidden, "monday.com does not allow this to the person who signed in")
}

fn unavailable() -> Error {
    Error::new(ErrorKind::Unavailable, "monday.com failed on its side").in_doubt()
}

/// How long to wait stands in the error, or in the header beside it.
fn rate_limited(message: &str, retry: &Value, reply: &Reply) -> Error {
    let error = Error::new(ErrorKind::RateLimited, message);
    let header = || reply.header("retry-after").and_then(|text| text.trim().parse::<i64>().ok());
    match retry.as_i64().or_else(header) {
        Some(seconds) => {
            let wait = SignedDuration::from_secs(seconds).clamp(SignedDuration::from_secs(1), LONGEST_PAUSE);
            error.with_retry(Retry::After(wait))
        }
        None => error,
    }
}
