//! Passwords: argon2id hashes, and a check that takes as long for an unknown address as for a known one.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use model::{Env, Secret};
use store::users::Candidate;
use tokio::sync::Semaphore;

use crate::problem::Problem;

/// The shortest password taken, in characters (NIST SP 800-63B section 3.1.1.2 asks for 8 at least).
pub const SHORTEST: usize = 10;
/// The longest one, in bytes, so that hashing stays cheap.
pub const LONGEST: usize = 1_000;

/// Each check takes some 19 MB and a core: more at once would only take turns.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// OWASP's second recommendation for argon2id: 19 MiB, two passes, one lane.
fn hasher() -> Argon2<'static> {
    let params = Params::new(19 * 1_024, 2, 1, None).expect("the parameters are in the ranges of RFC 9106");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_with(password: &[u8], salt: &[u8]) -> Result<String, argon2::password_hash::Error> {
    let hash: PasswordHash = hasher().hash_password_with_salt(password, salt)?;
    Ok(hash.to_string())
}

/// The hash of a password, to be stored. Refuses one that is too short or too long, naming the field.
pub async fn hash(env: &dyn Env, password: &Secret) -> Result<Secret, Problem> {
    if password.expose().chars().count() < SHORTEST || password.expose().len() > LONGEST {
        return Err(Problem::invalid("password", format!("A password has {SHORTEST} characters or more, and {LONGEST} bytes at most.")));
    }
    let mut salt = [0; 16];
    env.fill(&mut salt);
    let password = password.clone();
    let done = tokio::task::spawn_blocking(move || hash_with(password.expose().as_bytes(), &salt)).await;
    done.map_err(|error| Problem::internal(&error))?.map(Secret::new).map_err(|error| Problem::internal(&error))
}

/// The person among these whose password it is. Where there is nobody, a hash is worked out all the same.
pub async fn check(candidates: Vec<Candidate>, password: &Secret) -> Result<Option<Candidate>, Problem> {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_with(b"nobody", &[0; 16]).unwrap_or_default());
    let _turn = AT_ONCE.acquire().await.map_err(|error| Problem::internal(&error))?;
    let password = password.clone();
    let found = tokio::task::spawn_blocking(move || {
        let fits = |hash: &str| {
            let parsed = PasswordHash::new(hash);
            parsed.is_ok_and(|parsed| hasher().verify_password(password.expose().as_bytes(), &parsed).is_ok())
        };
        if !candidates.iter().any(|candidate| candidate.password_hash.is_some()) {
            fits(&NOBODY);
            return None;
        }
        candidates.into_iter().find(|candidate| candidate.password_hash.as_ref().is_some_and(|hash| fits(hash.expose())))
    });
    found.await.map_err(|error| Problem::internal(&error))
}
