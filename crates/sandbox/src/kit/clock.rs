//! The one clock of the sandbox: real time plus an offset that chaos may move. No other file reads the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Time as every emulated tool sees it. Clones share one offset, so a moved clock moves for all tools at once.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
    /// While the journal plays or writes a request: its instant. 0: not pinned.
    pinned_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The time now, by the emulated tools.
    #[expect(clippy::disallowed_methods, reason = "the sandbox stands in for the outside world: this is its one source of time")]
    pub fn now(&self) -> Timestamp {
        let pinned = self.pinned_ms.load(Ordering::SeqCst);
        if pinned != 0 {
            return Timestamp::from_millisecond(pinned).unwrap_or(Timestamp::UNIX_EPOCH);
        }
        let offset = SignedDuration::from_millis(self.offset_ms.load(Ordering::SeqCst));
        let real = Timestamp::now();
        real.checked_add(offset).unwrap_or(real)
    }

    /// The time now in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }

    /// Stops the clock at an instant, or lets it go on.
    pub(crate) fn pin(&self, at: Option<Timestamp>) {
        self.pinned_ms.store(at.map_or(0, Timestamp::as_millisecond), Ordering::SeqCst);
    }

    /// Moves the clock; a negative duration moves it back.
    pub fn advance(&self, by: SignedDuration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(0);
        self.offset_ms.fetch_add(ms, Ordering::SeqCst);
    }
}
