//! Recorded meetings: the meeting itself, its transcript once there is one, and its files, which are then fetched.

use std::collections::HashMap;

use connector_kit::Remote;
use model::record::Kind;
use model::recording::RecordedMeeting;
use model::{Fields, Record, RecordId};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::Step;
use store::links::Link;
use store::records::Save;

use super::meetings::{Authority, Sighting, count, link_of, place_meeting};
use crate::error::Result;
use crate::pass::Pass;
use crate::pull::Absorb;

impl Absorb for RecordedMeeting {
    async fn absorb(pass: &mut Pass, step: &mut Step, remotes: Vec<Remote<Self>>, links: HashMap<String, Link>) -> Result<bool> {
        let origin = pass.origin();
        let mut new_links = Vec::new();
        for remote in remotes {
            let (link, base) = (links.get(&remote.id), base_of(&remote.item));
            if link.is_some_and(|link| !link.gone && link.base == base) {
                pass.run.counts.unchanged += 1;
                continue;
            }
            let sighting = Sighting {
                seen: &remote.item.meeting,
                authority: Authority::Recording,
                link,
                own_domains: &pass.own_domains,
                origin: &origin,
                run: Some(&pass.run.id),
            };
            let (meeting, placed) = place_meeting(step, &sighting).await?;
            count(pass, placed);
            let parts = parts(pass, step, &remote, &meeting).await?;
            step.save(parts, &origin, Some(&pass.run.id)).await?;
            new_links.push(link_of(pass, step, remote.id, meeting, remote.version, remote.url, base));
        }
        step.save_links(&new_links).await?;
        Ok(!new_links.is_empty())
    }
}

/// What is compared with the next sighting: the meeting's fields, and digests of the rest.
fn base_of(recorded: &RecordedMeeting) -> Fields {
    let mut base = Fields::of(&recorded.meeting);
    if let Some(transcript) = &recorded.transcript {
        let text = serde_json::to_string(transcript).unwrap_or_default();
        base.set("transcript", json!(hex::encode(Sha256::digest(text.as_bytes()))));
    }
    base.set("recordings", json!(recorded.recordings.iter().map(|file| &file.file).collect::<Vec<_>>()));
    base
}

/// Transcript and files of one remote meeting, found again by key, so that a second sighting doubles none.
async fn parts(pass: &Pass, step: &mut Step, remote: &Remote<RecordedMeeting>, meeting: &RecordId) -> Result<Vec<Save>> {
    let mut saves = Vec::new();
    let account = &pass.connection.id;
    if let Some(transcript) = &remote.item.transcript {
        let mut transcript = transcript.clone();
        transcript.meeting = Some(meeting.clone());
        saves.extend(part(step, format!("transcript:{account}:{}", remote.id), Record::Transcript(transcript)).await?);
    }
    for file in &remote.item.recordings {
        let mut file = file.clone();
        file.meeting = Some(meeting.clone());
        let key = format!("recording:{account}:{}", file.file);
        if step.find(std::slice::from_ref(&key)).await?.is_empty() {
            saves.extend(part(step, key, Record::Recording(file)).await?);
        }
    }
    Ok(saves)
}

async fn part(step: &mut Step, key: String, record: Record) -> Result<Option<Save>> {
    let known = step.find(std::slice::from_ref(&key)).await?.pop();
    let (id, before) = match known {
        Some((_, id)) => {
            let before = step.record(&id).await?.map(|stored| stored.record.fields());
            (id, before)
        }
        None => (RecordId::new(record.kind(), step.workspace().store().env()), None),
    };
    debug_assert!(record.kind() != Kind::Meeting);
    Ok(Some(Save { id, record, before, keys: vec![key], deleted: false, noted: Vec::new() }))
}
