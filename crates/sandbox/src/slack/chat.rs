//! `chat.postMessage`, `chat.update`, `chat.delete`, `chat.getPermalink`.
//!
//! <https://docs.slack.dev/reference/methods/chat.postMessage>, `chat.update`, `chat.delete`.

use serde_json::{Value, json};

use super::call::Call;
use super::content::Content;
use super::message::Metadata;
use super::world::{Channel, Kind, Message, World};
use super::{ID, Slack, events, refuse};
use crate::kit::Refusal;

pub(super) fn post(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let wanted = call.require("channel")?;
    let content = Content::for_new(call)?;
    let mut world = slack.world();
    let channel = destination(slack, &mut world, call, &wanted)?;
    let thread_ts = match call.text("thread_ts") {
        None => None,
        Some(ts) => {
            let parent = world.message(&channel, &ts).ok_or_else(|| refuse("thread_not_found"))?;
            // A reply to a reply joins the thread of its parent.
            Some(parent.thread_ts.clone().unwrap_or_else(|| parent.ts.clone()))
        }
    };
    let mut message = Message {
        ts: world.next_ts(slack.kit.clock.now().as_microsecond()),
        channel: channel.clone(),
        user: world.app.bot_user_id.clone(),
        by_app: true,
        text: content.text.unwrap_or_default(),
        blocks: None,
        metadata: None,
        broadcast: thread_ts.is_some() && call.flag("reply_broadcast"),
        thread_ts,
        edited_ts: None,
        tombstone: false,
    };
    content.blocks.apply(&mut message.blocks);
    content.metadata.apply(&mut message.metadata);
    record(slack, "message.create", &message);
    world.put(message.clone());
    let shown = slack.message_object(&world, &message, Metadata::Whole);
    drop(world);
    events::message(slack, &channel, None, &shown);
    Ok(json!({ "channel": channel, "ts": message.ts, "message": shown }))
}

/// Only the app's own messages. What is left out stays: blocks and metadata go by an empty list and an empty object.
pub(super) fn update(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let (channel, ts) = (call.require("channel")?, call.require("ts")?);
    let mut world = slack.world();
    let mut message = own_message(&world, &channel, &ts, "cant_update_message")?;
    let content = Content::for_update(call)?;
    if let Some(text) = content.text {
        message.text = text;
    }
    content.blocks.apply(&mut message.blocks);
    content.metadata.apply(&mut message.metadata);
    let edited_ts = world.next_ts(slack.kit.clock.now().as_microsecond());
    message.edited_ts = Some(edited_ts);
    record(slack, "message.update", &message);
    world.put(message.clone());
    let mut shown = slack.message_object(&world, &message, Metadata::Whole);
    drop(world);
    events::message(slack, &channel, Some("message_changed"), &shown);
    if let Some(map) = shown.as_object_mut() {
        map.remove("ts");
    }
    Ok(json!({ "channel": channel, "ts": ts, "text": message.text, "message": shown }))
}

pub(super) fn delete(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let (channel, ts) = (call.require("channel")?, call.require("ts")?);
    let mut world = slack.world();
    let message = own_message(&world, &channel, &ts, "cant_delete_message")?;
    record(slack, "message.delete", &message);
    let shown = slack.message_object(&world, &message, Metadata::Whole);
    world.remove(&channel, &ts);
    drop(world);
    events::message(slack, &channel, Some("message_deleted"), &shown);
    Ok(json!({ "channel": channel, "ts": ts }))
}

pub(super) fn permalink(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let (channel, ts) = (call.require("channel")?, call.require("message_ts")?);
    let world = slack.world();
    let place = world.visible(&channel).ok_or_else(|| refuse("channel_not_found"))?;
    let message = world.message(&place.id, &ts).ok_or_else(|| refuse("message_not_found"))?;
    let mut permalink = format!("{}/archives/{channel}/p{}", slack.base(), ts.replace('.', ""));
    if let Some(parent) = &message.thread_ts {
        permalink = format!("{permalink}?thread_ts={parent}&cid={channel}");
    }
    Ok(json!({ "channel": channel, "permalink": permalink }))
}

/// Where a message goes: a channel by id or name, or a person by id, whose direct messages it opens.
fn destination(slack: &Slack, world: &mut World, call: &Call, wanted: &str) -> Result<String, Refusal> {
    if world.user(wanted).is_some_and(|user| user.is_person() && !user.deleted) {
        return Ok(world.direct(&slack.kit, wanted).0);
    }
    let found = world.find_channel(wanted).map(|channel| channel.id.clone()).unwrap_or_default();
    let channel = world.visible(&found).ok_or_else(|| refuse("channel_not_found"))?;
    may_write(world, call, channel)?;
    Ok(channel.id.clone())
}

fn may_write(world: &World, call: &Call, channel: &Channel) -> Result<(), Refusal> {
    if channel.archived {
        return Err(refuse("is_archived"));
    }
    let may = world.has_bot(channel) || (channel.kind == Kind::Public && call.has_scope("chat:write.public"));
    if may { Ok(()) } else { Err(refuse("not_in_channel")) }
}

/// Channel names are not taken here, only ids.
fn own_message(world: &World, channel: &str, ts: &str, not_own: &str) -> Result<Message, Refusal> {
    let channel = world.visible(channel).ok_or_else(|| refuse("channel_not_found"))?;
    let message = world.message(&channel.id, ts).ok_or_else(|| refuse("message_not_found"))?;
    if channel.archived {
        return Err(refuse("is_archived"));
    }
    if message.by_app { Ok(message.clone()) } else { Err(refuse(not_own)) }
}

fn record(slack: &Slack, action: &str, message: &Message) {
    // Slack has no idempotency key; what a caller can find its message by is the payload of the metadata.
    let marker = message.metadata.as_ref().map(|metadata| metadata["event_payload"].to_string());
    let body = json!({
        "channel": message.channel,
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "text": message.text,
        "blocks": message.blocks,
        "metadata": message.metadata,
    });
    let object = format!("{}:{}", message.channel, message.ts);
    slack.kit.ledger.record(ID, action, &object, marker.as_deref(), body);
}
