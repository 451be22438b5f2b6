//! Recurrence as Graph writes it (`patternedRecurrence`): daily, weekly and by the day of the month. Relative patterns are left out.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};
use serde_json::Value;

/// A series without end is expanded no further.
const MOST: usize = 400;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Every {
    Days,
    Weeks(Vec<Weekday>),
    Months(i8),
}

/// When the instances of a series are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    every: Every,
    interval: i32,
    last: Option<Date>,
    count: usize,
    /// As it was written.
    pub text: Value,
}

impl Pattern {
    pub fn parse(text: &Value) -> Result<Self, String> {
        let (pattern, range) = (&text["pattern"], &text["range"]);
        let every = match pattern["type"].as_str() {
            Some("daily") => Every::Days,
            Some("weekly") => {
                let days = pattern["daysOfWeek"].as_array().into_iter().flatten().filter_map(Value::as_str).map(weekday);
                Every::Weeks(days.collect::<Option<_>>().filter(|days: &Vec<_>| !days.is_empty()).ok_or("daysOfWeek is needed")?)
            }
            Some("absoluteMonthly") => {
                Every::Months(pattern["dayOfMonth"].as_i64().and_then(|day| i8::try_from(day).ok()).ok_or("dayOfMonth is needed")?)
            }
            other => return Err(format!("the pattern {other:?} is not emulated")),
        };
        let (last, count) = match range["type"].as_str() {
            Some("noEnd") => (None, MOST),
            Some("numbered") => (None, range["numberOfOccurrences"].as_u64().and_then(|n| usize::try_from(n).ok()).ok_or("how many?")?),
            Some("endDate") => (Some(range["endDate"].as_str().and_then(|text| text.parse().ok()).ok_or("until when?")?), MOST),
            other => return Err(format!("the range {other:?} is unknown")),
        };
        let interval = pattern["interval"].as_i64().and_then(|n| i32::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(1);
        Ok(Self { every, interval, last, count: count.min(MOST), text: text.clone() })
    }

    /// The dates of the instances, the first one not before `start`.
    pub fn dates(&self, start: Date) -> Vec<Date> {
        let step = |n: i32| -> Span {
            match self.every {
                Every::Days => (n * self.interval).days(),
                Every::Weeks(_) => (n * self.interval).weeks(),
                Every::Months(_) => (n * self.interval).months(),
            }
        };
        let mut dates = Vec::new();
        for n in 0.. {
            let Ok(base) = start.checked_add(step(n)) else { break };
            if dates.len() >= self.count || n > 2_000 || self.last.is_some_and(|last| base.saturating_sub(7.days()) > last) {
                break;
            }
            dates.extend(self.within(base).into_iter().filter(|date| *date >= start && self.last.is_none_or(|last| *date <= last)));
        }
        dates.truncate(self.count);
        dates
    }

    fn within(&self, base: Date) -> Vec<Date> {
        match &self.every {
            Every::Days => vec![base],
            Every::Months(day) => Date::new(base.year(), base.month(), *day).into_iter().collect(),
            Every::Weeks(days) => {
                let sunday = base.saturating_sub(i32::from(base.weekday().to_sunday_zero_offset()).days());
                let mut all: Vec<Date> =
                    days.iter().map(|day| sunday.saturating_add(i32::from(day.to_sunday_zero_offset()).days())).collect();
                all.sort_unstable();
                all
            }
        }
    }
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "sunday" => Weekday::Sunday,
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        _ => return None,
    })
}
