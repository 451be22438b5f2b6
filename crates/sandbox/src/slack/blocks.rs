//! Block Kit for messages: every block against its schema (`blocks.schema.json`), the limits across blocks, and block ids.
//!
//! <https://docs.slack.dev/reference/block-kit/blocks>. Block types that the hub has no use for (video, file, input, table, …) are real but
//! refused here, so that nothing unchecked gets through.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use axum::http::StatusCode;
use jsonschema::Draft;
use serde_json::{Value, json};

use super::refuse;
use crate::kit::Refusal;

const MOST_BLOCKS: usize = 50;

/// All blocks together. Slack publishes no number; reports agree on about 13,200 characters of text, less a price per block:
/// 9,597 in 50 blocks passed, 11,341 in 45 did not, 13,297 in one did not quite. <https://github.com/slackapi/bolt-js/issues/2509> and 2867.
const MOST_CHARACTERS: usize = 13_200;
const PRICE_OF_A_BLOCK: usize = 50;

const SCHEMA: &str = include_str!("blocks.schema.json");

/// Block types and the schemas they have to fit.
fn schemas() -> &'static BTreeMap<String, jsonschema::Validator> {
    static SCHEMAS: OnceLock<BTreeMap<String, jsonschema::Validator>> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let document: Value = serde_json::from_str(SCHEMA).unwrap_or_default();
        let types = document["blocks"].as_array().into_iter().flatten().filter_map(Value::as_str);
        types
            .filter_map(|kind| {
                let schema = json!({ "$ref": format!("#/$defs/{kind}"), "$defs": document["$defs"] });
                Some((kind.to_owned(), jsonschema::options().with_draft(Draft::Draft202012).build(&schema).ok()?))
            })
            .collect()
    })
}

/// Refuses what Slack refuses.
pub(super) fn check(blocks: &[Value]) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    if blocks.len() > MOST_BLOCKS {
        errors.push(format!("no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]"));
    }
    let mut ids = BTreeSet::new();
    for (index, block) in blocks.iter().enumerate() {
        check_block(index, block, &mut errors);
        if let Some(id) = block["block_id"].as_str()
            && !ids.insert(id)
        {
            errors.push(format!("block_id is not unique [json-pointer:/blocks/{index}/block_id]"));
        }
    }
    if !errors.is_empty() {
        return Err(invalid(&errors));
    }
    let characters: usize = blocks.iter().map(characters).sum();
    if characters + blocks.len() * PRICE_OF_A_BLOCK > MOST_CHARACTERS {
        return Err(refuse("msg_blocks_too_long"));
    }
    Ok(())
}

fn check_block(index: usize, block: &Value, errors: &mut Vec<String>) {
    let kind = block["type"].as_str().unwrap_or_default();
    let Some(schema) = schemas().get(kind) else {
        errors.push(format!("unsupported type: {kind} [json-pointer:/blocks/{index}/type]"));
        return;
    };
    for error in schema.iter_errors(block) {
        let reason: String = error.to_string().chars().take(200).collect();
        errors.push(format!("{reason} [json-pointer:/blocks/{index}{}]", error.instance_path()));
    }
}

/// The characters of all texts inside.
fn characters(value: &Value) -> usize {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) if name == "text" => text.chars().count(),
                other => characters(other),
            })
            .sum(),
        Value::Array(list) => list.iter().map(characters).sum(),
        _ => 0,
    }
}

/// Slack gives an id to every block that has none.
pub(super) fn with_ids(mut blocks: Vec<Value>) -> Value {
    for (index, block) in blocks.iter_mut().enumerate() {
        if block.get("block_id").is_none() {
            block["block_id"] = json!(format!("b{index:04}"));
        }
    }
    Value::Array(blocks)
}

fn invalid(errors: &[String]) -> Refusal {
    let messages: Vec<String> = errors.iter().map(|error| format!("[ERROR] {error}")).collect();
    let body = json!({ "ok": false, "error": "invalid_blocks", "errors": errors, "response_metadata": { "messages": messages } });
    Refusal::json(StatusCode::OK, body)
}
