//! Tokens of a connection: one writer per credential, a refreshed token stored before use, a rotating refresh token used once.

use std::collections::BTreeMap;
use std::time::Duration;

use connector_kit::manifest::Auth;
use connector_kit::oauth::{Endpoints, TokenEndpoint, Tokens};
use connector_kit::{AccessToken, Error as ToolError, ErrorKind, Result as ToolResult, Secret, TokenSource, async_trait};
use jiff::SignedDuration;
use store::Workspace;
use store::connections::Connection;
use store::secrets::SecretLease;

use crate::hub::Hub;

/// A refresh takes at most this long; then another worker may try.
const REFRESH_LEASE: SignedDuration = SignedDuration::from_secs(45);
/// How often a worker looks whether another one has finished refreshing.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const LOOKS: u32 = 450;

/// Where a connection's tokens are kept.
pub(crate) fn tokens_id(connection: &Connection) -> String {
    format!("{}/tokens", connection.id)
}

/// Where the secret fields that a person gave are kept.
pub(crate) fn fields_id(connection: &Connection) -> String {
    format!("{}/fields", connection.id)
}

/// The text in which secret fields are sealed.
pub(crate) fn fields_to_secret(fields: &BTreeMap<String, Secret>) -> Secret {
    let open: BTreeMap<&str, &str> = fields.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    Secret::new(serde_json::to_string(&open).unwrap_or_default())
}

/// A connection's tokens, as the store has them.
pub(crate) struct StoredTokens {
    hub: Hub,
    workspace: Workspace,
    connection: Connection,
    auth: &'static Auth,
    endpoints: Endpoints,
}

impl StoredTokens {
    pub fn new(hub: Hub, workspace: Workspace, connection: Connection, auth: &'static Auth, endpoints: Endpoints) -> Self {
        Self { hub, workspace, connection, auth, endpoints }
    }

    async fn load(&self) -> ToolResult<Option<Tokens>> {
        let stored = self.workspace.load_secret(&tokens_id(&self.connection)).await.map_err(|error| store_failed(&error))?;
        stored.map(|versioned| Tokens::from_secret(&versioned.secret)).transpose()
    }

    /// Gets tokens other than `refused`, unless somebody else got them meanwhile.
    async fn refresh(&self, refused: Option<&AccessToken>) -> ToolResult<Tokens> {
        let id = tokens_id(&self.connection);
        for _ in 0..LOOKS {
            let lease = self.workspace.lease_secret(&id, REFRESH_LEASE).await.map_err(|error| store_failed(&error))?;
            let current = self.load().await?;
            let good = current
                .as_ref()
                .filter(|tokens| !tokens.is_stale(self.hub.env().now()) && refused.is_none_or(|refused| refused.value != tokens.access));
            match (lease, good) {
                (None, Some(tokens)) => return Ok(tokens.clone()),
                (Some(lease), Some(tokens)) => {
                    self.release(&lease).await?;
                    return Ok(tokens.clone());
                }
                (Some(lease), None) => return self.refresh_under(&lease, current).await,
                (None, None) => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
        Err(ToolError::new(ErrorKind::Unavailable, "another worker has been refreshing the sign-in for too long"))
    }

    async fn refresh_under(&self, lease: &SecretLease, current: Option<Tokens>) -> ToolResult<Tokens> {
        match self.ask_tool(current).await {
            Ok(tokens) => {
                let mut step = self.workspace.begin().await.map_err(|error| store_failed(&error))?;
                step.save_secret_under_lease(lease, &tokens.to_secret()).await.map_err(|error| store_failed(&error))?;
                step.commit().await.map_err(|error| store_failed(&error))?;
                Ok(tokens)
            }
            Err(error) => {
                self.release(lease).await?;
                Err(error)
            }
        }
    }

    async fn ask_tool(&self, current: Option<Tokens>) -> ToolResult<Tokens> {
        let endpoint = TokenEndpoint {
            network: self.hub.network(),
            reach: self.hub.reach(&self.connection.integration),
            endpoints: &self.endpoints,
            env: self.hub.env(),
        };
        match self.auth {
            Auth::Code(flow) => {
                let client = self.hub.config(&self.connection.integration).client.clone();
                let client = client.ok_or_else(|| refused("the operator has removed this tool's client id"))?;
                let refresh =
                    current.and_then(|tokens| tokens.refresh).ok_or_else(|| refused("the sign-in has ended and cannot be renewed"))?;
                endpoint.refresh(flow, &client, &refresh).await
            }
            Auth::App { flow, .. } => endpoint.grant(flow, &self.secret_fields().await?).await,
            Auth::ApiToken { .. } => Err(refused("the API token is no longer accepted")),
            Auth::Password { .. } => Err(refused("the user name and password are no longer accepted")),
        }
    }

    async fn secret_fields(&self) -> ToolResult<BTreeMap<String, Secret>> {
        let stored = self.workspace.load_secret(&fields_id(&self.connection)).await.map_err(|error| store_failed(&error))?;
        let stored = stored.ok_or_else(|| refused("the credentials are no longer stored"))?;
        let secret: BTreeMap<String, Secret> =
            serde_json::from_str(stored.secret.expose()).map_err(|_| ToolError::protocol("the stored credentials cannot be read"))?;
        let open = self.connection.fields.iter().map(|(name, value)| (name.clone(), Secret::new(value.clone())));
        Ok(open.chain(secret).collect())
    }

    async fn release(&self, lease: &SecretLease) -> ToolResult<()> {
        let mut step = self.workspace.begin().await.map_err(|error| store_failed(&error))?;
        step.release_secret(lease).await.map_err(|error| store_failed(&error))?;
        step.commit().await.map_err(|error| store_failed(&error))
    }

    fn sent(&self, tokens: &Tokens) -> AccessToken {
        AccessToken { value: tokens.access.clone(), prefix: self.auth.prefix() }
    }
}

#[async_trait]
impl TokenSource for StoredTokens {
    async fn current(&self) -> ToolResult<AccessToken> {
        match self.load().await? {
            Some(tokens) if !tokens.is_stale(self.hub.env().now()) => Ok(self.sent(&tokens)),
            Some(_) => Ok(self.sent(&self.refresh(None).await?)),
            None if matches!(self.auth, Auth::App { .. }) => Ok(self.sent(&self.refresh(None).await?)),
            None => Err(refused("there is no sign-in")),
        }
    }

    async fn renewed(&self, refused: &AccessToken) -> ToolResult<AccessToken> {
        Ok(self.sent(&self.refresh(Some(refused)).await?))
    }
}

fn refused(why: &str) -> ToolError {
    ToolError::new(ErrorKind::Unauthorized, why)
}

fn store_failed(error: &store::Error) -> ToolError {
    tracing::error!(%error, "the store failed while tokens were handled");
    ToolError::new(ErrorKind::Unavailable, "the database failed while the sign-in was handled")
}
