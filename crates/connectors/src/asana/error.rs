//! Reads Asana's errors: the status decides, the message at most tells the missing scope.

use connector_kit::{Error, ErrorKind, Reply};

use super::wire::ErrorBody;

/// Reads an answer as an error. Asana words its refusals for developers, and some repeat what was sent: only a scope's name and
/// the phrase for its support are passed on. Waits and doubts are read from the status, as everywhere.
pub(super) fn classify(reply: &Reply) -> Option<Error> {
    if reply.status < 400 {
        return None;
    }
    let body: ErrorBody = reply.peek()?;
    let first = body.errors.first()?;
    let error = match reply.status {
        400 => Error::invalid("Asana refuses this content"),
        401 => Error::new(ErrorKind::Unauthorized, "Asana no longer accepts this sign-in, or its workspace has blocked this app"),
        402 => Error::new(ErrorKind::Forbidden, "this workspace's plan does not include that"),
        403 => Error::new(ErrorKind::Forbidden, forbidden(&first.message)),
        404 => Error::new(ErrorKind::NotFound, "Asana has no such object (any more)"),
        451 => Error::new(ErrorKind::Forbidden, "Asana blocks requests from this network, for legal reasons"),
        500 => Error::new(ErrorKind::Unavailable, "Asana failed on its side").in_doubt(),
        _ => return None,
    };
    Some(match &first.phrase {
        Some(phrase) => error.with_code(phrase),
        None => error,
    })
}

/// A scope in the message is the one that is missing.
fn forbidden(message: &str) -> String {
    let scope = message.split([' ', '`', '\'', '"', ',', '.']).find(|word| is_scope(word));
    match scope {
        Some(scope) => format!("the scope `{scope}` was not granted"),
        None => "Asana does not allow this to the person who signed in".to_owned(),
    }
}

fn is_scope(word: &str) -> bool {
    word.split_once(':').is_some_and(|(of, right)| {
        let named = !of.is_empty() && of.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        named && ["read", "write", "delete"].contains(&right)
    })
}
