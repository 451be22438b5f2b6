//! Zoom's recordings, participants and summaries as our nouns. Pure and total.

use connector_kit::Remote;
use connector_kit::connector::Account;
use jiff::{SignedDuration, Timestamp};
use model::recording::RecordedMeeting;
use model::{Identity, Media, Meeting, Participant, ParticipantKind, Person, Recording, RecordingKind, When};

use super::details::Details;
use super::wire::{Attendee, File, MeetingNumber, Recorded, Summary, User};

fn text(value: Option<&String>) -> Option<String> {
    value.map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn time(value: Option<&String>) -> Option<Timestamp> {
    value.and_then(|text| text.trim().parse().ok())
}

pub(super) fn account(user: User) -> Account {
    let name = text(user.email.as_ref()).unwrap_or_else(|| format!("Zoom user {}", user.id));
    Account { id: user.id, name }
}

/// When a meeting began; the first file tells it where the meeting does not.
pub(super) fn start(meeting: &Recorded) -> Option<Timestamp> {
    let by_files = || meeting.recording_files.iter().filter_map(|file| time(file.recording_start.as_ref())).min();
    time(meeting.start_time.as_ref()).or_else(by_files)
}

fn last(meeting: &Recorded) -> Option<Timestamp> {
    meeting.recording_files.iter().filter_map(|file| time(file.recording_end.as_ref())).max()
}

fn is_ready(file: &File) -> bool {
    file.status.as_deref().is_none_or(|status| status == "completed")
}

/// The state of a meeting's finished files: another one, a longer or a shorter one make another state.
pub(super) fn state(meeting: &Recorded) -> String {
    let ready = || meeting.recording_files.iter().filter(|file| is_ready(file));
    let bytes: f64 = ready().filter_map(|file| file.size).sum();
    let end = last(meeting).map_or(0, Timestamp::as_second);
    format!("{}f{bytes:.0}b{end}", ready().count())
}

pub(super) fn transcript_file(meeting: &Recorded) -> Option<&File> {
    meeting.recording_files.iter().find(|file| file.kind == "TRANSCRIPT" && is_ready(file))
}

/// The name of a file in our log: a fresh link is had by the meeting's UUID (Base64, so without `#`).
fn file_name(uuid: &str, id: &str) -> String {
    format!("{uuid}#{id}")
}

/// UUID and file id.
pub(super) fn file_parts(name: &str) -> Option<(&str, &str)> {
    name.split_once('#').filter(|(uuid, id)| !uuid.is_empty() && !id.is_empty())
}

/// A media file; captions, chats and timelines are none.
fn recording(uuid: &str, file: &File) -> Option<Recording> {
    let (kind, content_type) = match file.kind.as_str() {
        "MP4" => (RecordingKind::Video, "video/mp4"),
        "M4A" => (RecordingKind::Audio, "audio/mp4"),
        _ => return None,
    };
    let id = text(file.id.as_ref()).filter(|_| is_ready(file))?;
    let (started, ended) = (time(file.recording_start.as_ref()), time(file.recording_end.as_ref()));
    let length = started.zip(ended).map(|(started, ended)| ended.duration_since(started).as_millis());
    Some(Recording {
        meeting: None,
        file: file_name(uuid, &id),
        kind,
        content_type: content_type.to_owned(),
        started,
        duration_ms: length.and_then(|length| u64::try_from(length).ok()),
        media: Media::Remote,
    })
}

fn number(meeting: &Recorded) -> Option<String> {
    match meeting.id.as_ref()? {
        MeetingNumber::Number(number) => Some(number.to_string()),
        MeetingNumber::Text(number) => Some(number.replace([' ', '-'], "")).filter(|number| !number.is_empty()),
    }
}

fn attendee(one: &Attendee) -> Option<Person> {
    let person = Person { name: text(one.name.as_ref()), email: text(one.user_email.as_ref()), phone: None };
    let was_there = one.status.as_deref() != Some("in_waiting_room");
    (was_there && (person.name.is_some() || person.email.is_some())).then_some(person)
}

/// Each person once: whoever leaves and comes back is listed again.
fn participants(attendees: &[Attendee]) -> Vec<Participant> {
    let mut all: Vec<(Option<String>, Participant)> = Vec::new();
    for one in attendees {
        let Some(person) = attendee(one) else { continue };
        let id = text(one.id.as_ref());
        let same = |known: &&mut (Option<String>, Participant)| (id.is_some() && known.0 == id) || known.1.person.is(&person);
        match all.iter_mut().find(same) {
            Some((known, participant)) => {
                *known = known.take().or(id);
                participant.person.email = participant.person.email.take().or(person.email);
            }
            None => all.push((id, Participant { person, kind: ParticipantKind::Person, invited: false, attended: true })),
        }
    }
    all.into_iter().map(|(_, participant)| participant).collect()
}

fn organizer(meeting: &Recorded, host: Option<&User>, attendees: &[Attendee]) -> Option<Person> {
    if let Some(user) = host.filter(|user| meeting.host_id.as_ref() == Some(&user.id)) {
        let parts = [text(user.first_name.as_ref()), text(user.last_name.as_ref())];
        let whole = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name = text(user.display_name.as_ref()).or_else(|| text(Some(&whole)));
        return Some(Person { name, email: text(user.email.as_ref()), phone: None });
    }
    let there = attendees.iter().find(|one| one.id.is_some() && one.id == meeting.host_id).and_then(attendee);
    there.or_else(|| text(meeting.host_email.as_ref()).map(|email| Person { email: Some(email), ..Person::default() }))
}

/// A summary as one text: the unified Markdown, else put together from the older fields.
pub(super) fn summary_text(summary: &Summary) -> Option<String> {
    if let Some(content) = text(summary.content.as_ref()) {
        return Some(content);
    }
    let details = summary.details.iter().flatten().filter_map(|detail| {
        let words = text(detail.summary.as_ref())?;
        Some(text(detail.label.as_ref()).map_or_else(|| words.clone(), |label| format!("{label}: {words}")))
    });
    let mut parts: Vec<String> = text(summary.overview.as_ref()).into_iter().chain(details).collect();
    let steps: Vec<String> =
        summary.next_steps.iter().flatten().filter_map(|step| text(Some(step))).map(|step| format!("- {step}")).collect();
    if !steps.is_empty() {
        parts.push(format!("Next steps:\n{}", steps.join("\n")));
    }
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// A recorded meeting with all that is known of it. `None`: nothing tells when it was.
pub(super) fn recorded(meeting: &Recorded, host: Option<&User>, details: Details) -> Option<Remote<RecordedMeeting>> {
    let start = start(meeting)?;
    let minutes = meeting.duration.filter(|minutes| (1..=100_000).contains(minutes));
    let by_length = minutes.and_then(|minutes| start.checked_add(SignedDuration::from_mins(minutes)).ok());
    let end = by_length.or_else(|| last(meeting)).filter(|end| *end >= start).unwrap_or(start);
    let number = number(meeting);
    let title = text(meeting.topic.as_ref()).unwrap_or_else(|| "Zoom meeting".to_owned());
    let mut ours = Meeting::new(title, When::Timed { start, end, zone: text(meeting.timezone.as_ref()) });
    ours.organizer = organizer(meeting, host, &details.attendees);
    ours.participants = participants(&details.attendees);
    ours.join_url = number.as_ref().map(|number| format!("https://zoom.us/j/{number}"));
    ours.summary = details.summary.as_ref().and_then(summary_text);
    ours.identity = Identity { conference_id: number, ..Identity::default() };
    let changed = details.summary.as_ref().and_then(|summary| text(summary.last_modified.as_ref())).unwrap_or_default();
    let version = format!("{}p{}t{}s{changed}", state(meeting), ours.participants.len(), u8::from(details.transcript.is_some()));
    let url = text(meeting.share_url.as_ref())
        .or_else(|| meeting.recording_files.iter().find(|file| file.kind == "MP4").and_then(|file| text(file.play_url.as_ref())));
    let recordings = meeting.recording_files.iter().filter_map(|file| recording(&meeting.uuid, file)).collect();
    Some(Remote {
        id: meeting.uuid.clone(),
        version: Some(version),
        modified: last(meeting),
        url,
        item: RecordedMeeting { meeting: ours, transcript: details.transcript, recordings },
    })
}
