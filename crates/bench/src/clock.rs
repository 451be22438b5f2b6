//! The machine's clock, by which this process and the emulated tools stamp the same instants.

use jiff::Timestamp;

/// The present.
#[expect(clippy::disallowed_methods, reason = "a measurement is about real time, and this is the one place where it comes in")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
