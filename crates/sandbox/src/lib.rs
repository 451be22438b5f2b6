//! The sandbox: the tools Harmony connects to, emulated as small servers from their official descriptions. Imports none of Harmony's crates.
//!
//! One router serves all tools, each below `/{tool-id}`, and a control API below `/_sandbox`. All state is in memory.

mod asana;
mod exchange;
mod google_calendar;
#[cfg(test)]
mod harness;
mod hubspot;
pub mod kit;
mod linear;
pub mod mailbox;
mod page;
mod people;
pub mod person;
#[cfg(test)]
mod probe;
mod slack;
pub mod steering;
mod talkdesk;
mod zoom;

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use url::Url;

use kit::{DescriptionError, Kit, Tool};

/// How long `deliver_webhooks` sleeps when nothing is queued; retries that fall due are found then.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// How a sandbox is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the sandbox is reached; goes into the links that tools hand out.
    pub public_url: Url,
    /// Folder of official descriptions. Without it nothing is validated, and the counts say so.
    pub specs: Option<PathBuf>,
    /// Exact redirect URIs of the default client of every tool.
    pub redirect_uris: Vec<String>,
    /// Ids, tokens and secrets follow from it.
    pub seed: u64,
}

impl Options {
    /// No descriptions, no redirect URIs, seed 1.
    pub fn new(public_url: Url) -> Self {
        Self { public_url, specs: None, redirect_uris: Vec::new(), seed: 1 }
    }
}

/// Builds one tool.
pub type Build = fn(&Arc<Kit>) -> Result<Tool, DescriptionError>;

/// The one list of emulated tools.
const TOOLS: &[Build] =
    &[asana::tool, exchange::tool, google_calendar::tool, hubspot::tool, linear::tool, slack::tool, talkdesk::tool, zoom::tool];

/// All emulated tools over one state. Cheap to clone; clones share the state.
#[derive(Clone)]
pub struct Sandbox {
    kit: Arc<Kit>,
    router: Router,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sandbox").field("options", &self.kit.options).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// A sandbox of all tools, seeded with the demo organisation.
    ///
    /// # Errors
    /// A description in `options.specs` is missing or cannot be read.
    pub fn new(options: Options) -> Result<Self, DescriptionError> {
        Self::with_tools(options, TOOLS)
    }

    /// A sandbox of these tools alone.
    ///
    /// # Errors
    /// As [`Sandbox::new`].
    pub fn with_tools(options: Options, tools: &[Build]) -> Result<Self, DescriptionError> {
        let kit = Arc::new(Kit::new(options));
        let mut router = Router::new();
        let mut control = Router::new();
        let mut authorities = BTreeMap::new();
        for build in tools {
            let mut tool = build(&kit)?;
            let path = format!("/{}", tool.id);
            authorities.insert(tool.id, Arc::clone(&tool.authority));
            control = control.nest(&path, std::mem::take(&mut tool.control));
            router = router.nest(&path, kit::mount(&kit, tool));
        }
        let control = control.merge(kit::control_router(&kit, authorities));
        Ok(Self { router: router.nest("/_sandbox", control), kit })
    }

    /// Every tool and the control API. Webhooks leave only while [`Sandbox::deliver_webhooks`] runs, or at a flush.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Keeps a journal at `path`: what was asked of an earlier sandbox with this seed is played again, so that this one is where
    /// that one was; what is asked of this one is written down.
    ///
    /// # Errors
    /// The journal cannot be read or written.
    pub async fn with_journal(self, path: &std::path::Path) -> Result<Self, kit::JournalError> {
        let router = kit::journal::keep(&self.kit, self.router, path).await?;
        Ok(Self { router, ..self })
    }

    /// Clock, ledger, faults and counts, for tests in the same process.
    pub fn kit(&self) -> &Arc<Kit> {
        &self.kit
    }

    /// Sends webhooks as they fall due. Never returns.
    pub async fn deliver_webhooks(&self) {
        loop {
            self.kit.webhooks.deliver_due().await;
            self.kit.webhooks.wait(LOOK_AGAIN).await;
        }
    }
}

/// Serves the sandbox and sends its webhooks until `stop` resolves.
///
/// # Errors
/// The listener fails.
pub async fn serve(listener: TcpListener, sandbox: Sandbox, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let server = axum::serve(listener, sandbox.router()).with_graceful_shutdown(stop);
    tokio::select! {
        done = server.into_future() => done,
        () = sandbox.deliver_webhooks() => Ok(()),
    }
}
