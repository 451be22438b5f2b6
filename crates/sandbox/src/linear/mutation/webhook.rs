//! Webhooks of the workspace, made and removed through the API.

use serde::Deserialize;
use serde_json::Value;

use super::super::failure::Failure;
use super::super::node::{Node, Payload};
use super::super::resolve::Context;
use super::super::world::Webhook;
use super::{new_id, payload, read, record};

/// What a webhook can be about, of what is emulated.
const RESOURCE_TYPES: &[&str] = &["Issue", "Comment", "Attachment", "IssueLabel", "Project", "Cycle", "Reaction", "Document"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateInput {
    id: Option<String>,
    url: String,
    label: Option<String>,
    enabled: Option<bool>,
    secret: Option<String>,
    resource_types: Vec<String>,
    team_id: Option<String>,
    all_public_teams: Option<bool>,
}

pub(super) fn create(context: &Context<'_>, input: &Value) -> Result<Payload, Failure> {
    let wanted: CreateInput = read(input)?;
    if url::Url::parse(&wanted.url).map_or(true, |url| !matches!(url.scheme(), "https" | "http")) {
        return Err(Failure::argument("url must be a URL address."));
    }
    if let Some(unknown) = wanted.resource_types.iter().find(|kind| !RESOURCE_TYPES.contains(&kind.as_str())) {
        return Err(Failure::argument(format!("resourceTypes: {unknown} is no resource type.")));
    }
    if wanted.resource_types.is_empty() || wanted.team_id.is_some() == wanted.all_public_teams.unwrap_or_default() {
        let text = "Give resourceTypes, and either teamId or allPublicTeams.";
        return Err(Failure::argument(text));
    }
    let id = new_id(context, wanted.id.as_deref())?;
    let secret = wanted.secret.unwrap_or_else(|| context.linear.kit.token("lin_wh_"));
    let mut world = context.linear.world();
    if let Some(team) = &wanted.team_id {
        world.team(team)?;
    }
    if world.webhooks.iter().any(|webhook| webhook.id == id) {
        return Err(Failure::conflict("Webhook", &id));
    }
    let webhook = Webhook {
        id,
        url: wanted.url,
        label: wanted.label,
        secret,
        enabled: wanted.enabled.unwrap_or(true),
        resource_types: wanted.resource_types,
        team: wanted.team_id,
        creator: Some(context.caller.account.id.clone()),
        created_at: context.linear.kit.clock.now(),
    };
    world.webhooks.push(webhook.clone());
    let sync_id = world.bump();
    drop(world);
    record(context, "webhook.create", &webhook.id, wanted.id.as_deref(), &Value::String(webhook.url.clone()));
    Ok(payload("WebhookPayload", sync_id, "webhook", Node::Webhook(webhook)))
}

pub(super) fn delete(context: &Context<'_>, id: &str) -> Result<Payload, Failure> {
    let mut world = context.linear.world();
    let before = world.webhooks.len();
    world.webhooks.retain(|webhook| webhook.id != id);
    if world.webhooks.len() == before {
        return Err(Failure::not_found("Webhook"));
    }
    let sync_id = world.bump();
    drop(world);
    record(context, "webhook.delete", id, None, &Value::Null);
    Ok(Payload { type_name: "DeletePayload", sync_id, entity: None, entity_id: Some(id.to_owned()) })
}
