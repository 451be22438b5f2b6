//! Where the reading of recordings stands: windows of a month at most, then the last days again and again. Pure; no network.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// How many days back every round looks again: transcripts come hours after the recording, at times days.
const OVERLAP_DAYS: i32 = 4;
/// Meetings remembered as told, and as trashed: a cursor holds 64 kB.
const MOST_TOLD: usize = 350;
const MOST_TRASHED: usize = 250;

/// Which of Zoom's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum List {
    Kept,
    Trash,
}

/// A window under reading; both days belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    pub list: List,
    pub from: Date,
    pub to: Date,
    /// The next page; Zoom forgets it after 15 minutes.
    pub token: Option<String>,
}

/// A meeting that was told, in this state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    /// Its start, in seconds since 1970.
    pub at: i64,
    /// The state of its files.
    pub state: String,
    /// There was no summary yet.
    pub awaits: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Nothing before it is wanted.
    pub since: Date,
    /// The days before it are read.
    pub from: Date,
    pub window: Option<Window>,
    /// By UUID.
    pub told: BTreeMap<String, Told>,
    /// UUID and start of meetings whose recordings are known to be in the trash.
    pub trashed: BTreeMap<String, i64>,
}

/// The day in UTC, in which Zoom takes dates.
pub(super) fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn seconds(day: Date) -> i64 {
    day.to_zoned(TimeZone::UTC).map_or(i64::MIN, |midnight| midnight.timestamp().as_second())
}

/// The last day of the longest window that begins on this one.
fn month_from(from: Date) -> Date {
    from.checked_add(1.month()).and_then(|next| next.checked_sub(1.day())).unwrap_or(from)
}

impl Place {
    /// Nothing is read yet.
    pub(super) const fn begin(since: Date) -> Self {
        Self { since, from: since, window: None, told: BTreeMap::new(), trashed: BTreeMap::new() }
    }

    /// The window to read now.
    pub(super) fn current(&self, today: Date) -> Window {
        self.window.clone().unwrap_or_else(|| Window {
            list: List::Kept,
            from: self.from,
            to: month_from(self.from).min(today.max(self.from)),
            token: None,
        })
    }

    /// A page of this window is read; `token` names the next one. Whether more can be had at once.
    pub(super) fn go_on(&mut self, window: &Window, token: String, today: Date) -> bool {
        if !token.is_empty() && window.token.as_ref() != Some(&token) {
            self.window = Some(Window { token: Some(token), ..window.clone() });
            return true;
        }
        self.window = None;
        let recent = today.checked_sub(OVERLAP_DAYS.days()).unwrap_or(today);
        match window.list {
            List::Kept if window.to < today => self.from = window.to,
            List::Kept => {
                self.from = recent.max(self.since);
                let month = today.checked_sub(1.month()).and_then(|day| day.checked_add(1.day())).unwrap_or(today);
                self.window = Some(Window { list: List::Trash, from: month, to: today, token: None });
            }
            List::Trash => {
                let shown_again = seconds(window.from) - 86_400;
                self.trashed.retain(|_, at| *at >= shown_again);
            }
        }
        self.forget(recent);
        window.list == List::Kept
    }

    /// Forgets what no window shows again, and what is too much; what is forgotten is told once more, which is harmless.
    fn forget(&mut self, recent: Date) {
        let shown_again = seconds(self.from.min(recent)) - 86_400;
        self.told.retain(|_, told| told.at >= shown_again);
        let newest = |mut times: Vec<i64>, most: usize| {
            times.sort_unstable_by_key(|at| std::cmp::Reverse(*at));
            times.get(most).copied().unwrap_or(i64::MIN)
        };
        let limit = newest(self.told.values().map(|told| told.at).collect(), MOST_TOLD);
        self.told.retain(|_, told| told.at > limit);
        let limit = newest(self.trashed.values().copied().collect(), MOST_TRASHED);
        self.trashed.retain(|_, at| *at > limit);
    }
}
