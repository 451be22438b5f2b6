//! Where today's Slack differs from its archived description, each with the reason. Mends the description before it is read; judges nothing.
//!
//! The repository of the description was archived in 2021. What is listed here is what the emulated methods need; sources are pages of docs.slack.dev.

use serde_json::{Map, Value, json};

/// One place of the description that is out of date.
pub(super) struct Departure {
    /// Keys from the root. In a list, a key is the `name` of the entry, which is added where it is missing.
    pub at: &'static [&'static str],
    /// JSON that stands there now.
    pub now: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers; a test asks that every departure has its reason"))]
    pub why: &'static str,
}

/// Every single departure; the general ones are the functions below.
pub(super) const DEPARTURES: &[Departure] = &[
    Departure {
        at: &["paths", "/chat.postMessage", "post", "parameters", "metadata"],
        now: r#"{"name": "metadata", "in": "formData", "type": "string"}"#,
        why: "message metadata came in 2022 (messaging/message-metadata)",
    },
    Departure {
        at: &["paths", "/chat.update", "post", "parameters", "metadata"],
        now: r#"{"name": "metadata", "in": "formData", "type": "string"}"#,
        why: "message metadata came in 2022 (messaging/message-metadata)",
    },
    Departure {
        at: &["paths", "/conversations.history", "get", "parameters", "include_all_metadata"],
        now: r#"{"name": "include_all_metadata", "in": "query", "type": "boolean"}"#,
        why: "message metadata came in 2022 (reference/methods/conversations.history)",
    },
    Departure {
        at: &["paths", "/conversations.replies", "get", "parameters", "include_all_metadata"],
        now: r#"{"name": "include_all_metadata", "in": "query", "type": "boolean"}"#,
        why: "message metadata came in 2022 (reference/methods/conversations.replies)",
    },
    Departure {
        at: &["paths", "/chat.delete", "post", "parameters", "ts", "type"],
        now: r#""string""#,
        why: "the file says number, which a JSON body cannot hold: 1503435956.000247 would lose digits; the method takes a text",
    },
    Departure {
        at: &["paths", "/oauth.v2.access", "get", "parameters", "code", "required"],
        now: "false",
        why: "a refresh brings a refresh token, no code (authentication/using-token-rotation)",
    },
    Departure {
        at: &["paths", "/oauth.v2.access", "get", "parameters", "grant_type"],
        now: r#"{"name": "grant_type", "in": "query", "type": "string", "enum": ["authorization_code", "refresh_token"]}"#,
        why: "token rotation came in 2021 (authentication/using-token-rotation)",
    },
    Departure {
        at: &["paths", "/oauth.v2.access", "get", "parameters", "refresh_token"],
        now: r#"{"name": "refresh_token", "in": "query", "type": "string"}"#,
        why: "token rotation came in 2021 (authentication/using-token-rotation)",
    },
    Departure {
        at: &["paths", "/oauth.v2.access", "get", "parameters", "code_verifier"],
        now: r#"{"name": "code_verifier", "in": "query", "type": "string"}"#,
        why: "proof keys came in 2025 (authentication/using-pkce)",
    },
    Departure {
        at: &["definitions", "objs_message", "properties", "metadata"],
        now: r#"{"type": "object", "required": ["event_type"],
                 "properties": {"event_type": {"type": "string"}, "event_payload": {"type": "object"}}}"#,
        why: "message metadata came in 2022 (messaging/message-metadata)",
    },
    Departure {
        at: &["definitions", "objs_message", "properties", "app_id"],
        now: r##"{"$ref": "#/definitions/defs_app_id"}"##,
        why: "messages of an app name it since granular bots; the file has the app in bot_profile alone",
    },
    Departure {
        at: &["definitions", "objs_message", "properties", "edited"],
        now: r##"{"type": "object", "required": ["user", "ts"],
                 "properties": {"user": {"$ref": "#/definitions/defs_user_id"}, "ts": {"$ref": "#/definitions/defs_ts"}}}"##,
        why: "an edited message says so (reference/events/message); the file leaves it out",
    },
    Departure {
        at: &["definitions", "objs_message", "properties", "hidden"],
        now: r#"{"type": "boolean"}"#,
        why: "a deleted thread parent stays as a hidden tombstone (reference/events/message)",
    },
    Departure {
        at: &["paths", "/conversations.history", "get", "responses", "200", "schema", "properties", "messages", "minItems"],
        now: "0",
        why: "a channel without messages answers an empty list",
    },
    Departure {
        at: &["paths", "/conversations.history", "get", "responses", "200", "schema", "properties", "response_metadata"],
        now: r#"{"type": "object", "required": ["next_cursor"], "properties": {"next_cursor": {"type": "string"}}}"#,
        why: "the file's own sample answer has the cursor that its schema leaves out",
    },
    Departure {
        at: &["paths", "/conversations.replies", "get", "responses", "200", "schema", "properties", "response_metadata"],
        now: r#"{"type": "object", "required": ["next_cursor"], "properties": {"next_cursor": {"type": "string"}}}"#,
        why: "replies are paged by cursor (reference/methods/conversations.replies)",
    },
    Departure {
        at: &["paths", "/conversations.replies", "get", "responses", "200", "schema", "properties", "messages", "items"],
        now: r##"{"$ref": "#/definitions/objs_message"}"##,
        why: "the file knows replies of people only: no bot_id, blocks or metadata",
    },
    Departure {
        at: &["paths", "/chat.update", "post", "responses", "200", "schema", "properties", "message"],
        now: r#"{"type": "object", "required": ["text"], "additionalProperties": true}"#,
        why: "the file calls blocks an object and has no author; the answer is a message without its ts",
    },
];

/// Errors that the emulated methods answer and the file does not enumerate for them.
const NEWER_ERRORS: &[&str] = &[
    "account_inactive",
    "as_user_not_supported",
    "cant_update_message",
    "invalid_arguments",
    "invalid_auth",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_cursor",
    "invalid_json",
    "invalid_limit",
    "invalid_metadata_format",
    "invalid_metadata_schema",
    "invalid_ts_latest",
    "invalid_ts_oldest",
    "invalid_types",
    "is_archived",
    "json_not_object",
    "missing_scope",
    "msg_blocks_too_long",
    "not_in_channel",
    "ratelimited",
    "thread_not_found",
    "token_expired",
    "token_revoked",
    "unknown_method",
    "users_not_found",
];

/// Brings the archived description up to date.
pub(super) fn amend(document: &mut Value) {
    for departure in DEPARTURES {
        // A departure that is no JSON would be a slip in this file, which the tests find; null then stands out in any check.
        let now = serde_json::from_str(departure.now).unwrap_or(Value::Null);
        if let Some(place) = place(document, departure.at) {
            *place = now;
        }
    }
    alternations(document);
    for item in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for (verb, operation) in item.as_object_mut().into_iter().flatten() {
            token_anywhere(verb, operation);
            errors_with_status_200(operation);
        }
        both_ways(item);
    }
}

/// The place that the keys lead to; made where it is missing.
fn place<'d>(document: &'d mut Value, at: &[&str]) -> Option<&'d mut Value> {
    let mut here = document;
    for key in at {
        here = match here {
            Value::Array(list) => {
                let index = list.iter().position(|entry| entry["name"] == *key).unwrap_or(list.len());
                if index == list.len() {
                    list.push(Value::Null);
                }
                list.get_mut(index)?
            }
            Value::Object(map) => map.entry(*key).or_insert(Value::Null),
            _ => return None,
        };
    }
    Some(here)
}

/// The file writes "one of these" as a list in `items` beside no `type`, which means nothing in `OpenAPI` 2; it becomes `anyOf`.
fn alternations(value: &mut Value) {
    if let Some(map) = value.as_object_mut() {
        if map.get("items").is_some_and(Value::is_array)
            && !map.contains_key("type")
            && let Some(items) = map.remove("items")
        {
            map.insert("anyOf".into(), items);
        }
        map.values_mut().for_each(alternations);
    } else if let Some(list) = value.as_array_mut() {
        list.iter_mut().for_each(alternations);
    }
}

/// The file wants the token in one place; every method takes it in `Authorization: Bearer` or among its arguments (authentication).
fn token_anywhere(verb: &str, operation: &mut Value) {
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        if parameter["name"] == "token" {
            parameter["required"] = json!(false);
            parameter["in"] = json!(if verb == "get" { "query" } else { "formData" });
        }
    }
}

/// Errors come with status 200 (apis/web-api: evaluating responses), where the file has them as `default`; with warnings and messages beside them.
fn errors_with_status_200(operation: &mut Value) {
    let mut success = operation["responses"]["200"]["schema"].take();
    let mut failure = operation["responses"]["default"]["schema"].take();
    for schema in [&mut success, &mut failure] {
        if let Some(properties) = schema["properties"].as_object_mut() {
            for (name, kind) in [("warning", "string"), ("needed", "string"), ("provided", "string"), ("errors", "array")] {
                properties.entry(name).or_insert(json!({ "type": kind }));
            }
            properties.entry("response_metadata").or_insert(json!({ "type": "object" }));
            loosen(properties.get_mut("response_metadata"));
        }
    }
    if let Some(known) = failure.pointer_mut("/properties/error/enum").and_then(Value::as_array_mut) {
        known.extend(NEWER_ERRORS.iter().map(|error| json!(error)));
    }
    operation["responses"]["default"]["schema"] = failure.clone();
    operation["responses"]["200"]["schema"] = json!({ "anyOf": [success, failure] });
}

/// Warnings stand beside a cursor (apis/web-api: warnings).
fn loosen(response_metadata: Option<&mut Value>) {
    if let Some(map) = response_metadata.and_then(Value::as_object_mut)
        && let Some(properties) = map.get_mut("properties").and_then(Value::as_object_mut)
    {
        properties.entry("warnings").or_insert(json!({ "type": "array", "items": { "type": "string" } }));
        properties.entry("messages").or_insert(json!({ "type": "array", "items": { "type": "string" } }));
    }
}

/// Every method takes GET and POST (apis/web-api: basics); the file has one of them.
fn both_ways(item: &mut Value) {
    let Some(map) = item.as_object_mut() else { return };
    for (have, want, from, to) in [("get", "post", "query", "formData"), ("post", "get", "formData", "query")] {
        if map.contains_key(want) {
            continue;
        }
        if let Some(mut operation) = map.get(have).cloned() {
            for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
                if parameter["in"] == from {
                    parameter["in"] = json!(to);
                }
            }
            map.insert(want.into(), operation);
            return;
        }
    }
}
