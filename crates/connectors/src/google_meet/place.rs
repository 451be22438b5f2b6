//! Where the reading of conferences stands: rounds over the last days, which reach back to whatever is still in the making. Pure.

use std::collections::BTreeMap;

use connector_kit::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How far back every round looks again.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);
/// Conferences remembered as told: a cursor holds 64 kB.
const MOST_TOLD: usize = 450;

/// A reading of the list from its first page to its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Round {
    pub began: Timestamp,
    /// The next page.
    pub token: Option<String>,
}

/// A conference that was told, in this state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    /// In seconds since 1970.
    pub ended: i64,
    /// How much of what comes of it there was.
    pub state: String,
    /// Nothing more is to come of it.
    pub settled: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Nothing that ended before is wanted.
    pub since: Timestamp,
    /// What ended before is told and settled.
    pub from: Timestamp,
    pub round: Option<Round>,
    /// By the record's name.
    pub told: BTreeMap<String, Told>,
}

impl Place {
    /// Nothing is read yet.
    pub(super) const fn begin(since: Timestamp) -> Self {
        Self { since, from: since, round: None, told: BTreeMap::new() }
    }

    /// The round under way, or a new one.
    pub(super) fn current(&self, now: Timestamp) -> Round {
        self.round.clone().unwrap_or(Round { began: now, token: None })
    }

    /// A page of this round is read; `next` names the one after it. Whether there is more at once.
    pub(super) fn go_on(&mut self, round: &Round, next: Option<String>) -> Result<bool> {
        if let Some(next) = next.filter(|next| !next.is_empty()) {
            if round.token.as_ref() == Some(&next) {
                return Err(Error::protocol("Google leads from a page of conferences to the same page"));
            }
            self.round = Some(Round { token: Some(next), ..*round });
            return Ok(true);
        }
        let recent = round.began.saturating_sub(OVERLAP).unwrap_or(Timestamp::MIN);
        let waiting = self.told.values().filter(|told| !told.settled).map(|told| told.ended).min();
        let waiting = waiting.and_then(|ended| Timestamp::from_second(ended).ok()).unwrap_or(recent);
        self.from = recent.min(waiting).max(self.since);
        self.round = None;
        self.forget();
        Ok(false)
    }

    /// Forgets what no round shows again, and what is too much, the settled first; what is forgotten too early is told once more,
    /// which is harmless.
    fn forget(&mut self) {
        let shown_again = self.from.as_second();
        self.told.retain(|_, told| told.ended >= shown_again);
        let mut by_need: Vec<(bool, i64, String)> =
            self.told.iter().map(|(name, told)| (told.settled, -told.ended, name.clone())).collect();
        by_need.sort_unstable();
        for (_, _, name) in by_need.into_iter().skip(MOST_TOLD) {
            self.told.remove(&name);
        }
    }
}
