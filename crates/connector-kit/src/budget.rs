//! Budgets: a tool's rate limit is kept by us, per account, shared by all jobs of that account in this process.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

use crate::manifest::Limit;

/// One account's budget.
#[derive(Debug)]
pub struct Budget {
    limiters: Vec<DefaultDirectRateLimiter>,
    /// Limits of single endpoints, made at first use.
    narrower: Mutex<Vec<(Limit, Arc<DefaultDirectRateLimiter>)>>,
    /// The tool asked for silence until then.
    paused_until: Mutex<Option<Instant>>,
}

impl Budget {
    /// A budget that keeps all these limits. An empty list limits nothing until the tool asks for a pause.
    pub fn new(limits: &[Limit]) -> Self {
        let limiters = limits.iter().filter_map(quota).map(RateLimiter::direct).collect();
        Self { limiters, narrower: Mutex::default(), paused_until: Mutex::new(None) }
    }

    /// Waits until one more call fits; `narrower` is the limit of its endpoint, where that has one of its own.
    pub async fn ready(&self, narrower: Option<Limit>) {
        loop {
            let until = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
            match until {
                Some(until) if until > Instant::now() => tokio::time::sleep_until(until).await,
                _ => break,
            }
        }
        for limiter in &self.limiters {
            limiter.until_ready().await;
        }
        if let Some(limiter) = narrower.and_then(|limit| self.narrower(limit)) {
            limiter.until_ready().await;
        }
    }

    fn narrower(&self, limit: Limit) -> Option<Arc<DefaultDirectRateLimiter>> {
        let mut known = self.narrower.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, limiter)) = known.iter().find(|(of, _)| *of == limit) {
            return Some(Arc::clone(limiter));
        }
        let limiter = Arc::new(RateLimiter::direct(quota(&limit)?));
        known.push((limit, Arc::clone(&limiter)));
        Some(limiter)
    }

    /// How long nobody may call, if the tool asked for silence.
    pub fn pause_left(&self) -> Option<Duration> {
        let until = (*self.paused_until.lock().unwrap_or_else(PoisonError::into_inner))?;
        until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// The tool asked for silence: every job of this account waits.
    pub fn pause(&self, length: Duration) {
        let until = Instant::now() + length;
        let mut paused = self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        *paused = Some(paused.map_or(until, |known| known.max(until)));
    }
}

/// GCRA (ITU-T I.371): an even flow, with a burst of a tenth of the limit.
fn quota(limit: &Limit) -> Option<Quota> {
    let calls = NonZeroU32::new(limit.calls)?;
    let burst = NonZeroU32::new(limit.calls.div_ceil(10))?;
    Some(Quota::with_period(limit.per / calls.get())?.allow_burst(burst))
}

/// All budgets, by tool and account.
#[derive(Debug, Default)]
pub struct Budgets {
    by_account: Mutex<HashMap<String, Arc<Budget>>>,
}

impl Budgets {
    /// The budget of that account, made at first use.
    pub fn of(&self, integration: &str, account: &str, limits: &[Limit]) -> Arc<Budget> {
        let mut budgets = self.by_account.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(budgets.entry(format!("{integration} {account}")).or_insert_with(|| Arc::new(Budget::new(limits))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn f27_an_endpoint_with_a_limit_of_its_own_is_called_no_faster() {
        let budget = Budget::new(&[]);
        let search = Some(Limit { calls: 50, per: Duration::from_secs(1) });
        let begun = Instant::now();
        for _ in 0..8 {
            budget.ready(search).await;
        }
        assert!(begun.elapsed() >= Duration::from_millis(50), "after the first five, one each 20 ms");
        for _ in 0..1_000 {
            budget.ready(None).await;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "other calls do not wait for it");
    }

    #[test]
    fn f27_a_pause_holds_every_job_of_the_account() {
        let budgets = Budgets::default();
        let (one, other) = (budgets.of("hubspot", "1", &[]), budgets.of("hubspot", "1", &[]));
        one.pause(Duration::from_secs(70));
        one.pause(Duration::from_secs(7));
        assert!(other.pause_left().is_some_and(|left| left > Duration::from_mins(1)), "the longer pause holds");
        assert_eq!(budgets.of("hubspot", "2", &[]).pause_left(), None, "another account does not wait");
    }
}
