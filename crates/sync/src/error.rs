//! What can end a run.

/// The result of the engine's work.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a run or an act of the engine ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tool refused or failed.
    #[error(transparent)]
    Tool(#[from] connector_kit::Error),
    /// The database refused or failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// More losses at once than the brake lets through.
    #[error("{count} {what} at once are held back until a person looks")]
    Braked { count: u64, what: &'static str },
    /// What the caller asked for does not fit; names the field.
    #[error("{field}: {why}")]
    Invalid { field: &'static str, why: String },
    /// The integration is not in the catalogue, or the operator has not set it up.
    #[error("{0}")]
    NotSetUp(String),
    /// A preview that was to be applied no longer fits the data.
    #[error("the preview is no longer up to date; look at a new one")]
    StalePreview,
    /// A reconnect signed in to another account.
    #[error("this sign-in is for {found}, but the connection belongs to {expected}")]
    OtherAccount { expected: String, found: String },
    /// The sign-in cannot be finished: its state is unknown, used, expired, or somebody else's.
    #[error("this sign-in was already used, has expired, or was begun by somebody else")]
    UnknownState,
    /// The person said no at the tool.
    #[error("the permission was not given at the tool: {0}")]
    Denied(String),
    /// Only a part of the permissions was given.
    #[error("these permissions were not given: {}", .0.join(", "))]
    Partial(Vec<String>),
}

impl Error {
    /// A field that does not fit.
    pub fn invalid(field: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Invalid { field, why: why.to_string() }
    }
}
