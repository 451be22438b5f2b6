//! The rules: when to run, who wins, what a direction means, what a status says. Names no tool and writes no SQL.
#![forbid(unsafe_code)]

mod absorb;
pub mod actor;
mod approved;
pub mod brake;
pub mod commitments;
pub mod connect;
mod credentials;
mod deletions;
pub mod diagnose;
pub mod disconnect;
pub mod error;
pub mod hooks;
pub mod hub;
pub mod import;
mod key_ring;
pub mod mapping;
pub mod matching;
mod media;
pub mod meetings;
pub mod options;
mod pass;
mod places;
mod plan;
pub mod preview;
mod project;
mod pull;
mod push;
pub mod rules;
pub mod schedule;
pub mod subscriptions;
mod sweep;
pub mod uncertain;
mod unsettled;
pub mod worker;

pub use actor::Actor;
pub use error::{Error, Result};
pub use hub::{Hub, HubParts, IntegrationConfig};
