//! A calendar item as our meeting. Pure and total: what Exchange may add later falls to a named fallback.

use connector_kit::{Entry, Remote};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::meeting::{Identity, Meeting, MeetingState, Participant, ParticipantKind, When};
use model::person::Person;

use super::wire::{Attendees, CalendarItem, Mailbox};
use super::zones;
use crate::join_link::{self, JoinLink};

/// What an item without a subject is called.
const UNTITLED: &str = "(no title)";

/// The id by which an occurrence is known here: its master's, and the start that the pattern gives it. Exchange names neither in an
/// occurrence's own id, and a series tells of its lost occurrences by their starts alone.
pub fn occurrence_id(master: &str, original: Timestamp) -> String {
    format!("{master}|{original}")
}

/// Master and original start of such an id; `None`: it is an item's own.
pub fn occurrence_of(id: &str) -> Option<(&str, Timestamp)> {
    let (master, original) = id.split_once('|')?;
    Some((master, original.parse().ok()?))
}

/// The start that the pattern gives an occurrence.
pub fn original(item: &CalendarItem) -> Option<Timestamp> {
    [&item.original_start, &item.recurrence_id, &item.start].into_iter().find_map(|text| instant(text.as_deref()))
}

/// An item as it is known under this id. `None`: it has no time that can be read.
pub fn entry(item: &CalendarItem, id: String, original: Option<Timestamp>) -> Option<Entry<Meeting>> {
    let start = instant(item.start.as_deref())?;
    let end = instant(item.end.as_deref()).unwrap_or(start).max(start);
    Some(entry_at(item, id, original, start, end))
}

/// An occurrence of a series that its master describes wholly but for its time.
pub fn regular(master: &CalendarItem, start: Timestamp) -> Option<Entry<Meeting>> {
    let (first, end) = (instant(master.start.as_deref())?, instant(master.end.as_deref())?);
    let length = end.duration_since(first).max(SignedDuration::ZERO);
    let end = start.saturating_add(length).unwrap_or(start);
    Some(entry_at(master, occurrence_id(&master.item_id.id, start), Some(start), start, end))
}

fn entry_at(item: &CalendarItem, id: String, original: Option<Timestamp>, start: Timestamp, end: Timestamp) -> Entry<Meeting> {
    if item.is_cancelled == Some(true) {
        return Entry::Gone { id };
    }
    let all_day = item.is_all_day_event == Some(true);
    let zone = zones::of(item);
    let when = if all_day {
        let first = day(start, zone);
        // The last day is exclusive at Exchange, ours is the last day itself.
        let last = day(end, zone).yesterday().unwrap_or(first).max(first);
        When::AllDay { first, last }
    } else {
        When::Timed { start, end, zone: zone.map(str::to_owned) }
    };
    let description = item.body.as_ref().map(|body| body.text.replace("\r\n", "\n").trim().to_owned()).filter(|text| !text.is_empty());
    let location = filled(item.location.as_deref());
    let link = join_link(item.join_online_meeting_url.as_deref(), [location.as_deref(), description.as_deref()]);
    let (join_url, conference_id) = link.map_or((None, None), |link| (Some(link.url), link.conference_id));
    let lists = [(&item.required_attendees, ParticipantKind::Person), (&item.optional_attendees, ParticipantKind::Person)];
    let lists = lists.into_iter().chain([(&item.resources, ParticipantKind::Room)]);
    let meeting = Meeting {
        title: filled(item.subject.as_deref()).unwrap_or_else(|| UNTITLED.to_owned()),
        when,
        state: if item.legacy_free_busy_status.as_deref() == Some("Tentative") { MeetingState::Tentative } else { MeetingState::Confirmed },
        organizer: item.organizer.as_ref().and_then(|one| person(&one.mailbox)),
        participants: lists.flat_map(|(list, kind)| participants(list.as_ref(), kind)).collect(),
        join_url,
        location,
        description,
        summary: None,
        tags: Vec::new(),
        identity: Identity {
            ical_uid: filled(item.uid.as_deref()),
            recurrence_id: original.map(|at| if all_day { day(at, zone).to_string() } else { at.to_string() }),
            conference_id,
            key: None,
        },
    };
    let form = item.web_client_read_form_query_string.as_deref().filter(|text| text.starts_with("https://"));
    Entry::Present(Remote {
        id,
        version: item.item_id.change_key.clone(),
        modified: instant(item.last_modified_time.as_deref()),
        url: form.map(str::to_owned),
        item: meeting,
    })
}

/// An xs:dateTime; without an offset it is UTC, as all times are that no zone was asked for.
pub fn instant(text: Option<&str>) -> Option<Timestamp> {
    let text = text?.trim();
    text.parse().ok().or_else(|| TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok())
}

/// The day that begins at an instant, in the zone of the item; without one, the day whose beginning is nearest in UTC.
fn day(at: Timestamp, zone: Option<&str>) -> Date {
    match zone.and_then(|name| TimeZone::get(name).ok()) {
        Some(zone) => at.to_zoned(zone).date(),
        None => at.saturating_add(SignedDuration::from_hours(12)).unwrap_or(at).to_zoned(TimeZone::UTC).date(),
    }
}

/// Text that says something.
fn filled(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Who declined does not take part; if they come after all, the video tool tells. Rooms stay, as rooms.
fn participants(list: Option<&Attendees>, kind: ParticipantKind) -> impl Iterator<Item = Participant> {
    let coming = list.into_iter().flat_map(|list| &list.list).filter(|one| one.response.as_deref() != Some("Decline"));
    coming.filter_map(move |one| Some(Participant { person: person(&one.mailbox)?, kind, invited: true, attended: false }))
}

/// A mailbox of the organisation itself may stand by its directory name (`/o=…`), which is no e-mail address.
fn person(mailbox: &Mailbox) -> Option<Person> {
    let person = Person {
        name: filled(mailbox.name.as_deref()),
        email: filled(mailbox.address.as_deref()).filter(|text| text.contains('@')),
        phone: None,
    };
    (person.name.is_some() || person.email.is_some()).then_some(person)
}

/// Exchange's own field first, then what people pasted into location and text.
fn join_link(own: Option<&str>, texts: [Option<&str>; 2]) -> Option<JoinLink> {
    let own = own.filter(|link| link.starts_with("https://"));
    // A conference of a tool that is not known here is still joined by its link.
    let own = own.map(|link| join_link::read(link).unwrap_or_else(|| JoinLink { url: link.to_owned(), conference_id: None }));
    own.or_else(|| texts.into_iter().flatten().find_map(join_link::find))
}
