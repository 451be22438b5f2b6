//! When a stream runs on its own: pure arithmetic over instants and wall clocks.

use std::hash::Hasher;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::ConnectionId;
use model::connection::Way;
use model::settings::Frequency;

/// Behind real time stands a poll that finds what no webhook announced.
const RECONCILE: SignedDuration = SignedDuration::from_mins(5);
/// The longest pause between two attempts of a failing stream.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// The next instant after `now` at which the stream is due by its frequency; `None`: only when woken.
pub fn next_due(frequency: Frequency, way: Way, zone: &TimeZone, connection: &ConnectionId, now: Timestamp) -> Option<Timestamp> {
    match frequency {
        Frequency::RealTime => (way == Way::Pull).then(|| now + RECONCILE),
        Frequency::Hourly => Some(next_hourly(connection, now)),
        Frequency::Daily { at } => {
            let today = now.to_zoned(zone.clone()).date();
            // A wall-clock time that a DST change skips is moved past the gap, one that comes twice is its first (RFC 5545
            // section 3.3.5), so that each local day has exactly one.
            (0..=2).find_map(|days| {
                let date = today.checked_add(jiff::Span::new().days(days)).ok()?;
                let due = date.to_datetime(at).to_zoned(zone.clone()).ok()?.timestamp();
                (due > now).then_some(due)
            })
        }
        Frequency::Manual => None,
    }
}

/// Each connection has its own minute and second of the hour, so that not all call at once (FAULTS.md F44).
fn next_hourly(connection: &ConnectionId, now: Timestamp) -> Timestamp {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(connection.as_str().as_bytes());
    let offset = i64::try_from(hasher.finish() % 3_600).unwrap_or(0);
    let second = now.as_second();
    let wait = (offset - second).rem_euclid(3_600);
    now + SignedDuration::from_secs(if wait == 0 { 3_600 } else { wait })
}

/// How long a stream that failed `failures` times sleeps: doubling from 5 seconds to an hour, of which a random half to whole is taken.
pub fn pause_after(failures: i64, random: u64) -> SignedDuration {
    let exponent = u32::try_from(failures.clamp(0, 10)).unwrap_or(10);
    let whole = SignedDuration::from_secs(5).saturating_mul(1 << exponent).min(LONGEST_PAUSE).as_millis();
    let whole = i64::try_from(whole).unwrap_or(i64::MAX);
    let part = i64::try_from(random % 1_000).unwrap_or(0);
    SignedDuration::from_millis(whole / 2 + whole / 2 * part / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> ConnectionId {
        "con_00000000000070008000000000000001".parse().unwrap()
    }

    fn dues(zone: &str, at: &str, from: &str, days: usize) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let frequency = Frequency::Daily { at: at.parse().unwrap() };
        let mut now: Timestamp = from.parse().unwrap();
        (0..days)
            .map(|_| {
                now = next_due(frequency, Way::Pull, &zone, &connection(), now).unwrap();
                now.to_zoned(zone.clone()).strftime("%m-%d %H:%M").to_string()
            })
            .collect()
    }

    #[test]
    fn f42_daily_is_exactly_once_each_local_day_across_dst() {
        assert_eq!(
            dues("Europe/Berlin", "02:30", "2026-03-27T12:00:00Z", 3),
            ["03-28 02:30", "03-29 03:30", "03-30 02:30"],
            "skipped hour"
        );
        assert_eq!(
            dues("Europe/Berlin", "02:30", "2026-10-24T12:00:00Z", 3),
            ["10-25 02:30", "10-26 02:30", "10-27 02:30"],
            "doubled hour"
        );
        assert_eq!(
            dues("America/Santiago", "00:00", "2026-09-05T12:00:00Z", 2),
            ["09-06 01:00", "09-07 00:00"],
            "a midnight that does not exist"
        );
        assert_eq!(dues("Australia/Lord_Howe", "02:15", "2026-10-03T00:00:00Z", 2), ["10-04 02:45", "10-05 02:15"], "a half-hour shift");
        assert_eq!(dues("Europe/Berlin", "08:00", "2028-02-28T12:00:00Z", 2), ["02-29 08:00", "03-01 08:00"], "a leap day");
    }

    #[test]
    fn f43_three_days_asleep_are_one_run() {
        let due = next_due(Frequency::Hourly, Way::Pull, &TimeZone::UTC, &connection(), "2026-01-04T00:00:00Z".parse().unwrap()).unwrap();
        assert!(due > "2026-01-04T00:00:00Z".parse().unwrap(), "the next is ahead, not one of the missed ones");
    }

    #[test]
    fn f44_hourly_connections_are_spread_over_the_hour() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let minutes: std::collections::BTreeSet<i64> = (0..600_u32)
            .map(|n| format!("con_{n:032x}").parse().unwrap())
            .map(|id| next_due(Frequency::Hourly, Way::Push, &TimeZone::UTC, &id, now).unwrap().as_second() / 60 % 60)
            .collect();
        assert!(minutes.len() > 55, "{} of 60 minutes are used", minutes.len());
    }

    #[test]
    fn f24_pauses_grow_to_an_hour_and_never_vanish() {
        assert!(pause_after(0, 0).as_millis() >= 2_500 && pause_after(0, 999).as_secs() <= 5);
        assert!(pause_after(40, 999) <= LONGEST_PAUSE && pause_after(40, 0).as_secs() >= 1_800);
    }
}
