//! How a message is shown to the app. <https://docs.slack.dev/reference/events/message>

use serde_json::{Value, json};

use super::Slack;
use super::world::{Message, World};

/// How much of its metadata a message shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Metadata {
    /// Type and payload.
    Whole,
    /// The type alone: reading without `include_all_metadata` brings no payload.
    TypeOnly,
}

impl Slack {
    pub(super) fn message_object(&self, world: &World, message: &Message, metadata: Metadata) -> Value {
        let mut object = json!({
            "type": "message",
            "user": message.user,
            "text": message.text,
            "ts": message.ts,
            "team": world.team.id,
        });
        if message.tombstone {
            object["subtype"] = json!("tombstone");
            object["hidden"] = json!(true);
        } else if message.broadcast {
            object["subtype"] = json!("thread_broadcast");
        }
        if message.by_app {
            object["bot_id"] = json!(world.app.bot_id);
            object["app_id"] = json!(world.app.id);
            object["bot_profile"] = self.bot_profile(world);
        }
        if let Some(blocks) = &message.blocks {
            object["blocks"] = blocks.clone();
        }
        if let Some(edited_ts) = &message.edited_ts {
            object["edited"] = json!({ "user": message.user, "ts": edited_ts });
        }
        match (&message.metadata, metadata) {
            (Some(whole), Metadata::Whole) => object["metadata"] = whole.clone(),
            (Some(whole), Metadata::TypeOnly) => object["metadata"] = json!({ "event_type": whole["event_type"] }),
            (None, _) => {}
        }
        thread_fields(world, message, &mut object);
        object
    }

    fn bot_profile(&self, world: &World) -> Value {
        let icon = |size: u32| format!("{}/icons/{}_{size}.png", self.base(), world.app.id);
        json!({
            "id": world.app.bot_id,
            "app_id": world.app.id,
            "name": world.app.name,
            "team_id": world.team.id,
            "deleted": false,
            "updated": 1_700_000_000,
            "icons": { "image_36": icon(36), "image_48": icon(48), "image_72": icon(72) },
        })
    }
}

fn thread_fields(world: &World, message: &Message, object: &mut Value) {
    if let Some(parent) = &message.thread_ts {
        object["thread_ts"] = json!(parent);
        if let Some(parent) = world.message(&message.channel, parent) {
            object["parent_user_id"] = json!(parent.user);
        }
        return;
    }
    let replies = world.replies(&message.channel, &message.ts);
    let Some(latest) = replies.last() else { return };
    let mut users: Vec<&str> = replies.iter().map(|reply| reply.user.as_str()).collect();
    users.sort_unstable();
    users.dedup();
    object["thread_ts"] = json!(message.ts);
    object["reply_count"] = json!(replies.len());
    object["reply_users_count"] = json!(users.len());
    object["reply_users"] = json!(users);
    object["latest_reply"] = json!(latest.ts);
    object["subscribed"] = json!(false);
}
