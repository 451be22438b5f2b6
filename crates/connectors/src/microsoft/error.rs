//! Graph's errors: its codes as kinds, in words that say what to do. The status alone is read by the kit.

use connector_kit::{Error, ErrorKind, Reply};
use serde::Deserialize;

/// The error object of Microsoft Graph (`microsoft.graph.ODataErrors.ODataError`).
#[derive(Debug, Deserialize)]
struct Failure {
    error: Main,
}

#[derive(Debug, Deserialize)]
struct Main {
    code: String,
}

/// Codes of a state token that Graph no longer takes. Directory resources send them with 400, Outlook's with 410.
const EXPIRED: [&str; 4] = ["syncstatenotfound", "syncstateinvalid", "resyncrequired", "errorinvalidsyncstatedata"];
/// Codes of a mailbox that Graph cannot reach, some of them with 404: nothing in it is gone for that.
const NO_MAILBOX: [&str; 5] = [
    "mailboxnotenabledforrestapi",
    "mailboxnotsupportedforrestapi",
    "errornonexistentmailbox",
    "errorinvaliduser",
    "request_resourcenotfound",
];

/// Reads an error answer by its code (learn.microsoft.com/graph/errors).
pub fn classify(reply: &Reply) -> Option<Error> {
    if (200..300).contains(&reply.status) {
        return None;
    }
    let code = reply.peek::<Failure>().map(|failure| failure.error.code).unwrap_or_default();
    let lower = code.to_ascii_lowercase();
    let is = |codes: &[&str]| codes.contains(&lower.as_str());
    let error = match reply.status {
        410 => expired(),
        400 if is(&EXPIRED) => expired(),
        400 | 403 | 404 if is(&NO_MAILBOX) => Error::new(
            ErrorKind::Forbidden,
            "Microsoft 365 has no mailbox of this account: it has no licence, is on a server of your own (connect Exchange), or does not exist",
        ),
        403 => Error::new(
            ErrorKind::Forbidden,
            "Microsoft 365 refuses access: the permission was not granted, an administrator has to consent, or a policy forbids it",
        ),
        404 => Error::new(ErrorKind::NotFound, "Microsoft 365 does not know it, or this account may not see it"),
        _ => return None,
    };
    Some(if code.is_empty() { error } else { error.with_code(code) })
}

fn expired() -> Error {
    Error::new(ErrorKind::CursorExpired, "Microsoft 365 no longer accepts the saved place; it is read anew")
}
