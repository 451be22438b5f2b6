//! Sealing: XChaCha20-Poly1305 under a 256-bit key, bound to the one row that the text belongs to.
//! Which key seals what is decided in `keys` (master keys) and `workspaces` (data keys).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use model::{Env, Secret};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// What a sealed text begins with; another way of sealing would begin otherwise.
const VERSION: &str = "v1.";

/// Bytes of a nonce. At 192 bits they may be drawn at random on any number of nodes (draft-irtf-cfrg-xchacha-03, section 3.1).
const NONCE_BYTES: usize = 24;

/// A 256-bit key, wiped when dropped.
#[derive(Clone)]
pub(crate) struct SealingKey(Zeroizing<[u8; 32]>);

/// Where a sealed text lives. It opens nowhere else: moved to another row, column or workspace, it is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub workspace: &'a str,
    /// The table, or the purpose.
    pub table: &'a str,
    pub row: &'a str,
}

impl Place<'_> {
    /// Each part behind its length, so that no two places read alike.
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [self.workspace, self.table, self.row] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

impl SealingKey {
    /// A fresh key.
    pub(crate) fn generate(env: &dyn Env) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        env.fill(&mut *bytes);
        Self(bytes)
    }

    /// The key of these bytes; `None` unless there are 32.
    pub(crate) fn from_slice(slice: &[u8]) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        (slice.len() == bytes.len()).then(|| {
            bytes.copy_from_slice(slice);
            Self(bytes)
        })
    }

    /// The key in the open. Every call is a place to review.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals `plain` for `place`, as `v1.` and the Base64 of nonce, ciphertext and tag.
    pub(crate) fn seal(&self, env: &dyn Env, place: Place<'_>, plain: &[u8]) -> String {
        let mut nonce = [0; NONCE_BYTES];
        env.fill(&mut nonce);
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &place.to_bytes() })
            .expect("only a text of more than 256 GiB cannot be sealed (RFC 8439 section 2.8)");
        format!("{VERSION}{}", STANDARD.encode([&nonce[..], &sealed].concat()))
    }

    /// Opens what `seal` made for the same place with the same key.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &str) -> Result<Zeroizing<Vec<u8>>> {
        let refused = |why: &str| Error::Sealed(format!("{} of {}: {why}", place.row, place.table));
        let text = sealed.strip_prefix(VERSION).ok_or_else(|| refused("it was sealed by a newer version of Harmony"))?;
        let bytes = STANDARD.decode(text).map_err(|_| refused("it is damaged"))?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(|| refused("it is damaged"))?;
        self.cipher()
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &place.to_bytes() })
            .map(Zeroizing::new)
            .map_err(|_| refused("it is damaged, or was sealed for another row or by another key"))
    }

    /// Seals a secret text.
    pub(crate) fn seal_text(&self, env: &dyn Env, place: Place<'_>, secret: &Secret) -> String {
        self.seal(env, place, secret.expose().as_bytes())
    }

    /// Opens what `seal_text` made.
    pub(crate) fn open_text(&self, place: Place<'_>, sealed: &str) -> Result<Secret> {
        let mut plain = self.open(place, sealed)?;
        let text = String::from_utf8(std::mem::take(&mut *plain));
        text.map(Secret::new).map_err(|_| Error::Sealed(format!("{} of {}: it is not a text", place.row, place.table)))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::env::Simulated;
    use proptest::prelude::*;

    use super::*;

    const HERE: Place<'_> = Place { workspace: "wsp_1", table: "secrets", row: "con_1/tokens" };

    fn env(seed: u64) -> Simulated {
        Simulated::new(Timestamp::UNIX_EPOCH, seed)
    }

    #[test]
    fn a_text_opens_only_in_its_place_and_by_its_key() {
        let env = env(1);
        let key = SealingKey::generate(&env);
        let sealed = key.seal_text(&env, HERE, &Secret::from("a token"));
        assert!(sealed.starts_with("v1.") && !sealed.contains("token"));
        assert_eq!(key.open_text(HERE, &sealed).unwrap().expose(), "a token");
        let elsewhere = [
            Place { workspace: "wsp_2", ..HERE },
            Place { table: "sign_ins", ..HERE },
            Place { row: "con_2/tokens", ..HERE },
            Place { workspace: "wsp_", table: "1secrets", ..HERE },
        ];
        for place in elsewhere {
            assert!(matches!(key.open_text(place, &sealed), Err(Error::Sealed(_))), "{place:?}");
        }
        assert!(matches!(SealingKey::generate(&env).open_text(HERE, &sealed), Err(Error::Sealed(_))));
    }

    #[test]
    fn the_same_text_is_never_sealed_alike() {
        let env = env(2);
        let key = SealingKey::generate(&env);
        assert_ne!(key.seal(&env, HERE, b"x"), key.seal(&env, HERE, b"x"));
    }

    #[test]
    fn texts_that_were_never_sealed_are_refused() {
        let key = SealingKey::generate(&env(3));
        for text in ["", "v1.", "v1.!", "v1.AAAA", "v2.AAAA", "a token"] {
            assert!(matches!(key.open(HERE, text), Err(Error::Sealed(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_any_flipped_bit_is_noticed(text in ".{0,64}", seed: u64, bit: prop::sample::Index) {
            let env = env(seed);
            let key = SealingKey::generate(&env);
            let sealed = key.seal_text(&env, HERE, &Secret::new(text.clone()));
            let opened = key.open_text(HERE, &sealed).unwrap();
            prop_assert_eq!(opened.expose(), text);
            let mut bytes = STANDARD.decode(&sealed[VERSION.len()..]).unwrap();
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let damaged = format!("{VERSION}{}", STANDARD.encode(bytes));
            prop_assert!(key.open(HERE, &damaged).is_err());
        }
    }
}
