//! Rate limits: tiers per method and workspace, and posting per channel. <https://docs.slack.dev/apis/web-api/rate-limits>

use serde::Deserialize;

use crate::kit::{Clock, Limit};

/// A method's published limit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    /// 20 and more a minute.
    Two,
    /// 50 and more a minute.
    Three,
    /// 100 and more a minute.
    Four,
    /// History and replies: tier 3, unless the app is sold outside the Marketplace
    /// (changelog 2025-05-29: 1 request a minute, 15 objects).
    History,
    /// `chat.postMessage`: one a second and channel, short bursts allowed; `chat.getPermalink` has no published number.
    Special,
}

/// Which numbers are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Plan {
    /// Ten times the published numbers, so that a demo is not slowed down.
    Generous,
    /// As published.
    Published,
    /// As published for commercial apps that are not in the Marketplace.
    NonMarketplace,
}

pub(super) struct Limits {
    pub plan: Plan,
    two: Limit,
    three: Limit,
    four: Limit,
    history: Limit,
    posting: Limit,
}

impl Limits {
    pub(super) fn generous(clock: &Clock) -> Self {
        Self::new(clock, Plan::Generous)
    }

    pub(super) fn new(clock: &Clock, plan: Plan) -> Self {
        let times = if plan == Plan::Generous { 10 } else { 1 };
        let a_minute = |requests: u64| Limit::new(clock.clone(), requests * times, 60);
        Self {
            plan,
            two: a_minute(20),
            three: a_minute(50),
            four: a_minute(100),
            history: a_minute(if plan == Plan::NonMarketplace { 1 } else { 50 }),
            // One a second, and a burst of three: "short bursts >1 allowed" names no number.
            posting: Limit::new(clock.clone(), 3 * times, 3),
        }
    }

    /// Seconds to wait when the call is one too many.
    pub(super) fn wait_seconds(&self, method: &str, tier: Tier, channel: Option<&str>) -> Option<i64> {
        let quota = match (tier, channel) {
            (Tier::Two, _) => self.two.take(method, 1),
            (Tier::Three, _) => self.three.take(method, 1),
            (Tier::Four, _) => self.four.take(method, 1),
            (Tier::History, _) => self.history.take(method, 1),
            (Tier::Special, Some(channel)) => self.posting.take(channel, 1),
            (Tier::Special, None) => return None,
        };
        (!quota.allowed).then_some((quota.retry_after_ms + 999) / 1000)
    }

    /// The most messages a page of history may hold.
    pub(super) fn largest_history_page(&self) -> usize {
        if self.plan == Plan::NonMarketplace { 15 } else { 999 }
    }
}
