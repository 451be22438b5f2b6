//! Recurrence patterns as Exchange has them. Each day is asked whether it belongs to the series; no other way is quicker to trust.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};
use serde::Deserialize;

/// A series without an end is followed so far.
const MOST_DAYS: i64 = 3 * 366;

/// Which days repeat, and until when.
#[derive(Clone, Debug, Deserialize)]
pub struct Recurrence {
    #[serde(flatten)]
    pub pattern: Pattern,
    pub count: Option<usize>,
    pub until: Option<Date>,
}

/// `RecurrencePatternTypes` of the schema; days by their English names.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Pattern {
    Daily { interval: i64 },
    Weekly { interval: i64, days: Vec<String> },
    Monthly { interval: i64, day: i8 },
    RelativeMonthly { interval: i64, day: String, index: String },
    Yearly { month: i8, day: i8 },
    RelativeYearly { month: i8, day: String, index: String },
}

impl Recurrence {
    /// The days of the series, in order.
    pub fn days(&self, first: Date) -> Vec<Date> {
        let days = (0..MOST_DAYS).map_while(|number| first.checked_add(number.days()).ok());
        let days = days.take_while(|day| self.until.is_none_or(|until| *day <= until));
        days.filter(|day| self.pattern.holds(first, *day)).take(self.count.unwrap_or(usize::MAX)).collect()
    }
}

impl Pattern {
    fn holds(&self, first: Date, day: Date) -> bool {
        let months = i64::from(day.year() - first.year()) * 12 + i64::from(day.month() - first.month());
        match self {
            Self::Daily { interval } => days_between(first, day) % interval == 0,
            Self::Weekly { interval, days } => {
                let weeks = days_between(week_of(first), week_of(day)) / 7;
                weeks % interval == 0 && days.iter().any(|name| is_named(name, day.weekday()))
            }
            Self::Monthly { interval, day: number } => months % interval == 0 && day.day() == (*number).min(day.days_in_month()),
            Self::RelativeMonthly { interval, day: name, index } => months % interval == 0 && is_nth(day, name, index),
            Self::Yearly { month, day: number } => day.month() == *month && day.day() == (*number).min(day.days_in_month()),
            Self::RelativeYearly { month, day: name, index } => day.month() == *month && is_nth(day, name, index),
        }
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span: Span| i64::from(span.get_days()))
}

/// The Sunday on or before: weeks begin there unless the pattern says otherwise.
fn week_of(day: Date) -> Date {
    day.checked_sub(i64::from(day.weekday().to_sunday_zero_offset()).days()).unwrap_or(day)
}

fn is_named(name: &str, day: Weekday) -> bool {
    let weekend = matches!(day, Weekday::Saturday | Weekday::Sunday);
    match name {
        "Day" => true,
        "Weekday" => !weekend,
        "WeekendDay" => weekend,
        _ => format!("{day:?}") == name,
    }
}

fn is_nth(day: Date, name: &str, index: &str) -> bool {
    let fitting: Vec<Date> = (1..=day.days_in_month())
        .filter_map(|number| Date::new(day.year(), day.month(), number).ok())
        .filter(|other| is_named(name, other.weekday()))
        .collect();
    let wanted = match index {
        "First" => fitting.first(),
        "Second" => fitting.get(1),
        "Third" => fitting.get(2),
        "Fourth" => fitting.get(3),
        _ => fitting.last(),
    };
    wanted == Some(&day)
}
