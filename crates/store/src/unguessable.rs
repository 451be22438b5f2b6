//! Texts that nobody can guess, and the hashes by which they are found: what is stored opens nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Env, Secret};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// 256 random bits as 43 characters that fit into a cookie or an address.
pub(crate) fn text(env: &dyn Env) -> Secret {
    let mut bytes = Zeroizing::new([0; 32]);
    env.fill(&mut *bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(*bytes))
}

/// SHA-256 in hexadecimal. Fast on purpose: a text of 256 random bits needs no slow hash.
pub(crate) fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
