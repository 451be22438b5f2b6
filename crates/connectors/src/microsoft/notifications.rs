//! Graph's change notifications: subscribing, renewing, the handshake, and what a notification means.
//! <https://learn.microsoft.com/graph/change-notifications-delivery-webhooks>,
//! <https://learn.microsoft.com/graph/change-notifications-lifecycle-events>

use connector_kit::request::segment;
use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{Error, ErrorKind, Handshake, Hints, InboundHook, Result, Secret, Session, Subscription, signature};
use jiff::{SignedDuration, Timestamp};
use model::connection::Capability;
use serde::{Deserialize, Serialize};
use url::Url;

use super::IMMUTABLE_IDS;

/// A validation token is opaque; longer than this is none.
const LONGEST_TOKEN: usize = 4 << 10;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NewSubscription<'a> {
    change_type: &'static str,
    notification_url: &'a str,
    /// It cannot be added later.
    lifecycle_notification_url: &'a str,
    resource: &'a str,
    expiration_date_time: Timestamp,
    client_state: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Renewal {
    expiration_date_time: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    id: String,
    expiration_date_time: Timestamp,
}

#[derive(Debug, Deserialize)]
struct Notifications {
    value: Vec<Notification>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    subscription_id: Option<String>,
    client_state: Option<String>,
    /// Absent: something changed.
    lifecycle_event: Option<String>,
}

/// Reads a notification, or answers the handshake by which Graph asks whether an address is ours. Nothing is signed:
/// `clientState`, a secret of ours, is the proof. Notifications of several subscriptions may come together; those that bear
/// another secret are not believed.
pub fn receive(hook: &InboundHook<'_>, wake: Capability) -> Result<Hints> {
    if let Some(token) = validation_token(hook.url) {
        return handshake(token);
    }
    let secret = hook.subscription_secret.map(Secret::expose).filter(|secret| !secret.is_empty());
    let secret = secret.ok_or_else(|| signature::forged("no subscription is known for this connection"))?;
    let Notifications { value } = serde_json::from_slice(hook.body).map_err(|_| signature::forged("it holds no notification"))?;
    let proven = |one: &Notification| signature::same(one.client_state.as_deref().unwrap_or_default(), secret).is_ok();
    let own: Vec<Notification> = value.into_iter().filter(proven).collect();
    if own.is_empty() {
        return Err(signature::forged("its `clientState` is not ours"));
    }
    let mut hints = Hints::default();
    for one in own {
        let event = one.lifecycle_event.as_deref();
        // A subscription that was removed has missed changes too.
        if event != Some("reauthorizationRequired") {
            hints.wake = vec![wake];
        }
        if matches!(event, Some("reauthorizationRequired" | "subscriptionRemoved")) {
            hints.ending.extend(one.subscription_id);
        }
    }
    Ok(hints)
}

fn validation_token(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    url.query_pairs().find(|(name, _)| name == "validationToken").map(|(_, token)| token.into_owned())
}

/// The token comes back as it came, as plain text. It proves nothing, and nothing follows from it here.
fn handshake(token: String) -> Result<Hints> {
    if token.is_empty() || token.len() > LONGEST_TOKEN || token.chars().any(char::is_control) {
        return Err(signature::forged("it asks for a handshake without a token"));
    }
    Ok(Hints { answer: Some(Handshake::Body("text/plain", token)), ..Hints::default() })
}

/// Subscribes to every change of a resource, for so long. Graph asks the address for its handshake before it answers.
pub async fn subscribe(session: &Session, request: &SubscriptionRequest<'_>, resource: &str, life: SignedDuration) -> Result<Subscription> {
    let wanted = NewSubscription {
        change_type: "created,updated,deleted",
        notification_url: request.callback.as_str(),
        lifecycle_notification_url: request.callback.as_str(),
        resource,
        expiration_date_time: until(request.now, life),
        client_state: request.secret.expose(),
    };
    let made: Made = session.post("/subscriptions").header("prefer", IMMUTABLE_IDS).json(&wanted).fetch().await.map_err(explained)?;
    Ok(Subscription {
        id: made.id,
        resource: Some(resource.to_owned()),
        expires: Some(made.expiration_date_time),
        secret: Some(request.secret.clone()),
    })
}

/// Renews a subscription, which authorizes it anew as well. `None`: Graph no longer has it.
pub async fn renew(session: &Session, subscription: &Subscription, life: SignedDuration) -> Result<Option<Subscription>> {
    let renewal = Renewal { expiration_date_time: until(session.now(), life) };
    let target = format!("/subscriptions/{}", segment(&subscription.id));
    match session.patch(target).json(&renewal).repeatable().fetch::<Made>().await {
        Ok(made) => Ok(Some(Subscription { expires: Some(made.expiration_date_time), ..subscription.clone() })),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Ends a subscription; one that is gone already is a success.
pub async fn unsubscribe(session: &Session, subscription: &Subscription) -> Result<()> {
    match session.delete(format!("/subscriptions/{}", segment(&subscription.id))).send().await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whole seconds: Graph's dates have no more than seven digits behind them.
fn until(now: Timestamp, life: SignedDuration) -> Timestamp {
    let end = now.saturating_add(life).unwrap_or(Timestamp::MAX);
    Timestamp::from_second(end.as_second()).unwrap_or(end)
}

/// Why Graph makes no subscription, in most cases.
fn explained(error: Error) -> Error {
    if error.kind != ErrorKind::Invalid {
        return error;
    }
    let message =
        "Microsoft 365 sends to public https addresses alone, and asks the hub's address for a handshake; set it, or let the hub poll";
    Error { message: message.to_owned(), ..error }
}
