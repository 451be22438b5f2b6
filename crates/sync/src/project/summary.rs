//! What is told of a meeting, as much of it as the settings say: plain texts that each tool's connector dresses.

use model::settings::TranscriptDetail;
use model::{ActionItem, Kind, Meeting, MeetingRef, Record, RecordId, Transcript};
use store::Workspace;

use crate::error::Result;
use crate::pass::Pass;

/// A meeting with what belongs to it.
pub(crate) struct Told {
    pub meeting: MeetingRef,
    pub summary: Option<String>,
    pub items: Vec<ActionItem>,
    /// "Speaker: words", as many turns as the settings allow.
    pub transcript: Vec<String>,
}

impl Told {
    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.summary.is_none() && self.items.is_empty() && self.transcript.is_empty()
    }

    /// One line for each action item.
    pub fn item_lines(&self) -> Vec<String> {
        self.items.iter().map(line).collect()
    }
}

/// One action item on one line.
fn line(item: &ActionItem) -> String {
    let owner = item.owner.as_ref().map(|owner| format!(" ({})", owner.label())).unwrap_or_default();
    let due = item.due.map(|due| format!(", due {due}")).unwrap_or_default();
    let done = if item.progress.is_over() { " ✓" } else { "" };
    format!("{}{owner}{due}{done}", item.text)
}

/// Reads what the settings allow to tell.
pub(crate) async fn told(pass: &Pass, id: &RecordId, meeting: &Meeting) -> Result<Told> {
    let detail = pass.settings.transcript;
    let items = action_items(&pass.workspace, id).await?;
    let transcript = match detail {
        TranscriptDetail::Full => turns(&pass.workspace, id, |_| true).await?,
        TranscriptDetail::KeyMoments => {
            let moments: Vec<u32> = items.iter().filter_map(|item| item.source_turn).collect();
            turns(&pass.workspace, id, |at| moments.iter().any(|moment| usize::try_from(*moment) == Ok(at))).await?
        }
        TranscriptDetail::Summary | TranscriptDetail::ActionItems => Vec::new(),
    };
    let summary = meeting.summary.clone().filter(|_| detail != TranscriptDetail::ActionItems);
    Ok(Told { meeting: reference(pass, id, meeting), summary, items, transcript })
}

/// A meeting as other things refer to it.
pub(crate) fn reference(pass: &Pass, id: &RecordId, meeting: &Meeting) -> MeetingRef {
    MeetingRef { id: id.clone(), title: meeting.title.clone(), start: meeting.when.start(), url: pass.hub.meeting_url(id).to_string() }
}

async fn action_items(workspace: &Workspace, id: &RecordId) -> Result<Vec<ActionItem>> {
    let stored = workspace.children(id, Kind::ActionItem).await?;
    Ok(stored.into_iter().filter_map(|stored| if let Record::ActionItem(item) = stored.record { Some(item) } else { None }).collect())
}

async fn turns(workspace: &Workspace, id: &RecordId, wanted: impl Fn(usize) -> bool) -> Result<Vec<String>> {
    let stored = workspace.children(id, Kind::Transcript).await?;
    let transcript =
        stored.into_iter().find_map(|stored| if let Record::Transcript(transcript) = stored.record { Some(transcript) } else { None });
    let Transcript { turns, .. } = transcript.unwrap_or_default();
    let said = turns.into_iter().enumerate().filter(|(at, _)| wanted(*at));
    Ok(said.map(|(_, turn)| turn.speaker.map_or_else(|| turn.text.clone(), |speaker| format!("{speaker}: {}", turn.text))).collect())
}
