//! Time and randomness as an argument (rule 20): the real ones are wired in the binary, the simulated one is here.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

/// Where the present time and random bytes come from.
pub trait Env: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;
    /// Fills `bytes` with randomness (cryptographic in the real one).
    fn fill(&self, bytes: &mut [u8]);
}

/// A clock that moves only when told, and reproducible bytes from a seed. For tests and simulation alone: its bytes are guessable.
#[derive(Debug)]
pub struct Simulated {
    state: Mutex<(Timestamp, u64)>,
}

impl Simulated {
    /// Starts at `now` with `seed`.
    pub const fn new(now: Timestamp, seed: u64) -> Self {
        Self { state: Mutex::new((now, seed)) }
    }

    /// Moves the clock.
    pub fn advance(&self, by: SignedDuration) {
        let mut state = self.locked();
        state.0 = state.0.saturating_add(by).unwrap_or(state.0);
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, (Timestamp, u64)> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Env for Simulated {
    fn now(&self) -> Timestamp {
        self.locked().0
    }

    /// `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.locked();
        for chunk in bytes.chunks_mut(8) {
            state.1 = state.1.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = state.1;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^= mixed >> 31;
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}
