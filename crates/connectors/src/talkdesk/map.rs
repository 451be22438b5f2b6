//! Talkdesk's calls and recordings as our nouns. Pure and total.

use connector_kit::Remote;
use connector_kit::connector::Account;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::recording::RecordedMeeting;
use model::{Identity, Media, Meeting, Participant, ParticipantKind, Person, Recording, RecordingKind, When};

use super::wire::{AccountDetails, Call, RecordingFile};

pub(super) fn account(details: AccountDetails) -> Account {
    let name = details.company_name.or(details.name).filter(|name| !name.is_empty());
    Account { name: name.unwrap_or_else(|| format!("Talkdesk account {}", details.id)), id: details.id }
}

/// A time as Talkdesk writes it: RFC 3339, or with a space and perhaps no zone, which is UTC then (reports are asked for in UTC).
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim().replacen(' ', "T", 1);
    let text = text.strip_suffix(" UTC").unwrap_or(&text);
    let zoneless = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse().ok().or_else(zoneless)
}

fn text(value: Option<&String>) -> Option<String> {
    value.map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The id by which recordings are asked for; older reports name it otherwise. A row without one cannot be followed.
pub(super) fn id(call: &Call) -> Option<String> {
    text(call.id.as_ref()).or_else(|| text(call.interaction_id.as_ref()))
}

pub(super) fn started(call: &Call) -> Option<Timestamp> {
    call.start_at.as_deref().and_then(time)
}

/// When the call was over; its start where the report does not tell.
pub(super) fn ended(call: &Call) -> Option<Timestamp> {
    call.end_at.as_deref().and_then(time).or_else(|| started(call))
}

/// Whether the report says that there is a recording.
pub(super) fn is_recorded(call: &Call) -> bool {
    text(call.recording_url.as_ref()).is_some()
}

fn title(call: &Call) -> String {
    let number = text(call.contact_phone_number.as_ref()).unwrap_or_else(|| "an unknown number".to_owned());
    match call.kind.as_deref() {
        Some("outbound" | "outbound_missed") => format!("Call to {number}"),
        Some("voicemail") => format!("Voicemail from {number}"),
        Some("inbound" | "missed" | "abandoned" | "short_abandoned") => format!("Call from {number}"),
        _ => format!("Call with {number}"),
    }
}

fn agent(name: Option<&String>, email: Option<&String>) -> Option<Person> {
    let person = Person { name: text(name), email: text(email), phone: None };
    (person.name.is_some() || person.email.is_some()).then_some(person)
}

fn spoke(person: Person) -> Participant {
    Participant { person, kind: ParticipantKind::Person, invited: false, attended: true }
}

fn location(call: &Call) -> Option<String> {
    match (text(call.talkdesk_phone_display_name.as_ref()), text(call.talkdesk_phone_number.as_ref())) {
        (Some(name), Some(number)) => Some(format!("{name} ({number})")),
        (name, number) => name.or(number),
    }
}

fn tags(call: &Call) -> Vec<String> {
    let groups = call.ring_groups.iter().flat_map(|groups| groups.split([',', '+']));
    let all = call.kind.iter().map(String::as_str).chain(groups).chain(call.disposition_code.as_deref());
    let mut tags: Vec<String> = Vec::new();
    for tag in all.map(str::trim).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// A call as a meeting. `None`: the row lacks what a meeting cannot be without, its id or its start.
pub(super) fn meeting(call: &Call) -> Option<Meeting> {
    let (id, start) = (id(call)?, started(call)?);
    let end = ended(call).filter(|end| *end >= start).unwrap_or(start);
    let first = agent(call.user_name.as_ref(), call.user_email.as_ref());
    let handling = agent(call.handling_user_name.as_ref(), call.handling_user_email.as_ref());
    let customer = text(call.contact_phone_number.as_ref()).map(|phone| Person { phone: Some(phone), ..Person::default() });
    let mut participants: Vec<Participant> = Vec::new();
    for person in [&first, &handling, &customer].into_iter().flatten() {
        if !participants.iter().any(|known| known.person.is(person)) {
            participants.push(spoke(person.clone()));
        }
    }
    let mut meeting = Meeting::new(title(call), When::Timed { start, end, zone: None });
    meeting.organizer = handling.or(first);
    meeting.participants = participants;
    meeting.location = location(call);
    meeting.tags = tags(call);
    meeting.identity = Identity { conference_id: Some(id), ..Identity::default() };
    Some(meeting)
}

/// A file of a call. Talkdesk serves MP3, whatever is asked for.
fn recording(file: &RecordingFile) -> Recording {
    Recording {
        meeting: None,
        file: file.id.clone(),
        kind: RecordingKind::Audio,
        content_type: "audio/mpeg".to_owned(),
        started: file.created_at.as_deref().and_then(time),
        duration_ms: file.duration.map(|seconds| seconds.saturating_mul(1_000)),
        media: Media::Remote,
    }
}

/// A call with its files, in their order.
pub(super) fn recorded(call: &Call, mut files: Vec<RecordingFile>) -> Option<Remote<RecordedMeeting>> {
    let meeting = meeting(call)?;
    files.sort_by(|one, other| (one.index, &one.id).cmp(&(other.index, &other.id)));
    let recordings: Vec<Recording> = files.iter().map(recording).collect();
    Some(Remote {
        id: id(call)?,
        version: Some(recordings.len().to_string()),
        modified: ended(call),
        url: None,
        item: RecordedMeeting { meeting, transcript: None, recordings },
    })
}
