//! What can go wrong at a tool. Connectors classify, the session retries, `sync` derives the status, the server explains.

use std::fmt;

use jiff::SignedDuration;

/// The result of anything asked of a tool.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as far as anyone outside the connector needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The tool no longer accepts the credentials.
    Unauthorized,
    /// The credentials are good, but a right, a scope, a plan or a policy is missing.
    Forbidden,
    /// The object does not exist (any more).
    NotFound,
    /// The object exists already, or changed meanwhile.
    Conflict,
    /// Too many calls.
    RateLimited,
    /// The tool refuses this content; sending it again will not help.
    Invalid,
    /// The tool is down, slow, or unreachable.
    Unavailable,
    /// The answer is not what the tool's description promises.
    Protocol,
    /// The saved cursor is no longer accepted: read everything again.
    CursorExpired,
}

impl ErrorKind {
    /// The reason code as logged and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::RateLimited => "rate_limited",
            Self::Invalid => "invalid",
            Self::Unavailable => "unavailable",
            Self::Protocol => "protocol",
            Self::CursorExpired => "cursor_expired",
        }
    }
}

/// When it is worth trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    Never,
    /// Not before this time has passed; the tool said so.
    After(SignedDuration),
    /// With growing, jittered pauses.
    Backoff,
}

/// A classified error. `message` is fit to be shown to a person and never holds a secret or a meeting's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub kind: ErrorKind,
    pub retry: Retry,
    pub message: String,
    /// The tool's own code (`RATELIMITED`, `missing_scope`), where it gave one.
    pub code: Option<String>,
    /// Whether a write may have happened although no good answer came (time-out, cut connection, 5xx).
    pub may_have_happened: bool,
}

impl Error {
    /// An error of this kind with its usual retry.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let retry = match kind {
            ErrorKind::RateLimited | ErrorKind::Unavailable => Retry::Backoff,
            _ => Retry::Never,
        };
        Self { kind, retry, message: message.into(), code: None, may_have_happened: false }
    }

    /// With the tool's own code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// With another moment to try again.
    #[must_use]
    pub const fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// With the doubt that a write may have happened.
    #[must_use]
    pub const fn in_doubt(mut self) -> Self {
        self.may_have_happened = true;
        self
    }

    /// The tool refuses the content.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// The answer does not fit the tool's description.
    pub fn protocol(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Protocol, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.code {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
