//! Where a series falls, by its pattern: for masters, which Exchange gives when a series changed. Pure. Patterns that are not
//! understood give nothing at all rather than something wrong.

use connector_kit::Cursor;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::wire::{CalendarItem, Pattern, Recurrence};
use super::{map, zones};

/// A series is followed over this many occurrences at most.
const MOST: usize = 20_000;

/// The days of a pattern.
type Days = Box<dyn Iterator<Item = Date>>;

/// The starts of a series that lie before `until`, in order, those included that were moved or deleted. `None`: the pattern or the
/// time zone is not understood.
pub fn starts(master: &CalendarItem, until: Timestamp) -> Option<Vec<Timestamp>> {
    let zone = TimeZone::get(zones::of(master)?).ok()?;
    let first = map::instant(master.start.as_deref())?.to_zoned(zone.clone()).datetime();
    let recurrence = master.recurrence.as_ref()?;
    let (last_day, most) = range(recurrence)?;
    let starts = days(recurrence, first.date())?
        .take_while(|day| last_day.is_none_or(|last| *day <= last))
        .take(most.min(MOST))
        .map_while(|day| zone.to_timestamp(day.to_datetime(first.time())).ok());
    Some(starts.take_while(|start| *start < until).collect())
}

/// The same for the same pattern at the same time of day, and only then: whether the places of the occurrences are still those
/// that were told before.
pub fn fingerprint(master: &CalendarItem) -> String {
    let zone = master.start_time_zone.as_ref().and_then(|zone| zone.id.as_deref());
    digest(&Cursor::of(&(&master.recurrence, &master.start, zone)).0)
}

/// FNV-1a: short, and the same on every machine.
pub fn digest(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// The last day, and the most occurrences.
fn range(recurrence: &Recurrence) -> Option<(Option<Date>, usize)> {
    if let Some(range) = &recurrence.end_date {
        return Some((Some(day(range.end_date.as_deref())?), usize::MAX));
    }
    if let Some(range) = &recurrence.numbered {
        return Some((None, usize::try_from(range.number_of_occurrences?).ok()?));
    }
    recurrence.no_end.as_ref().map(|_| (None, usize::MAX))
}

/// An xs:date, which may name an offset.
fn day(text: Option<&str>) -> Option<Date> {
    text?.get(..10)?.parse().ok()
}

fn days(recurrence: &Recurrence, first: Date) -> Option<Days> {
    let every = |pattern: &Pattern| pattern.interval.filter(|interval| (1..=999).contains(interval)).map(i64::from);
    if let Some(pattern) = &recurrence.daily {
        let interval = every(pattern)?;
        return Some(Box::new((0..).map_while(move |number: i64| first.checked_add((number * interval).days()).ok())));
    }
    if let Some(pattern) = &recurrence.weekly {
        return weekly(pattern, every(pattern)?, first);
    }
    if let Some(pattern) = &recurrence.absolute_monthly {
        let number = day_of_month(pattern)?;
        return Some(after(first, months(first, every(pattern)?).map(move |month| at_most(month, number))));
    }
    if let Some(pattern) = &recurrence.relative_monthly {
        let (wanted, index) = relative(pattern)?;
        return Some(after(first, months(first, every(pattern)?).filter_map(move |month| nth(month, wanted, index))));
    }
    if let Some(pattern) = &recurrence.absolute_yearly {
        let number = day_of_month(pattern)?;
        return Some(after(first, years(first, pattern)?.map(move |month| at_most(month, number))));
    }
    let pattern = recurrence.relative_yearly.as_ref()?;
    let (wanted, index) = relative(pattern)?;
    Some(after(first, years(first, pattern)?.filter_map(move |month| nth(month, wanted, index))))
}

fn after(first: Date, days: impl Iterator<Item = Date> + 'static) -> Days {
    Box::new(days.skip_while(move |day| *day < first))
}

fn weekly(pattern: &Pattern, interval: i64, first: Date) -> Option<Days> {
    let begins = pattern.first_day_of_week.as_deref().map_or(Some(Weekday::Sunday), weekday)?;
    let days: Option<Vec<Weekday>> = pattern.days_of_week.as_deref()?.split_whitespace().map(weekday).collect();
    let mut offsets: Vec<i64> = days?.into_iter().map(|day| i64::from(begins.until(day))).collect();
    offsets.sort_unstable();
    offsets.dedup();
    if offsets.is_empty() {
        return None;
    }
    let week = first.checked_sub(i64::from(begins.until(first.weekday())).days()).ok()?;
    let weeks = (0..).map_while(move |number: i64| week.checked_add((number * interval * 7).days()).ok());
    Some(after(
        first,
        weeks.flat_map(move |week| offsets.clone().into_iter().filter_map(move |offset| week.checked_add(offset.days()).ok())),
    ))
}

/// The first days of the months, every so many.
fn months(first: Date, interval: i64) -> impl Iterator<Item = Date> + 'static {
    let month = first.first_of_month();
    (0..).map_while(move |number: i64| month.checked_add((number * interval).months()).ok())
}

/// The first days of the named month in each year.
fn years(first: Date, pattern: &Pattern) -> Option<impl Iterator<Item = Date> + 'static> {
    let name = pattern.month.as_deref()?;
    let month = MONTHS.iter().position(|known| *known == name).and_then(|at| i8::try_from(at + 1).ok())?;
    Some((0..).map_while(move |number: i16| Date::new(first.year().checked_add(number)?, month, 1).ok()))
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

fn day_of_month(pattern: &Pattern) -> Option<i8> {
    pattern.day_of_month.and_then(|day| i8::try_from(day).ok()).filter(|day| (1..=31).contains(day))
}

/// A month that is too short has the series on its last day (MS-OXOCAL, `PatternTypeSpecific`).
fn at_most(month: Date, day: i8) -> Date {
    Date::new(month.year(), month.month(), day.min(month.days_in_month())).unwrap_or(month)
}

/// Which days of a week count.
#[derive(Clone, Copy)]
enum Wanted {
    Any,
    Weekdays,
    Weekend,
    One(Weekday),
}

impl Wanted {
    fn holds(self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        match self {
            Self::Any => true,
            Self::Weekdays => !weekend,
            Self::Weekend => weekend,
            Self::One(weekday) => day.weekday() == weekday,
        }
    }
}

/// Which days, and which of them: from the first as 0; `None` is the last.
fn relative(pattern: &Pattern) -> Option<(Wanted, Option<usize>)> {
    let wanted = match pattern.days_of_week.as_deref()? {
        "Day" => Wanted::Any,
        "Weekday" => Wanted::Weekdays,
        "WeekendDay" => Wanted::Weekend,
        name => Wanted::One(weekday(name)?),
    };
    let index = match pattern.day_of_week_index.as_deref()? {
        "First" => Some(0),
        "Second" => Some(1),
        "Third" => Some(2),
        "Fourth" => Some(3),
        "Last" => None,
        _ => return None,
    };
    Some((wanted, index))
}

fn nth(month: Date, wanted: Wanted, index: Option<usize>) -> Option<Date> {
    let mut fitting = month.series(1.day()).take_while(|day| day.month() == month.month()).filter(|day| wanted.holds(*day));
    match index {
        Some(index) => fitting.nth(index),
        None => fitting.last(),
    }
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "Monday" => Weekday::Monday,
        "Tuesday" => Weekday::Tuesday,
        "Wednesday" => Weekday::Wednesday,
        "Thursday" => Weekday::Thursday,
        "Friday" => Weekday::Friday,
        "Saturday" => Weekday::Saturday,
        "Sunday" => Weekday::Sunday,
        _ => return None,
    })
}
