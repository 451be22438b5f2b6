//! Changes: subscriptions to Workspace Events, and the Pub/Sub pushes by which they come, proven by an identity token.

use connector_kit::public_keys::Wanted;
use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{
    Error, ErrorKind, Hints, InboundHook, PublicKeys, Result, Secret, Session, Subscription, WebhookSource, async_trait, signature,
};
use model::connection::Capability;

use super::{GoogleMeet, details, wire};

const KEYS: &str = "https://www.googleapis.com/oauth2/v3/certs";
const SUBSCRIPTIONS: &str = "https://workspaceevents.googleapis.com/v1/subscriptions";
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];
/// After each of these there is something to read.
const EVENTS: [&str; 4] = [
    "google.workspace.meet.conference.v2.ended",
    "google.workspace.meet.recording.v2.fileGenerated",
    "google.workspace.meet.transcript.v2.fileGenerated",
    "google.workspace.meet.smartNote.v2.fileGenerated",
];
const USERS: &str = "//cloudidentity.googleapis.com/users/";

#[async_trait]
impl WebhookSource for GoogleMeet {
    fn receive(&self, _: &InboundHook<'_>) -> Result<Hints> {
        Err(signature::forged("it is proven by Google's keys, and they are not at hand"))
    }

    fn keys(&self) -> Option<&'static str> {
        Some(KEYS)
    }

    fn receive_signed(&self, hook: &InboundHook<'_>, keys: &PublicKeys) -> Result<Hints> {
        prove(hook, keys)?;
        let wire::Pushed { message } =
            serde_json::from_slice(hook.body).map_err(|error| Error::invalid(format!("Google's event cannot be read: {error}")))?;
        let attribute = |name: &str| message.attributes.get(name).map(String::as_str).unwrap_or_default();
        let is_of_meet = attribute("ce-type").starts_with("google.workspace.meet.");
        // Other events are about subscriptions: nobody's account, acknowledged and ignored.
        let subject = attribute("ce-subject");
        let account = subject.strip_prefix(USERS).unwrap_or(subject).to_owned();
        let wake = if is_of_meet { vec![Capability::Recordings] } else { Vec::new() };
        Ok(Hints { wake, account: Some(account), delivery: Some(message.message_id), ..Hints::default() })
    }

    /// Without a topic there are no events, and the schedule reads alone.
    async fn subscribe(&self, session: &Session, _: &SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        let Some(topic) = session.field("topic") else { return Ok(None) };
        let target = format!("{USERS}{}", details::user(session).await?.id);
        let made = match create(session, topic, &target).await {
            Err(error) if error.kind == ErrorKind::Conflict => renew(session, topic, &target).await?,
            made => made?,
        };
        let expires = made.expire_time.and_then(|text| text.parse().ok());
        Ok(Some(Subscription { id: made.name, resource: None, expires, secret: None }))
    }

    async fn unsubscribe(&self, session: &Session, subscription: &Subscription) -> Result<()> {
        delete(session, &subscription.id).await
    }
}

/// A token that Google signed, in the name of the push subscription's service account, for the address that was called
/// (docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions). Anybody can get a token for any address, so the name decides.
fn prove(hook: &InboundHook<'_>, keys: &PublicKeys) -> Result<()> {
    let account = hook.app_secret.map(Secret::expose).filter(|account| !account.is_empty());
    let account = account.ok_or_else(|| signature::forged("no service account is configured as webhook_secret"))?;
    let token = hook.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let token = token.ok_or_else(|| signature::forged("it bears no token"))?;
    let claims = keys.prove(token, Wanted { issuers: &ISSUERS, audience: hook.url, now: hook.now })?;
    if !claims.email_verified {
        return Err(signature::forged("its token names nobody"));
    }
    signature::same(claims.email.as_deref().unwrap_or_default(), account)
}

async fn create(session: &Session, topic: &str, target: &str) -> Result<wire::Subscription> {
    let wanted = wire::NewSubscription {
        target_resource: target,
        event_types: &EVENTS,
        notification_endpoint: wire::Endpoint { pubsub_topic: topic },
    };
    outcome(session.post(session.service(SUBSCRIPTIONS)).json(&wanted).fetch().await?)
}

/// There may be one subscription of a person: the one that is there lives on, unless it sends elsewhere.
async fn renew(session: &Session, topic: &str, target: &str) -> Result<wire::Subscription> {
    let filter = format!("event_types:\"{}\" AND target_resource=\"{target}\"", EVENTS[0]);
    let found: wire::Subscriptions = session.get(session.service(SUBSCRIPTIONS)).query("filter", &filter).fetch().await?;
    let Some(known) = found.subscriptions.into_iter().next() else {
        return Err(Error::new(ErrorKind::Conflict, "Google has a subscription of this account that it does not show"));
    };
    if known.notification_endpoint.as_ref().and_then(|endpoint| endpoint.pubsub_topic.as_deref()) != Some(topic) {
        delete(session, &known.name).await?;
        return create(session, topic, target).await;
    }
    let address = address(session, &known.name);
    if known.state.as_deref() == Some("SUSPENDED") {
        outcome(session.post(format!("{address}:reactivate")).json(&serde_json::json!({})).repeatable().fetch().await?)?;
    }
    // 0: as long as Google allows.
    let renewal = session.patch(address).query("updateMask", "ttl").json(&wire::Renewal { ttl: "0s" });
    outcome(renewal.repeatable().fetch().await?)
}

async fn delete(session: &Session, name: &str) -> Result<()> {
    match session.delete(address(session, name)).query("allowMissing", "true").send().await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn address(session: &Session, name: &str) -> String {
    let origin = SUBSCRIPTIONS.trim_end_matches("/v1/subscriptions");
    session.service(&format!("{origin}{}", details::path("v1", name)))
}

/// What a long-running operation came to; an error may stand in an answer with status 200.
pub(super) fn outcome(operation: wire::Operation) -> Result<wire::Subscription> {
    match operation {
        wire::Operation { error: Some(error), .. } => {
            let code = error.code.map_or_else(String::new, |code| code.to_string());
            // google.rpc.Code: 6 ALREADY_EXISTS, 7 PERMISSION_DENIED, 5 NOT_FOUND, 14 UNAVAILABLE.
            let kind = match error.code {
                Some(6) => ErrorKind::Conflict,
                Some(7) => ErrorKind::Forbidden,
                Some(5) => ErrorKind::NotFound,
                Some(14) => ErrorKind::Unavailable,
                _ => ErrorKind::Invalid,
            };
            Err(Error::new(kind, "Google did not make the subscription").with_code(code))
        }
        wire::Operation { done: true, response: Some(made), .. } => Ok(made),
        wire::Operation { done: true, response: None, .. } => Err(Error::protocol("Google's operation is done without an outcome")),
        wire::Operation { done: false, .. } => Err(Error::new(ErrorKind::Unavailable, "Google is still making the subscription")),
    }
}
