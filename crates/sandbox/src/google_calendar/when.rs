//! The times of events: a date or an instant with its zone, read from and written as `EventDateTime`. No recurrence here.

use jiff::{
    Span, Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde_json::{Value, json};

/// When an event starts or ends: all-day events have a date and no zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    Day(Date),
    At { at: Timestamp, zone: Option<String> },
}

impl When {
    /// Reads an `EventDateTime`. Exactly one of `date` and `dateTime`; a `dateTime` without offset needs `timeZone`.
    pub fn parse(value: &Value) -> Result<Self, String> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let zone = text("timeZone").map(str::to_owned);
        if let Some(name) = &zone {
            TimeZone::get(name).map_err(|_| format!("Invalid time zone: {name}"))?;
        }
        match (text("date"), text("dateTime")) {
            (Some(date), None) => date.parse().map(Self::Day).map_err(|_| format!("Invalid date: {date}")),
            (None, Some(moment)) => {
                if let Ok(at) = moment.parse::<Timestamp>() {
                    return Ok(Self::At { at, zone });
                }
                let local: DateTime = moment.parse().map_err(|_| format!("Invalid dateTime: {moment}"))?;
                let name = zone.ok_or("Missing time zone definition for start time.")?;
                let at = instant_of(local, &zone_named(&name))?;
                Ok(Self::At { at, zone: Some(name) })
            }
            _ => Err("Either date or dateTime is needed".to_owned()),
        }
    }

    /// The instant; a date begins at midnight in the calendar's own `zone`.
    pub fn instant(&self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Day(date) => date.to_zoned(zone.clone()).map_or(Timestamp::MIN, |day| day.timestamp()),
            Self::At { at, .. } => *at,
        }
    }

    /// As answered: the offset of `zone` (the calendar's or the one asked for), the name of the event's own zone.
    pub fn render(&self, zone: &TimeZone) -> Value {
        match self {
            Self::Day(date) => json!({ "date": date.to_string() }),
            Self::At { at, zone: own } => {
                let local = at.to_zoned(zone.clone());
                let pattern = if local.offset().is_zero() { "%FT%TZ" } else { "%FT%T%:z" };
                let mut answer = json!({ "dateTime": local.strftime(pattern).to_string() });
                if let Some(own) = own.as_deref().or_else(|| zone.iana_name()) {
                    answer["timeZone"] = json!(own);
                }
                answer
            }
        }
    }

    /// The end of an instance's id: the start it has by the rule, in UTC, or the bare date.
    pub fn stamp(&self) -> String {
        match self {
            Self::Day(date) => date.strftime("%Y%m%d").to_string(),
            Self::At { at, .. } => at.strftime("%Y%m%dT%H%M%SZ").to_string(),
        }
    }

    /// The same kind of time, `minutes` later. Dates move by whole days only.
    pub fn shifted(&self, minutes: i64) -> Result<Self, String> {
        match self {
            Self::Day(date) if minutes % 1440 == 0 => {
                date.checked_add(Span::new().days(minutes / 1440)).map(Self::Day).map_err(|error| error.to_string())
            }
            Self::Day(_) => Err("an all-day event moves by whole days".to_owned()),
            Self::At { at, zone } => at
                .checked_add(Span::new().minutes(minutes))
                .map(|at| Self::At { at, zone: zone.clone() })
                .map_err(|error| error.to_string()),
        }
    }

    /// The local date and time in the zone the event itself names, else in `calendar`.
    pub fn local(&self, calendar: &TimeZone) -> DateTime {
        match self {
            Self::Day(date) => date.at(0, 0, 0, 0),
            Self::At { at, zone } => {
                let zone = zone.as_deref().map_or_else(|| calendar.clone(), zone_named);
                at.to_zoned(zone).datetime()
            }
        }
    }

    /// A time of the same kind and zone at another local date and time; what daylight saving skips is moved forward.
    pub fn at_local(&self, local: DateTime, calendar: &TimeZone) -> Result<Self, String> {
        match self {
            Self::Day(_) => Ok(Self::Day(local.date())),
            Self::At { zone, .. } => {
                let place = zone.as_deref().map_or_else(|| calendar.clone(), zone_named);
                Ok(Self::At { at: instant_of(local, &place)?, zone: zone.clone() })
            }
        }
    }
}

/// A zone by its IANA name. Names are checked where they come in, so an unknown one means UTC here.
pub fn zone_named(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// RFC 3339 with milliseconds, as `created` and `updated` are answered.
pub fn stamp_ms(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn instant_of(local: DateTime, zone: &TimeZone) -> Result<Timestamp, String> {
    zone.to_timestamp(local).map_err(|error| error.to_string())
}
