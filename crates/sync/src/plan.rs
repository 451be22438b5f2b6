//! Planning: what one record should look like at the tool, compared with what was last agreed. A preview is this alone.

use std::collections::HashMap;

use connector_kit::outbound::Edit;
use connector_kit::{Link as ToolLink, Member, Outbound};
use jiff::Timestamp;
use model::change::FieldChange;
use model::settings::Destination;
use model::{Associations, Fields, RecordId};
use sha2::{Digest, Sha256};
use store::items::Outcome;
use store::links::Link;
use uuid::Uuid;

use crate::deletions::Deleted;
use crate::error::Result;
use crate::pass::Pass;
use crate::project::{Project, Projection};
use crate::uncertain::SOMEWHERE;

/// The mark in a link's base: digest of what was last sent.
pub(crate) const SENT: &str = "~sent";

/// What is to be done about one record.
pub(crate) enum Plan<T> {
    /// It is none of this stream's.
    Nothing,
    Unchanged,
    /// It was deleted here and is still linked.
    Delete(Box<Deleted>),
    /// It was deleted here before it was written; a list still shows it.
    Forget {
        label: String,
    },
    Skip {
        label: String,
        reason: &'static str,
        detail: String,
        until: Option<Timestamp>,
    },
    Write(Box<Planned<T>>),
}

/// A write to be done.
pub(crate) struct Planned<T> {
    pub outbound: Outbound<T>,
    pub label: String,
    /// The fields that are then agreed.
    pub wanted: Fields,
    pub changes: Vec<FieldChange>,
    /// The destination in which the object is, or will be.
    pub place: Option<String>,
}

/// Plans records of one pass, remembering what it asked the tool.
#[derive(Default)]
pub(crate) struct Planner {
    pub members: Option<Vec<Member>>,
    pub associations: HashMap<String, Associations>,
}

impl Planner {
    /// Plans one record.
    pub async fn plan<T: Project>(&mut self, pass: &Pass, id: &RecordId) -> Result<Plan<T>> {
        // The link is read first: a pull may move both between the two, and a record that is older than its link would look as if
        // somebody here had taken the tool's newest edit back.
        let links = pass.workspace.links_of(id).await?;
        let Some(stored) = pass.workspace.record(id).await? else { return Ok(Plan::Nothing) };
        let link = links.into_iter().find(|link| link.connection == pass.connection.id && link.capability == pass.stream.capability);
        let label = stored.record.label();
        if stored.deleted {
            return after_deletion(pass, id, label, link).await;
        }
        let skip = |reason, detail: String, until| Ok(Plan::Skip { label: label.clone(), reason, detail, until });
        if link.as_ref().is_some_and(|link| !link.base.get(SOMEWHERE).is_null()) {
            let detail = "At the tool by a person's word; where is not known, so that changes are not carried there.".to_owned();
            return skip("confirmed", detail, None);
        }
        if link.as_ref().is_some_and(|link| link.gone) {
            return skip("gone_at_tool", "Deleted at the tool; kept here, no longer linked.".to_owned(), None);
        }
        let projected = match T::project(self, pass, &stored, link.as_ref()).await? {
            Projection::None => return Ok(Plan::Nothing),
            Projection::Skip { reason, detail, until } => return skip(reason, detail, until),
            Projection::Item(projected) => projected,
        };
        let agreed = link.as_ref().map(|link| link.base.agreed()).unwrap_or_default();
        let wanted = projected.compared.agreed();
        let sent = link.as_ref().and_then(|link| link.base.get(SENT).as_str().map(str::to_owned));
        if link.is_some() && (wanted == agreed || sent.is_some_and(|sent| sent == wanted.digest())) {
            return Ok(Plan::Unchanged);
        }
        let place = match &link {
            Some(link) => link.place.clone(),
            None => projected.destination.as_ref().map(|destination| destination.id.clone()),
        };
        let outbound = Outbound {
            key: key_of(pass, id),
            record: id.clone(),
            item: projected.item,
            link: link.map(|link| ToolLink { id: link.remote_id, version: link.version, url: link.url, base: link.base }),
            edit: if pass.settings.edits_in_thread { Edit::InThread } else { Edit::InPlace },
            destination: projected.destination,
            properties: projected.properties,
        };
        let changes = agreed.changes_to(&wanted);
        Ok(Plan::Write(Box::new(Planned { outbound, label, changes, wanted: projected.compared, place })))
    }
}

/// What follows from a deletion here.
async fn after_deletion<T>(pass: &Pass, id: &RecordId, label: String, link: Option<Link>) -> Result<Plan<T>> {
    if let Some(link) = link {
        return Ok(if link.gone { Plan::Nothing } else { Plan::Delete(Box::new(Deleted { label, link })) });
    }
    let item = pass.workspace.item(&pass.connection.id, pass.stream.capability, id.as_str()).await?;
    let listed = item.is_some_and(|item| matches!(item.outcome, Outcome::Failed | Outcome::Skipped));
    Ok(if listed { Plan::Forget { label } } else { Plan::Nothing })
}

/// The key of a record at a connection: the same for ever, so that a repeated create is recognised. Laid out as a version 4
/// UUID (RFC 9562 section 5.4), because tools check that.
pub(crate) fn key_of(pass: &Pass, record: &RecordId) -> Uuid {
    let mut hash = Sha256::new();
    for part in ["harmony", pass.workspace.id().as_str(), pass.connection.id.as_str(), pass.stream.capability.as_str(), record.as_str()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// A destination that a capability needs.
pub(crate) fn needs(destination: Option<Destination>, what: &str) -> std::result::Result<Destination, (&'static str, String)> {
    destination.ok_or_else(|| ("no_destination", format!("No {what} is chosen in the settings.")))
}
