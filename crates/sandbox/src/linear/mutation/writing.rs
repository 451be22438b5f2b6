//! What hangs on an issue: attachments (one per URL and issue, a second one updates the first) and comments.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::node::{Node, Payload};
use super::super::resolve::Context;
use super::super::webhooks::Action;
use super::super::world::{Attachment, Comment};
use super::{new_id, payload, read, record};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AttachmentInput {
    id: Option<String>,
    issue_id: String,
    title: String,
    subtitle: Option<String>,
    url: String,
    #[serde(rename = "iconUrl")]
    _icon_url: Option<String>,
    metadata: Option<Value>,
    group_by_source: Option<bool>,
}

pub(super) fn attach(context: &Context<'_>, input: &Value) -> Result<Payload, Failure> {
    let wanted: AttachmentInput = read(input)?;
    if url::Url::parse(&wanted.url).is_err() {
        return Err(Failure::argument("url must be a URL address."));
    }
    let new = new_id(context, wanted.id.as_deref())?;
    let now = context.linear.kit.clock.now();
    let mut world = context.linear.world();
    let issue = world.live_issue(&wanted.issue_id)?.id.clone();
    let known = world.attachments.iter().find(|one| one.issue == issue && one.url == wanted.url).cloned();
    if known.is_none() && world.attachments.iter().any(|one| one.id == new) {
        return Err(Failure::conflict("Attachment", &new));
    }
    let attachment = Attachment {
        id: known.as_ref().map_or(new, |known| known.id.clone()),
        issue,
        title: wanted.title,
        subtitle: wanted.subtitle,
        url: wanted.url,
        metadata: wanted.metadata.unwrap_or_else(|| json!({})),
        group_by_source: wanted.group_by_source.unwrap_or_default(),
        creator: Some(context.caller.account.id.clone()),
        created_at: known.as_ref().map_or(now, |known| known.created_at),
        updated_at: now,
    };
    world.attachments.retain(|one| one.id != attachment.id);
    world.attachments.push(attachment.clone());
    let sync_id = world.bump();
    drop(world);
    let (name, action) = match known {
        Some(_) => ("attachment.update", Action::Update),
        None => ("attachment.create", Action::Create),
    };
    record(context, name, &attachment.id, Some(&attachment.url), input);
    context.linear.tell_attachment(action, &attachment, Some(&context.caller.account.id));
    Ok(payload("AttachmentPayload", sync_id, "attachment", Node::Attachment(attachment)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CommentInput {
    id: Option<String>,
    issue_id: Option<String>,
    body: Option<String>,
    parent_id: Option<String>,
    created_at: Option<Timestamp>,
}

pub(super) fn comment(context: &Context<'_>, input: &Value) -> Result<Payload, Failure> {
    let wanted: CommentInput = read(input)?;
    let id = new_id(context, wanted.id.as_deref())?;
    let body = wanted.body.filter(|body| !body.trim().is_empty()).ok_or_else(|| Failure::argument("body should not be empty."))?;
    let issue = wanted.issue_id.ok_or_else(|| Failure::argument("issueId must be given."))?;
    let now = context.linear.kit.clock.now();
    let mut world = context.linear.world();
    let issue = world.live_issue(&issue)?.id.clone();
    if world.comments.iter().any(|one| one.id == id) {
        return Err(Failure::conflict("Comment", &id));
    }
    if let Some(parent) = &wanted.parent_id
        && !world.comments.iter().any(|one| one.id == *parent && one.issue == issue)
    {
        return Err(Failure::not_found("Comment"));
    }
    let comment = Comment {
        id,
        issue,
        parent: wanted.parent_id,
        body,
        user: Some(context.caller.account.id.clone()),
        created_at: wanted.created_at.unwrap_or(now),
        updated_at: now,
    };
    world.comments.push(comment.clone());
    let sync_id = world.bump();
    drop(world);
    record(context, "comment.create", &comment.id, wanted.id.as_deref(), input);
    context.linear.tell_comment(Action::Create, &comment);
    Ok(payload("CommentPayload", sync_id, "comment", Node::Comment(comment)))
}
