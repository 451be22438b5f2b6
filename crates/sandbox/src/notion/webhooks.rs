//! Webhooks: one subscription of the integration, made in its settings, verified by a token that comes to the address, then thin
//! events signed by that token. <https://developers.notion.com/reference/webhooks>
//!
//! That Notion gathers events of a short time into one is left out: each is told by itself.

use std::sync::Arc;

use serde_json::{Value, json};

use super::world::{Source, Subscription, World};
use super::{ID, Notion};
use crate::kit::{Attempt, Delivery, Outgoing, WebhookError, hmac_sha256_hex};

/// Eight attempts (the SDK's `BaseWebhookPayload`) within a day; their distances are not established.
const RETRIES: &[i64] = &[60, 300, 1_800, 7_200, 14_400, 21_600, 36_000];

/// Makes a subscription and sends its token to the address, once and unsigned.
pub(super) async fn subscribe(notion: &Notion, url: &str) -> Result<(), WebhookError> {
    let token = notion.kit.token("secret_");
    let body = json!({ "verification_token": token }).to_string().into_bytes();
    let id = notion.kit.uuid().to_string();
    if !notion.kit.webhooks.is_held() {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        notion.kit.webhooks.ask(url, Outgoing { headers, body }).await?;
    }
    notion.world().subscription = Some(Subscription { id, url: url.to_owned(), token, verified: false });
    Ok(())
}

/// Tells of what happened to something that was shared.
pub(super) fn tell(notion: &Notion, world: &World, event: &'static str, entity: (&str, &str), by: &str, source: &Source) {
    let Some(subscription) = world.subscription.clone().filter(|subscription| subscription.verified && source.shared) else { return };
    let (kind, id) = entity;
    let author = if by == world.bot { "bot" } else { "person" };
    let mut data = json!({ "parent": { "id": source.database, "type": "database", "data_source_id": source.id } });
    match event {
        "page.properties_updated" => data["updated_properties"] = json!([]),
        "page.content_updated" => data["updated_blocks"] = json!([]),
        _ => {}
    }
    let told = json!({
        "id": notion.kit.uuid().to_string(),
        "timestamp": format!("{:.3}", notion.kit.clock.now()),
        "workspace_id": world.workspace,
        "workspace_name": world.workspace_name,
        "subscription_id": subscription.id,
        "integration_id": world.bot,
        "type": event,
        "authors": [{ "id": by, "type": author }],
        "accessible_by": [{ "id": world.bot, "type": "bot" }],
        "api_version": "2025-09-03",
        "entity": { "id": id, "type": kind },
        "data": data,
    });
    notion.kit.webhooks.queue(Delivery {
        tool: ID,
        event: event.to_owned(),
        url: subscription.url.clone(),
        compose: Arc::new(move |attempt| compose(&told, attempt, &subscription.token)),
        retry_after_seconds: RETRIES,
        retry_on: |status| !status.is_some_and(|status| (200..300).contains(&status)),
    });
}

fn compose(told: &Value, attempt: &Attempt, token: &str) -> Outgoing {
    let mut told = told.clone();
    told["attempt_number"] = json!(attempt.number);
    let body = told.to_string().into_bytes();
    let signature = format!("sha256={}", hmac_sha256_hex(token.as_bytes(), &body));
    let headers = vec![("content-type".to_owned(), "application/json".to_owned()), ("x-notion-signature".to_owned(), signature)];
    Outgoing { headers, body }
}

/// The subscription as the settings show it.
pub(super) fn shown(subscription: &Subscription) -> Value {
    json!({ "id": subscription.id, "url": subscription.url, "verified": subscription.verified })
}
