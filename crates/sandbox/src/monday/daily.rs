//! Calls an account makes a day, counted anew from midnight UTC. <https://developer.monday.com/api-reference/docs/rate-limits>

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::kit::Clock;

pub(super) struct Daily {
    clock: Clock,
    limit: AtomicU64,
    used: Mutex<BTreeMap<Date, u64>>,
}

impl Daily {
    pub(super) fn new(clock: Clock, limit: u64) -> Self {
        Self { clock, limit: AtomicU64::new(limit), used: Mutex::default() }
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit.load(Ordering::SeqCst)
    }

    pub(super) fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::SeqCst);
    }

    /// Counts a call; `false` where the day's calls are spent.
    pub(super) fn take(&self) -> bool {
        let today = self.clock.now().to_zoned(TimeZone::UTC).date();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let count = used.entry(today).or_default();
        if *count >= self.limit() {
            return false;
        }
        *count += 1;
        true
    }

    /// Calls by day, the last one first.
    pub(super) fn by_day(&self) -> Vec<(Date, u64)> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.iter().rev().map(|(day, count)| (*day, *count)).collect()
    }

    /// Seconds until the next midnight UTC.
    pub(super) fn seconds_left(&self) -> i64 {
        86_400 - self.clock.now().as_second().rem_euclid(86_400)
    }
}
