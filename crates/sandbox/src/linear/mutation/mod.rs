//! The fields of `Mutation`: which scope each needs, and what all of them share. The changes themselves are next door.

mod issue;
mod webhook;
mod writing;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::{Uuid, Version};

use super::failure::Failure;
use super::node::{Node, Payload};
use super::resolve::{Context, Found};

/// `Ok(None)`: this mutation is not emulated.
pub(super) fn field(context: &Context<'_>, name: &str, arguments: &Value) -> Result<Option<Found>, Failure> {
    let id = arguments["id"].as_str().unwrap_or_default();
    let input = &arguments["input"];
    let payload = match name {
        "issueCreate" => {
            context.need(&["write", "issues:create"])?;
            issue::create(context, input)?
        }
        "issueUpdate" => {
            context.need(&["write"])?;
            issue::update(context, id, input)?
        }
        "issueDelete" => {
            context.need(&["write"])?;
            if arguments["permanentlyDelete"] == true {
                return Err(Failure::not_emulated("permanent deletion"));
            }
            issue::put_away(context, id, true)?
        }
        "issueArchive" => {
            context.need(&["write"])?;
            issue::put_away(context, id, arguments["trash"] == true)?
        }
        "attachmentCreate" => {
            context.need(&["write", "issues:create"])?;
            writing::attach(context, input)?
        }
        "commentCreate" => {
            context.need(&["write", "comments:create"])?;
            writing::comment(context, input)?
        }
        "webhookCreate" => {
            context.need(&["admin"])?;
            webhook::create(context, input)?
        }
        "webhookDelete" => {
            context.need(&["admin"])?;
            webhook::delete(context, id)?
        }
        _ => return Ok(None),
    };
    Ok(Some(Found::Node(Node::Payload(payload))))
}

/// An input object in our terms. A field that the schema has and the emulator does not know is an error, and not left out in silence.
fn read<T: DeserializeOwned>(input: &Value) -> Result<T, Failure> {
    serde_json::from_value(input.clone()).map_err(|error| Failure::not_emulated(&format!("this input ({error})")))
}

/// A client-chosen id, or a drawn one.
fn new_id(context: &Context<'_>, wanted: Option<&str>) -> Result<String, Failure> {
    let Some(wanted) = wanted else {
        return Ok(context.linear.kit.uuid().to_string());
    };
    match Uuid::parse_str(wanted) {
        Ok(id) if id.get_version() == Some(Version::Random) => Ok(id.to_string()),
        _ => Err(Failure::argument("id must be a UUID.")),
    }
}

fn payload(type_name: &'static str, sync_id: u64, field: &'static str, node: Node) -> Payload {
    Payload { type_name, sync_id, entity: Some((field, Box::new(node))), entity_id: None }
}

fn record(context: &Context<'_>, action: &str, object: &str, key: Option<&str>, body: &Value) {
    context.linear.kit.ledger.record(super::ID, action, object, key, json!(body));
}
