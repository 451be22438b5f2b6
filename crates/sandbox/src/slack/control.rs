//! Control routes of the emulated Slack: a person posts, channels are made and archived, the app is removed, events are subscribed, limits set.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::limits::{Limits, Plan};
use super::message::Metadata;
use super::world::{Kind, Message, Subscription};
use super::{Slack, events};

/// Routes below `/_sandbox/slack`.
pub(super) fn router(slack: Arc<Slack>) -> Router {
    Router::new()
        .route("/workspace", get(workspace))
        .route("/messages", get(messages).post(person_posts))
        .route("/channels", post(add_channel))
        .route("/channels/{channel}/archive", post(archive))
        .route("/channels/{channel}/bot", post(invite_bot).delete(remove_bot))
        .route("/events", post(subscribe))
        .route("/uninstall", post(uninstall))
        .route("/limits", post(set_limits))
        .with_state(slack)
}

/// Ids of the team, the people and the channels.
async fn workspace(State(slack): State<Arc<Slack>>) -> Json<Value> {
    let world = slack.world();
    let users: Vec<Value> = world
        .users
        .iter()
        .map(|user| json!({ "id": user.id, "email": user.email, "name": user.real_name, "deleted": user.deleted }))
        .collect();
    let channels: Vec<Value> = world
        .channels
        .iter()
        .map(|channel| json!({ "id": channel.id, "name": channel.name, "archived": channel.archived, "members": channel.members }))
        .collect();
    Json(json!({ "team_id": world.team.id, "domain": world.team.domain, "app_id": world.app.id, "users": users, "channels": channels }))
}

#[derive(Deserialize)]
struct InChannel {
    channel: String,
}

/// Everything in a channel, oldest first, replies among the rest: what people see.
async fn messages(State(slack): State<Arc<Slack>>, Query(query): Query<InChannel>) -> Response {
    let world = slack.world();
    let Some(channel) = world.find_channel(&query.channel) else {
        return problem(&format!("no channel {:?}", query.channel));
    };
    let messages: Vec<Value> = world.messages(&channel.id).map(|one| slack.message_object(&world, one, Metadata::Whole)).collect();
    Json(json!({ "messages": messages })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Posting {
    /// Id or name; or left out for a direct message to the bot.
    channel: Option<String>,
    /// E-mail address of the person.
    user: String,
    text: String,
    thread_ts: Option<String>,
}

async fn person_posts(State(slack): State<Arc<Slack>>, Json(posting): Json<Posting>) -> Response {
    let (channel, shown) = {
        let mut world = slack.world();
        let Some(user) = world.user_by_email(&posting.user).map(|user| user.id.clone()) else {
            return problem(&format!("no person {:?}", posting.user));
        };
        let channel = match &posting.channel {
            None => world.direct(&slack.kit, &user).0,
            Some(reference) => match world.find_channel(reference) {
                Some(channel) if !channel.archived => channel.id.clone(),
                _ => return problem(&format!("no open channel {reference:?}")),
            },
        };
        let message = Message {
            ts: world.next_ts(slack.kit.clock.now().as_microsecond()),
            channel: channel.clone(),
            user,
            by_app: false,
            text: posting.text,
            blocks: None,
            metadata: None,
            thread_ts: posting.thread_ts,
            broadcast: false,
            edited_ts: None,
            tombstone: false,
        };
        world.put(message.clone());
        (channel, slack.message_object(&world, &message, Metadata::Whole))
    };
    events::message(&slack, &channel, None, &shown);
    Json(json!({ "channel": channel, "ts": shown["ts"] })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewChannel {
    name: String,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    with_bot: bool,
}

async fn add_channel(State(slack): State<Arc<Slack>>, Json(wanted): Json<NewChannel>) -> Response {
    let mut world = slack.world();
    if world.find_channel(&wanted.name).is_some() {
        return problem(&format!("there is a channel {:?}", wanted.name));
    }
    let mut members: Vec<String> = world.users.iter().filter(|u| u.is_person() && !u.deleted).map(|u| u.id.clone()).collect();
    if wanted.with_bot {
        members.push(world.app.bot_user_id.clone());
    }
    let kind = if wanted.private { Kind::Private } else { Kind::Public };
    let id = world.add_channel(&slack.kit, &wanted.name, kind, members);
    (StatusCode::CREATED, Json(json!({ "id": id }))).into_response()
}

async fn archive(State(slack): State<Arc<Slack>>, Path(reference): Path<String>) -> Response {
    let mut world = slack.world();
    let id = world.find_channel(&reference).map(|channel| channel.id.clone()).unwrap_or_default();
    match world.channel_mut(&id) {
        Some(channel) => {
            channel.archived = true;
            StatusCode::NO_CONTENT.into_response()
        }
        None => problem(&format!("no channel {reference:?}")),
    }
}

async fn invite_bot(State(slack): State<Arc<Slack>>, Path(reference): Path<String>) -> Response {
    change_bot(&slack, &reference, true)
}

async fn remove_bot(State(slack): State<Arc<Slack>>, Path(reference): Path<String>) -> Response {
    change_bot(&slack, &reference, false)
}

fn change_bot(slack: &Slack, reference: &str, member: bool) -> Response {
    let mut world = slack.world();
    let bot = world.app.bot_user_id.clone();
    let id = world.find_channel(reference).map(|channel| channel.id.clone()).unwrap_or_default();
    let Some(channel) = world.channel_mut(&id) else {
        return problem(&format!("no channel {reference:?}"));
    };
    channel.members.retain(|one| *one != bot);
    if member {
        channel.members.push(bot);
    }
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribing {
    url: String,
    signing_secret: String,
    /// `message.channels`, `message.groups`, `message.im`, `app_uninstalled`, `tokens_revoked`; all of them when left out.
    #[serde(default = "all_events")]
    events: Vec<String>,
}

fn all_events() -> Vec<String> {
    ["message.channels", "message.groups", "message.im", "app_uninstalled", "tokens_revoked"].map(str::to_owned).to_vec()
}

/// As in the app's settings: the URL must echo the challenge before it is taken.
async fn subscribe(State(slack): State<Arc<Slack>>, Json(wanted): Json<Subscribing>) -> Response {
    if let Some(unknown) = wanted.events.iter().find(|event| !all_events().contains(event)) {
        return problem(&format!("no event {unknown:?}"));
    }
    let subscription = Subscription { url: wanted.url, signing_secret: wanted.signing_secret, events: wanted.events };
    if let Err(reason) = events::verify(&slack, &subscription).await {
        return problem(&reason);
    }
    slack.world().subscription = Some(subscription);
    StatusCode::NO_CONTENT.into_response()
}

/// A person removes the app from the workspace: all its tokens end.
async fn uninstall(State(slack): State<Arc<Slack>>) -> Json<Value> {
    let revoked = slack.authority.revoke_account(None);
    events::app_uninstalled(&slack);
    events::tokens_revoked(&slack);
    slack.world().was_removed = true;
    Json(json!({ "revoked": revoked }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetLimits {
    plan: Plan,
}

async fn set_limits(State(slack): State<Arc<Slack>>, Json(wanted): Json<SetLimits>) -> StatusCode {
    *slack.limits() = Limits::new(&slack.kit.clock, wanted.plan);
    StatusCode::NO_CONTENT
}

fn problem(reason: &str) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": reason }))).into_response()
}
