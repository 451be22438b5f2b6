//! Linear's webhooks: who is told of what, the payload, the signature. <https://linear.app/developers/webhooks>

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Linear;
use super::node::{priority_label, stamp, stamp_or_null};
use super::world::{Attachment, Comment, Issue, Webhook, World};
use crate::kit::{Delivery, Outgoing, hmac_sha256_hex};

/// Again after a minute, an hour, six hours.
const RETRIES: &[i64] = &[60, 3_600, 21_600];

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Update,
    Remove,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Remove => "remove",
        }
    }
}

/// One event before it is addressed.
struct Event {
    action: Action,
    kind: &'static str,
    team: String,
    url: String,
    data: Value,
    updated_from: Option<Map<String, Value>>,
    actor: Option<String>,
}

impl Linear {
    /// Tells of an issue as it is now. `actor`: the id of who did it.
    pub(super) fn tell_issue(&self, action: Action, id: &str, updated_from: Option<Map<String, Value>>, actor: Option<&str>) {
        let world = self.world();
        let Ok(issue) = world.issue(id) else {
            return;
        };
        let event = Event {
            action,
            kind: "Issue",
            team: issue.team.clone(),
            url: world.url(issue),
            data: issue_data(&world, issue),
            updated_from: updated_from.filter(|_| action == Action::Update),
            actor: actor.map(str::to_owned),
        };
        self.tell(&world, event);
    }

    pub(super) fn tell_comment(&self, action: Action, comment: &Comment) {
        let world = self.world();
        let Ok(issue) = world.issue(&comment.issue) else {
            return;
        };
        let data = json!({
            "id": comment.id,
            "body": comment.body,
            "issueId": comment.issue,
            "parentId": comment.parent,
            "userId": comment.user,
            "issue": { "id": issue.id, "identifier": world.identifier(issue), "teamId": issue.team, "title": issue.title, "url": world.url(issue) },
            "createdAt": stamp(comment.created_at),
            "updatedAt": stamp(comment.updated_at),
        });
        let (team, url) = (issue.team.clone(), world.url(issue));
        let event = Event { action, kind: "Comment", team, url, data, updated_from: None, actor: comment.user.clone() };
        self.tell(&world, event);
    }

    pub(super) fn tell_attachment(&self, action: Action, attachment: &Attachment, actor: Option<&str>) {
        let world = self.world();
        let Ok(issue) = world.issue(&attachment.issue) else {
            return;
        };
        let data = json!({
            "id": attachment.id,
            "title": attachment.title,
            "subtitle": attachment.subtitle,
            "url": attachment.url,
            "metadata": attachment.metadata,
            "groupBySource": attachment.group_by_source,
            "sourceType": "api",
            "creatorId": attachment.creator,
            "issueId": attachment.issue,
            "createdAt": stamp(attachment.created_at),
            "updatedAt": stamp(attachment.updated_at),
        });
        let (team, url) = (issue.team.clone(), world.url(issue));
        let event = Event { action, kind: "Attachment", team, url, data, updated_from: None, actor: actor.map(str::to_owned) };
        self.tell(&world, event);
    }

    fn tell(&self, world: &World, event: Event) {
        let created_at = stamp(self.kit.clock.now());
        let actor = event.actor.as_deref().and_then(|id| world.user(id).ok()).map(|user| {
            json!({
                "id": user.id, "type": "user", "name": user.name, "email": user.email,
                "url": format!("https://linear.app/{}/profiles/{}", world.url_key, user.email),
            })
        });
        let mut body = json!({
            "action": event.action.name(),
            "actor": actor,
            "createdAt": created_at,
            "data": event.data,
            "url": event.url,
            "type": event.kind,
            "organizationId": world.organization,
        });
        if let Some(updated_from) = event.updated_from {
            body["updatedFrom"] = Value::Object(updated_from);
        }
        let wants = |webhook: &&Webhook| {
            webhook.enabled
                && webhook.resource_types.iter().any(|kind| kind == event.kind)
                && webhook.team.as_ref().is_none_or(|team| *team == event.team)
        };
        for webhook in world.webhooks.iter().filter(wants) {
            self.send(webhook, event.kind, event.action, body.clone());
        }
    }

    fn send(&self, webhook: &Webhook, kind: &'static str, action: Action, mut body: Value) {
        let (secret, delivery) = (webhook.secret.clone(), self.kit.uuid().to_string());
        body["webhookId"] = json!(webhook.id);
        self.kit.webhooks.queue(Delivery {
            tool: super::ID,
            event: format!("{kind}.{}", action.name()),
            url: webhook.url.clone(),
            compose: Arc::new(move |attempt| {
                let mut body = body.clone();
                body["webhookTimestamp"] = json!(attempt.at.as_millisecond());
                sign(&secret, &delivery, kind, body.to_string().into_bytes(), attempt.at.as_millisecond())
            }),
            retry_after_seconds: RETRIES,
            retry_on: |status| status != Some(200),
        });
    }
}

fn sign(secret: &str, delivery: &str, kind: &str, body: Vec<u8>, at_ms: i64) -> Outgoing {
    let headers = [
        ("content-type", "application/json; charset=utf-8".to_owned()),
        ("user-agent", "Linear-Webhook".to_owned()),
        ("linear-delivery", delivery.to_owned()),
        ("linear-event", kind.to_owned()),
        ("linear-timestamp", at_ms.to_string()),
        ("linear-signature", hmac_sha256_hex(secret.as_bytes(), &body)),
    ];
    Outgoing { headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), body }
}

/// `IssueWebhookPayload` of the SDL, as far as the emulator knows its fields.
fn issue_data(world: &World, issue: &Issue) -> Value {
    let state = world.state(&issue.state).ok();
    let team = world.team(&issue.team).ok();
    let labels = world.labels.iter().filter(|label| issue.labels.contains(&label.id));
    let mut data = json!({
        "id": issue.id,
        "identifier": world.identifier(issue),
        "number": issue.number,
        "title": issue.title,
        "description": issue.description,
        "priority": issue.priority,
        "priorityLabel": priority_label(issue.priority),
        "prioritySortOrder": issue.sort_order,
        "sortOrder": issue.sort_order,
        "estimate": issue.estimate,
        "dueDate": issue.due_date,
        "url": world.url(issue),
        "teamId": issue.team,
        "stateId": issue.state,
        "assigneeId": issue.assignee,
        "creatorId": issue.creator,
        "parentId": issue.parent,
        "labelIds": issue.labels,
        "labels": labels.map(|label| json!({ "id": label.id, "name": label.name, "color": "#eb5757" })).collect::<Vec<_>>(),
        "previousIdentifiers": [],
        "reactionData": [],
        "subscriberIds": [],
        "createdAt": stamp(issue.created_at),
        "updatedAt": stamp(issue.updated_at),
    });
    data["startedAt"] = stamp_or_null(issue.started_at);
    data["completedAt"] = stamp_or_null(issue.completed_at);
    data["canceledAt"] = stamp_or_null(issue.canceled_at);
    data["archivedAt"] = stamp_or_null(issue.archived_at);
    data["trashed"] = json!(issue.trashed.then_some(true));
    data["state"] = json!(state.map(|state| json!({ "id": state.id, "name": state.name, "type": state.kind.name(), "color": "#bec2c8" })));
    data["team"] = json!(team.map(|team| json!({ "id": team.id, "key": team.key, "name": team.name })));
    if let Some(user) = issue.assignee.as_deref().and_then(|id| world.user(id).ok()) {
        let url = format!("https://linear.app/{}/profiles/{}", world.url_key, user.email);
        data["assignee"] = json!({ "id": user.id, "name": user.name, "email": user.email, "url": url });
    }
    data
}
