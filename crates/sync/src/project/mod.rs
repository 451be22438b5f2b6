//! How a record looks at a tool: one file per noun that is pushed.

mod activity;
mod contact;
mod deal;
mod message;
mod note;
mod summary;
mod task;

use std::collections::BTreeMap;

use connector_kit::{Connector, Sink};
use jiff::Timestamp;
use model::settings::Destination;
use model::{Fields, Kind, Meeting, RecordId};
use store::Workspace;
use store::links::Link;
use store::records::Stored;

use crate::error::Result;
use crate::pass::Pass;
use crate::plan::Planner;

/// What a record becomes.
pub(crate) enum Projection<T> {
    /// Nothing: it is none of this stream's.
    None,
    /// It is left out, or waits.
    Skip {
        reason: &'static str,
        detail: String,
        until: Option<Timestamp>,
    },
    Item(Box<Projected<T>>),
}

/// A record as the tool should have it.
pub(crate) struct Projected<T> {
    pub item: T,
    pub destination: Option<Destination>,
    /// What is compared with the last agreed values.
    pub compared: Fields,
    pub properties: BTreeMap<String, String>,
}

/// A noun that is pushed.
pub(crate) trait Project: Clone + Send + Sync + 'static {
    /// Whether what is at the tool was made by us, or belongs to both: a deletion here may delete it there.
    const OURS: bool = true;

    /// The tool's sink for it.
    fn sink(connector: &dyn Connector) -> Option<&dyn Sink<Self>>;

    /// Which record is to be looked at when this one changed.
    fn touched(workspace: &Workspace, changed: &RecordId) -> impl Future<Output = Result<Option<RecordId>>> + Send;

    /// What the record should be at the tool.
    fn project(
        planner: &mut Planner,
        pass: &Pass,
        stored: &Stored,
        link: Option<&Link>,
    ) -> impl Future<Output = Result<Projection<Self>>> + Send;
}

/// The meeting that a changed record belongs to.
async fn meeting_of(workspace: &Workspace, changed: &RecordId) -> Result<Option<RecordId>> {
    if changed.kind() == Kind::Meeting {
        return Ok(Some(changed.clone()));
    }
    Ok(workspace.record(changed).await?.and_then(|stored| stored.record.parent().cloned()))
}

/// Why a meeting is not told about yet, or not at all.
fn not_told<T>(pass: &Pass, meeting: &Meeting, linked: bool) -> Option<Projection<T>> {
    let now = pass.hub.env().now();
    if meeting.when.end() > now {
        let until = Some(meeting.when.end());
        return Some(Projection::Skip { reason: "upcoming", detail: "The meeting is not over yet.".to_owned(), until });
    }
    if !linked && meeting.when.start() < pass.since() {
        let detail = format!("Older than the last {} days.", pass.settings.backfill_days);
        return Some(Projection::Skip { reason: "outside_backfill", detail, until: None });
    }
    None
}
