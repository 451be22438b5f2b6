//! Tokens that are opaque to the caller and signed, so that only ours are understood.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::kit::hmac_sha256;

const SIGNATURE_BYTES: usize = 8;

/// Writes what a token remembers.
pub fn seal(what: &impl Serialize, key: &[u8]) -> String {
    let text = serde_json::to_vec(what).unwrap_or_default();
    let mut bytes = hmac_sha256(key, &text);
    bytes.truncate(SIGNATURE_BYTES);
    bytes.extend(text);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads it; `None` for what was not made here or was changed.
pub fn open<T: DeserializeOwned>(sealed: &str, key: &[u8]) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (signature, text) = bytes.split_at_checked(SIGNATURE_BYTES)?;
    if hmac_sha256(key, text).get(..SIGNATURE_BYTES)? != signature {
        return None;
    }
    serde_json::from_slice(text).ok()
}
