//! Slows down who guesses passwords: so many failures per address and e-mail, and per address, in a quarter of an hour.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Failures are forgotten after so long.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Failures for one e-mail from one address.
const PER_PERSON: u32 = 5;
/// Failures from one address for whichever e-mail.
const PER_ADDRESS: u32 = 50;
/// Keys kept at most; beyond, those that ran out are dropped, then all.
const KEPT: usize = 10_000;

/// Counts failures. In memory: a restart forgets them, which helps nobody guess.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: Mutex<HashMap<String, (u32, Timestamp)>>,
}

impl Throttle {
    /// Counts an attempt in; `Err`: too many before, and how long to wait.
    pub fn attempt(&self, address: &str, email: &str, now: Timestamp) -> Result<(), SignedDuration> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= KEPT {
            failures.retain(|_, (_, until)| *until > now);
            if failures.len() >= KEPT {
                failures.clear();
            }
        }
        let keys = [(format!("{address} {email}"), PER_PERSON), (address.to_owned(), PER_ADDRESS)];
        for (key, most) in &keys {
            if let Some((count, until)) = failures.get(key)
                && *until > now
                && count >= most
            {
                return Err(until.duration_since(now));
            }
        }
        for (key, _) in keys {
            let entry = failures.entry(key).or_insert((0, now + WINDOW));
            if entry.1 <= now {
                *entry = (0, now + WINDOW);
            }
            entry.0 += 1;
        }
        Ok(())
    }

    /// It was the right password: the person's failures are forgotten.
    pub fn succeeded(&self, address: &str, email: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(&format!("{address} {email}"));
    }
}
