//! All that a connector's author imports: the traits, the facts, the one door to the network, errors, sign-in, signatures.
#![forbid(unsafe_code)]

pub mod budget;
pub mod capability;
pub mod connector;
#[cfg(feature = "contract")]
pub mod contract;
pub mod error;
pub mod guard;
pub mod locate;
pub mod manifest;
pub mod network;
pub mod oauth;
pub mod outbound;
pub mod page;
pub mod request;
pub mod session;
pub mod signature;
pub mod tokens;
pub mod webhook;

pub use async_trait::async_trait;
pub use budget::{Budget, Budgets};
pub use capability::{
    ActivityLog, AssociationQuery, CalendarSource, ContactBook, DealBoard, MediaStream, Member, MessageSink, NoteSink, RecordingSource,
    Sink, Source, TaskBoard,
};
pub use connector::{Account, Connector};
pub use error::{Error, ErrorKind, Result, Retry};
pub use manifest::Manifest;
pub use model::secret::{self, Secret};
pub use network::Network;
pub use outbound::{Edit, EffectClass, Link, Outbound, Receipt};
pub use page::{Cursor, Entry, Page, PullRequest, Remote};
pub use request::{Reply, Request};
pub use session::{AccessToken, RetryPolicy, Session, TokenSource};
pub use webhook::{Handshake, Hints, InboundHook, Subscription, WebhookSource};
