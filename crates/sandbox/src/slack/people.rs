//! `users.list`, `users.info`, `users.lookupByEmail`. <https://docs.slack.dev/reference/objects/user-object>

use serde_json::{Value, json};

use super::call::Call;
use super::channels::Page;
use super::world::{User, World};
use super::{Slack, refuse};
use crate::kit::Refusal;

pub(super) fn list(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let world = slack.world();
    // Without a limit Slack tries to deliver everybody at once.
    let limit = call.limit(world.users.len().max(1), 1000)?;
    let page = Page::cut(&world.users, "user", |user| &user.id, limit, call.text("cursor").as_deref())?;
    let members: Vec<Value> = page.entries.iter().map(|user| user_object(slack, &world, user, call)).collect();
    Ok(json!({
        "members": members,
        "cache_ts": slack.kit.clock.now().as_second(),
        "response_metadata": { "next_cursor": page.next_cursor },
    }))
}

pub(super) fn info(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let wanted = call.text("user").ok_or_else(|| refuse("user_not_found"))?;
    let world = slack.world();
    let user = world.user(&wanted).ok_or_else(|| refuse("user_not_found"))?;
    Ok(json!({ "user": user_object(slack, &world, user, call) }))
}

pub(super) fn lookup_by_email(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    let email = call.require("email")?;
    let world = slack.world();
    let user = world.user_by_email(&email).filter(|user| !user.deleted).ok_or_else(|| refuse("users_not_found"))?;
    Ok(json!({ "user": user_object(slack, &world, user, call) }))
}

/// The e-mail address is there only with its own scope.
fn user_object(slack: &Slack, world: &World, user: &User, call: &Call) -> Value {
    let mut profile = json!({
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "fields": {},
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": "g0000000000",
        "image_72": format!("{}/avatars/{}_72.png", slack.base(), user.id),
        "team": world.team.id,
    });
    if user.is_person() && call.has_scope("users:read.email") {
        profile["email"] = json!(user.email);
    }
    if user.id == world.app.bot_user_id {
        profile["api_app_id"] = json!(world.app.id);
        profile["bot_id"] = json!(world.app.bot_id);
    }
    let mut object = json!({
        "id": user.id,
        "team_id": world.team.id,
        "name": user.name,
        "deleted": user.deleted,
        "profile": profile,
        "is_bot": user.bot,
        "is_app_user": false,
        "updated": 1_700_000_000,
    });
    if !user.deleted {
        object["real_name"] = json!(user.real_name);
        object["tz"] = json!("Europe/London");
        object["tz_label"] = json!("Greenwich Mean Time");
        object["tz_offset"] = json!(0);
        object["color"] = json!("9f69e7");
        for flag in ["is_admin", "is_owner", "is_primary_owner", "is_restricted", "is_ultra_restricted"] {
            object[flag] = json!(false);
        }
    }
    object
}
