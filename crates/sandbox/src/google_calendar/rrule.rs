//! The recurrence rules a demo calendar needs: DAILY and WEEKLY with INTERVAL, COUNT, UNTIL, BYDAY, and EXDATE. Other rules are refused.

use jiff::{
    Span, Timestamp, ToSpan,
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

use super::when::When;

/// A series never yields more than this, as an open-ended rule would have no end (RFC 5545 §3.3.10 leaves the bound to the implementation).
pub const MOST_OCCURRENCES: usize = 730;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Never,
    Count(usize),
    On(Date),
    Until(Timestamp),
}

/// One parsed RRULE with the EXDATEs beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    frequency: Frequency,
    interval: i64,
    days: Vec<Weekday>,
    end: End,
    excluded: Vec<String>,
}

impl Rule {
    /// Reads the lines of `recurrence`.
    ///
    /// # Errors
    /// Anything but one RRULE of the kinds above and EXDATE lines; DTSTART and DTEND are not allowed there at all.
    pub fn parse(lines: &[String]) -> Result<Self, String> {
        let mut rule = None;
        let mut excluded = Vec::new();
        for line in lines {
            if let Some(text) = line.strip_prefix("RRULE:") {
                if rule.replace(Self::parts(text)?).is_some() {
                    return Err("only one RRULE is understood".to_owned());
                }
            } else if let Some(rest) = line.strip_prefix("EXDATE") {
                excluded.extend(excluded_stamps(rest)?);
            } else {
                return Err(format!("Invalid recurrence rule: {line}"));
            }
        }
        let mut rule = rule.ok_or("a recurrence needs an RRULE")?;
        rule.excluded = excluded;
        Ok(rule)
    }

    fn parts(text: &str) -> Result<Self, String> {
        let mut rule = Self { frequency: Frequency::Daily, interval: 1, days: Vec::new(), end: End::Never, excluded: Vec::new() };
        let mut frequency = None;
        for part in text.split(';') {
            let (name, value) = part.split_once('=').ok_or("a rule part has no value")?;
            match (name, value) {
                ("FREQ", "DAILY") => frequency = Some(Frequency::Daily),
                ("FREQ", "WEEKLY") => frequency = Some(Frequency::Weekly),
                ("INTERVAL", _) => rule.interval = whole(value)?,
                ("COUNT", _) => {
                    let count = usize::try_from(whole(value)?).map_err(|_| "COUNT is too large")?;
                    rule.ends(End::Count(count))?;
                }
                ("UNTIL", _) => rule.ends(until(value)?)?,
                ("BYDAY", _) => rule.days = value.split(',').map(weekday).collect::<Result<_, _>>()?,
                ("WKST", "MO" | "SU") => {}
                _ => return Err(format!("Invalid recurrence rule: {part}")),
            }
        }
        rule.frequency = frequency.ok_or("a rule needs FREQ")?;
        Ok(rule)
    }

    fn ends(&mut self, end: End) -> Result<(), String> {
        if self.end != End::Never {
            return Err("COUNT and UNTIL exclude each other".to_owned());
        }
        self.end = end;
        Ok(())
    }

    /// The starts of the series, in order, from its first `start`; EXDATEs are counted by COUNT and then left out.
    pub fn starts(&self, start: &When, calendar: &TimeZone) -> Vec<When> {
        let first = start.local(calendar);
        let mut found = Vec::new();
        for (counted, local) in self.candidates(first).enumerate() {
            let Ok(when) = start.at_local(local, calendar) else { break };
            let over = match &self.end {
                End::Never => false,
                End::Count(count) => counted >= *count,
                End::On(day) => local.date() > *day,
                End::Until(last) => when.instant(calendar) > *last,
            };
            if over || counted >= MOST_OCCURRENCES {
                break;
            }
            if !self.excluded.contains(&when.stamp()) {
                found.push(when);
            }
        }
        found
    }

    fn candidates(&self, first: DateTime) -> Box<dyn Iterator<Item = DateTime> + '_> {
        let step = |days: i64| move |number: i64| Span::new().days(number * days);
        match self.frequency {
            Frequency::Daily => Box::new(
                (0..)
                    .map(step(self.interval))
                    .map_while(move |span| first.checked_add(span).ok())
                    .filter(|local| self.days.is_empty() || self.days.contains(&local.weekday())),
            ),
            Frequency::Weekly => {
                let back = i64::from(first.weekday().to_monday_zero_offset());
                let monday = first.checked_sub(back.days()).unwrap_or(first);
                let mut offsets: Vec<i64> = if self.days.is_empty() {
                    vec![back]
                } else {
                    self.days.iter().map(|day| i64::from(day.to_monday_zero_offset())).collect()
                };
                offsets.sort_unstable();
                Box::new(
                    (0..)
                        .map(step(self.interval * 7))
                        .map_while(move |span| monday.checked_add(span).ok())
                        .flat_map(move |week| {
                            let days = offsets.clone();
                            days.into_iter().filter_map(move |day| week.checked_add(day.days()).ok())
                        })
                        .filter(move |local| *local >= first),
                )
            }
        }
    }
}

fn whole(value: &str) -> Result<i64, String> {
    match value.parse::<i64>() {
        Ok(number) if (1..=10_000).contains(&number) => Ok(number),
        _ => Err(format!("Invalid number in a recurrence rule: {value}")),
    }
}

fn weekday(value: &str) -> Result<Weekday, String> {
    Ok(match value {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return Err(format!("Invalid BYDAY: {value}")),
    })
}

fn until(value: &str) -> Result<End, String> {
    if let Ok(at) = compact_instant(value) {
        return Ok(End::Until(at));
    }
    Date::strptime("%Y%m%d", value).map(End::On).map_err(|_| format!("Invalid UNTIL: {value}"))
}

fn compact_instant(value: &str) -> Result<Timestamp, String> {
    let bare = value.strip_suffix('Z').ok_or("not in UTC")?;
    let local = DateTime::strptime("%Y%m%dT%H%M%S", bare).map_err(|error| error.to_string())?;
    TimeZone::UTC.to_timestamp(local).map_err(|error| error.to_string())
}

/// `:20260105T090000Z`, `;VALUE=DATE:20260105` and `;TZID=Europe/Berlin:20260105T100000`, comma separated, as instance stamps.
fn excluded_stamps(rest: &str) -> Result<Vec<String>, String> {
    let (parameters, values) = rest.split_once(':').ok_or("an EXDATE has no value")?;
    let zone = parameters.split(';').find_map(|part| part.strip_prefix("TZID="));
    let stamp = |value: &str| -> Result<String, String> {
        if let Ok(date) = Date::strptime("%Y%m%d", value)
            && value.len() == 8
        {
            return Ok(When::Day(date).stamp());
        }
        let at = if let Some(name) = zone {
            let place = TimeZone::get(name).map_err(|_| format!("Invalid time zone: {name}"))?;
            let local = DateTime::strptime("%Y%m%dT%H%M%S", value).map_err(|_| format!("Invalid EXDATE: {value}"))?;
            place.to_timestamp(local).map_err(|error| error.to_string())?
        } else {
            compact_instant(value).map_err(|_| format!("Invalid EXDATE: {value}"))?
        };
        Ok(When::At { at, zone: None }.stamp())
    };
    values.split(',').map(stamp).collect()
}
