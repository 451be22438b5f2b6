//! Page and sync tokens: opaque to the caller, signed so that only ours are understood. What they are used for is list.rs.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::kit::hmac_sha256;

const SIGNATURE_BYTES: usize = 8;

/// Where a row stands in the order asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place(pub i64, pub i64, pub String);

/// What a token remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Token {
    Page {
        collection: String,
        /// The parameters of the first request: the next ones must be the same.
        asked: String,
        after: Option<Place>,
        /// The change the reading started from, if it is incremental.
        since: Option<u64>,
        /// The last change when the first page was read.
        top: u64,
    },
    Sync {
        collection: String,
        asked: String,
        seen: u64,
        epoch: u64,
    },
}

impl Token {
    pub fn seal(&self, key: &[u8]) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        let mut bytes = hmac_sha256(key, &text);
        bytes.truncate(SIGNATURE_BYTES);
        bytes.extend(text);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` for what was not made here or was changed.
    pub fn open(sealed: &str, key: &[u8]) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (signature, text) = bytes.split_at_checked(SIGNATURE_BYTES)?;
        if hmac_sha256(key, text).get(..SIGNATURE_BYTES)? != signature {
            return None;
        }
        serde_json::from_slice(text).ok()
    }
}
