//! `conversations.history` and `conversations.replies`. <https://docs.slack.dev/reference/methods/conversations.history>

use serde_json::{Value, json};

use super::call::Call;
use super::channels::{read_cursor, write_cursor};
use super::message::Metadata;
use super::world::{Message, World};
use super::{Slack, refuse};
use crate::kit::Refusal;

/// Newest first; replies only when they were broadcast to the channel.
pub(super) fn history(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let channel = call.require("channel")?;
    let limit = page_size(slack, call, 100)?;
    let window = Window::read(call)?;
    let world = slack.world();
    readable(&world, call, &channel)?;
    let before = call.text("cursor").map(|cursor| read_cursor(&cursor, "next_ts")).transpose()?;
    let mut wanted: Vec<&Message> = world
        .messages(&channel)
        .rev()
        .filter(|message| message.thread_ts.is_none() || message.broadcast)
        .filter(|message| window.holds(&message.ts))
        .filter(|message| before.as_ref().is_none_or(|before| message.ts <= *before))
        .collect();
    let next = wanted.get(limit).map(|message| write_cursor("next_ts", &message.ts));
    wanted.truncate(limit);
    let mut answer = json!({
        "messages": shown(slack, &world, call, &wanted),
        "has_more": next.is_some(),
        "pin_count": 0,
        "channel_actions_ts": null,
        "channel_actions_count": 0,
    });
    if let Some(next) = next {
        answer["response_metadata"] = json!({ "next_cursor": next });
    }
    Ok(answer)
}

/// The parent, then its replies, oldest first. The ts of a message without replies answers that message alone.
pub(super) fn replies(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let (channel, ts) = (call.require("channel")?, call.require("ts")?);
    let limit = page_size(slack, call, 1000)?;
    let window = Window::read(call)?;
    let world = slack.world();
    readable(&world, call, &channel)?;
    let parent = world.messages(&channel).find(|message| message.ts == ts).ok_or_else(|| refuse("thread_not_found"))?;
    let from = call.text("cursor").map(|cursor| read_cursor(&cursor, "next_ts")).transpose()?;
    let mut wanted: Vec<&Message> = std::iter::once(parent)
        .chain(world.replies(&channel, &ts))
        .filter(|message| message.ts == ts || window.holds(&message.ts))
        .filter(|message| from.as_ref().is_none_or(|from| message.ts >= *from))
        .collect();
    let next = wanted.get(limit).map(|message| write_cursor("next_ts", &message.ts));
    wanted.truncate(limit);
    let mut answer = json!({ "messages": shown(slack, &world, call, &wanted), "has_more": next.is_some() });
    if let Some(next) = next {
        answer["response_metadata"] = json!({ "next_cursor": next });
    }
    Ok(answer)
}

fn page_size(slack: &Slack, call: &Call, usual: usize) -> Result<usize, Refusal> {
    let most = slack.limits().largest_history_page();
    Ok(call.limit(usual, usual.max(999))?.min(most))
}

fn shown(slack: &Slack, world: &World, call: &Call, messages: &[&Message]) -> Vec<Value> {
    let metadata = if call.flag("include_all_metadata") { Metadata::Whole } else { Metadata::TypeOnly };
    messages.iter().map(|message| slack.message_object(world, message, metadata)).collect()
}

/// The bot reads where it is a member, with the history scope of the channel's kind.
fn readable(world: &World, call: &Call, channel: &str) -> Result<(), Refusal> {
    let channel = world.visible(channel).ok_or_else(|| refuse("channel_not_found"))?;
    call.need_scope(&format!("{}:history", channel.kind.scope_family()))?;
    if world.has_bot(channel) { Ok(()) } else { Err(refuse("not_in_channel")) }
}

/// `oldest` and `latest`, exclusive unless `inclusive` is set.
struct Window {
    oldest: Option<f64>,
    latest: Option<f64>,
    inclusive: bool,
}

impl Window {
    fn read(call: &Call) -> Result<Self, Refusal> {
        let bound = |name: &str, error: &str| -> Result<Option<f64>, Refusal> {
            call.text(name).map(|text| text.parse().map_err(|_| refuse(error))).transpose()
        };
        Ok(Self {
            oldest: bound("oldest", "invalid_ts_oldest")?,
            latest: bound("latest", "invalid_ts_latest")?,
            inclusive: call.flag("inclusive"),
        })
    }

    fn holds(&self, ts: &str) -> bool {
        // Microseconds of this century fit into the 53 bits of a float.
        let ts: f64 = ts.parse().unwrap_or_default();
        let after = self.oldest.is_none_or(|oldest| ts > oldest || (self.inclusive && ts >= oldest));
        let before = self.latest.is_none_or(|latest| ts < latest || (self.inclusive && ts <= latest));
        after && before
    }
}
