//! The real time and the real randomness; everything else gets them as an argument.

use jiff::Timestamp;
use model::Env;
use rand::TryRngCore;

/// The machine's clock and the operating system's random bytes.
#[derive(Debug, Clone, Copy)]
pub struct System;

impl Env for System {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where time comes in")]
    fn now(&self) -> Timestamp {
        // Instants are stored in milliseconds; a finer one would not compare equal after it was read back.
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    fn fill(&self, bytes: &mut [u8]) {
        rand::rngs::OsRng.try_fill_bytes(bytes).expect("the operating system gives random bytes");
    }
}
