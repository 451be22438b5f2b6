//! What every connector must keep, as tests against its emulator: signing in, reading, writing, failing, webhooks.
//! Generic over the connector and over how the emulator is arranged. Panics where a promise is broken. Feature `contract`.
//!
//! A connector gives a [`Stand`]: itself on a [`Bench`], signed in to its emulator, with a part for each of its flows. The
//! functions of [`suite`] hold a stand to what every tool keeps; `Bench::close` then checks what holds for each of them: no
//! secret in any log, no request or answer that the tool's description does not know.

mod bench;
mod coverage;
mod failing;
mod hooks;
mod log;
mod reading;
mod signing_in;
mod stand;
pub mod suite;
mod writing;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use url::Url;

pub use bench::{Bench, SignIn};
pub use hooks::{Proof, Secrets};
pub use reading::{Reads, Walk, pages_end_and_resume, reads_from};
pub use stand::{Announces, Delivery, Editor, Item, Leaves, Reading, Stand, Writing};
pub use writing::Writes;

use crate::oauth::{ClientRegistration, Overrides};

/// What happens to a request at the emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Answered with this status, and never reaches the tool.
    Status { status: u16, retry_after: Option<String> },
    /// The effect happens; the answer ends in the middle.
    Cut,
    /// The effect happens; the answer is a web page with status 200.
    Garbage,
    /// The effect happens; the answer is 200 without a body.
    Empty,
    /// The effect happens; the answer waits until the faults are cleared.
    Hold,
    /// The effect happens; the connection closes without an answer.
    Lost,
}

/// What the person at the tool's pages decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// Only these scopes, where the tool lets people choose.
    AllowOnly(Vec<String>),
    Deny,
}

/// One real change of state at the emulator, made by a caller of its API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// `issue.create`, `issue.update`, …
    pub action: String,
    pub object: String,
}

/// What came of holding the traffic against the tool's description.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Requests that were held against the official description.
    pub requests: u64,
    /// Answers that were.
    pub answers: u64,
    /// Requests that were held against the emulator's own rules: the description may not be kept with the project.
    pub by_own_rules: u64,
    /// Requests and answers that were held against nothing: the folder of descriptions is not at hand, or lacks the endpoint.
    pub unchecked: u64,
    /// Requests to real endpoints that the description lacks: method and path template.
    pub undescribed: BTreeMap<String, u64>,
    /// Scopes without which a request would have been refused.
    pub needed: BTreeSet<String>,
    /// Every misfit, in words.
    pub violations: Vec<String>,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, answers, by_own_rules, unchecked, .. } = self;
        write!(f, "{requests} requests and {answers} answers held against the official description, ")?;
        write!(f, "{by_own_rules} requests against the emulator's own rules, {unchecked} against nothing")
    }
}

/// How a test arranges the emulator. One value stands for one tool of one running sandbox.
#[async_trait::async_trait]
pub trait Arrangement: Send + Sync + 'static {
    /// The tool's addresses at the emulator.
    fn overrides(&self) -> Overrides;
    /// The app as the emulator knows it.
    fn client(&self) -> ClientRegistration;
    /// Facts about the app that the operator set.
    fn fields(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
    /// A redirect URI that the emulator knows.
    fn redirect(&self) -> Url;
    /// A person goes through the pages from the authorize address on; returns the address they are sent back to.
    async fn go_through_the_pages(&self, authorize: &Url, decision: &Decision) -> Url;
    /// Whether the tool's first page refuses this request and sends the browser nowhere.
    async fn is_stopped(&self, authorize: &Url) -> bool;
    /// From now on, requests whose path contains `path` meet the fault; `times`: so often, else until `calm`. Of a tool with one
    /// path, `path#word` are the requests whose body contains the word.
    fn strike(&self, path: &str, fault: Fault, times: Option<u32>);
    /// Ends all faults.
    fn calm(&self);
    /// The people take back every sign-in at the tool.
    async fn revoke_everybody(&self);
    /// All effects so far.
    fn effects(&self) -> Vec<Effect>;
    /// The emulator's clock, which is everybody's in a test.
    fn now(&self) -> Timestamp;
    /// Moves it.
    fn advance(&self, by: SignedDuration);
    fn checked(&self) -> Checked;
}
