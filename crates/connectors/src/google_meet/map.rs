//! Google's conferences, participants and transcripts as our nouns. Pure and total.

use std::collections::BTreeMap;

use connector_kit::Remote;
use connector_kit::connector::Account;
use jiff::{SignedDuration, Timestamp};
use model::recording::RecordedMeeting;
use model::{Identity, Media, Meeting, Participant, ParticipantKind, Person, Recording, RecordingKind, Transcript, Turn, When};

use super::details::{Artifacts, Details};
use super::wire::{self, Artifact, Entry, Record, User};

/// A record's life after the end, where it does not say itself.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

fn text(value: Option<&String>) -> Option<String> {
    value.map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn time(value: Option<&String>) -> Option<Timestamp> {
    value.and_then(|text| text.trim().parse().ok())
}

pub(super) fn account(user: User) -> Account {
    let name = text(user.email.as_ref()).or_else(|| text(user.name.as_ref())).unwrap_or_else(|| format!("Google account {}", user.id));
    Account { id: user.id, name }
}

/// When a conference ended; `None`: it goes on, or does not say.
pub(super) fn ended(record: &Record) -> Option<Timestamp> {
    time(record.end_time.as_ref())
}

/// When Google deletes the record.
pub(super) fn expires(record: &Record) -> Option<Timestamp> {
    time(record.expire_time.as_ref()).or_else(|| ended(record)?.checked_add(KEPT).ok())
}

/// The file is there. A state that is unknown is none that is finished.
pub(super) fn is_made(artifact: &Artifact) -> bool {
    artifact.state.as_deref() == Some("FILE_GENERATED")
}

/// Whether everything that was begun is made.
pub(super) fn is_complete(artifacts: &Artifacts) -> bool {
    [&artifacts.recordings, &artifacts.transcripts, &artifacts.notes].into_iter().flatten().all(is_made)
}

/// How much there is of each kind; what is made only goes forward, so another state is another number. `unread`: so many of the
/// finished notes could not be read yet.
pub(super) fn state(artifacts: &Artifacts, unread: usize) -> String {
    let made = |all: &[Artifact]| all.iter().filter(|one| is_made(one)).count();
    let (recordings, transcripts, notes) = (&artifacts.recordings, &artifacts.transcripts, &artifacts.notes);
    let read = made(notes).saturating_sub(unread);
    format!("r{}/{}t{}/{}n{read}/{}", made(recordings), recordings.len(), made(transcripts), transcripts.len(), notes.len())
}

/// The document of notes that are finished.
pub(super) fn document(notes: &Artifact) -> Option<&str> {
    let document = notes.docs_destination.as_ref()?.document.as_deref()?;
    (is_made(notes) && !document.is_empty()).then_some(document)
}

/// An exported text without its byte order mark and Windows' line ends; `None`: it is empty.
pub(super) fn plain(exported: &str) -> Option<String> {
    let text = exported.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn recording(artifact: &Artifact) -> Option<Recording> {
    let file = text(artifact.drive_destination.as_ref()?.file.as_ref()).filter(|_| is_made(artifact))?;
    let (started, ended) = (time(artifact.start_time.as_ref()), time(artifact.end_time.as_ref()));
    let length = started.zip(ended).map(|(started, ended)| ended.duration_since(started).as_millis());
    Some(Recording {
        meeting: None,
        file,
        kind: RecordingKind::Video,
        content_type: "video/mp4".to_owned(),
        started,
        duration_ms: length.and_then(|length| u64::try_from(length).ok()),
        media: Media::Remote,
    })
}

/// Name and account id of a participant; of a phone the name is a partly hidden number.
fn who(one: &wire::Participant) -> (Option<String>, Option<&str>) {
    let who = one.signedin_user.as_ref().or(one.anonymous_user.as_ref()).or(one.phone_user.as_ref());
    let Some(who) = who else { return (None, None) };
    (text(who.display_name.as_ref()), who.user.as_deref().and_then(|user| user.strip_prefix("users/")))
}

/// Each person once: whoever came from two devices is listed twice. Google tells no addresses; our own account's is known.
fn participants(all: &[wire::Participant], user: Option<&User>) -> Vec<Participant> {
    let mut found: Vec<(Option<&str>, Participant)> = Vec::new();
    for one in all {
        let (name, id) = who(one);
        let email = user.filter(|user| id == Some(user.id.as_str())).and_then(|user| text(user.email.as_ref()));
        let person = Person { name, email, phone: None };
        let known = found.iter().any(|(other, known)| match (other, id) {
            (Some(other), Some(id)) => *other == id,
            _ => known.person.is(&person),
        });
        if !known && (person.name.is_some() || person.email.is_some()) {
            found.push((id, Participant { person, kind: ParticipantKind::Person, invited: false, attended: true }));
        }
    }
    found.into_iter().map(|(_, participant)| participant).collect()
}

/// What was said, counted from `zero`.
fn transcript(entries: &[Entry], people: &[wire::Participant], zero: Timestamp) -> Option<Transcript> {
    let names: BTreeMap<&str, String> = people.iter().filter_map(|one| Some((one.name.as_str(), who(one).0?))).collect();
    let from_zero = |moment: Option<&String>| {
        let ms = time(moment)?.duration_since(zero).as_millis();
        Some(u64::try_from(ms).unwrap_or(0))
    };
    let turns: Vec<Turn> = entries
        .iter()
        .filter_map(|entry| {
            Some(Turn {
                speaker: entry.participant.as_deref().and_then(|name| names.get(name)).cloned(),
                start_ms: from_zero(entry.start_time.as_ref()),
                end_ms: from_zero(entry.end_time.as_ref()),
                text: text(entry.text.as_ref())?,
            })
        })
        .collect();
    let language = entries.iter().find_map(|entry| text(entry.language_code.as_ref()));
    (!turns.is_empty()).then_some(Transcript { meeting: None, language, turns })
}

/// Where a person can see what came of it: the film, else what was written.
fn url(artifacts: &Artifacts) -> Option<String> {
    let film = artifacts.recordings.iter().find_map(|one| text(one.drive_destination.as_ref()?.export_uri.as_ref()));
    let written = || artifacts.transcripts.iter().chain(&artifacts.notes);
    film.or_else(|| written().find_map(|one| text(one.docs_destination.as_ref()?.export_uri.as_ref())))
}

/// A conference with all that is known of it. `None`: it does not say when it was.
pub(super) fn recorded(record: &Record, details: Details, user: Option<&User>) -> Option<Remote<RecordedMeeting>> {
    let ended = ended(record)?;
    let start = time(record.start_time.as_ref()).filter(|start| *start <= ended).unwrap_or(ended);
    let Details { space, participants: people, artifacts, entries, notes, unread } = details;
    let mut meeting = Meeting::new("Google Meet meeting", When::Timed { start, end: ended, zone: None });
    meeting.participants = participants(&people, user);
    meeting.join_url = space.as_ref().and_then(|space| text(space.meeting_uri.as_ref()));
    meeting.summary = (!notes.is_empty()).then(|| notes.join("\n\n"));
    let code = space.as_ref().and_then(|space| text(space.meeting_code.as_ref()));
    meeting.identity = Identity { conference_id: code, ..Identity::default() };
    let recordings: Vec<Recording> = artifacts.recordings.iter().filter_map(recording).collect();
    let zero = recordings.iter().filter_map(|film| film.started).min().unwrap_or(start);
    let transcript = transcript(&entries, &people, zero);
    let version = format!("{}e{}s{}", state(&artifacts, unread), entries.len(), notes.len());
    Some(Remote {
        id: record.name.clone(),
        version: Some(version),
        modified: Some(ended),
        url: url(&artifacts),
        item: RecordedMeeting { meeting, transcript, recordings },
    })
}
