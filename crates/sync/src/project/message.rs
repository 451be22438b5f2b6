//! A meeting's summary as a message to a chat tool.

use std::collections::BTreeMap;

use connector_kit::{Connector, Sink};
use model::{Block, Capability, Fields, Message, Record, RecordId};
use store::Workspace;
use store::links::Link;
use store::records::Stored;

use super::summary::{Told, told};
use super::{Project, Projected, Projection, meeting_of, not_told};
use crate::error::Result;
use crate::pass::Pass;
use crate::plan::{Planner, needs};
use crate::rules::{Verdict, decide};

impl Project for Message {
    fn sink(connector: &dyn Connector) -> Option<&dyn Sink<Self>> {
        connector.messages().map(|sink| sink as &dyn Sink<Self>)
    }

    async fn touched(workspace: &Workspace, changed: &RecordId) -> Result<Option<RecordId>> {
        meeting_of(workspace, changed).await
    }

    async fn project(_planner: &mut Planner, pass: &Pass, stored: &Stored, link: Option<&Link>) -> Result<Projection<Self>> {
        let Record::Meeting(meeting) = &stored.record else { return Ok(Projection::None) };
        if let Some(early) = not_told(pass, meeting, link.is_some()) {
            return Ok(early);
        }
        let destination = match decide(&pass.settings, Capability::Messages, Some(meeting), &pass.own_domains) {
            Verdict::Skip(rule) => {
                return Ok(Projection::Skip { reason: "rule_skip", detail: format!("Rule {rule} leaves it out."), until: None });
            }
            Verdict::Send(to) => match needs(to, "channel") {
                Ok(destination) => destination,
                Err((reason, detail)) => return Ok(Projection::Skip { reason, detail, until: None }),
            },
        };
        let told = told(pass, &stored.id, meeting).await?;
        if told.is_empty() {
            return Ok(Projection::Skip {
                reason: "nothing_to_share",
                detail: "There is no summary and no action item yet.".to_owned(),
                until: None,
            });
        }
        let item = message(&told);
        Ok(Projection::Item(Box::new(Projected {
            compared: Fields::of(&item),
            item,
            destination: Some(destination),
            properties: BTreeMap::new(),
        })))
    }
}

fn message(told: &Told) -> Message {
    let mut blocks = vec![Block::Heading { text: told.meeting.title.clone() }];
    blocks.extend(told.summary.iter().map(|summary| Block::Text { text: summary.clone() }));
    if !told.items.is_empty() {
        blocks.push(Block::Heading { text: "Action items".to_owned() });
        blocks.push(Block::List { items: told.item_lines() });
    }
    if !told.transcript.is_empty() {
        blocks.push(Block::Heading { text: "Transcript".to_owned() });
        blocks.push(Block::Text { text: told.transcript.join("\n") });
    }
    blocks.push(Block::Link { label: "Open the meeting".to_owned(), url: told.meeting.url.clone() });
    Message { fallback: format!("Summary of “{}”", told.meeting.title), blocks, about: Some(told.meeting.clone()) }
}
