//! A note at a tool that keeps notes.

use std::collections::BTreeMap;

use connector_kit::{Connector, Sink};
use model::{Capability, Fields, Kind, Note, Record, RecordId};
use store::Workspace;
use store::links::Link;
use store::records::Stored;

use super::{Project, Projected, Projection};
use crate::error::Result;
use crate::pass::Pass;
use crate::plan::Planner;
use crate::rules::{Verdict, decide};

impl Project for Note {
    fn sink(connector: &dyn Connector) -> Option<&dyn Sink<Self>> {
        connector.notes().map(|sink| sink as &dyn Sink<Self>)
    }

    async fn touched(_workspace: &Workspace, changed: &RecordId) -> Result<Option<RecordId>> {
        Ok((changed.kind() == Kind::Note).then(|| changed.clone()))
    }

    async fn project(_planner: &mut Planner, pass: &Pass, stored: &Stored, _link: Option<&Link>) -> Result<Projection<Self>> {
        let Record::Note(note) = &stored.record else { return Ok(Projection::None) };
        let parent = match &note.meeting {
            Some(id) => pass.workspace.record(id).await?,
            None => None,
        };
        let meeting = parent.as_ref().and_then(|stored| if let Record::Meeting(meeting) = &stored.record { Some(meeting) } else { None });
        match decide(&pass.settings, Capability::Notes, meeting, &pass.own_domains) {
            Verdict::Skip(rule) => Ok(Projection::Skip { reason: "rule_skip", detail: format!("Rule {rule} leaves it out."), until: None }),
            Verdict::Send(destination) => Ok(Projection::Item(Box::new(Projected {
                item: note.clone(),
                destination,
                compared: Fields::of(note),
                properties: BTreeMap::new(),
            }))),
        }
    }
}
