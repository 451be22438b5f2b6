//! Inbound webhooks: the sender is proven first, then streams are woken, durably, before the tool hears "thank you".

use std::collections::BTreeMap;

use connector_kit::{ErrorKind, Handshake, Hints, InboundHook, Secret, webhook};
use model::connection::Way;
use model::{ConnectionId, WorkspaceId};
use serde_json::json;
use store::Workspace;
use store::connections::Connection;
use store::deliveries::Delivery;
use store::subscriptions::Subscription;

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::key_ring::keys_of;

/// The name of the subscription whose secret the tool brought.
const ENTRUSTED: &str = "entrusted";

/// A request that came to a hook address.
#[derive(Debug, Clone)]
pub struct Received<'a> {
    pub integration: &'a str,
    /// `None`: the app's one address for all accounts.
    pub connection: Option<ConnectionId>,
    pub method: &'a str,
    /// Path and query, as sent.
    pub target: &'a str,
    /// Lower-case names.
    pub headers: BTreeMap<String, String>,
    pub body: &'a [u8],
}

/// What to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Taken, durably.
    Taken,
    /// The answer to a handshake.
    Handshake(Handshake),
    /// Not from the tool; nothing was done.
    Refused(String),
    /// There is no such address.
    Unknown,
}

/// Takes a webhook. One that is proven and cannot be read is `Invalid`.
pub async fn receive(hub: &Hub, received: &Received<'_>) -> Result<Answer> {
    let result = answer(hub, received).await;
    let outcome = match &result {
        Ok(Answer::Taken) => "taken",
        Ok(Answer::Handshake(_)) => "handshake",
        Ok(Answer::Refused(_)) => "refused",
        Ok(Answer::Unknown) => "unknown",
        Err(_) => "failed",
    };
    // Anybody may write any name into an address; only known ones are counted by name.
    let integration = hub.connector(received.integration).map_or("unknown", |connector| connector.manifest().id);
    metrics::counter!("harmony_webhooks_total", "integration" => integration, "outcome" => outcome).increment(1);
    result
}

async fn answer(hub: &Hub, received: &Received<'_>) -> Result<Answer> {
    let Ok(connector) = hub.connector(received.integration) else { return Ok(Answer::Unknown) };
    let Some(source) = connector.webhooks() else { return Ok(Answer::Unknown) };
    let own = match &received.connection {
        None => None,
        Some(id) => match hub.store().connection_across_workspaces(id).await? {
            Some((workspace, connection)) if connection.integration == received.integration && connection.connected => {
                Some((workspace, connection))
            }
            _ => return Ok(Answer::Unknown),
        },
    };
    let secrets = subscription_secrets(hub, own.as_ref()).await?;
    let url = format!("{}{}", hub.public_url().as_str().trim_end_matches('/'), received.target);
    let keys = match source.keys() {
        Some(address) => Some(keys_of(hub, received.integration, address).await?),
        None => None,
    };
    let mut refusal = String::new();
    for secret in &secrets {
        let hook = InboundHook {
            method: received.method,
            url: &url,
            headers: &received.headers,
            body: received.body,
            now: hub.env().now(),
            app_secret: hub.config(received.integration).webhook_secret.as_ref(),
            subscription_secret: secret.as_ref(),
        };
        match webhook::receive(source, &hook, keys.as_deref()) {
            Ok(hints) => return act(hub, received, own, hints).await,
            Err(error) if error.kind == ErrorKind::Unauthorized => refusal = error.to_string(),
            Err(error) if error.kind == ErrorKind::Invalid => return Err(Error::invalid("body", error)),
            Err(error) => return Err(error.into()),
        }
    }
    tracing::warn!(integration = received.integration, "a webhook was refused: {refusal}");
    Ok(Answer::Refused(refusal))
}

/// The secrets that may have signed it: of each of the connection's subscriptions, or the app's alone.
async fn subscription_secrets(hub: &Hub, own: Option<&(WorkspaceId, Connection)>) -> Result<Vec<Option<Secret>>> {
    let Some((workspace, connection)) = own else { return Ok(vec![None]) };
    let stored = hub.store().workspace(workspace).subscriptions(&connection.id).await?;
    let mut secrets: Vec<Option<Secret>> = stored.into_iter().filter_map(|stored| stored.secret).map(Some).collect();
    secrets.push(None);
    Ok(secrets)
}

async fn act(hub: &Hub, received: &Received<'_>, own: Option<(WorkspaceId, Connection)>, hints: Hints) -> Result<Answer> {
    if let Some(secret) = hints.entrusted {
        return entrust(hub, own, secret).await;
    }
    if let Some(handshake) = hints.answer {
        return Ok(Answer::Handshake(handshake));
    }
    let concerned = match own {
        Some((workspace, connection)) => {
            let meant = hints.account.as_ref().is_none_or(|account| connection.account.as_ref().is_some_and(|own| own.id == *account));
            if meant { vec![(workspace, connection)] } else { Vec::new() }
        }
        None => match &hints.account {
            Some(account) => hub.store().connections_of_account_across_workspaces(received.integration, account).await?,
            None => {
                return Err(Error::invalid(
                    "account",
                    "this webhook does not say whose account it is about; use the connection's own address",
                ));
            }
        },
    };
    for (workspace, connection) in concerned {
        let (id, wake) = (hints.delivery.clone(), hints.wake.clone());
        let delivery = Delivery { workspace, connection: connection.id, id, wake };
        if hints.revoked {
            revoke(hub, &delivery).await?;
        } else if !hints.ending.is_empty() {
            end(hub, &delivery, &hints.ending).await?;
        } else {
            hub.store().take_delivery(&delivery).await?;
        }
    }
    Ok(Answer::Taken)
}

/// The tool ends subscriptions: they count as run out, so that the next upkeep renews them.
async fn end(hub: &Hub, delivery: &Delivery, ending: &[String]) -> Result<()> {
    let mut step = hub.store().workspace(&delivery.workspace).begin().await?;
    step.take_delivery(delivery).await?;
    for id in ending {
        step.expire_subscription(&delivery.connection, id).await?;
    }
    step.commit().await?;
    Ok(())
}

/// The tool brought the secret of a new subscription. The last one counts: an older subscription was given up for it.
async fn entrust(hub: &Hub, own: Option<(WorkspaceId, Connection)>, secret: Secret) -> Result<Answer> {
    let Some((workspace, connection)) = own else {
        return Ok(Answer::Refused("a new subscription's secret is kept with a connection; use the connection's own address".to_owned()));
    };
    let manifest = hub.connector(&connection.integration)?.manifest();
    let Some(flow) = manifest.flows.iter().find(|flow| flow.way == Way::Pull) else { return Ok(Answer::Unknown) };
    let remote_id = ENTRUSTED.to_owned();
    let subscription = Subscription { capability: flow.capability, remote_id, resource: None, secret: Some(secret), expires: None };
    let mut step = hub.store().workspace(&workspace).begin().await?;
    step.save_subscription(&connection.id, &subscription).await?;
    let actor = Actor::harmony();
    step.audit(&actor.name, &actor.address, "connection.webhook_secret", connection.id.as_str(), &json!({})).await?;
    step.commit().await?;
    Ok(Answer::Taken)
}

/// The secret that the tool brought to the connection's own address, for those who enter it at the tool.
pub async fn entrusted(workspace: &Workspace, connection: &ConnectionId) -> Result<Option<Secret>> {
    let kept = workspace.subscriptions(connection).await?;
    Ok(kept.into_iter().find(|subscription| subscription.remote_id == ENTRUSTED).and_then(|subscription| subscription.secret))
}

/// The tool ended the connection: what it says is noted with the delivery, once.
async fn revoke(hub: &Hub, delivery: &Delivery) -> Result<()> {
    let mut step = hub.store().workspace(&delivery.workspace).begin().await?;
    if !step.take_delivery(delivery).await? {
        return Ok(());
    }
    step.note_evidence(&delivery.connection, "refused", "the tool says that its side ended the connection", None).await?;
    let actor = Actor::harmony();
    step.audit(&actor.name, &actor.address, "connection.revoked_at_tool", delivery.connection.as_str(), &json!({})).await?;
    step.commit().await?;
    Ok(())
}
