//! Exchange's response codes as kinds, in words that say what to do. They come in faults (status 500) and in messages (status 200).

use connector_kit::{Error, ErrorKind, Reply, Retry};
use jiff::SignedDuration;

use super::wire::{Envelope, Message, Values};
use super::xml;

/// Reads a fault, and of an answer with status 200 whatever concerns the whole account: the session then waits as it was asked to.
pub fn classify(reply: &Reply) -> Option<Error> {
    if !matches!(reply.status, 200 | 500) || !holds(&reply.body, b"Fault") && !holds(&reply.body, b"\"Error\"") {
        return None;
    }
    let Envelope { body } = xml::read(reply).ok()?;
    if let Some(fault) = body.fault {
        let detail = fault.detail.unwrap_or_default();
        let code = detail.code.or(fault.faultcode).unwrap_or_default();
        return Some(of(code.rsplit(':').next().unwrap_or_default(), detail.values.as_ref()));
    }
    let errors = body.response?.messages.list.into_iter().filter_map(|message| failed(&message));
    errors.into_iter().find(|error| matches!(error.kind, ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Unauthorized))
}

fn holds(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|part| part == word)
}

/// The error of one response message, if it is one.
pub fn failed(message: &Message) -> Option<Error> {
    (message.class == "Error").then(|| of(message.code.as_deref().unwrap_or_default(), message.values.as_ref()))
}

/// `ResponseCodeType` of the schema.
fn of(code: &str, values: Option<&Values>) -> Error {
    let (kind, words) = match code {
        "ErrorServerBusy" | "ErrorExceededConnectionCount" | "ErrorExceededFindCountLimit" | "ErrorTooManyObjectsOpened" => {
            (ErrorKind::RateLimited, "Exchange asks for fewer calls")
        }
        "ErrorInvalidSyncStateData" => (ErrorKind::CursorExpired, "Exchange no longer accepts the saved place; the calendar is read anew"),
        "ErrorItemNotFound" | "ErrorCalendarOccurrenceIsDeletedFromRecurrence" | "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange" => {
            (ErrorKind::NotFound, "Exchange does not know it (any more)")
        }
        "ErrorFolderNotFound" | "ErrorSyncFolderNotFound" => {
            (ErrorKind::NotFound, "the calendar is not there (any more); choose another one")
        }
        "ErrorNonExistentMailbox" | "ErrorMissingEmailAddress" | "ErrorNonPrimarySmtpAddress" => {
            (ErrorKind::NotFound, "Exchange knows no mailbox with this primary address")
        }
        "ErrorImpersonateUserDenied" | "ErrorImpersonationDenied" | "ErrorImpersonationFailed" => (
            ErrorKind::Forbidden,
            "the service account may not act for this mailbox; an administrator can give it the role ApplicationImpersonation",
        ),
        "ErrorAccessDenied" | "ErrorNotDelegate" | "ErrorNoFolderClassOverride" | "ErrorOrganizationAccessBlocked" => {
            (ErrorKind::Forbidden, "this account may not read the mailbox")
        }
        "ErrorPasswordExpired" | "ErrorPasswordChangeRequired" | "ErrorAccountDisabled" | "ErrorMailboxLogonFailed" => {
            (ErrorKind::Unauthorized, "Exchange does not let this account in; its password may have to be changed")
        }
        "ErrorInternalServerError"
        | "ErrorInternalServerTransientError"
        | "ErrorTimeoutExpired"
        | "ErrorConnectionFailed"
        | "ErrorMailboxStoreUnavailable"
        | "ErrorMailboxMoveInProgress"
        | "ErrorMailboxFailover"
        | "ErrorBatchProcessingStopped"
        | "ErrorInsufficientResources"
        | "ErrorRequestAborted"
        | "ErrorADUnavailable" => (ErrorKind::Unavailable, "Exchange cannot answer at the moment"),
        "ErrorSchemaValidation" | "ErrorInvalidRequest" | "ErrorInvalidServerVersion" | "ErrorIncorrectSchemaVersion" => {
            (ErrorKind::Invalid, "Exchange does not take the request")
        }
        _ => (ErrorKind::Protocol, "Exchange tells an error that is not known here"),
    };
    let error = Error::new(kind, words);
    // A code is a word of the schema; anything else stays out of logs and pages.
    let error = if code.len() <= 100 && code.bytes().all(|b| b.is_ascii_alphanumeric()) { error.with_code(code) } else { error };
    match back_off(values) {
        Some(pause) if kind == ErrorKind::RateLimited => error.with_retry(Retry::After(pause)),
        _ => error,
    }
}

/// `BackOffMilliseconds`, kept between 0 and one hour.
fn back_off(values: Option<&Values>) -> Option<SignedDuration> {
    let value = values?.list.iter().find(|value| value.name == "BackOffMilliseconds")?;
    let millis = value.text.trim().parse::<i64>().ok()?;
    Some(SignedDuration::from_millis(millis).clamp(SignedDuration::ZERO, SignedDuration::from_hours(1)))
}
