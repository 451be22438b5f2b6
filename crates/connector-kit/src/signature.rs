//! Signatures of webhooks: HMAC-SHA256 in the encodings that tools use, compared in constant time, and the age of a stamp.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// A stamp further away than this is a replay.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// HMAC-SHA256 (RFC 2104, FIPS 180-4) of the parts, one after the other.
pub fn hmac_sha256(secret: &Secret, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length (RFC 2104 section 2)");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The same in lower-case hexadecimal.
pub fn hmac_hex(secret: &Secret, parts: &[&[u8]]) -> String {
    hex::encode(hmac_sha256(secret, parts))
}

/// The same in Base64 with padding.
pub fn hmac_base64(secret: &Secret, parts: &[&[u8]]) -> String {
    STANDARD.encode(hmac_sha256(secret, parts))
}

/// Compares what was sent with what is right, in time that does not depend on where they differ.
pub fn same(sent: &str, right: &str) -> Result<()> {
    if bool::from(sent.as_bytes().ct_eq(right.as_bytes())) { Ok(()) } else { Err(forged("the signature does not fit")) }
}

/// Refuses a stamp that is too old or too far ahead.
pub fn fresh(stamp: Timestamp, now: Timestamp) -> Result<()> {
    if now.duration_since(stamp).abs() <= TOLERANCE { Ok(()) } else { Err(forged("the stamp is more than five minutes away")) }
}

/// A webhook whose sender is not proven.
pub fn forged(why: &str) -> Error {
    Error::new(ErrorKind::Unauthorized, format!("this webhook is not from the tool: {why}"))
}
