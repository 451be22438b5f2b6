//! A contact at a CRM.

use std::collections::BTreeMap;

use connector_kit::{Connector, Sink};
use model::{Contact, Fields, Kind, Record, RecordId};
use store::Workspace;
use store::links::Link;
use store::records::Stored;

use super::{Project, Projected, Projection};
use crate::error::Result;
use crate::pass::Pass;
use crate::plan::Planner;

impl Project for Contact {
    fn sink(connector: &dyn Connector) -> Option<&dyn Sink<Self>> {
        connector.contacts().map(|book| book as &dyn Sink<Self>)
    }

    async fn touched(_workspace: &Workspace, changed: &RecordId) -> Result<Option<RecordId>> {
        Ok((changed.kind() == Kind::Contact).then(|| changed.clone()))
    }

    async fn project(_planner: &mut Planner, pass: &Pass, stored: &Stored, link: Option<&Link>) -> Result<Projection<Self>> {
        let Record::Contact(contact) = &stored.record else { return Ok(Projection::None) };
        if link.is_none() && pass.settings.unknown_people != model::settings::UnknownPeople::Create {
            let detail = "New people are not created there, by the settings.".to_owned();
            return Ok(Projection::Skip { reason: "not_created", detail, until: None });
        }
        Ok(Projection::Item(Box::new(Projected {
            item: contact.clone(),
            destination: None,
            compared: Fields::of(contact),
            properties: BTreeMap::new(),
        })))
    }
}
