//! Rate limits by the sandbox's clock: a leaky bucket per key. Each tool writes its own headers from the quota.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Clock;

/// A bucket per key that holds `burst` and refills evenly over `per_seconds`.
#[derive(Debug)]
pub struct Limit {
    clock: Clock,
    burst: AtomicU64,
    per_seconds: u64,
    used: Mutex<HashMap<String, Used>>,
}

#[derive(Clone, Copy, Debug)]
struct Used {
    /// Thousandths of a unit in use, so that slow refills are not rounded away.
    millis: u64,
    at_ms: i64,
}

/// What is left after a call.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub allowed: bool,
    pub limit: u64,
    pub remaining: u64,
    /// When the bucket is full again if nobody calls.
    pub reset_at: Timestamp,
    /// How long until the same call would be allowed; 0 when it was.
    pub retry_after_ms: i64,
}

impl Limit {
    /// `burst` units, refilled evenly in `per_seconds` seconds.
    pub fn new(clock: Clock, burst: u64, per_seconds: u64) -> Self {
        Self { clock, burst: AtomicU64::new(burst), per_seconds: per_seconds.max(1), used: Mutex::default() }
    }

    /// Changes the size of every bucket; a test makes it small to see the limit.
    pub fn set_burst(&self, burst: u64) {
        self.burst.store(burst, Ordering::SeqCst);
    }

    /// Takes `cost` units of `key`'s bucket if they are there.
    pub fn take(&self, key: &str, cost: u64) -> Quota {
        let now = self.clock.now();
        let burst = self.burst.load(Ordering::SeqCst).max(1);
        let mut buckets = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key.to_owned()).or_insert(Used { millis: 0, at_ms: now.as_millisecond() });
        let elapsed = u64::try_from(now.as_millisecond() - bucket.at_ms).unwrap_or(0);
        let refilled = elapsed.saturating_mul(burst) / self.per_seconds;
        bucket.millis = bucket.millis.min(burst.saturating_mul(1000)).saturating_sub(refilled);
        bucket.at_ms = now.as_millisecond();
        let wanted = bucket.millis.saturating_add(cost.saturating_mul(1000));
        let allowed = wanted <= burst.saturating_mul(1000);
        let missing = wanted.saturating_sub(burst.saturating_mul(1000));
        if allowed {
            bucket.millis = wanted;
        }
        let refill_ms = |millis: u64| millis.saturating_mul(self.per_seconds).div_ceil(burst);
        let full_in = i64::try_from(refill_ms(bucket.millis)).unwrap_or(i64::MAX / 2);
        Quota {
            allowed,
            limit: burst,
            remaining: (burst * 1000).saturating_sub(bucket.millis) / 1000,
            reset_at: now.checked_add(SignedDuration::from_millis(full_in)).unwrap_or(now),
            retry_after_ms: i64::try_from(refill_ms(missing)).unwrap_or(i64::MAX),
        }
    }
}
