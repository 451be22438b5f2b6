//! What people do in Google Meet, and how tests make it hard: the routes under `/_sandbox/google-meet`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Meet;
use super::drive::DOCUMENT;
use super::world::{Artifact, Conference, Entry, File, Joined, Kind, OddPages, Participant, Push, Space, State as Made};
use crate::kit::{Account, Refusal};

pub(super) fn router(meet: Arc<Meet>) -> Router {
    Router::new()
        .route("/people", get(people))
        .route("/conferences", post(hold))
        .route("/conferences/end", post(end))
        .route("/artifacts", post(make))
        .route("/files/{file}", delete(remove_file))
        .route("/topics", put(topic))
        .route("/subscriptions", get(subscriptions))
        .route("/subscriptions/{id}/suspend", post(suspend))
        .route("/paging", put(paging))
        .route("/expire-page-tokens", post(expire))
        .route("/quota", put(quota))
        .with_state(meet)
}

fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::json(StatusCode::BAD_REQUEST, json!({ "error": message.into() }))
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Guest {
    name: String,
    /// Of the organisation's people: signed in. Else anonymous, or by phone.
    email: Option<String>,
    #[serde(default)]
    phone: bool,
    /// Came back after a break.
    #[serde(default)]
    twice: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    speaker: String,
    /// From the start of the conference.
    start_ms: i64,
    end_ms: i64,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewConference {
    start: Timestamp,
    /// Absent: it goes on.
    duration_s: Option<i64>,
    /// Drawn without it; the same code is the same space.
    code: Option<String>,
    /// E-mail address of the space's owner; the first person of the organisation without it.
    owner: Option<String>,
    #[serde(default)]
    people: Vec<Guest>,
    /// Without any there is no transcript.
    #[serde(default)]
    turns: Vec<Turn>,
    #[serde(default)]
    recorded: bool,
    /// The text of the smart notes.
    notes: Option<String>,
    /// The state of recording, transcript and notes.
    state: Option<Made>,
    /// False: nobody is told.
    #[serde(default = "yes")]
    fire: bool,
}

fn yes() -> bool {
    true
}

async fn people(State(meet): State<Arc<Meet>>) -> Json<Value> {
    Json(json!({ "people": meet.authority.accounts() }))
}

/// A conference that was held, or goes on.
async fn hold(State(meet): State<Arc<Meet>>, Json(new): Json<NewConference>) -> Result<Response, Refusal> {
    let fire = new.fire;
    let conference = meet.build(new)?;
    meet.world().conferences.insert(conference.id.clone(), conference.clone());
    if fire {
        meet.tell_start_and_end(&conference);
        for artifact in &conference.artifacts {
            meet.tell_state(&conference, artifact);
        }
    }
    let body = json!({ "id": conference.id, "space": conference.space.id, "code": conference.space.code });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    id: String,
}

/// Everybody leaves.
async fn end(State(meet): State<Arc<Meet>>, Json(wanted): Json<End>) -> Result<StatusCode, Refusal> {
    let now = meet.kit.clock.now();
    let conference = {
        let mut world = meet.world();
        let one = world.conferences.get_mut(&wanted.id).ok_or_else(|| wrong("no such conference"))?;
        one.end = Some(now);
        for (_, left) in one.people.iter_mut().flat_map(|person| &mut person.sessions) {
            left.get_or_insert(now);
        }
        one.clone()
    };
    meet.tell_start_and_end(&conference);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Make {
    /// Of the conference.
    id: String,
    kind: Kind,
    state: Made,
}

/// Google goes on with a recording, a transcript or smart notes.
async fn make(State(meet): State<Arc<Meet>>, Json(wanted): Json<Make>) -> Result<StatusCode, Refusal> {
    let (artifact, conference) = {
        let mut world = meet.world();
        let one = world.conferences.get_mut(&wanted.id).ok_or_else(|| wrong("no such conference"))?;
        let own = one.artifacts.iter_mut().find(|own| own.kind == wanted.kind).ok_or_else(|| wrong("there is none"))?;
        own.state = wanted.state;
        (own.clone(), one.clone())
    };
    meet.tell_state(&conference, &artifact);
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_file(State(meet): State<Arc<Meet>>, Path(file): Path<String>) -> StatusCode {
    if meet.world().files.remove(&file).is_some() { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

/// The operator makes a topic in the Google Cloud project, and its push subscription.
async fn topic(State(meet): State<Arc<Meet>>, Json(push): Json<Push>) -> StatusCode {
    meet.world().topics.insert(push.topic.clone(), push);
    StatusCode::NO_CONTENT
}

async fn subscriptions(State(meet): State<Arc<Meet>>) -> Json<Value> {
    let now = meet.kit.clock.now();
    let world = meet.world();
    let live = world.subscriptions.values().filter(|one| one.expires > now);
    let line = |one: &super::world::Subscription| {
        json!({
            "id": one.id, "user": one.user, "target": one.target, "topic": one.topic, "events": one.event_types,
            "made": one.made, "expires": one.expires, "suspended": one.suspended,
        })
    };
    Json(live.map(line).collect())
}

/// Google cannot deliver any more, and says so on the topic.
async fn suspend(State(meet): State<Arc<Meet>>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    let one = {
        let mut world = meet.world();
        let one = world.subscriptions.get_mut(&id).ok_or_else(|| wrong("no such subscription"))?;
        one.suspended = true;
        one.clone()
    };
    let subject = format!("//workspaceevents.googleapis.com/subscriptions/{id}");
    let data = json!({ "subscription": { "name": format!("subscriptions/{id}") } });
    meet.publish(&one, "google.workspace.events.subscription.v1.suspended", &subject, &data);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pages {
    most: Option<usize>,
    odd: Option<OddPages>,
}

/// Short pages, of one at least, and pages that do not end.
async fn paging(State(meet): State<Arc<Meet>>, Json(pages): Json<Pages>) -> StatusCode {
    let mut world = meet.world();
    world.most = pages.most.map(|most| most.max(1));
    world.odd_pages = pages.odd;
    StatusCode::NO_CONTENT
}

async fn expire(State(meet): State<Arc<Meet>>) -> StatusCode {
    meet.world().epoch += 1;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quota {
    /// Reads a minute and user.
    burst: u64,
}

async fn quota(State(meet): State<Arc<Meet>>, Json(quota): Json<Quota>) -> StatusCode {
    meet.quota.set_burst(quota.burst);
    StatusCode::NO_CONTENT
}

impl Meet {
    fn tell_start_and_end(&self, conference: &Conference) {
        let data = json!({ "conferenceRecord": { "name": conference.name() } });
        let event = if conference.end.is_some() { "ended" } else { "started" };
        self.announce(&format!("google.workspace.meet.conference.v2.{event}"), conference, &data);
    }

    fn tell_state(&self, conference: &Conference, artifact: &Artifact) {
        let verb = match artifact.state {
            Made::Started => "started",
            Made::Ended => "ended",
            Made::FileGenerated => "fileGenerated",
        };
        let kind = artifact.kind;
        let mut data = json!({});
        data[kind.singular()] = json!({ "name": format!("{}/{}/{}", conference.name(), kind.plural(), artifact.id) });
        self.announce(&format!("google.workspace.meet.{}.v2.{verb}", kind.singular()), conference, &data);
    }

    fn owner(&self, email: Option<&str>) -> Result<Account, Refusal> {
        let accounts = self.authority.accounts();
        let found = accounts.iter().find(|account| email.is_none_or(|email| account.email == email));
        found.cloned().ok_or_else(|| wrong("the owner is not in the organisation"))
    }

    fn space(&self, code: Option<String>, owner: String) -> Space {
        let letter = || char::from(b'a' + u8::try_from(self.kit.number(26)).unwrap_or_default());
        let word = |length: usize| (0..length).map(|_| letter()).collect::<String>();
        let code = code.unwrap_or_else(|| format!("{}-{}-{}", word(3), word(4), word(3)));
        let known = self.world().conferences.values().find(|one| one.space.code == code).map(|one| one.space.clone());
        known.unwrap_or_else(|| Space { id: self.kit.token("")[..12].to_owned(), code, owner })
    }

    fn build(&self, new: NewConference) -> Result<Conference, Refusal> {
        let owner = self.owner(new.owner.as_deref())?;
        let space = self.space(new.code, owner.email.clone());
        let after = |ms: i64| new.start.checked_add(SignedDuration::from_millis(ms)).map_err(|error| wrong(error.to_string()));
        let end = new.duration_s.map(|seconds| after(seconds * 1000)).transpose()?;
        let people = self.guests(&new.people, &new.turns, new.start, end);
        let entries: Result<Vec<Entry>, Refusal> = new
            .turns
            .iter()
            .map(|turn| {
                let who = people.iter().find(|person| person.name == turn.speaker).map(|person| person.id.clone());
                let (start, end) = (after(turn.start_ms)?, after(turn.end_ms)?);
                Ok(Entry {
                    id: self.kit.token("")[..16].to_owned(),
                    participant: who.unwrap_or_default(),
                    start,
                    end,
                    text: turn.text.clone(),
                })
            })
            .collect();
        let state = new.state.unwrap_or(Made::FileGenerated);
        let artifact = |kind, bytes: Vec<u8>, media_type, entries| {
            let file = format!("1{}", self.kit.token(""));
            let name = format!("{} - {}", space.code, Kind::singular(kind));
            self.world().files.insert(file.clone(), File { owner: owner.email.clone(), name, media_type, bytes });
            let end = if state == Made::Started { None } else { end };
            Artifact { id: self.kit.token("")[..20].to_owned(), kind, start: new.start, end, state, file, entries }
        };
        let mut artifacts = Vec::new();
        if new.recorded {
            artifacts.push(artifact(Kind::Recording, film(new.duration_s.unwrap_or(0)), "video/mp4", Vec::new()));
        }
        let entries = entries?;
        if !entries.is_empty() {
            let lines: Vec<String> = new.turns.iter().map(|turn| format!("{}: {}", turn.speaker, turn.text)).collect();
            artifacts.push(artifact(Kind::Transcript, lines.join("\n").into_bytes(), DOCUMENT, entries));
        }
        if let Some(notes) = new.notes {
            artifacts.push(artifact(Kind::SmartNote, notes.into_bytes(), DOCUMENT, Vec::new()));
        }
        Ok(Conference { id: self.kit.token("")[..30].to_owned(), space, start: new.start, end, people, artifacts })
    }

    /// The guests, and whoever speaks without being one of them.
    fn guests(&self, guests: &[Guest], turns: &[Turn], start: Timestamp, end: Option<Timestamp>) -> Vec<Participant> {
        let mut all = guests.to_vec();
        for turn in turns {
            if !all.iter().any(|guest| guest.name == turn.speaker) {
                all.push(Guest { name: turn.speaker.clone(), email: None, phone: false, twice: false });
            }
        }
        let accounts = self.authority.accounts();
        let participant = |guest: Guest| {
            let account = accounts.iter().find(|account| Some(&account.email) == guest.email.as_ref());
            let joined = match account {
                Some(account) => Joined::SignedIn(account.id.clone()),
                None if guest.phone => Joined::Phone,
                // Whoever is signed in elsewhere has an account too.
                None if guest.email.is_some() => {
                    Joined::SignedIn((109_000_000_000_000_000_000_u128 + u128::from(self.kit.number(1 << 40))).to_string())
                }
                None => Joined::Anonymous,
            };
            let break_at = start + SignedDuration::from_mins(1);
            let sessions = if guest.twice { vec![(start, Some(break_at)), (break_at, end)] } else { vec![(start, end)] };
            Participant { id: self.kit.token("")[..21].to_owned(), joined, name: guest.name, sessions }
        };
        all.into_iter().map(participant).collect()
    }
}

/// A small but well-formed MP4 (ISO 14496-12): a kilobyte for each second, 64 at most, whose bytes differ from place to place.
fn film(seconds: i64) -> Vec<u8> {
    let payload = usize::try_from(seconds.clamp(1, 64)).unwrap_or(1) * 1024;
    let head = [*b"mp42", [0, 0, 2, 0], *b"mp42", *b"isom"].concat();
    let data: Vec<u8> = (0..payload).map(|at| (at % 251).to_le_bytes()[0]).collect();
    let mut bytes = Vec::new();
    for (kind, body) in [(b"ftyp", head), (b"mdat", data)] {
        bytes.extend(u32::try_from(body.len() + 8).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(kind);
        bytes.extend(body);
    }
    bytes
}
