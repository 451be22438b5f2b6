//! Google's errors: its reason codes as kinds, in words that say what to do. The status alone is read by the kit.

use connector_kit::{Error, ErrorKind, Reply};

use super::wire::Failure;

/// Reads an error answer of Meet, Drive or Workspace Events by its reason.
pub(super) fn classify(reply: &Reply) -> Option<Error> {
    if reply.status < 400 {
        return None;
    }
    let Failure { error } = reply.peek()?;
    let reason = error.details.into_iter().chain(error.errors).find_map(|one| one.reason);
    let code = reason.or(error.status)?;
    by_reason(reply.status, &code).map(|error| error.with_code(code))
}

fn by_reason(status: u16, code: &str) -> Option<Error> {
    let forbidden = |words: &str| Some(Error::new(ErrorKind::Forbidden, words));
    match (status, code) {
        (403, "rateLimitExceeded" | "userRateLimitExceeded" | "RATE_LIMIT_EXCEEDED") => {
            Some(Error::new(ErrorKind::RateLimited, "Google asks for fewer calls"))
        }
        (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT" | "insufficientPermissions") => {
            forbidden("a permission was not granted; reconnect and leave every box ticked")
        }
        (403, "SERVICE_DISABLED" | "accessNotConfigured") => {
            forbidden("an API is switched off in the Google Cloud project; an operator can enable Meet, Drive and Workspace Events there")
        }
        (403, "domainPolicy" | "orgPolicyViolation") => {
            forbidden("the Google Workspace administrator does not allow this app; ask for it to be trusted")
        }
        (403, "downloadQuotaExceeded" | "cannotDownloadFile" | "fileNotDownloadable") => {
            forbidden("the file may not be downloaded: its owner or Google keeps it from that")
        }
        (403, _) => forbidden("this Google account may not read it"),
        (404, _) => Some(Error::new(ErrorKind::NotFound, "Google does not know it (any more), or this account may not see it")),
        (409, _) => Some(Error::new(ErrorKind::Conflict, "Google has it already")),
        _ => None,
    }
}
