//! Reads Talkdesk's errors.

use connector_kit::{Error, ErrorKind, Reply, Retry};
use jiff::SignedDuration;

use super::wire::ErrorBody;

/// "New scopes take minutes to appear": until then calls that need them are refused as if the token were bad.
const SCOPE_DELAY: SignedDuration = SignedDuration::from_mins(5);

/// Reads an answer as an error.
pub(super) fn classify(reply: &Reply) -> Option<Error> {
    if !matches!(reply.status, 401 | 403 | 404 | 410 | 400 | 422) {
        return None;
    }
    let body: ErrorBody = reply.peek().unwrap_or_default();
    let error = match reply.status {
        401 if speaks_of_scope(reply, &body) => scope_missing(),
        401 => Error::new(ErrorKind::Unauthorized, "Talkdesk no longer accepts these credentials"),
        403 => Error::new(ErrorKind::Forbidden, "Talkdesk does not allow this: a scope of the OAuth client, or a licence, is missing"),
        410 => Error::new(ErrorKind::NotFound, "Talkdesk has deleted this recording"),
        404 => Error::new(ErrorKind::NotFound, "Talkdesk has no such object (any more)"),
        status => Error::invalid(format!("Talkdesk refuses this request (status {status})")),
    };
    Some(match body.code.or(body.error) {
        Some(code) => error.with_code(code),
        None => error,
    })
}

/// The token is good, but a scope that this needs is not granted, or not yet active.
pub(super) fn scope_missing() -> Error {
    Error::new(ErrorKind::Forbidden, "Talkdesk does not (yet) grant a scope of this client; a new one takes some minutes to work")
        .with_retry(Retry::After(SCOPE_DELAY))
}

fn speaks_of_scope(reply: &Reply, body: &ErrorBody) -> bool {
    let texts = [&body.code, &body.message, &body.description, &body.error, &body.error_description];
    let texts = texts.into_iter().flatten().map(String::as_str);
    texts.chain(reply.header("www-authenticate")).any(|text| text.to_lowercase().contains("scope"))
}
