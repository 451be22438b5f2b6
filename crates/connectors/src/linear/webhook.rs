//! Linear's webhooks: who sent one, what it wakes, and the subscription that an admin's API key can make.

use connector_kit::signature::{forged, fresh, hmac_hex, same};
use connector_kit::webhook::{Hints, InboundHook, Subscription, SubscriptionRequest, WebhookSource};
use connector_kit::{Error, ErrorKind, Result, Session, async_trait};
use cynic::MutationBuilder;
use jiff::Timestamp;
use model::connection::Capability;

use super::graphql::ask;
use super::mutation::{CreateWebhook, DeleteWebhook, NewWebhook, WebhookCreateInput};
use super::wire::{ById, Event};
use super::{Linear, tasks};

#[async_trait]
impl WebhookSource for Linear {
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        let secret = hook.subscription_secret.or(hook.app_secret).ok_or_else(|| forged("no secret is known to prove it by"))?;
        let signature = hook.header("linear-signature").ok_or_else(|| forged("it bears no signature"))?;
        same(signature, &hmac_hex(secret, &[hook.body]))?;
        let event: Event =
            serde_json::from_slice(hook.body).map_err(|error| Error::invalid(format!("Linear's webhook cannot be read: {error}")))?;
        let sent = Timestamp::from_millisecond(event.webhook_timestamp).map_err(|_| forged("its time of sending is none"))?;
        fresh(sent, hook.now)?;
        Ok(Hints {
            wake: if event.kind == "Issue" { vec![Capability::Tasks] } else { Vec::new() },
            account: event.organization_id,
            delivery: hook.header("linear-delivery").map(str::to_owned),
            ..Hints::default()
        })
    }

    /// Only a workspace admin's API key may: an app's sign-in cannot hold the scope that this needs, and `None` says
    /// that the address entered in the app's own settings serves.
    async fn subscribe(&self, session: &Session, request: &SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        let team_id = request.destination.map(|team| team.id.clone());
        let input = WebhookCreateInput {
            id: Some(request.id.to_string()),
            label: Some("Harmony".to_owned()),
            url: request.callback.to_string(),
            secret: Some(request.secret.expose().to_owned()),
            resource_types: vec!["Issue".to_owned()],
            all_public_teams: team_id.is_none().then_some(true),
            team_id,
        };
        match ask(session, CreateWebhook::build(NewWebhook { input })).await {
            Ok(answer) => tasks::done(answer.webhook_create.success)?,
            Err(error) if error.kind == ErrorKind::Conflict => {}
            Err(error) if error.kind == ErrorKind::Forbidden => return Ok(None),
            Err(error) => return Err(error),
        }
        let id = request.id.to_string();
        Ok(Some(Subscription { id, resource: None, expires: None, secret: Some(request.secret.clone()) }))
    }

    async fn unsubscribe(&self, session: &Session, subscription: &Subscription) -> Result<()> {
        match ask(session, DeleteWebhook::build(ById { id: &subscription.id })).await {
            Ok(answer) => tasks::done(answer.webhook_delete.success),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}
