//! `conversations.list`, `info`, `join`, `open`, and how a channel is shown. <https://docs.slack.dev/reference/objects/conversation-object>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::call::Call;
use super::world::{Channel, Kind, World};
use super::{ID, Slack, refuse};
use crate::kit::Refusal;

impl Kind {
    /// The family of scopes that a channel of this kind needs.
    pub(super) fn scope_family(self) -> &'static str {
        match self {
            Self::Public => "channels",
            Self::Private => "groups",
            Self::Direct => "im",
        }
    }
}

pub(super) fn list(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let types = call.text("types").unwrap_or_else(|| "public_channel".into());
    let mut kinds = Vec::new();
    for name in types.split(',').map(str::trim) {
        let kind = match name {
            "public_channel" => Some(Kind::Public),
            "private_channel" => Some(Kind::Private),
            "im" => Some(Kind::Direct),
            // Direct messages of several people: the workspace has none.
            "mpim" => None,
            _ => return Err(refuse("invalid_types")),
        };
        call.need_scope(&format!("{}:read", kind.map_or("mpim", Kind::scope_family)))?;
        kinds.extend(kind);
    }
    let limit = call.limit(100, 1000)?;
    let world = slack.world();
    let without_archived = call.flag("exclude_archived");
    let wanted: Vec<&Channel> = world
        .channels
        .iter()
        .filter(|channel| kinds.contains(&channel.kind) && world.visible(&channel.id).is_some())
        .filter(|channel| !(without_archived && channel.archived))
        .collect();
    let page = Page::cut(&wanted, "team", |channel| &channel.id, limit, call.text("cursor").as_deref())?;
    let channels: Vec<Value> = page.entries.iter().map(|channel| channel_object(&world, channel)).collect();
    Ok(json!({ "channels": channels, "response_metadata": { "next_cursor": page.next_cursor } }))
}

pub(super) fn info(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let wanted = call.require("channel")?;
    let world = slack.world();
    let channel = world.visible(&wanted).ok_or_else(|| refuse("channel_not_found"))?;
    call.need_scope(&format!("{}:read", channel.kind.scope_family()))?;
    let mut object = channel_object(&world, channel);
    if let (Some(map), false) = (object.as_object_mut(), call.flag("include_num_members")) {
        map.remove("num_members");
    }
    Ok(json!({ "channel": object }))
}

/// Apps may join public channels; joining twice is a warning, no error.
pub(super) fn join(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let wanted = call.require("channel")?;
    let mut world = slack.world();
    let bot = world.app.bot_user_id.clone();
    let channel = world.visible(&wanted).ok_or_else(|| refuse("channel_not_found"))?;
    if channel.kind != Kind::Public {
        return Err(refuse("method_not_supported_for_channel_type"));
    }
    if channel.archived {
        return Err(refuse("is_archived"));
    }
    if world.has_bot(channel) {
        return Ok(json!({ "channel": channel_object(&world, channel), "warning": "already_in_channel" }));
    }
    if let Some(channel) = world.channel_mut(&wanted) {
        channel.members.push(bot);
    }
    slack.kit.ledger.record(ID, "channel.join", &wanted, None, json!({ "channel": wanted }));
    let channel = world.visible(&wanted).ok_or_else(|| refuse("channel_not_found"))?;
    Ok(json!({ "channel": channel_object(&world, channel) }))
}

/// Direct messages with one person. Several people would need `mpim:write`, which the app cannot ask for here.
pub(super) fn open(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let mut world = slack.world();
    let (id, was_open) = if let Some(channel) = call.text("channel") {
        let direct = world.visible(&channel).filter(|channel| channel.kind == Kind::Direct);
        (direct.ok_or_else(|| refuse("channel_not_found"))?.id.clone(), true)
    } else {
        let users = call.text("users").ok_or_else(|| refuse("users_list_not_supplied"))?;
        let users: Vec<&str> = users.split(',').map(str::trim).filter(|user| !user.is_empty()).collect();
        let [user] = users.as_slice() else {
            return Err(super::oauth::missing_scope("mpim:write", &call.caller.scopes));
        };
        let person = world.user(user).filter(|user| user.is_person()).ok_or_else(|| refuse("user_not_found"))?;
        if person.deleted {
            return Err(refuse("user_disabled"));
        }
        let person = person.id.clone();
        let (id, was_open) = world.direct(&slack.kit, &person);
        if !was_open {
            slack.kit.ledger.record(ID, "conversation.open", &id, Some(&person), json!({ "users": person }));
        }
        (id, was_open)
    };
    let mut answer = json!({ "channel": { "id": id } });
    if call.flag("return_im")
        && let Some(channel) = world.visible(&id)
    {
        answer["channel"] = channel_object(&world, channel);
    }
    if was_open {
        answer["no_op"] = json!(true);
        answer["already_open"] = json!(true);
    }
    Ok(answer)
}

fn channel_object(world: &World, channel: &Channel) -> Value {
    if channel.kind == Kind::Direct {
        return json!({
            "id": channel.id,
            "created": channel.created,
            "is_archived": channel.archived,
            "is_im": true,
            "is_org_shared": false,
            "user": channel.members.first(),
            "is_user_deleted": false,
            "priority": 0,
        });
    }
    let about = |value: &str| json!({ "value": value, "creator": "", "last_set": 0 });
    json!({
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": channel.created,
        "creator": channel.creator,
        "is_channel": true,
        "is_group": false,
        "is_im": false,
        "is_mpim": false,
        "is_private": channel.kind == Kind::Private,
        "is_archived": channel.archived,
        "is_general": channel.general,
        "is_shared": false,
        "is_ext_shared": false,
        "is_org_shared": false,
        "is_pending_ext_shared": false,
        "pending_shared": [],
        "shared_team_ids": [world.team.id],
        "is_member": world.has_bot(channel),
        "unlinked": 0,
        "topic": about(""),
        "purpose": about(&channel.purpose),
        "previous_names": [],
        "num_members": channel.members.len(),
    })
}

/// One page of a list; the cursor names the first entry of the next one.
pub(super) struct Page<'e, T> {
    pub entries: &'e [T],
    /// Empty at the end, as in Slack.
    pub next_cursor: String,
}

impl<'e, T> Page<'e, T> {
    pub(super) fn cut(all: &'e [T], label: &str, id: impl Fn(&T) -> &String, limit: usize, cursor: Option<&str>) -> Result<Self, Refusal> {
        let start = match cursor {
            None => 0,
            Some(cursor) => {
                let wanted = read_cursor(cursor, label)?;
                all.iter().position(|entry| *id(entry) == wanted).ok_or_else(|| refuse("invalid_cursor"))?
            }
        };
        let rest = &all[start..];
        let next_cursor = rest.get(limit).map(|entry| write_cursor(label, id(entry))).unwrap_or_default();
        Ok(Self { entries: &rest[..limit.min(rest.len())], next_cursor })
    }
}

/// Slack's cursors are base64 of `label:place`, as its samples show.
pub(super) fn write_cursor(label: &str, place: &str) -> String {
    STANDARD.encode(format!("{label}:{place}"))
}

pub(super) fn read_cursor(cursor: &str, label: &str) -> Result<String, Refusal> {
    let text = STANDARD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let place = text.as_deref().and_then(|text| text.strip_prefix(label)?.strip_prefix(':'));
    place.map(str::to_owned).ok_or_else(|| refuse("invalid_cursor"))
}
