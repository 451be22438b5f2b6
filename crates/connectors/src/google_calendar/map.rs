//! A Google event as our meeting. Pure and total: what Google may add later falls to a named fallback.

use connector_kit::{Entry, Remote};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::meeting::{Identity, Meeting, MeetingState, Participant, ParticipantKind, When};
use model::person::Person;

use super::wire::{Attendee, ConferenceData, Event, Moment, Who};
use crate::join_link::{self, JoinLink};
use crate::plain_text;

/// What an event without a title is called.
const UNTITLED: &str = "(no title)";

/// What an event says; `None`: it is no meeting (a working location, time off, a birthday), or has no time.
/// `calendar_zone` is the calendar's own zone, for events that name none.
pub fn entry(event: Event, calendar_zone: Option<&str>) -> Option<Entry<Meeting>> {
    if event.status.as_deref() == Some("cancelled") {
        return Some(Entry::Gone { id: event.id });
    }
    if !is_meeting(event.kind.as_deref()) {
        return None;
    }
    let when = when(event.start.as_ref()?, event.end.as_ref(), calendar_zone)?;
    let description = event.description.as_deref().map(plain_text::of_html).filter(|text| !text.is_empty());
    let link =
        join_link(event.conference_data.as_ref(), event.hangout_link.as_deref(), [event.location.as_deref(), description.as_deref()]);
    let (join_url, conference_id) = link.map_or((None, None), |link| (Some(link.url), link.conference_id));
    let recurrence_id = event.recurring_event_id.as_ref().and(event.original_start_time.as_ref());
    let meeting = Meeting {
        title: event.summary.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| UNTITLED.to_owned()),
        when,
        state: if event.status.as_deref() == Some("tentative") { MeetingState::Tentative } else { MeetingState::Confirmed },
        organizer: event.organizer.and_then(person).or_else(|| event.creator.and_then(person)),
        participants: event.attendees.into_iter().filter_map(participant).collect(),
        join_url,
        location: event.location.filter(|place| !place.trim().is_empty()),
        description,
        summary: None,
        tags: Vec::new(),
        identity: Identity {
            ical_uid: event.ical_uid,
            recurrence_id: recurrence_id.and_then(|moment| instance_name(moment, calendar_zone)),
            conference_id,
            key: None,
        },
    };
    Some(Entry::Present(Remote {
        id: event.id,
        version: event.etag,
        modified: event.updated.and_then(|text| text.parse().ok()),
        url: event.html_link,
        item: meeting,
    }))
}

/// The kinds of event that people meet in; an absent kind is the default one.
fn is_meeting(kind: Option<&str>) -> bool {
    matches!(kind, None | Some("default" | "fromGmail"))
}

fn when(start: &Moment, end: Option<&Moment>, calendar_zone: Option<&str>) -> Option<When> {
    if let Some(first) = day(start) {
        // Google's last day is exclusive (RFC 5545 section 3.6.1), ours is the last day itself.
        let last = end.and_then(day).and_then(|day| day.yesterday().ok()).unwrap_or(first).max(first);
        return Some(When::AllDay { first, last });
    }
    let begins = instant(start, calendar_zone)?;
    let ends = end.and_then(|end| instant(end, calendar_zone)).unwrap_or(begins).max(begins);
    let zone = start.time_zone.as_deref().or(calendar_zone).map(str::to_owned);
    Some(When::Timed { start: begins, end: ends, zone })
}

fn day(moment: &Moment) -> Option<Date> {
    moment.date.as_deref()?.parse().ok()
}

/// An offset is required in `dateTime` unless `timeZone` is given.
fn instant(moment: &Moment, calendar_zone: Option<&str>) -> Option<Timestamp> {
    let text = moment.date_time.as_deref()?;
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    let civil: DateTime = text.parse().ok()?;
    let zone = TimeZone::get(moment.time_zone.as_deref().or(calendar_zone)?).ok()?;
    civil.to_zoned(zone).ok().map(|zoned| zoned.timestamp())
}

/// The original start as text: a date, or an instant in UTC, so that every calendar names an instance alike.
fn instance_name(moment: &Moment, calendar_zone: Option<&str>) -> Option<String> {
    day(moment).map(|day| day.to_string()).or_else(|| instant(moment, calendar_zone).map(|instant| instant.to_string()))
}

/// Whether this is an instance of a series that the window never held, and therefore nobody here knows. (An
/// incremental answer may expand a series far beyond the window; an instance moved out of it must still be told.)
pub fn is_beyond(event: &Event, from: Timestamp, until: Timestamp) -> bool {
    let (Some(_), Some(original), Some(start)) = (&event.recurring_event_id, &event.original_start_time, &event.start) else {
        return false;
    };
    let about = |moment: &Moment| {
        let midnight = || day(moment)?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
        instant(moment, None).or_else(midnight)
    };
    // A day of slack stands for the zones of whole days and for long meetings.
    let slack = SignedDuration::from_hours(24);
    let outside = |at: Timestamp| at.duration_since(until) > slack || from.duration_since(at) > slack;
    event.status.as_deref() != Some("cancelled") && [about(original), about(start)].into_iter().flatten().all(outside)
}

/// Secondary calendars, and organizers whom Google does not know, stand as addresses of nobody.
fn person(who: Who) -> Option<Person> {
    let nobody = |email: &str| email.ends_with("@group.calendar.google.com") || email == "unknownorganizer@calendar.google.com";
    if who.email.as_deref().is_some_and(nobody) {
        return None;
    }
    let person = Person { name: who.display_name, email: who.email, phone: None };
    (person.name.is_some() || person.email.is_some()).then_some(person)
}

/// Who declined does not take part; if they come after all, the video tool tells. Rooms stay, as rooms.
fn participant(attendee: Attendee) -> Option<Participant> {
    if attendee.response_status.as_deref() == Some("declined") {
        return None;
    }
    let kind = if attendee.resource { ParticipantKind::Room } else { ParticipantKind::Person };
    let person = Person { name: attendee.display_name, email: attendee.email, phone: None };
    Some(Participant { person, kind, invited: true, attended: false })
}

/// Google's own fields first, then what people pasted into location and description.
fn join_link(conference: Option<&ConferenceData>, hangout: Option<&str>, texts: [Option<&str>; 2]) -> Option<JoinLink> {
    let video = conference.and_then(|data| {
        let point = data.entry_points.iter().find(|point| point.entry_point_type.as_deref() == Some("video"))?;
        let uri = point.uri.as_deref()?;
        // A conference of a tool that is not known here is still joined by its link.
        Some(join_link::read(uri).unwrap_or_else(|| JoinLink { url: uri.to_owned(), conference_id: data.conference_id.clone() }))
    });
    video.or_else(|| hangout.and_then(join_link::read)).or_else(|| texts.into_iter().flatten().find_map(join_link::find))
}
