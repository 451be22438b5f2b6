//! What can go wrong in the store.

/// The result of anything asked of the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operator must change something.
    #[error("{0}")]
    Configuration(String),
    /// The database failed or is not there; trying again may help.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The place of media failed; trying again may help.
    #[error("the media store failed: {0}")]
    Media(String),
    /// The schema could not be brought up to date.
    #[error("the database's schema could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// What was asked for is not there (or belongs to somebody else, which is not told apart).
    #[error("{0} was not found")]
    NotFound(&'static str),
    /// It exists already and can exist only once.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// Somebody else changed it meanwhile.
    #[error("{0} was changed meanwhile; load it again")]
    Stale(&'static str),
    /// The lease is no longer ours: another worker has taken over, nothing was written.
    #[error("the lease was lost to another worker")]
    LeaseLost,
    /// A sealed value cannot be opened with the present keys.
    #[error("a secret cannot be opened: {0}")]
    Sealed(String),
    /// A stored row does not read back; the database was changed by hand or by a newer version.
    #[error("a stored {what} cannot be read: {why}")]
    Unreadable { what: &'static str, why: String },
}

impl Error {
    /// A row that does not read back.
    pub fn unreadable(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Unreadable { what, why: why.to_string() }
    }
}
