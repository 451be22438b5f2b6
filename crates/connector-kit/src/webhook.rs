//! Inbound webhooks: proof of the sender, and hints which streams to wake. They never carry truth.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::connection::Capability;
use url::Url;

use crate::error::Result;
use crate::public_keys::PublicKeys;
use crate::secret::Secret;
use crate::session::Session;

/// A request that came to `/hooks/{integration}/{connection}`.
#[derive(Debug, Clone)]
pub struct InboundHook<'a> {
    pub method: &'a str,
    /// The public address that the tool called, as configured, with the query it sent.
    pub url: &'a str,
    /// Lower-case names.
    pub headers: &'a BTreeMap<String, String>,
    pub body: &'a [u8],
    pub now: Timestamp,
    /// The app's signing secret from the configuration.
    pub app_secret: Option<&'a Secret>,
    /// The secret of this connection's own subscription.
    pub subscription_secret: Option<&'a Secret>,
}

impl InboundHook<'_> {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// What a tool that asks whether an address takes its webhooks is answered, with status 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handshake {
    /// This content type and body.
    Body(&'static str, String),
    /// This header (its name in lower case), and no body.
    Header(&'static str, String),
}

/// What a proven webhook means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// Which pull streams to wake.
    pub wake: Vec<Capability>,
    /// Whose account it concerns (`Account::id`), where the tool sends every account's events to the app's one address.
    /// One that is not this connection's is acknowledged and ignored.
    pub account: Option<String>,
    /// The tool's id of this delivery, where it has one: a second one with the same id is acknowledged and ignored.
    pub delivery: Option<String>,
    /// It asks for a handshake, and this is the answer.
    pub answer: Option<Handshake>,
    /// The subscriptions (`Subscription::id`) that the tool has ended, or will end unless they are renewed: they are renewed, or
    /// made anew, before long.
    pub ending: Vec<String>,
    /// The tool brings the secret by which it will sign, unproven, and sends nothing more until a person has entered it at the tool.
    /// It is kept for the connection to whose own address it came, and shown to those who may change that connection.
    pub entrusted: Option<Secret>,
    /// The tool says that its side ended the connection (app uninstalled, token revoked).
    pub revoked: bool,
}

/// A subscription at the tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The tool's id.
    pub id: String,
    /// What it watches, where the tool needs it to end the subscription.
    pub resource: Option<String>,
    pub expires: Option<Timestamp>,
    /// Sealed by the store.
    pub secret: Option<Secret>,
}

/// What to subscribe to.
#[derive(Debug, Clone)]
pub struct SubscriptionRequest<'a> {
    /// Where the tool is to send.
    pub callback: &'a Url,
    /// A fresh random text, for tools that let us choose the secret or channel id.
    pub secret: &'a Secret,
    /// A fresh UUID for tools that want an id of ours.
    pub id: uuid::Uuid,
    /// The chosen calendar, team or board.
    pub destination: Option<&'a model::settings::Destination>,
    pub now: Timestamp,
}

/// A tool that announces changes.
#[async_trait::async_trait]
pub trait WebhookSource: Send + Sync {
    /// Proves the sender and reads the hints, in constant work before the proof. `Unauthorized`: forged or too old.
    /// `Invalid`: proven, but not readable.
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints>;

    /// Where the tool's platform publishes the keys by which it signs, if it signs with keys of its own: then the hub fetches them
    /// and asks `receive_signed` in place of `receive`.
    fn keys(&self) -> Option<&'static str> {
        None
    }

    /// As `receive`, with the platform's keys.
    fn receive_signed(&self, hook: &InboundHook<'_>, _keys: &PublicKeys) -> Result<Hints> {
        self.receive(hook)
    }

    /// Subscribes through the API. `None`: the tool's app settings hold the address (manifest `by_api: false`).
    async fn subscribe(&self, session: &Session, request: &SubscriptionRequest<'_>) -> Result<Option<Subscription>>;

    /// Gives a subscription a longer life, as the same one: no message is lost or doubled. `None`: the tool cannot, or no longer
    /// knows this one; then a new one is made before the old one is ended.
    async fn renew(&self, _session: &Session, _subscription: &Subscription) -> Result<Option<Subscription>> {
        Ok(None)
    }

    /// Ends a subscription; one that is gone already is a success.
    async fn unsubscribe(&self, session: &Session, subscription: &Subscription) -> Result<()>;
}

/// Takes a webhook: by the platform's keys where there are some, else by the shared secrets.
pub fn receive(source: &dyn WebhookSource, hook: &InboundHook<'_>, keys: Option<&PublicKeys>) -> Result<Hints> {
    match keys {
        Some(keys) => source.receive_signed(hook, keys),
        None => source.receive(hook),
    }
}
