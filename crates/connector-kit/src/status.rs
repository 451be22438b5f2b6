//! The common reading of an answer's status, where the tool has no words of its own for it.

use jiff::SignedDuration;

use crate::error::{Error, ErrorKind, Retry};
use crate::request::Reply;

/// The common reading of an HTTP status.
pub fn classify_by_status(reply: &Reply, now: jiff::Timestamp) -> Option<Error> {
    let kind = match reply.status {
        200..=299 => return None,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        409 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        400 | 402 | 405..=408 | 411 | 413..=428 => ErrorKind::Invalid,
        500..=599 => ErrorKind::Unavailable,
        _ => ErrorKind::Protocol,
    };
    let mut error = Error::new(kind, format!("the tool answered with status {}", reply.status));
    if kind == ErrorKind::Unavailable {
        error = error.in_doubt();
    }
    if matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable)
        && let Some(pause) = reply.header("retry-after").and_then(|text| retry_after(text, now))
    {
        error = error.with_retry(Retry::After(pause));
    }
    Some(error)
}

/// `Retry-After` (RFC 9110 section 10.2.3): seconds or an HTTP date; kept between 0 and one hour. Garbage is `None`.
pub fn retry_after(text: &str, now: jiff::Timestamp) -> Option<SignedDuration> {
    let wait = match text.trim().parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => SignedDuration::try_from_secs_f64(seconds.clamp(0.0, 3_600.0)).ok()?,
        Ok(_) => return None,
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(text.trim())
                .map(|zoned| zoned.timestamp())
                .or_else(|_| text.trim().parse::<jiff::Timestamp>())
                .ok()?;
            at.duration_since(now)
        }
    };
    Some(wait.clamp(SignedDuration::ZERO, SignedDuration::from_hours(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f25_retry_after_is_read_in_every_form_and_clamped() {
        let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let seconds = |text| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("1000000000"), Some(3_600));
        assert_eq!(seconds("-5"), Some(0));
        assert_eq!(seconds("Thu, 01 Jan 2026 00:01:00 GMT"), Some(60));
        assert_eq!(seconds("Wed, 31 Dec 2025 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("2026-01-01T00:00:30Z"), Some(30));
        assert_eq!(seconds("soon"), None);
    }
}
