//! Our mark on HubSpot's objects: a property with unique values that holds the record's id. Made on first use.

use connector_kit::{Error, ErrorKind, Result, Session};

use super::wire::{Property, PropertyCreate, PropertyGroupCreate};

/// The property's name. Its value is the id of our record, so that notes and tasks find the meeting they came from.
pub(super) const MARK: &str = "harmony_id";

const GROUP: &str = "harmony";

/// Sees to it that objects of this kind have the property. `true`: they had not, and have it now.
pub(super) async fn ensure(session: &Session, object: &str) -> Result<bool> {
    match session.get(format!("/crm/v3/properties/{object}/{MARK}")).fetch::<Property>().await {
        Ok(Property { has_unique_value: Some(true) }) => return Ok(false),
        Ok(_) => {
            return Err(Error::invalid(format!(
                "the property `{MARK}` of HubSpot's {object} does not ask for unique values; rename or archive it there, so that Harmony can add its own"
            )));
        }
        Err(error) if error.kind == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let group = PropertyGroupCreate { name: GROUP, label: "Harmony", display_order: -1 };
    unless_there(session.post(format!("/crm/v3/properties/{object}/groups")).json(&group).repeatable().send().await.map(drop))?;
    let property = PropertyCreate {
        name: MARK,
        label: "Harmony id",
        group_name: GROUP,
        description: "The record in Harmony that this was written from. Harmony finds it again by this value.",
        kind: "string",
        field_type: "text",
        has_unique_value: true,
    };
    unless_there(session.post(format!("/crm/v3/properties/{object}")).json(&property).repeatable().send().await.map(drop))?;
    Ok(true)
}

fn unless_there(made: Result<()>) -> Result<()> {
    made.or_else(|error| if error.kind == ErrorKind::Conflict { Ok(()) } else { Err(error) })
}
