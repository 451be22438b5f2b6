//! Who does something, for the audit trail.

/// A person, a token or Harmony itself, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `user:usr_…`, `token:…`, `harmony`.
    pub name: String,
    /// The caller's network address; empty for Harmony itself.
    pub address: String,
}

impl Actor {
    /// Harmony itself.
    pub fn harmony() -> Self {
        Self { name: "harmony".to_owned(), address: String::new() }
    }
}
