//! Google's errors: its reason codes as kinds, in words that say what to do. The status alone is read by the kit.

use connector_kit::{Error, ErrorKind, Reply, Retry};
use jiff::SignedDuration;

use super::wire::{Failure, FailureReason};

/// Reads an error answer by its reason (developers.google.com/workspace/calendar/api/guides/errors).
pub fn classify(reply: &Reply) -> Option<Error> {
    if (200..300).contains(&reply.status) {
        return None;
    }
    let Failure { error } = reply.peek()?;
    let detail = error.details.into_iter().find_map(|detail| detail.reason);
    let (reason, location) = match error.errors.into_iter().next() {
        Some(FailureReason { reason, location }) => (reason, location),
        None => (None, None),
    };
    let codes = [reason.as_deref().unwrap_or_default(), detail.as_deref().unwrap_or_default()];
    let code = reason.as_deref().or(detail.as_deref()).unwrap_or_default().to_owned();
    by_reason(reply.status, codes, location.as_deref()).map(|error| error.with_code(code))
}

fn by_reason(status: u16, codes: [&str; 2], location: Option<&str>) -> Option<Error> {
    let is = |names: &[&str]| codes.iter().any(|code| names.contains(code));
    Some(match status {
        410 => expired(),
        // A page or sync token that Google cannot read (any more).
        400 if matches!(location, Some("syncToken" | "pageToken")) => expired(),
        400 if is(&["push.webhookUrlNotHttps", "push.webhookUrlUnauthorized"]) => {
            Error::invalid("Google sends to a public https address alone; set the hub's public address, or let it poll")
        }
        400 if is(&["pushNotSupportedForRequestedResource"]) => {
            Error::invalid("Google cannot announce changes of this calendar; it is polled")
        }
        403 | 429 if is(&["dailyLimitExceeded"]) => {
            let error = Error::new(ErrorKind::RateLimited, "the Google Cloud project's daily quota is used up");
            error.with_retry(Retry::After(SignedDuration::from_hours(1)))
        }
        // Google limits with 403 as often as with 429, and mostly without Retry-After.
        403 if is(&["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"]) => {
            Error::new(ErrorKind::RateLimited, "Google asks for fewer calls")
        }
        403 if is(&["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"]) => {
            forbidden("reading calendars was not granted; reconnect and leave every box ticked")
        }
        403 if is(&["accessNotConfigured", "SERVICE_DISABLED"]) => {
            forbidden("the Google Calendar API is switched off in the Google Cloud project; an operator can enable it there")
        }
        403 if is(&["domainPolicy", "orgPolicyViolation"]) => {
            forbidden("the Google Workspace administrator does not allow this app; ask for it to be trusted")
        }
        403 => forbidden("the account may not read this calendar"),
        404 => Error::new(ErrorKind::NotFound, "Google does not know it, or this account may not see it"),
        _ => return None,
    })
}

fn expired() -> Error {
    Error::new(ErrorKind::CursorExpired, "Google no longer accepts the saved place; the calendar is read anew")
}

fn forbidden(words: &str) -> Error {
    Error::new(ErrorKind::Forbidden, words)
}
