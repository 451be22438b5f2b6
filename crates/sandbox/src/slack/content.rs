//! What a message may hold: text, blocks and metadata with their limits. <https://docs.slack.dev/reference/methods/chat.postMessage>

use serde_json::{Value, json};

use super::call::Call;
use super::{blocks, refuse, refuse_saying};
use crate::kit::Refusal;

/// Characters of the text of a new message; Slack cuts longer ones or refuses them.
const LONGEST_TEXT: usize = 40_000;
/// Characters of the text of an edited message. <https://docs.slack.dev/reference/methods/chat.update>
const LONGEST_UPDATE: usize = 4_000;

/// The content of a message, valid.
pub(super) struct Content {
    pub text: Option<String>,
    pub blocks: Part,
    pub metadata: Part,
}

/// A part of a message that an update may leave alone.
pub(super) enum Part {
    Kept,
    /// An empty list or object was sent.
    TakenAway,
    Set(Value),
}

impl Part {
    pub(super) fn apply(self, to: &mut Option<Value>) {
        match self {
            Self::Kept => {}
            Self::TakenAway => *to = None,
            Self::Set(value) => *to = Some(value),
        }
    }
}

impl Content {
    pub(super) fn for_new(call: &Call) -> Result<Self, Refusal> {
        Self::read(call, LONGEST_TEXT)
    }

    pub(super) fn for_update(call: &Call) -> Result<Self, Refusal> {
        Self::read(call, LONGEST_UPDATE)
    }

    fn read(call: &Call, longest: usize) -> Result<Self, Refusal> {
        refuse_other_looks(call)?;
        let text = call.text("text");
        if text.as_ref().is_some_and(|text| text.chars().count() > longest) {
            return Err(refuse("msg_too_long"));
        }
        let blocks = match call.structure("blocks", "invalid_blocks_format")? {
            None => Part::Kept,
            Some(Value::Array(list)) if list.is_empty() => Part::TakenAway,
            Some(Value::Array(list)) => {
                blocks::check(&list)?;
                Part::Set(blocks::with_ids(list))
            }
            Some(_) => return Err(refuse("invalid_blocks_format")),
        };
        if text.is_none() && !matches!(blocks, Part::Set(_)) {
            return Err(refuse("no_text"));
        }
        Ok(Self { text, blocks, metadata: read_metadata(call)? })
    }
}

/// Arguments that a granular bot may not use, or that are not emulated.
fn refuse_other_looks(call: &Call) -> Result<(), Refusal> {
    if call.sent("as_user") {
        return Err(refuse("as_user_not_supported"));
    }
    if ["username", "icon_emoji", "icon_url"].iter().any(|name| call.sent(name)) {
        call.need_scope("chat:write.customize")?;
    }
    if call.sent("attachments") {
        return Err(refuse_saying("invalid_arguments", &["attachments (legacy) are not emulated; use blocks".into()]));
    }
    Ok(())
}

/// <https://docs.slack.dev/messaging/message-metadata>: an event type and a payload, nothing else.
fn read_metadata(call: &Call) -> Result<Part, Refusal> {
    let Some(metadata) = call.structure("metadata", "invalid_metadata_format")? else {
        return Ok(Part::Kept);
    };
    let Some(map) = metadata.as_object() else {
        return Err(refuse("invalid_metadata_format"));
    };
    if map.is_empty() {
        return Ok(Part::TakenAway);
    }
    let event_type = map.get("event_type").and_then(Value::as_str).filter(|name| !name.is_empty());
    let payload = map.get("event_payload").filter(|payload| payload.is_object());
    match (event_type, payload) {
        (Some(event_type), Some(payload)) if map.len() == 2 => Ok(Part::Set(json!({ "event_type": event_type, "event_payload": payload }))),
        _ => Err(refuse("invalid_metadata_schema")),
    }
}
