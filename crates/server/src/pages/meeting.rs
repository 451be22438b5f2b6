//! One meeting: when, who, what was said and agreed, and where it went, and why not.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use model::action_item::{ActionItem, Priority};
use model::meeting::{MeetingState, ParticipantKind};
use model::recording::Media;
use model::{ConnectionId, Kind, Meeting, Participant, Record, RecordId};
use store::records::Stored;

use super::activity::ItemView;
use super::overview::visible;
use super::words::PROGRESS;
use super::{Frame, Visit};
use crate::app::App;
use crate::page_error::{PageError, Paged};
use crate::problem::Problem;

struct PersonView {
    label: String,
    email: Option<String>,
    part: &'static str,
}

struct ActionView {
    id: RecordId,
    seq: i64,
    item: ActionItem,
    owner: String,
    owner_name: String,
    owner_email: String,
    progress: &'static str,
    progress_name: &'static str,
    due: String,
    priority: Option<&'static str>,
}

struct NoteView {
    title: Option<String>,
    author: Option<String>,
    paragraphs: Vec<String>,
}

struct TurnView {
    at: Option<String>,
    speaker: Option<String>,
    text: String,
}

struct RecordingView {
    href: Option<String>,
    what: String,
}

/// What became of the meeting at one connection.
struct Went {
    href: String,
    tool: String,
    dot: &'static str,
    /// Harmony read the meeting there.
    came_from: bool,
    items: Vec<ItemView>,
}

#[derive(Template)]
#[template(path = "meeting.html")]
struct MeetingPage<'a> {
    page: &'a Frame,
    id: RecordId,
    meeting: Meeting,
    when: String,
    state: Option<&'static str>,
    join_url: Option<String>,
    people: Vec<PersonView>,
    summary: Vec<String>,
    description: Vec<String>,
    actions: Vec<ActionView>,
    notes: Vec<NoteView>,
    turns: Vec<TurnView>,
    recordings: Vec<RecordingView>,
    went: Vec<Went>,
    progress: [(model::Progress, &'static str, &'static str); 4],
}

/// `/meetings/{id}`.
pub fn router() -> Router<App> {
    Router::new().route("/meetings/{id}", get(meeting))
}

/// The meeting of an address.
pub async fn find(workspace: &store::Workspace, id: &str) -> Paged<(RecordId, Meeting)> {
    let missing = || PageError::from(Problem::not_found("This meeting")).with_step("Go to the meetings", "/meetings");
    let id: RecordId = id.parse().map_err(|_| missing())?;
    match workspace.record(&id).await?.filter(|stored| !stored.deleted).map(|stored| stored.record) {
        Some(Record::Meeting(meeting)) => Ok((id, meeting)),
        _ => Err(missing()),
    }
}

async fn meeting(visit: Visit, Path(id): Path<String>) -> Paged {
    let (id, meeting) = find(&visit.caller.workspace, &id).await?;
    let mut children: BTreeMap<Kind, Vec<Stored>> = BTreeMap::new();
    for kind in [Kind::ActionItem, Kind::Note, Kind::Transcript, Kind::Recording] {
        children.insert(kind, visit.caller.workspace.children(&id, kind).await?);
    }
    let went = went(&visit, &id, children.values().flatten().map(|stored| &stored.id)).await?;
    let mut of = |kind| children.remove(&kind).unwrap_or_default();
    let page = MeetingPage {
        page: &visit.page,
        when: visit.page.clock.when(&meeting.when),
        state: match meeting.state {
            MeetingState::Confirmed => None,
            MeetingState::Tentative => Some("Tentative"),
            MeetingState::Cancelled => Some("Cancelled"),
        },
        join_url: meeting.join_url.clone().filter(|url| url.starts_with("https://")),
        people: meeting.participants.iter().map(person).collect(),
        summary: paragraphs(meeting.summary.as_deref()),
        description: paragraphs(meeting.description.as_deref()),
        actions: of(Kind::ActionItem).into_iter().filter_map(action).collect(),
        notes: of(Kind::Note).into_iter().filter_map(note).collect(),
        turns: of(Kind::Transcript).into_iter().flat_map(turns).collect(),
        recordings: of(Kind::Recording).into_iter().filter_map(recording).collect(),
        went,
        progress: PROGRESS,
        id,
        meeting,
    };
    Ok(visit.show(&page))
}

fn paragraphs(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn person(participant: &Participant) -> PersonView {
    let part = match (participant.kind, participant.invited, participant.attended) {
        (ParticipantKind::Room, ..) => "room",
        (ParticipantKind::Bot, ..) => "bot",
        (ParticipantKind::Person, true, true) => "invited, took part",
        (ParticipantKind::Person, false, true) => "took part",
        (ParticipantKind::Person, true, false) => "invited",
        (ParticipantKind::Person, false, false) => "",
    };
    let person = &participant.person;
    PersonView { label: person.label().to_owned(), email: person.email.clone().filter(|email| email != person.label()), part }
}

fn action(stored: Stored) -> Option<ActionView> {
    let Record::ActionItem(item) = stored.record else { return None };
    let (_, progress_name, progress) = PROGRESS.into_iter().find(|(progress, ..)| *progress == item.progress)?;
    let owner = item.owner.clone().unwrap_or_default();
    Some(ActionView {
        id: stored.id,
        seq: stored.seq,
        owner: item.owner.as_ref().map_or_else(|| "Nobody yet".to_owned(), |owner| owner.label().to_owned()),
        owner_name: owner.name.unwrap_or_default(),
        owner_email: owner.email.unwrap_or_default(),
        progress,
        progress_name,
        due: item.due.map(|due| due.to_string()).unwrap_or_default(),
        priority: match item.priority {
            Priority::None => None,
            Priority::Low => Some("Low"),
            Priority::Medium => Some("Medium"),
            Priority::High => Some("High"),
            Priority::Urgent => Some("Urgent"),
        },
        item,
    })
}

fn note(stored: Stored) -> Option<NoteView> {
    let Record::Note(note) = stored.record else { return None };
    Some(NoteView { title: note.title, author: note.author, paragraphs: paragraphs(Some(&note.body)) })
}

fn turns(stored: Stored) -> Vec<TurnView> {
    let Record::Transcript(transcript) = stored.record else { return Vec::new() };
    let clock = |ms: u64| format!("{}:{:02}:{:02}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    let turns = transcript.turns.into_iter();
    turns.map(|turn| TurnView { at: turn.start_ms.map(clock), speaker: turn.speaker, text: turn.text }).collect()
}

fn recording(stored: Stored) -> Option<RecordingView> {
    let Record::Recording(recording) = stored.record else { return None };
    let length = recording.duration_ms.map(|ms| format!(", {} min", ms.div_ceil(60_000))).unwrap_or_default();
    let (href, state) = match &recording.media {
        Media::Remote => (None, "still at the tool; it will be fetched".to_owned()),
        Media::Stored { bytes, .. } => (Some(format!("/recordings/{}", stored.id)), format!("{} MB", bytes.div_ceil(1_000_000))),
        Media::Missing { reason } => (None, format!("could not be fetched: {reason}")),
    };
    Some(RecordingView { href, what: format!("{}{length}, {state}", recording.content_type) })
}

/// Where the meeting and its parts went, connection by connection; those with nothing of it say so.
async fn went<'r>(visit: &Visit, id: &'r RecordId, parts: impl Iterator<Item = &'r RecordId>) -> Result<Vec<Went>, Problem> {
    let mut items: BTreeMap<ConnectionId, Vec<ItemView>> = BTreeMap::new();
    for record in std::iter::once(id).chain(parts) {
        for item in visit.caller.workspace.items_of(record).await? {
            items.entry(item.connection.clone()).or_default().push(ItemView::of(item, &visit.page.clock));
        }
    }
    let links = visit.caller.workspace.links_of(id).await?;
    let read = |link: &&store::links::Link| matches!(link.capability, model::Capability::Calendar | model::Capability::Recordings);
    let sources: Vec<&ConnectionId> = links.iter().filter(read).map(|link| &link.connection).collect();
    let all = visible(visit).await?;
    let went = all.into_iter().map(|(connection, view)| Went {
        href: view.href,
        tool: format!("{} · {}", view.tool, view.account),
        dot: view.status.dot,
        came_from: sources.iter().any(|source| source.as_str() == connection),
        items: connection.parse().ok().and_then(|connection: ConnectionId| items.remove(&connection)).unwrap_or_default(),
    });
    Ok(went.collect())
}
