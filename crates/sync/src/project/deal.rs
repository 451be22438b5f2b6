//! What a meeting writes on the deal that it belongs to: the properties of the field mapping.

use std::collections::BTreeMap;

use connector_kit::{Connector, Sink};
use model::{Capability, DealUpdate, Record, RecordId};
use store::Workspace;
use store::links::Link;
use store::records::Stored;

use super::activity::associations;
use super::{Project, Projected, Projection, meeting_of, not_told};
use crate::error::Result;
use crate::mapping::{mapped, settle, to_look_at};
use crate::pass::Pass;
use crate::plan::Planner;

impl Project for DealUpdate {
    /// The deal is the CRM's; only its properties are written.
    const OURS: bool = false;

    fn sink(connector: &dyn Connector) -> Option<&dyn Sink<Self>> {
        connector.deals().map(|board| board as &dyn Sink<Self>)
    }

    async fn touched(workspace: &Workspace, changed: &RecordId) -> Result<Option<RecordId>> {
        meeting_of(workspace, changed).await
    }

    async fn project(planner: &mut Planner, pass: &Pass, stored: &Stored, link: Option<&Link>) -> Result<Projection<Self>> {
        let Record::Meeting(meeting) = &stored.record else { return Ok(Projection::None) };
        if let Some(early) = not_told(pass, meeting, link.is_some()) {
            return Ok(early);
        }
        let lines = mapped(&pass.settings, Capability::Deals, meeting, pass.hub.meeting_url(&stored.id).as_str());
        if lines.is_empty() {
            return Ok(Projection::Skip {
                reason: "no_mapping",
                detail: "The field mapping names no property of the deal.".to_owned(),
                until: None,
            });
        }
        let Some(deal) = associations(planner, pass, stored, meeting).await?.deals.into_iter().next() else {
            return Ok(Projection::Skip {
                reason: "no_deal",
                detail: "No open deal belongs to its participants, or several do.".to_owned(),
                until: None,
            });
        };
        let looked_at = to_look_at(&lines);
        let theirs = match pass.connector.deals() {
            Some(board) if !looked_at.is_empty() => board.properties(&pass.session, &deal.id, &looked_at).await?,
            _ => BTreeMap::new(),
        };
        // What was agreed about another deal says nothing of this one.
        let base = link.filter(|link| link.remote_id == deal.id).map(|link| link.base.clone()).unwrap_or_default();
        let settled = settle(lines, &base, &theirs);
        if settled.send.is_empty() && link.is_none() {
            let detail = "The deal has values of its own in these properties, and they are kept.".to_owned();
            return Ok(Projection::Skip { reason: "kept", detail, until: None });
        }
        let mut compared = settled.compared;
        compared.set("deal", deal.id.clone().into());
        let item = Self { deal: deal.id, properties: settled.send };
        Ok(Projection::Item(Box::new(Projected { item, destination: None, compared, properties: BTreeMap::new() })))
    }
}
