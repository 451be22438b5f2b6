//! Reads Notion's errors: the code decides, whatever the status.

use connector_kit::{Error, ErrorKind, Reply};

use super::wire::ErrorBody;

/// What to do where something was not shared. Notion answers the same for what does not exist.
const NOT_SHARED: &str =
    "Notion has no such page or database, or nobody shared it with Harmony: open it in Notion, choose ••• and Connections, and add Harmony";

/// Reads an answer as an error. Messages may repeat what was sent: of them only the place in the request is passed on. Waits and
/// doubts are read from the status, as everywhere.
pub(super) fn classify(reply: &Reply) -> Option<Error> {
    let body: ErrorBody = reply.peek()?;
    if body.object != "error" {
        return None;
    }
    let error = match body.code.as_str() {
        "unauthorized" => Error::new(ErrorKind::Unauthorized, "Notion no longer accepts this sign-in"),
        "restricted_resource" => {
            Error::new(ErrorKind::Forbidden, "the integration lacks a capability for this: give it in the integration's settings in Notion")
        }
        "object_not_found" => Error::new(ErrorKind::NotFound, NOT_SHARED),
        "conflict_error" => Error::new(ErrorKind::Conflict, "Notion met another change of the same at the same time"),
        "validation_error" => refused(&body.message),
        "invalid_json" | "invalid_request_url" | "invalid_request" | "missing_version" | "invalid_beta" => {
            Error::invalid("Notion does not understand this request")
        }
        // An error is one, with whatever status it comes.
        _ if reply.status < 400 => Error::new(ErrorKind::Unavailable, "Notion failed on its side").in_doubt(),
        _ => return None,
    };
    Some(error.with_code(body.code))
}

fn refused(message: &str) -> Error {
    if message.contains("archived") || message.contains("in the trash") {
        return Error::new(ErrorKind::NotFound, "it lies in Notion's trash");
    }
    if message.contains("start_cursor") {
        return Error::new(ErrorKind::CursorExpired, "Notion lost the place in its list");
    }
    let is_place = |word: &&str| word.starts_with("body.") && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._[]".contains(&b));
    match message.split_whitespace().find(is_place) {
        Some(place) => Error::invalid(format!("Notion refuses this content, at `{place}`")),
        None => Error::invalid("Notion refuses this content"),
    }
}
