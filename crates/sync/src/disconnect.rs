//! Ending a connection: what stops, what is taken back at the tool, and what stays.

use connector_kit::ErrorKind;
use connector_kit::manifest::Auth;
use connector_kit::oauth::{TokenEndpoint, Tokens};
use serde::Serialize;
use store::Workspace;
use store::connections::Connection;

use crate::actor::Actor;
use crate::credentials::tokens_id;
use crate::error::Result;
use crate::hub::Hub;
use crate::subscriptions::end_subscriptions;

/// What a disconnect did.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// Whether the tool took the sign-in back; `false`: it offers no such call, or failed, see `remarks`.
    pub revoked: bool,
    pub webhooks_removed: usize,
    pub secrets_deleted: u64,
    /// Records that stay here and stay linked.
    pub links_kept: i64,
    pub remarks: Vec<String>,
}

/// Ends a connection: streams stop at once, webhooks and the sign-in are taken back at the tool, secrets are deleted. Data and
/// links stay, so that a later reconnect doubles nothing.
pub async fn disconnect(hub: &Hub, workspace: &Workspace, actor: &Actor, connection: &Connection) -> Result<Receipt> {
    let mut step = workspace.begin().await?;
    step.stop_streams(&connection.id).await?;
    step.commit().await?;
    let mut remarks = Vec::new();
    let webhooks_removed = end_subscriptions(hub, workspace, connection, &mut remarks).await?;
    let stored = workspace.load_secret(&tokens_id(connection)).await?;
    let tokens = stored.map(|stored| Tokens::from_secret(&stored.secret)).transpose()?;
    let revoked = match tokens {
        None => false,
        Some(tokens) => match revoke(hub, connection, &tokens).await {
            Ok(revoked) => {
                if !revoked {
                    remarks.push(
                        "The tool offers no way to take a sign-in back from here; remove Harmony in the tool's own settings.".to_owned(),
                    );
                }
                revoked
            }
            Err(error) => {
                remarks
                    .push(format!("The sign-in could not be taken back at the tool: {error}. Remove Harmony in the tool's own settings."));
                false
            }
        },
    };
    let links_kept = workspace.link_counts(&connection.id).await?.iter().map(|(_, count)| count).sum();
    let mut step = workspace.begin().await?;
    let secrets_deleted = step.delete_secrets_of(&connection.id).await?;
    step.set_connected(&connection.id, false).await?;
    step.clear_all_evidence(&connection.id).await?;
    let receipt = Receipt { revoked, webhooks_removed, secrets_deleted, links_kept, remarks };
    step.audit(&actor.name, &actor.address, "connection.disconnected", connection.id.as_str(), &receipt).await?;
    step.commit().await?;
    Ok(receipt)
}

pub(crate) async fn revoke(hub: &Hub, connection: &Connection, tokens: &Tokens) -> connector_kit::Result<bool> {
    let setup = hub.endpoints(connection).map_err(|error| connector_kit::Error::new(ErrorKind::Invalid, error.to_string()))?;
    let (Auth::Code(flow), endpoints) = setup else { return Ok(false) };
    let Some(client) = &hub.config(&connection.integration).client else { return Ok(false) };
    let endpoint =
        TokenEndpoint { network: hub.network(), reach: hub.reach(&connection.integration), endpoints: &endpoints, env: hub.env() };
    endpoint.revoke(flow, client, tokens).await
}
