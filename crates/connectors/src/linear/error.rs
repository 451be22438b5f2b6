//! Reads Linear's errors: they stand in the body, whatever the HTTP status.

use connector_kit::{Error, ErrorKind, Reply, Retry};
use jiff::SignedDuration;

use super::wire::{ErrorBody, Extensions};

/// Reads an answer as an error. Linear words its refusals for developers, and some repeat what was sent; only its codes
/// are passed on.
pub(super) fn classify(reply: &Reply) -> Option<Error> {
    let body: ErrorBody = reply.peek()?;
    let first = body.errors.first()?;
    let none = Extensions::default();
    let extensions = first.extensions.as_ref().unwrap_or(&none);
    let error = read(&first.message, extensions, reply);
    Some(match extensions.code.as_ref().or(extensions.kind.as_ref()) {
        Some(code) => error.with_code(code),
        None => error,
    })
}

fn read(message: &str, extensions: &Extensions, reply: &Reply) -> Error {
    let code = extensions.code.as_deref().unwrap_or_default();
    let kind = extensions.kind.as_deref().unwrap_or_default();
    let status = extensions.status_code.unwrap_or(reply.status);
    match (code, kind) {
        ("RATELIMITED", _) | (_, "ratelimited") => rate_limited(reply),
        ("AUTHENTICATION_ERROR", _) | (_, "authentication error") => {
            Error::new(ErrorKind::Unauthorized, "Linear no longer accepts this sign-in")
        }
        ("FORBIDDEN", _) | (_, "forbidden") => Error::new(ErrorKind::Forbidden, forbidden(message)),
        (_, "feature not accessible") => Error::new(ErrorKind::Forbidden, "this workspace's plan does not include that"),
        ("GRAPHQL_VALIDATION_FAILED", _) | (_, "graphql error") => Error::protocol("Linear's schema no longer has what is asked"),
        _ if message.starts_with("Entity not found") => Error::new(ErrorKind::NotFound, "Linear has no such object (any more)"),
        _ if message.starts_with("conflict on insert") => Error::new(ErrorKind::Conflict, "Linear has this object already"),
        (_, "lock timeout" | "internal error" | "network error" | "bootstrap error") => unavailable(),
        _ => match status {
            401 => Error::new(ErrorKind::Unauthorized, "Linear no longer accepts this sign-in"),
            403 => Error::new(ErrorKind::Forbidden, "Linear does not allow this"),
            429 => rate_limited(reply),
            500.. => unavailable(),
            _ => Error::invalid("Linear refuses this content"),
        },
    }
}

fn unavailable() -> Error {
    Error::new(ErrorKind::Unavailable, "Linear failed on its side").in_doubt()
}

/// ``Invalid scope: `write` required`` is the only wording that names the missing right.
fn forbidden(message: &str) -> String {
    match message.split('`').nth(1).filter(|scope| scope.bytes().all(|b| b.is_ascii_alphanumeric() || b == b':')) {
        Some(scope) => format!("the scope `{scope}` was not granted"),
        None => "Linear does not allow this to the person or app that signed in".to_owned(),
    }
}

/// Too many calls come with status 400. The spent budget's reset is an instant in milliseconds; how far away it is, is
/// told by the same answer's `Date`, so that no difference of clocks matters.
fn rate_limited(reply: &Reply) -> Error {
    let error = Error::new(ErrorKind::RateLimited, "Linear asks for fewer calls");
    let number = |name: String| reply.header(&name)?.parse::<i64>().ok();
    let resets = ["requests", "complexity", "endpoint-requests"].into_iter().filter_map(|budget| {
        let spent = number(format!("x-ratelimit-{budget}-remaining"))? <= 0;
        number(format!("x-ratelimit-{budget}-reset")).filter(|_| spent)
    });
    let told = reply.header("date").and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
    match (resets.max(), told) {
        (Some(reset), Some(told)) => {
            let wait = SignedDuration::from_millis(reset.saturating_sub(told.timestamp().as_millisecond()));
            error.with_retry(Retry::After(wait.clamp(SignedDuration::from_secs(1), SignedDuration::from_hours(1))))
        }
        _ => error,
    }
}
