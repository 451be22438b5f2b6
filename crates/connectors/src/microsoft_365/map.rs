//! An Outlook event as our meeting. Pure and total: what Graph may add later falls to a named fallback.

use connector_kit::Remote;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use model::meeting::{Identity, Meeting, MeetingState, Participant, ParticipantKind, When};
use model::person::Person;

use super::wire::{Address, Attendee, Body, Event, Moment};
use crate::join_link::{self, JoinLink};
use crate::microsoft::{global_object_id, zones};
use crate::plain_text;

/// What an event without a subject is called.
const UNTITLED: &str = "(no title)";

/// What an event is in its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// An event of its own, or an instance that was changed: it says all about itself.
    Whole,
    /// An instance like the others: of a delta page it has its place alone, the rest is its master's.
    Occurrence,
    /// The series itself: it is no meeting, its instances are.
    Master,
}

/// The role of an event; a type that Graph adds later says all about itself.
pub fn role(event: &Event) -> Role {
    match event.kind.as_deref() {
        Some("occurrence") => Role::Occurrence,
        Some("seriesMaster") => Role::Master,
        _ => Role::Whole,
    }
}

/// An occurrence with all that its master says of every instance.
pub fn completed(occurrence: Event, master: &Event) -> Event {
    Event {
        id: occurrence.id,
        kind: occurrence.kind,
        series_master_id: occurrence.series_master_id,
        etag: occurrence.etag,
        start: occurrence.start,
        end: occurrence.end,
        original_start: occurrence.original_start,
        removed: None,
        ..master.clone()
    }
}

/// What an event says; `None`: it is no meeting (a series, an absence of one person alone), or cannot be placed.
pub fn meeting(event: Event) -> Option<Remote<Meeting>> {
    if role(&event) == Role::Master || is_absence(&event) {
        return None;
    }
    let when = when(&event)?;
    let identity = identity(&event, &when);
    let description = event.body.as_ref().and_then(plain).filter(|text| !text.is_empty());
    let link = link(&event, description.as_deref());
    let (join_url, conference_id) = link.map_or((None, None), |link| (Some(link.url), link.conference_id));
    let state = match (event.is_cancelled, event.show_as.as_deref()) {
        (Some(true), _) => MeetingState::Cancelled,
        (_, Some("tentative")) => MeetingState::Tentative,
        _ => MeetingState::Confirmed,
    };
    let organizer = event.organizer.and_then(|recipient| recipient.email_address).and_then(person);
    let meeting = Meeting {
        title: event.subject.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| UNTITLED.to_owned()),
        when,
        state,
        participants: participants(organizer.as_ref(), event.attendees.unwrap_or_default()),
        organizer,
        join_url,
        location: event.location.and_then(|place| place.display_name).filter(|name| !name.trim().is_empty()),
        description,
        summary: None,
        tags: Vec::new(),
        identity: Identity { conference_id, ..identity },
    };
    Some(Remote {
        id: event.id,
        version: event.etag,
        modified: event.last_modified_date_time.and_then(|text| text.parse().ok()),
        url: event.web_link,
        item: meeting,
    })
}

/// Time off or work elsewhere that nobody is invited to.
fn is_absence(event: &Event) -> bool {
    let away = matches!(event.show_as.as_deref(), Some("oof" | "workingElsewhere"));
    away && event.attendees.as_ref().is_none_or(Vec::is_empty)
}

fn when(event: &Event) -> Option<When> {
    let start = event.start.as_ref()?;
    let zone = event.original_start_time_zone.as_deref().and_then(zones::iana);
    if event.is_all_day == Some(true) {
        let first = day(start, zone)?;
        // Outlook's end is the midnight after the last day, ours is the last day itself.
        let last = event.end.as_ref().and_then(|end| day(end, zone)).and_then(|day| day.yesterday().ok()).unwrap_or(first).max(first);
        return Some(When::AllDay { first, last });
    }
    let begins = instant(start)?;
    let ends = event.end.as_ref().and_then(instant).unwrap_or(begins).max(begins);
    Some(When::Timed { start: begins, end: ends, zone: zone.map(str::to_owned) })
}

/// `2026-11-28T09:00:00.0000000` in `timeZone`; UTC where none is said.
fn instant(moment: &Moment) -> Option<Timestamp> {
    let text = moment.date_time.as_deref()?;
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    let civil: DateTime = text.parse().ok()?;
    let zone = match moment.time_zone.as_deref() {
        None | Some("") => TimeZone::UTC,
        Some(name) => TimeZone::get(zones::iana(name)?).ok()?,
    };
    civil.to_zoned(zone).ok().map(|zoned| zoned.timestamp())
}

/// The date of a whole day: midnight as written, or else midnight in the zone that the event was planned in.
fn day(moment: &Moment, planned: Option<&str>) -> Option<Date> {
    let civil: DateTime = moment.date_time.as_deref()?.parse().ok()?;
    let planned = planned.and_then(|name| TimeZone::get(name).ok());
    match planned {
        Some(zone) if civil.time() != Time::midnight() => instant(moment).map(|instant| instant.to_zoned(zone).date()),
        _ => Some(civil.date()),
    }
}

/// The series and the instance's first place in it, as an instant in UTC or a date, so that every calendar names it alike.
fn identity(event: &Event, when: &When) -> Identity {
    let is_instance = event.series_master_id.is_some();
    let original: Option<Timestamp> = event.original_start.as_deref().and_then(|text| text.parse().ok());
    let recurrence_id = match when {
        When::Timed { start, .. } => original.unwrap_or(*start).to_string(),
        When::AllDay { first, .. } => {
            let zone = event.original_start_time_zone.as_deref().and_then(zones::iana).and_then(|name| TimeZone::get(name).ok());
            let in_utc = original.map(|at| at.to_zoned(TimeZone::UTC));
            let date = match (in_utc, zone) {
                (Some(at), Some(zone)) if at.time() != Time::midnight() => at.with_time_zone(zone).date(),
                (Some(at), _) => at.date(),
                (None, _) => *first,
            };
            date.to_string()
        }
    };
    Identity {
        ical_uid: event.ical_uid.as_deref().filter(|uid| !uid.is_empty()).map(global_object_id::uid),
        recurrence_id: is_instance.then_some(recurrence_id),
        ..Identity::default()
    }
}

fn plain(body: &Body) -> Option<String> {
    let content = body.content.as_deref()?;
    let is_text = body.content_type.as_deref() == Some("text");
    Some(if is_text { content.trim().to_owned() } else { plain_text::of_html(content) })
}

/// Outlook keeps the organizer apart from the attendees; who declined does not take part. Rooms and things stay, as rooms.
fn participants(organizer: Option<&Person>, attendees: Vec<Attendee>) -> Vec<Participant> {
    if attendees.is_empty() {
        return Vec::new();
    }
    let is_organizer = |address: Option<&str>| match (address, organizer.and_then(|person| person.email.as_deref())) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => false,
    };
    let listed = attendees.iter().any(|one| is_organizer(one.email_address.as_ref().and_then(|email| email.address.as_deref())));
    let invited = |person, kind| Participant { person, kind, invited: true, attended: false };
    let host = organizer.filter(|_| !listed).map(|person| invited(person.clone(), ParticipantKind::Person));
    let guests = attendees.into_iter().filter_map(|attendee| {
        if attendee.status.and_then(|status| status.response).as_deref() == Some("declined") {
            return None;
        }
        let kind = if attendee.kind.as_deref() == Some("resource") { ParticipantKind::Room } else { ParticipantKind::Person };
        Some(invited(attendee.email_address.and_then(person)?, kind))
    });
    host.into_iter().chain(guests).collect()
}

fn person(address: Address) -> Option<Person> {
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let person = Person { name: filled(address.name), email: filled(address.address), phone: None };
    (person.name.is_some() || person.email.is_some()).then_some(person)
}

/// Outlook's own fields first, then what people pasted into location and body.
fn link(event: &Event, description: Option<&str>) -> Option<JoinLink> {
    let own = [event.online_meeting.as_ref().and_then(|online| online.join_url.as_deref()), event.online_meeting_url.as_deref()];
    let own = own.into_iter().flatten().find(|url| !url.is_empty());
    // A conference of a tool that is not known here is still joined by its link.
    let own = own.map(|url| join_link::read(url).unwrap_or_else(|| JoinLink { url: url.to_owned(), conference_id: None }));
    let location = event.location.as_ref();
    let texts =
        [location.and_then(|place| place.location_uri.as_deref()), location.and_then(|place| place.display_name.as_deref()), description];
    own.or_else(|| texts.into_iter().flatten().find_map(join_link::find))
}
