//! A calendar item as XML, its properties in the order of the schema, and only those that were asked for.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use quick_xml::escape::escape;

use super::recurrence::{Pattern, Recurrence};
use super::soap::tag;
use super::world::{Facts, Item, Kind, Seen, Series, Who, occurrence_id};
use crate::kit::xml::Element;

/// Properties that come only where single items are asked for (learn.microsoft.com, "Property sets and response shapes in EWS").
const ONLY_OF_ONE: [&str; 11] = [
    "item:Body",
    "item:WebClientReadFormQueryString",
    "calendar:RequiredAttendees",
    "calendar:OptionalAttendees",
    "calendar:Resources",
    "calendar:Recurrence",
    "calendar:ModifiedOccurrences",
    "calendar:DeletedOccurrences",
    "calendar:StartTimeZone",
    "calendar:JoinOnlineMeetingUrl",
    "calendar:OriginalStart",
];

/// Which properties are wanted.
pub struct Shape {
    every: bool,
    named: BTreeSet<String>,
    /// One item is asked for by its id.
    one: bool,
}

impl Shape {
    pub fn of(shape: Option<&Element>, one: bool) -> Self {
        let base = shape.and_then(|shape| shape.text_of("BaseShape"));
        let added = shape.and_then(|shape| shape.child("AdditionalProperties")).map(|all| all.children.as_slice()).unwrap_or_default();
        let named = added.iter().filter_map(|path| path.attribute("FieldURI")).map(str::to_owned).collect();
        Self { every: base.is_some_and(|base| base != "IdOnly"), named, one }
    }

    fn wants(&self, property: &str) -> bool {
        (self.every || self.named.contains(property)) && (self.one || !ONLY_OF_ONE.contains(&property))
    }
}

pub fn item(seen: &Seen<'_>, shape: &Shape) -> String {
    let Seen { item, kind, facts } = seen;
    let part = |property: &str, text: String| if shape.wants(property) { text } else { String::new() };
    let text = |property: &str, value: Option<&str>| {
        let name = property.split_once(':').map_or(property, |(_, name)| name);
        part(property, tag(name, value))
    };
    let flag = |property: &str, value: bool| text(property, Some(if value { "true" } else { "false" }));
    let time = |property: &str, value: Option<Timestamp>| text(property, value.map(written).as_deref());
    let (name, original) = match kind {
        Kind::Single => ("Single", None),
        Kind::Master => ("RecurringMaster", None),
        Kind::Occurrence { original } => ("Occurrence", Some(*original)),
        Kind::Exception { original } => ("Exception", Some(*original)),
    };
    let id = seen.id();
    let form = format!("https://mail.demo.example/owa/?ItemID={}&exvsurl=1&viewmodel=ICalendarItemDetailsViewModelFactory", percent(&id));
    let body = facts.body.as_deref().map(|body| format!(r#"<t:Body BodyType="Text">{}</t:Body>"#, escape(body))).unwrap_or_default();
    let zone = format!(r#"<t:StartTimeZone Id="{0}" Name="{0}"/>"#, escape(facts.zone.0.as_str()));
    let properties = [
        format!(r#"<t:ItemId Id="{id}" ChangeKey="DwAAAB{:06}"/>"#, item.change),
        text("item:Subject", facts.subject.as_deref()),
        part("item:Body", body),
        time("item:LastModifiedTime", Some(item.modified)),
        text("item:WebClientReadFormQueryString", Some(&form)),
        text("calendar:UID", Some(&item.uid)),
        time("calendar:RecurrenceId", original),
        time("calendar:Start", Some(facts.start)),
        time("calendar:End", Some(facts.end)),
        time("calendar:OriginalStart", original),
        flag("calendar:IsAllDayEvent", facts.all_day),
        text("calendar:LegacyFreeBusyStatus", Some(&facts.free_busy)),
        text("calendar:Location", facts.location.as_deref()),
        flag("calendar:IsCancelled", facts.cancelled),
        flag("calendar:IsRecurring", original.is_some()),
        text("calendar:CalendarItemType", Some(name)),
        text("calendar:MyResponseType", Some(&facts.response)),
        part(
            "calendar:Organizer",
            facts.organizer.as_ref().map(|who| format!("<t:Organizer>{}</t:Organizer>", mailbox(who))).unwrap_or_default(),
        ),
        part("calendar:RequiredAttendees", attendees("RequiredAttendees", &facts.required)),
        part("calendar:OptionalAttendees", attendees("OptionalAttendees", &facts.optional)),
        part("calendar:Resources", attendees("Resources", &facts.resources)),
        item.series.as_ref().filter(|_| *kind == Kind::Master).map(|series| master(item, series, shape)).unwrap_or_default(),
        part("calendar:StartTimeZone", zone),
        text("calendar:JoinOnlineMeetingUrl", facts.join_url.as_deref()),
    ];
    format!("<t:CalendarItem>{}</t:CalendarItem>", properties.concat())
}

fn master(item: &Item, series: &Series, shape: &Shape) -> String {
    let part = |property: &str, text: String| if shape.wants(property) { text } else { String::new() };
    let changed = |(original, facts): (&Timestamp, &Facts)| {
        format!(
            r#"<t:Occurrence><t:ItemId Id="{}" ChangeKey="DwAAAB{:06}"/>{}{}{}</t:Occurrence>"#,
            occurrence_id(&item.id, *original),
            item.change,
            tag("Start", Some(&written(facts.start))),
            tag("End", Some(&written(facts.end))),
            tag("OriginalStart", Some(&written(*original))),
        )
    };
    let modified: String = series.exceptions.iter().filter(|(original, _)| !series.deleted.contains(original)).map(changed).collect();
    let lost = |start: &Timestamp| format!("<t:DeletedOccurrence>{}</t:DeletedOccurrence>", tag("Start", Some(&written(*start))));
    let deleted: String = series.deleted.iter().map(lost).collect();
    let list = |name: &str, inside: String| if inside.is_empty() { inside } else { format!("<t:{name}>{inside}</t:{name}>") };
    [
        part("calendar:Recurrence", recurrence(item, &series.rule)),
        part("calendar:ModifiedOccurrences", list("ModifiedOccurrences", modified)),
        part("calendar:DeletedOccurrences", list("DeletedOccurrences", deleted)),
    ]
    .concat()
}

fn recurrence(item: &Item, rule: &Recurrence) -> String {
    let every = |interval: &i64| format!("<t:Interval>{interval}</t:Interval>");
    let month = |month: i8| format!("<t:Month>{}</t:Month>", MONTHS.get(usize::try_from(month - 1).unwrap_or(0)).unwrap_or(&"January"));
    let pattern = match &rule.pattern {
        Pattern::Daily { interval } => format!("<t:DailyRecurrence>{}</t:DailyRecurrence>", every(interval)),
        Pattern::Weekly { interval, days } => format!(
            "<t:WeeklyRecurrence>{}<t:DaysOfWeek>{}</t:DaysOfWeek><t:FirstDayOfWeek>Sunday</t:FirstDayOfWeek></t:WeeklyRecurrence>",
            every(interval),
            days.join(" ")
        ),
        Pattern::Monthly { interval, day } => {
            format!("<t:AbsoluteMonthlyRecurrence>{}<t:DayOfMonth>{day}</t:DayOfMonth></t:AbsoluteMonthlyRecurrence>", every(interval))
        }
        Pattern::RelativeMonthly { interval, day, index } => format!(
            "<t:RelativeMonthlyRecurrence>{}<t:DaysOfWeek>{day}</t:DaysOfWeek><t:DayOfWeekIndex>{index}</t:DayOfWeekIndex></t:RelativeMonthlyRecurrence>",
            every(interval)
        ),
        Pattern::Yearly { month: number, day } => {
            format!("<t:AbsoluteYearlyRecurrence><t:DayOfMonth>{day}</t:DayOfMonth>{}</t:AbsoluteYearlyRecurrence>", month(*number))
        }
        Pattern::RelativeYearly { month: number, day, index } => format!(
            "<t:RelativeYearlyRecurrence><t:DaysOfWeek>{day}</t:DaysOfWeek><t:DayOfWeekIndex>{index}</t:DayOfWeekIndex>{}</t:RelativeYearlyRecurrence>",
            month(*number)
        ),
    };
    let zone = TimeZone::get(&item.facts.zone.1).unwrap_or(TimeZone::UTC);
    let start = item.facts.start.to_zoned(zone);
    let first = format!("<t:StartDate>{}{}</t:StartDate>", start.date(), start.strftime("%:z"));
    let range = match (rule.count, rule.until) {
        (Some(count), _) => {
            format!("<t:NumberedRecurrence>{first}<t:NumberOfOccurrences>{count}</t:NumberOfOccurrences></t:NumberedRecurrence>")
        }
        (None, Some(until)) => format!("<t:EndDateRecurrence>{first}<t:EndDate>{until}Z</t:EndDate></t:EndDateRecurrence>"),
        (None, None) => format!("<t:NoEndRecurrence>{first}</t:NoEndRecurrence>"),
    };
    format!("<t:Recurrence>{pattern}{range}</t:Recurrence>")
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

fn attendees(list: &str, all: &[Who]) -> String {
    let one = |who: &Who| {
        format!(
            "<t:Attendee>{}<t:ResponseType>{}</t:ResponseType></t:Attendee>",
            mailbox(who),
            who.response.as_deref().unwrap_or("Unknown")
        )
    };
    let inside: String = all.iter().map(one).collect();
    if inside.is_empty() { inside } else { format!("<t:{list}>{inside}</t:{list}>") }
}

fn mailbox(who: &Who) -> String {
    let routing = if who.email.starts_with('/') { "EX" } else { "SMTP" };
    let parts = [tag("Name", who.name.as_deref()), tag("EmailAddress", Some(&who.email)), tag("RoutingType", Some(routing))];
    format!("<t:Mailbox>{}</t:Mailbox>", parts.concat())
}

/// In UTC.
fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn percent(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
