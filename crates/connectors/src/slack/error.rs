//! Slack's errors: HTTP 200 with `ok: false` and a code. Codes as kinds, in words that say what to do.

use connector_kit::{Error, ErrorKind, Reply};

use super::wire::Ack;

/// Reads an answer. Other statuses than 200 (429 with `Retry-After`, 5xx) are read by the kit.
pub fn classify(reply: &Reply) -> Option<Error> {
    if reply.status != 200 {
        return None;
    }
    let Some(ack) = reply.peek::<Ack>() else {
        // Something between us and Slack answered, or the answer was cut: a message may be there all the same.
        return Some(Error::protocol("Slack's answer is not readable").in_doubt());
    };
    if ack.ok {
        return None;
    }
    let code = ack.error.unwrap_or_else(|| "no_error_code".to_owned());
    Some(by_code(&code, ack.needed.as_deref()).with_code(code))
}

fn by_code(code: &str, needed: Option<&str>) -> Error {
    let is = |kind, words: &str| Error::new(kind, words);
    match code {
        "not_authed" | "invalid_auth" | "token_revoked" | "token_expired" => {
            is(ErrorKind::Unauthorized, "Slack no longer accepts the sign-in")
        }
        "account_inactive" => is(ErrorKind::Unauthorized, "the app was removed from this Slack workspace"),
        "org_login_required" | "two_factor_setup_required" => {
            is(ErrorKind::Unauthorized, "Slack asks for a new sign-in to the organisation")
        }
        "missing_scope" => {
            let scope = needed.unwrap_or("a further scope");
            Error::new(ErrorKind::Forbidden, format!("Slack's permission {scope} is missing; reconnect to grant it"))
        }
        "not_in_channel" => is(ErrorKind::Forbidden, "the app is not in this channel; invite it there"),
        "is_archived" | "is_inactive" => is(ErrorKind::Forbidden, "the channel is archived; choose another one"),
        "restricted_action" | "restricted_action_read_only_channel" | "restricted_action_thread_only_channel" => {
            is(ErrorKind::Forbidden, "the workspace's rules do not let the app post in this channel")
        }
        "cant_update_message" | "cant_delete_message" | "edit_window_closed" | "compliance_exports_prevent_deletion" => {
            is(ErrorKind::Forbidden, "the workspace's rules do not let the app change this message")
        }
        "no_permission"
        | "access_denied"
        | "not_allowed_token_type"
        | "enterprise_is_restricted"
        | "team_access_not_granted"
        | "ekm_access_denied"
        | "user_is_restricted"
        | "messages_tab_disabled" => is(ErrorKind::Forbidden, "Slack's administrator does not allow this app to do it"),
        "channel_not_found" => is(ErrorKind::NotFound, "the channel does not exist, or the app was not invited to it"),
        "message_not_found" | "thread_not_found" => is(ErrorKind::NotFound, "the message was deleted"),
        "users_not_found" | "user_not_found" | "user_not_visible" | "user_disabled" => {
            is(ErrorKind::NotFound, "nobody in this Slack workspace has that address or id")
        }
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => is(ErrorKind::RateLimited, "Slack asks for fewer calls"),
        // Slack's own words for these: some of it may have been done.
        "fatal_error" | "internal_error" => is(ErrorKind::Unavailable, "Slack had an error of its own").in_doubt(),
        "service_unavailable" | "request_timeout" | "team_added_to_org" => is(ErrorKind::Unavailable, "Slack cannot do it just now"),
        "msg_too_long" | "msg_blocks_too_long" | "invalid_blocks" | "invalid_blocks_format" | "no_text" => {
            is(ErrorKind::Invalid, "Slack does not take a message of this form")
        }
        "metadata_too_large" | "invalid_metadata_format" | "invalid_metadata_schema" => {
            is(ErrorKind::Invalid, "Slack does not take the marker")
        }
        _ => is(ErrorKind::Invalid, "Slack refused the call"),
    }
}
