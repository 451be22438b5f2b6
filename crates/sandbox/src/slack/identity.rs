//! `auth.test` and `auth.revoke`: who the token is, and the end of it.

use serde_json::{Value, json};

use super::call::Call;
use super::{ID, Slack, events};
use crate::kit::Refusal;

#[expect(clippy::unnecessary_wraps, reason = "all methods of the Web API share one signature")]
pub(super) fn test(slack: &Slack, _call: &Call) -> Result<Value, Refusal> {
    let world = slack.world();
    Ok(json!({
        "url": format!("{}/", slack.base()),
        "team": world.team.name,
        "user": world.app.name.to_lowercase(),
        "team_id": world.team.id,
        "user_id": world.app.bot_user_id,
        "bot_id": world.app.bot_id,
        "is_enterprise_install": false,
    }))
}

/// With `test` set nothing happens (reference/methods/auth.revoke).
#[expect(clippy::unnecessary_wraps, reason = "all methods of the Web API share one signature")]
pub(super) fn revoke(slack: &Slack, call: &Call) -> Result<Value, Refusal> {
    if call.flag("test") {
        return Ok(json!({ "revoked": false }));
    }
    let revoked = slack.authority.revoke_token(&call.caller.token);
    let bot = slack.world().app.bot_user_id.clone();
    slack.kit.ledger.record(ID, "token.revoke", &bot, None, json!({}));
    events::tokens_revoked(slack);
    Ok(json!({ "revoked": revoked }))
}
