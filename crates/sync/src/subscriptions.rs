//! Webhook subscriptions at the tools: made when options ask for real time, renewed before they end, ended at disconnect.

use connector_kit::oauth::random_text;
use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{Secret, Session, Subscription, WebhookSource};
use jiff::SignedDuration;
use model::connection::{Capability, Way};
use model::settings::Frequency;
use store::Workspace;
use store::connections::Connection;
use store::subscriptions::Subscription as Stored;

use crate::error::Result;
use crate::hub::Hub;
use crate::options::is_on;

/// A subscription is renewed when less than this is left of it.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// Makes the subscriptions that a connection's options ask for, and ends those that they no longer do. A tool that refuses
/// leaves the poll, which is always there; the refusal is shown as a fact.
pub async fn ensure_subscriptions(hub: &Hub, workspace: &Workspace, connection: &Connection) -> Result<()> {
    let connector = hub.connector(&connection.integration)?;
    let manifest = connector.manifest();
    let (Some(source), Some(facts), Some(settings)) = (connector.webhooks(), manifest.webhooks, &connection.settings) else {
        return Ok(());
    };
    if !facts.by_api || !connection.connected {
        return Ok(());
    }
    let wanted: Vec<Capability> = if settings.frequency == Frequency::RealTime {
        manifest
            .flows
            .iter()
            .filter(|flow| flow.way == Way::Pull && is_on(manifest, settings, flow.capability, flow.way))
            .map(|flow| flow.capability)
            .collect()
    } else {
        Vec::new()
    };
    let session = hub.session(workspace, connection)?;
    let present = workspace.subscriptions(&connection.id).await?;
    let now = hub.env().now();
    for capability in &wanted {
        let own = present.iter().filter(|stored| stored.capability == *capability);
        let lasting = own.clone().any(|stored| stored.expires.is_none_or(|expires| expires.duration_since(now) > RENEW_BEFORE));
        if lasting || renewed(workspace, connection, source, &session, own.clone()).await? {
            continue;
        }
        if let Some(made) = subscribe(hub, workspace, connection, source, &session, *capability).await? {
            // A tool may renew the one that is there.
            for old in own.filter(|old| old.remote_id != made) {
                end(workspace, connection, &session, source, old).await?;
            }
        }
    }
    for stored in present.iter().filter(|stored| !wanted.contains(&stored.capability)) {
        end(workspace, connection, &session, source, stored).await?;
    }
    Ok(())
}

/// Renews one of these, where the tool can. A failure is no reason to stop: a new one is asked for then.
async fn renewed(
    workspace: &Workspace,
    connection: &Connection,
    source: &dyn WebhookSource,
    session: &Session,
    own: impl Iterator<Item = &Stored>,
) -> Result<bool> {
    for old in own {
        match source.renew(session, &at_tool(old)).await {
            Ok(Some(longer)) => {
                let mut step = workspace.begin().await?;
                step.save_subscription(&connection.id, &stored(old.capability, longer)).await?;
                step.commit().await?;
                return Ok(true);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(connection = %connection.id, %error, "a webhook subscription could not be renewed"),
        }
    }
    Ok(false)
}

/// Asks the tool for one subscription. Answers its id.
async fn subscribe(
    hub: &Hub,
    workspace: &Workspace,
    connection: &Connection,
    source: &dyn WebhookSource,
    session: &Session,
    capability: Capability,
) -> Result<Option<String>> {
    let secret = Secret::new(random_text(hub.env()));
    let callback = hub.hook_url(connection);
    let mut bytes = [0_u8; 16];
    hub.env().fill(&mut bytes);
    let destination = connection.settings.as_ref().and_then(|settings| settings.on(capability)).and_then(|sync| sync.destination.as_ref());
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    let request = SubscriptionRequest { callback: &callback, secret: &secret, id, destination, now: hub.env().now() };
    let fact = format!("webhook:{}", capability.as_str());
    let answer = source.subscribe(session, &request).await;
    let mut step = workspace.begin().await?;
    let made = match answer {
        Ok(made) => {
            step.clear_evidence(&connection.id, &[fact]).await?;
            made
        }
        Err(error) => {
            tracing::warn!(connection = %connection.id, %error, "the tool takes no webhook subscription; polling goes on");
            step.note_evidence(&connection.id, &fact, &error.to_string(), None).await?;
            None
        }
    };
    let id_at_tool = made.as_ref().map(|made| made.id.clone());
    if let Some(subscription) = made {
        step.save_subscription(&connection.id, &stored(capability, subscription)).await?;
    }
    step.commit().await?;
    Ok(id_at_tool)
}

async fn end(workspace: &Workspace, connection: &Connection, session: &Session, source: &dyn WebhookSource, stored: &Stored) -> Result<()> {
    if let Err(error) = source.unsubscribe(session, &at_tool(stored)).await {
        tracing::warn!(connection = %connection.id, %error, "an old webhook subscription could not be ended; it will run out");
    }
    let mut step = workspace.begin().await?;
    step.delete_subscription(&connection.id, stored.capability, &stored.remote_id).await?;
    step.commit().await?;
    Ok(())
}

/// Ends all of a connection's subscriptions at the tool. Answers how many.
pub(crate) async fn end_subscriptions(
    hub: &Hub,
    workspace: &Workspace,
    connection: &Connection,
    remarks: &mut Vec<String>,
) -> Result<usize> {
    let present = workspace.subscriptions(&connection.id).await?;
    let connector = hub.connector(&connection.integration)?;
    let Some(source) = connector.webhooks() else { return Ok(0) };
    let session = hub.session(workspace, connection)?;
    let mut ended = 0;
    for stored in &present {
        match source.unsubscribe(&session, &at_tool(stored)).await {
            Ok(()) => ended += 1,
            Err(error) => remarks.push(format!("A webhook could not be removed at the tool ({error}); what it still sends is refused.")),
        }
        let mut step = workspace.begin().await?;
        step.delete_subscription(&connection.id, stored.capability, &stored.remote_id).await?;
        step.commit().await?;
    }
    Ok(ended)
}

/// As the tool knows it.
fn at_tool(stored: &Stored) -> Subscription {
    Subscription { id: stored.remote_id.clone(), resource: stored.resource.clone(), expires: stored.expires, secret: stored.secret.clone() }
}

/// As it is kept.
fn stored(capability: Capability, made: Subscription) -> Stored {
    Stored { capability, remote_id: made.id, resource: made.resource, secret: made.secret, expires: made.expires }
}

/// Renews what ends soon, over all workspaces. Called now and then by the worker.
pub async fn renew_across_workspaces(hub: &Hub) -> Result<()> {
    let soon = hub.env().now() + RENEW_BEFORE;
    for (workspace, connection) in hub.store().connections_with_expiring_subscriptions_across_workspaces(soon).await? {
        let workspace = hub.store().workspace(&workspace);
        if let Some(connection) = workspace.connection(&connection).await?
            && let Err(error) = ensure_subscriptions(hub, &workspace, &connection).await
        {
            tracing::warn!(connection = %connection.id, %error, "webhooks could not be renewed; polling goes on");
        }
    }
    Ok(())
}
