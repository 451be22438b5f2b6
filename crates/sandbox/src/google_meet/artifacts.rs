//! Recordings, transcripts with their entries, and smart notes of a conference.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::Meet;
use super::access::RECORDS;
use super::errors::not_found;
use super::pages::{PageQuery, Sizes, earliest_first};
use super::records::{listed, told};
use super::world::{Artifact, Conference, Kind, State as Made};
use crate::kit::Refusal;

const SIZES: Sizes = Sizes { usual: 10, most: 100 };

type Answer = Result<Json<Value>, Refusal>;

/// Where it is saved is told once the file is generated.
fn artifact(one: &Conference, artifact: &Artifact) -> Value {
    let (kind, id) = (artifact.kind, &artifact.file);
    let mut answer = json!({
        "name": format!("{}/{}/{}", one.name(), kind.plural(), artifact.id),
        "state": artifact.state,
        "startTime": artifact.start,
        "endTime": artifact.end,
    });
    if artifact.state == Made::FileGenerated {
        match kind {
            Kind::Recording => {
                answer["driveDestination"] = json!({ "file": id, "exportUri": format!("https://drive.google.com/file/d/{id}/view") });
            }
            Kind::Transcript | Kind::SmartNote => {
                answer["docsDestination"] = json!({ "document": id, "exportUri": format!("https://docs.google.com/document/d/{id}/view") });
            }
        }
    }
    told(answer)
}

pub(super) async fn list(
    State(meet): State<Arc<Meet>>,
    Path((id, kind)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Answer {
    let caller = meet.reader(&headers, RECORDS)?;
    let kind = Kind::parse(&kind).ok_or_else(not_found)?;
    let found: Vec<(String, Value)> = {
        let world = meet.world();
        let one = world.readable(&caller, &id, meet.kit.clock.now())?;
        let of_kind = one.artifacts.iter().filter(|artifact| artifact.kind == kind);
        of_kind.map(|own| (earliest_first(own.start, &own.id), artifact(one, own))).collect()
    };
    let (items, next) = meet.page(&format!("{id}/{}", kind.plural()), &query, SIZES, found)?;
    Ok(listed(kind.plural(), items, next))
}

pub(super) async fn get(
    State(meet): State<Arc<Meet>>,
    Path((id, kind, name)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Answer {
    let caller = meet.reader(&headers, RECORDS)?;
    let kind = Kind::parse(&kind).ok_or_else(not_found)?;
    let world = meet.world();
    let one = world.readable(&caller, &id, meet.kit.clock.now())?;
    let own = one.artifacts.iter().find(|artifact| artifact.kind == kind && artifact.id == name).ok_or_else(not_found)?;
    Ok(Json(artifact(one, own)))
}

pub(super) async fn entries(
    State(meet): State<Arc<Meet>>,
    Path((id, name)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Answer {
    let caller = meet.reader(&headers, RECORDS)?;
    let found: Vec<(String, Value)> = {
        let world = meet.world();
        let one = world.readable(&caller, &id, meet.kit.clock.now())?;
        let transcript = one.artifacts.iter().find(|own| own.kind == Kind::Transcript && own.id == name).ok_or_else(not_found)?;
        let entry = |said: &super::world::Entry| {
            let value = json!({
                "name": format!("{}/transcripts/{name}/entries/{}", one.name(), said.id),
                "participant": format!("{}/participants/{}", one.name(), said.participant),
                "text": said.text,
                "languageCode": "en-US",
                "startTime": said.start,
                "endTime": said.end,
            });
            (earliest_first(said.start, &said.id), value)
        };
        transcript.entries.iter().map(entry).collect()
    };
    let (items, next) = meet.page(&format!("{id}/{name}/entries"), &query, SIZES, found)?;
    Ok(listed("transcriptEntries", items, next))
}
