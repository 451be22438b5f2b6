//! The fields of `Query`.

use serde_json::Value;

use super::connection;
use super::failure::Failure;
use super::node::Node;
use super::resolve::{Context, Found};

/// `Ok(None)`: this field is not emulated.
pub(super) fn field(context: &Context<'_>, name: &str, arguments: &Value) -> Result<Option<Found>, Failure> {
    let world = context.linear.world();
    let id = arguments["id"].as_str().unwrap_or_default();
    let node = match name {
        "viewer" => Node::User(world.user(&context.caller.account.id)?.clone()),
        "organization" => Node::Organization,
        "team" => {
            let by_key = world.teams.iter().find(|team| team.key == id);
            Node::Team(by_key.map_or_else(|| world.team(id), Ok)?.clone())
        }
        "user" => Node::User(world.user(id)?.clone()),
        "issue" => Node::Issue(Box::new(world.issue(id)?.clone())),
        "teams" => return connection::teams(&world, world.teams.iter(), arguments),
        "users" => return connection::users(&world, world.users.iter(), arguments),
        "issues" => return connection::issues(&world, world.issues.iter(), arguments),
        "workflowStates" => return connection::states(&world, world.states.iter(), arguments),
        "issueLabels" => return connection::labels(&world, world.labels.iter(), arguments),
        "attachmentsForURL" => {
            let of_url = world.attachments.iter().filter(|one| arguments["url"] == one.url.as_str());
            return connection::attachments(&world, of_url, arguments);
        }
        "webhook" => {
            context.need(&["admin"])?;
            let found = world.webhooks.iter().find(|webhook| webhook.id == id);
            Node::Webhook(found.ok_or_else(|| Failure::not_found("Webhook"))?.clone())
        }
        "webhooks" => {
            context.need(&["admin"])?;
            return connection::webhooks(&world, world.webhooks.iter(), arguments);
        }
        _ => return Ok(None),
    };
    Ok(Some(Found::Node(node)))
}
