//! Who may do what: the scopes of each method, as the descriptions name them, and the quota.

use axum::http::HeaderMap;

use super::{Meet, errors};
use crate::google::userinfo::{EMAIL, PROFILE};
use crate::kit::{Caller, Need, Refusal};

macro_rules! scopes {
    ($($name:literal),* $(,)?) => { &[$(concat!("https://www.googleapis.com/auth/", $name)),*] };
}

pub(super) const RECORDS: &[&str] = scopes!["meetings.space.created", "meetings.space.readonly"];
pub(super) const SPACES: &[&str] = scopes!["meetings.space.created", "meetings.space.readonly", "meetings.space.settings"];
/// Of `files.get`; the metadata scopes read no content.
pub(super) const FILES: &[&str] =
    scopes!["drive", "drive.file", "drive.meet.readonly", "drive.metadata", "drive.metadata.readonly", "drive.readonly"];
pub(super) const CONTENT: &[&str] = scopes!["drive", "drive.file", "drive.meet.readonly", "drive.readonly"];

/// What the app may ask for.
pub(super) const ASKABLE: &[&str] = &[
    "openid",
    "email",
    "profile",
    EMAIL,
    PROFILE,
    "https://www.googleapis.com/auth/meetings.space.created",
    "https://www.googleapis.com/auth/meetings.space.readonly",
    "https://www.googleapis.com/auth/meetings.space.settings",
    "https://www.googleapis.com/auth/drive.meet.readonly",
    "https://www.googleapis.com/auth/drive.readonly",
    "https://www.googleapis.com/auth/drive.metadata.readonly",
];

impl Meet {
    /// The caller, when its token has one of the scopes.
    pub(super) fn caller(&self, headers: &HeaderMap, scopes: &'static [&'static str]) -> Result<Caller, Refusal> {
        self.authority.bearer(headers, Need::Any(scopes))
    }

    /// The caller of a method that reads Meet, as long as its quota is not spent.
    pub(super) fn reader(&self, headers: &HeaderMap, scopes: &'static [&'static str]) -> Result<Caller, Refusal> {
        let caller = self.caller(headers, scopes)?;
        if self.quota.take(&caller.account.email, 1).allowed { Ok(caller) } else { Err(errors::quota()) }
    }
}
