//! What every emulated tool is built from: clock, ledger, faults, authorization server, limits, webhooks, descriptions, control API. Names no tool.

mod chaos;
mod clock;
mod control;
#[cfg(test)]
mod described;
mod discovery;
mod door;
pub(crate) mod journal;
mod ledger;
mod limits;
mod oauth;
mod openapi;
mod operation;
mod refusal;
mod schema;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod toy;
mod validate;
mod webhooks;
pub mod xml;
pub mod xsd;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use rand::distr::{Alphanumeric, SampleString};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use crate::Options;

pub use chaos::{Chaos, Fault, Rule};
pub use clock::Clock;
pub use ledger::{Effect, Ledger};
pub use limits::{Limit, Quota};
pub use oauth::{
    Account, Authority, BodyKind, Caller, Client, ClientAuth, Denied, GrantKind, Issued, Need, OauthError, OauthReason, Pkce, Refresh,
    Style, TokenAnswer, TokenFacts, TokenKind,
};
pub use refusal::{Misfit, Refusal};
pub use validate::{Checks, Counts, DescriptionError, Outcome, Rules, Side, Validator, Violation};
pub use webhooks::{
    Answer, Attempt, Compose, Delivery, DeliveryRecord, DeliveryState, Outgoing, WebhookError, Webhooks, hmac_sha256, hmac_sha256_hex,
};

pub(crate) use control::router as control_router;
pub(crate) use door::mount;
pub use journal::JournalError;

/// What all tools share. One per sandbox.
#[derive(Debug)]
pub struct Kit {
    pub options: Options,
    pub clock: Clock,
    pub ledger: Ledger,
    pub chaos: Chaos,
    pub webhooks: Webhooks,
    pub checks: Checks,
    random: Mutex<StdRng>,
}

/// One emulated tool, ready to be mounted at `/{id}`.
pub struct Tool {
    pub id: &'static str,
    /// Paths without `/{id}`, the authority's included.
    pub router: Router,
    /// Seeding and a person's edits, mounted at `/_sandbox/{id}`.
    pub control: Router,
    pub authority: Arc<Authority>,
    pub validator: Validator,
}

impl Kit {
    pub(crate) fn new(options: Options) -> Self {
        let clock = Clock::default();
        Self {
            ledger: Ledger::new(clock.clone()),
            chaos: Chaos::default(),
            webhooks: Webhooks::new(clock.clone()),
            checks: Checks::new(clock.clone()),
            random: Mutex::new(StdRng::seed_from_u64(options.seed)),
            clock,
            options,
        }
    }

    /// A version 4 UUID from the seed.
    pub fn uuid(&self) -> Uuid {
        let bytes: [u8; 16] = self.with_random(Rng::random);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// `prefix` and 32 letters and digits from the seed.
    pub fn token(&self, prefix: &str) -> String {
        let text = self.with_random(|random| Alphanumeric.sample_string(random, 32));
        format!("{prefix}{text}")
    }

    /// A number from the seed, in `0..below` (0 when `below` is 0).
    pub fn number(&self, below: u64) -> u64 {
        self.with_random(|random| random.random_range(0..below.max(1)))
    }

    /// Where the tool is reached from outside: public URL and tool id, without a slash at the end.
    pub fn base(&self, tool: &str) -> String {
        let root = self.options.public_url.as_str().trim_end_matches('/');
        format!("{root}/{tool}")
    }

    fn with_random<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
