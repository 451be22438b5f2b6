//! The hub: everything that the engine can reach, in one struct.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::guard::Reach;
use connector_kit::manifest::{Auth, Limit};
use connector_kit::oauth::{ClientRegistration, Endpoints, Overrides};
use connector_kit::session::SessionParts;
use connector_kit::{Budgets, Connector, Network, RetryPolicy, Secret, Session};
use model::Env;
use store::connections::Connection;
use store::media::MediaStore;
use store::{Store, Workspace};
use url::Url;

use crate::credentials::StoredTokens;
use crate::error::{Error, Result};
use crate::key_ring::KeyRing;

/// What the operator set for one tool.
#[derive(Debug, Clone, Default)]
pub struct IntegrationConfig {
    pub client: Option<ClientRegistration>,
    pub overrides: Overrides,
    /// The app's secret with which the tool signs webhooks.
    pub webhook_secret: Option<Secret>,
    /// Private addresses, and plain HTTP to loopback, are allowed for this tool.
    pub allow_private_network: bool,
    /// The plan's calls per interval, where it differs from the manifest's.
    pub calls_per_interval: Option<u32>,
    /// Facts about the operator's app that a connector asks its session for, as it does for connect-time fields; nobody is asked for them.
    pub fields: BTreeMap<String, String>,
}

/// What a hub is made of.
pub struct HubParts {
    pub store: Store,
    pub connectors: Vec<Arc<dyn Connector>>,
    pub integrations: BTreeMap<String, IntegrationConfig>,
    pub network: Network,
    /// Where browsers and tools reach this hub.
    pub public_url: Url,
    pub media: MediaStore,
    pub env: Arc<dyn Env>,
    pub policy: RetryPolicy,
}

/// The hub. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    parts: Arc<HubParts>,
    budgets: Arc<Budgets>,
    key_ring: Arc<KeyRing>,
    nothing: Arc<IntegrationConfig>,
}

impl Hub {
    /// Puts it together; nothing runs yet.
    pub fn new(parts: HubParts) -> Self {
        Self { parts: Arc::new(parts), budgets: Arc::default(), key_ring: Arc::default(), nothing: Arc::default() }
    }

    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    pub fn env(&self) -> &dyn Env {
        &*self.parts.env
    }

    pub fn media(&self) -> &MediaStore {
        &self.parts.media
    }

    pub fn public_url(&self) -> &Url {
        &self.parts.public_url
    }

    pub fn network(&self) -> &Network {
        &self.parts.network
    }

    /// Every tool of the catalogue.
    pub fn connectors(&self) -> &[Arc<dyn Connector>] {
        &self.parts.connectors
    }

    /// A tool by its id.
    pub fn connector(&self, integration: &str) -> Result<&Arc<dyn Connector>> {
        let found = self.parts.connectors.iter().find(|connector| connector.manifest().id == integration);
        found.ok_or_else(|| Error::NotSetUp(format!("there is no integration `{integration}`")))
    }

    /// What the operator set for a tool.
    pub fn config(&self, integration: &str) -> &IntegrationConfig {
        self.parts.integrations.get(integration).unwrap_or(&self.nothing)
    }

    /// How far requests to a tool may go.
    pub fn reach(&self, integration: &str) -> Reach {
        if self.config(integration).allow_private_network { Reach::Private } else { Reach::Public }
    }

    /// The platforms' keys, as far as they were fetched.
    pub(crate) fn key_ring(&self) -> &KeyRing {
        &self.key_ring
    }

    /// The address to which a tool sends the person back.
    pub fn redirect_url(&self) -> Url {
        self.join("connect/callback")
    }

    /// The address to which a tool sends webhooks of a connection.
    pub fn hook_url(&self, connection: &Connection) -> Url {
        self.join(&format!("hooks/{}/{}", connection.integration, connection.id))
    }

    /// The page of a record.
    pub fn meeting_url(&self, id: &model::RecordId) -> Url {
        self.join(&format!("meetings/{id}"))
    }

    fn join(&self, path: &str) -> Url {
        let mut url = self.parts.public_url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        url
    }

    /// The sign-in that a connection uses, and the tool's addresses for it.
    pub fn endpoints(&self, connection: &Connection) -> Result<(&'static Auth, Endpoints)> {
        let manifest = self.connector(&connection.integration)?.manifest();
        let auth = manifest
            .auth(&connection.auth)
            .ok_or_else(|| Error::invalid("auth", format!("{} has no sign-in `{}`", manifest.name, connection.auth)))?;
        let endpoints = Endpoints::resolve(manifest, auth, &self.config(&connection.integration).overrides, &connection.fields)?;
        Ok((auth, endpoints))
    }

    /// Opens the way to a connection's account.
    pub fn session(&self, workspace: &Workspace, connection: &Connection) -> Result<Session> {
        let connector = Arc::clone(self.connector(&connection.integration)?);
        let manifest = connector.manifest();
        let (auth, endpoints) = self.endpoints(connection)?;
        let account = connection.account.as_ref().map_or(connection.id.as_str(), |account| account.id.as_str());
        let tokens = StoredTokens::new(self.clone(), workspace.clone(), connection.clone(), auth, endpoints.clone());
        Ok(Session::new(SessionParts {
            network: self.parts.network.clone(),
            reach: self.reach(&connection.integration),
            base_url: endpoints.base_url,
            tokens: Arc::new(tokens),
            budget: self.budgets.of(manifest.id, account, &self.limits(manifest.id, manifest.limits)),
            fields: self.config(manifest.id).fields.clone().into_iter().chain(connection.fields.clone()).collect(),
            env: Arc::clone(&self.parts.env),
            policy: self.parts.policy,
            connector,
        }))
    }

    fn limits(&self, integration: &str, facts: &[Limit]) -> Vec<Limit> {
        match self.config(integration).calls_per_interval {
            Some(calls) => facts.iter().map(|limit| Limit { calls, ..*limit }).collect(),
            None => facts.to_vec(),
        }
    }
}
