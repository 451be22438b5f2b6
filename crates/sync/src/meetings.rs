//! Meetings from the API and from files: one upsert by the caller's key, with transcript, action items and notes.

use jiff::Timestamp;
use model::change::Origin;
use model::record::Kind;
use model::{ActionItem, Identity, Meeting, Note, Record, RecordId, Transcript, When};
use serde::{Deserialize, Serialize};
use store::records::{Save, Stored};
use store::{Step, Workspace};

use crate::absorb::{Authority, Placed, Sighting, place_meeting};
use crate::error::{Error, Result};
use crate::matching::{caller_key, contact_key};

/// A meeting as a caller gives it. Lists that are given replace those that this caller gave before; absent ones stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MeetingInput {
    pub meeting: Meeting,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<Transcript>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_items: Option<Vec<ActionItem>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<Note>>,
}

/// What an upsert did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upserted {
    pub id: RecordId,
    pub created: bool,
}

/// Brings a caller's meeting in under its key: one transaction, and the same input twice changes nothing.
pub async fn upsert(workspace: &Workspace, key: &str, input: &MeetingInput, origin: &Origin) -> Result<Upserted> {
    check(key, input)?;
    let about = workspace.profile().await?;
    let mut meeting = input.meeting.clone();
    meeting.identity = Identity { key: Some(key.to_owned()), ..meeting.identity };
    let mut step = workspace.begin().await?;
    let sighting =
        Sighting { seen: &meeting, authority: Authority::Caller, link: None, own_domains: &about.own_domains, origin, run: None };
    let (id, placed) = place_meeting(&mut step, &sighting).await?;
    let prefix = caller_key(key);
    let mut saves = Vec::new();
    if let Some(transcript) = &input.transcript {
        let record = Record::Transcript(Transcript { meeting: Some(id.clone()), ..transcript.clone() });
        saves.extend(part(&mut step, format!("{prefix}/transcript"), record).await?);
    }
    if let Some(items) = &input.action_items {
        for (at, item) in items.iter().enumerate() {
            let record = Record::ActionItem(ActionItem { meeting: Some(id.clone()), ..item.clone() });
            saves.extend(part(&mut step, format!("{prefix}/action_item/{at}"), record).await?);
        }
        saves.extend(surplus(&mut step, &prefix, "action_item", items.len()).await?);
    }
    if let Some(notes) = &input.notes {
        for (at, note) in notes.iter().enumerate() {
            let record = Record::Note(Note { meeting: Some(id.clone()), ..note.clone() });
            saves.extend(part(&mut step, format!("{prefix}/note/{at}"), record).await?);
        }
        saves.extend(surplus(&mut step, &prefix, "note", notes.len()).await?);
    }
    step.save(saves, origin, None).await?;
    step.commit().await?;
    Ok(Upserted { id, created: placed == Placed::Created })
}

/// Refuses what no meeting may be, naming the field; nothing of it is saved.
pub fn check(key: &str, input: &MeetingInput) -> Result<()> {
    if key.is_empty() || key.len() > 200 || key.chars().any(char::is_control) {
        return Err(Error::invalid("key", "1 to 200 bytes, without control characters"));
    }
    let meeting = &input.meeting;
    if meeting.title.trim().is_empty() || meeting.title.len() > 2_000 {
        return Err(Error::invalid("meeting.title", "1 to 2000 bytes, not only spaces"));
    }
    let is_backwards = match &meeting.when {
        When::Timed { start, end, .. } => end < start,
        When::AllDay { first, last } => last < first,
    };
    if is_backwards {
        return Err(Error::invalid("meeting.when", "the end is before the start"));
    }
    if let Some(at) = input.action_items.iter().flatten().position(|item| item.text.trim().is_empty()) {
        return Err(Error::Invalid { field: "action_items", why: format!("number {} has no text", at + 1) });
    }
    let turns = input.transcript.iter().flat_map(|transcript| &transcript.turns);
    if let Some(at) = turns.into_iter().position(|turn| matches!((turn.start_ms, turn.end_ms), (Some(start), Some(end)) if end < start)) {
        return Err(Error::Invalid { field: "transcript.turns", why: format!("turn {} ends before it starts", at + 1) });
    }
    Ok(())
}

/// A part that belongs to the caller's meeting. One that a person or a tool edited since keeps those edits: only what the
/// caller changes is changed.
async fn part(step: &mut Step, key: String, record: Record) -> Result<Option<Save>> {
    let known = match step.find(std::slice::from_ref(&key)).await?.pop() {
        Some((_, id)) => step.record(&id).await?,
        None => None,
    };
    Ok(match known {
        None => {
            let id = RecordId::new(record.kind(), step.workspace().store().env());
            Some(Save { id, record, before: None, keys: vec![key], deleted: false, noted: Vec::new() })
        }
        Some(Stored { deleted: true, .. }) => None,
        Some(stored) => {
            let record = keep_edits(&stored.record, record);
            (record != stored.record).then(|| Save {
                id: stored.id,
                before: Some(stored.record.fields()),
                record,
                keys: Vec::new(),
                deleted: false,
                noted: Vec::new(),
            })
        }
    })
}

/// An action item's progress and owner flow back from tools: a caller who sends none does not undo them.
fn keep_edits(known: &Record, given: Record) -> Record {
    match (known, given) {
        (Record::ActionItem(known), Record::ActionItem(given)) => Record::ActionItem(ActionItem {
            owner: given.owner.or_else(|| known.owner.clone()),
            due: given.due.or(known.due),
            progress: if given.progress == model::Progress::Open { known.progress } else { given.progress },
            ..given
        }),
        (_, given) => given,
    }
}

/// What the caller gave before and no longer gives.
async fn surplus(step: &mut Step, prefix: &str, kind: &str, from: usize) -> Result<Vec<Save>> {
    let mut saves = Vec::new();
    for at in from.. {
        let key = format!("{prefix}/{kind}/{at}");
        let Some((_, id)) = step.find(std::slice::from_ref(&key)).await?.pop() else { break };
        if let Some(stored) = step.record(&id).await?.filter(|stored| !stored.deleted) {
            saves.push(crate::absorb::deletion(&stored));
        }
    }
    Ok(saves)
}

/// Saves a person's or a caller's edit of one record, if nobody changed it since version `seq`.
pub async fn edit(
    workspace: &Workspace,
    id: &RecordId,
    seq: Option<i64>,
    origin: &Origin,
    change: impl FnOnce(&mut Record) -> Result<()>,
) -> Result<i64> {
    let mut step = workspace.begin().await?;
    let stored = step.record(id).await?.filter(|stored| !stored.deleted).ok_or(store::Error::NotFound("the record"))?;
    if seq.is_some_and(|seq| seq != stored.seq) {
        return Err(store::Error::Stale("the record").into());
    }
    let (before, mut record) = (stored.record.fields(), stored.record);
    change(&mut record)?;
    let keys = keys_of(&record);
    let save = Save { id: id.clone(), record, before: Some(before), keys, deleted: false, noted: Vec::new() };
    let changed = step.save(vec![save], origin, None).await?;
    step.commit().await?;
    Ok(changed.first().map_or(stored.seq, |(_, seq)| *seq))
}

/// Adds a record that belongs to a meeting (an action item, a note), or stands alone.
pub async fn add(workspace: &Workspace, record: Record, origin: &Origin) -> Result<RecordId> {
    let mut step = workspace.begin().await?;
    if let Some(parent) = record.parent() {
        let known = step.record(parent).await?.is_some_and(|stored| !stored.deleted && stored.id.kind() == Kind::Meeting);
        if !known {
            return Err(Error::invalid("meeting", "there is no such meeting"));
        }
    }
    let keys = keys_of(&record);
    if !keys.is_empty() {
        step.alone().await?;
        if !step.find(&keys).await?.is_empty() {
            return Err(Error::invalid("email", "there is a contact with this address"));
        }
    }
    let id = RecordId::new(record.kind(), workspace.store().env());
    let save = Save { id: id.clone(), record, before: None, keys, deleted: false, noted: Vec::new() };
    step.save(vec![save], origin, None).await?;
    step.commit().await?;
    Ok(id)
}

/// What a record that is made or edited here is found by.
fn keys_of(record: &Record) -> Vec<String> {
    match record {
        Record::Contact(contact) => contact.email.as_deref().map(contact_key).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Deletes a record; what tools have of it follows their settings.
pub async fn delete(workspace: &Workspace, id: &RecordId, origin: &Origin) -> Result<()> {
    let mut step = workspace.begin().await?;
    let stored = step.record(id).await?.filter(|stored| !stored.deleted).ok_or(store::Error::NotFound("the record"))?;
    step.save(vec![crate::absorb::deletion(&stored)], origin, None).await?;
    step.commit().await?;
    Ok(())
}

/// The upcoming or past part of a list, by the present.
pub fn around(now: Timestamp, upcoming: bool) -> (i64, i64) {
    if upcoming { (now.as_millisecond(), i64::MAX) } else { (i64::MIN, now.as_millisecond()) }
}
