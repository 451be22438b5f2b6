//! The Events API: wrapper, signature, handshake and retries of what the workspace tells the app.
//!
//! <https://docs.slack.dev/apis/events-api/> (answer within 3 seconds with 2xx; retried at once, after 1 minute and after 5 minutes, with
//! `X-Slack-Retry-Num` and `X-Slack-Retry-Reason`); <https://docs.slack.dev/authentication/verifying-requests-from-slack> (signature).

use std::sync::Arc;

use serde_json::{Value, json};

use super::world::{Kind, Subscription, World, new_id};
use super::{ID, Slack};
use crate::kit::{Attempt, Delivery, Outgoing, hmac_sha256_hex};

/// Waits before the three retries.
const RETRIES: &[i64] = &[0, 60, 300];

/// A verification token from before signatures; still sent, deprecated.
const VERIFICATION_TOKEN: &str = "sandbox-verification-token";

/// `v0=` and the HMAC over version, timestamp and raw body.
pub(super) fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let signed = [format!("v0:{timestamp}:").as_bytes(), body].concat();
    format!("v0={}", hmac_sha256_hex(secret.as_bytes(), &signed))
}

/// Asks the receiver to echo a challenge; says what went wrong.
pub(super) async fn verify(slack: &Slack, subscription: &Subscription) -> Result<(), String> {
    let challenge = slack.kit.token("");
    let body = json!({ "token": VERIFICATION_TOKEN, "challenge": challenge, "type": "url_verification" });
    let outgoing = compose(&subscription.signing_secret, slack.kit.clock.now().as_second(), &body, None);
    let answer = slack.kit.webhooks.ask(&subscription.url, outgoing).await.map_err(|error| error.to_string())?;
    if !(200..300).contains(&answer.status) {
        return Err(format!("the challenge was answered with status {}", answer.status));
    }
    // The challenge may come back as plain text, as a form, or as JSON.
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let in_json = serde_json::from_str::<Value>(&text).is_ok_and(|value| value["challenge"] == json!(challenge));
    let plain = text.trim() == challenge || text.trim() == format!("challenge={challenge}");
    if in_json || plain { Ok(()) } else { Err("the answer does not hold the challenge".into()) }
}

/// A message was posted, changed or deleted. The app hears of channels it is a member of.
pub(super) fn message(slack: &Slack, channel: &str, subtype: Option<&str>, message: &Value) {
    let mut world = slack.world();
    let Some(place) = world.visible(channel).filter(|place| world.has_bot(place)) else { return };
    let (name, channel_type) = match place.kind {
        Kind::Public => ("message.channels", "channel"),
        Kind::Private => ("message.groups", "group"),
        Kind::Direct => ("message.im", "im"),
    };
    let event_ts = world.next_ts(slack.kit.clock.now().as_microsecond());
    let mut event = match subtype {
        None => message.clone(),
        Some("message_deleted") => {
            json!({ "type": "message", "subtype": "message_deleted", "hidden": true, "deleted_ts": message["ts"],
                    "previous_message": message, "ts": event_ts })
        }
        Some(subtype) => json!({ "type": "message", "subtype": subtype, "hidden": true, "message": message, "ts": event_ts }),
    };
    event["channel"] = json!(channel);
    event["channel_type"] = json!(channel_type);
    event["event_ts"] = if subtype.is_none() { message["ts"].clone() } else { json!(event_ts) };
    announce(slack, &world, name, &event);
}

/// The app's tokens ended.
pub(super) fn tokens_revoked(slack: &Slack) {
    let mut world = slack.world();
    let event_ts = world.next_ts(slack.kit.clock.now().as_microsecond());
    let event = json!({
        "type": "tokens_revoked",
        "tokens": { "oauth": [], "bot": [world.app.bot_user_id] },
        "event_ts": event_ts,
    });
    announce(slack, &world, "tokens_revoked", &event);
}

/// The app was removed from the workspace.
pub(super) fn app_uninstalled(slack: &Slack) {
    let mut world = slack.world();
    let event_ts = world.next_ts(slack.kit.clock.now().as_microsecond());
    let event = json!({ "type": "app_uninstalled", "event_ts": event_ts });
    announce(slack, &world, "app_uninstalled", &event);
}

/// Queues an event when the app subscribed to it.
fn announce(slack: &Slack, world: &World, name: &str, event: &Value) {
    let Some(subscription) = world.subscription.clone().filter(|one| one.events.iter().any(|wanted| wanted == name)) else {
        return;
    };
    let body = json!({
        "token": VERIFICATION_TOKEN,
        "team_id": world.team.id,
        "api_app_id": world.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": format!("Ev{}", new_id(&slack.kit, '0')),
        "event_time": slack.kit.clock.now().as_second(),
        "authed_users": [world.app.bot_user_id],
        "authorizations": [{
            "enterprise_id": null,
            "team_id": world.team.id,
            "user_id": world.app.bot_user_id,
            "is_bot": true,
            "is_enterprise_install": false,
        }],
        "is_ext_shared_channel": false,
    });
    let secret = subscription.signing_secret;
    slack.kit.webhooks.queue(Delivery {
        tool: ID,
        event: name.to_owned(),
        url: subscription.url,
        compose: Arc::new(move |attempt| compose(&secret, attempt.at.as_second(), &body, Some(attempt))),
        retry_after_seconds: RETRIES,
        retry_on: |status| !status.is_some_and(|status| (200..300).contains(&status)),
    });
}

fn compose(secret: &str, now: i64, body: &Value, attempt: Option<&Attempt>) -> Outgoing {
    let body = body.to_string().into_bytes();
    let timestamp = now.to_string();
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("x-slack-signature".to_owned(), signature(secret, &timestamp, &body)),
        ("x-slack-request-timestamp".to_owned(), timestamp),
    ];
    if let Some(attempt) = attempt.filter(|attempt| attempt.number > 1) {
        let reason = if attempt.last_status.is_some() { "http_error" } else { "http_timeout" };
        headers.push(("x-slack-retry-num".to_owned(), (attempt.number - 1).to_string()));
        headers.push(("x-slack-retry-reason".to_owned(), reason.to_owned()));
    }
    Outgoing { headers, body }
}
