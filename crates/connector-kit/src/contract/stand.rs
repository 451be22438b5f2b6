//! A stand: one tool on its bench, with what the suite cannot read from its manifest. The suite holds every stand to the same.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use model::connection::Capability;
use model::settings::Destination;
use serde::Serialize;

use super::hooks::Proof;
use super::reading::Reads;
use super::writing::Writes;
use super::{Bench, Secrets};
use crate::capability::{Sink, Source};
use crate::outbound::Outbound;
use crate::webhook::InboundHook;

/// One tool on its bench.
pub struct Stand {
    pub bench: Bench,
    /// A part of the path that `Connector::identify` calls; faults strike there.
    pub identify: &'static str,
    /// How long an access token lives.
    pub token_life: SignedDuration,
    /// Scopes for a sign-in that may do nothing but sign in; `None`: this sign-in cannot choose its scopes.
    pub fewest: Option<&'static [&'static str]>,
    /// One for each pull flow of the manifest.
    pub reads: Vec<Box<dyn Reads>>,
    /// One for each push flow of the manifest.
    pub writes: Vec<Box<dyn Writes>>,
    /// Where the tool has webhooks.
    pub announces: Option<Box<dyn Announces>>,
}

/// Somebody who works in the tool by its own pages. Each method returns when a pull can see what was done.
#[async_trait::async_trait]
pub trait Editor: Send + Sync {
    /// Makes so many objects; their ids.
    async fn make(&self, count: usize) -> Vec<String>;
    /// Changes one in a way that a pull tells; `false`: nothing there ever changes.
    async fn change(&self, id: &str) -> bool;
    /// Takes one away; `false`: the tool never tells that one is gone.
    async fn remove(&self, id: &str) -> bool;
}

/// A pull flow.
pub struct Reading<T: 'static> {
    pub capability: Capability,
    pub source: &'static dyn Source<T>,
    pub destination: Option<Destination>,
    /// A part of the path that reads go to; faults strike there.
    pub path: &'static str,
    pub editor: Box<dyn Editor>,
    /// So many objects do not fit on one page.
    pub more_than_a_page: usize,
}

/// What a write leaves at the tool, by the actions of the emulator's ledger.
#[derive(Debug, Clone, Copy)]
pub enum Leaves {
    /// An object of its own: the action of a new one, and of its end.
    Object { create: &'static str, delete: &'static str },
    /// Values on an object that was there before: the action of a change. Deleting takes nothing back.
    Values { update: &'static str },
}

/// A push flow.
pub struct Writing<T: 'static> {
    pub capability: Capability,
    pub sink: &'static dyn Sink<T>,
    pub leaves: Leaves,
    /// A part of the path that writes go to; faults strike there.
    pub path: &'static str,
    /// The n-th item: each has a key, a record and a content of its own.
    pub item: Box<dyn Fn(u8) -> Outbound<T> + Send + Sync>,
    /// The same item with another content.
    pub edit: fn(&T) -> T,
}

/// A webhook that the emulator really sent.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub method: String,
    pub url: String,
    /// Lower-case names.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    pub secrets: Secrets,
}

impl Delivery {
    /// As it comes to a connector.
    pub fn hook(&self, now: jiff::Timestamp) -> InboundHook<'_> {
        InboundHook {
            method: &self.method,
            url: &self.url,
            headers: &self.headers,
            body: &self.body,
            now,
            app_secret: self.secrets.app.as_ref(),
            subscription_secret: self.secrets.subscription.as_ref(),
        }
    }
}

/// A tool that sends webhooks.
#[async_trait::async_trait]
pub trait Announces: Send + Sync {
    /// How a delivery proves its sender.
    fn proof(&self) -> Proof;
    /// The streams that the delivery wakes.
    fn wakes(&self) -> &'static [Capability];
    /// Sets webhooks up, lets something happen that the tool announces, and gives what was delivered.
    async fn deliver(&self, bench: &Bench) -> Delivery;
}

/// What a `T` must be for the suite to write it.
pub trait Item: Clone + std::fmt::Debug + Serialize + Send + Sync + 'static {}

impl<T: Clone + std::fmt::Debug + Serialize + Send + Sync + 'static> Item for T {}
