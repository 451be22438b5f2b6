//! What stands on pages: the blocks of a request, held to Notion's limits, and their place below a page or a block.

use serde_json::{Map, Value, json};

use super::errors::invalid;
use super::world::{Block, World};
use super::{Notion, values};
use crate::kit::Refusal;

/// Children of one array (developers.notion.com/reference/request-limits).
const MOST_CHILDREN: usize = 100;
/// Blocks of one request, whatever their depth.
const MOST_BLOCKS: usize = 1_000;
/// Levels of children below the first one (the SDK's `BlockObjectRequest`).
const DEEPEST: usize = 2;

/// The kinds that hold text, and may hold children.
const TEXTS: &[&str] = &[
    "paragraph",
    "heading_1",
    "heading_2",
    "heading_3",
    "bulleted_list_item",
    "numbered_list_item",
    "to_do",
    "quote",
    "toggle",
    "callout",
];

/// A block of a request, read.
#[derive(Debug)]
pub(super) struct New {
    kind: String,
    content: Value,
    children: Vec<New>,
}

/// Reads the children of a request; `place` is their path in the body.
pub(super) fn read(place: &str, given: &Value) -> Result<Vec<New>, Refusal> {
    let mut count = 0;
    read_level(place, given, 0, &mut count)
}

fn read_level(place: &str, given: &Value, depth: usize, count: &mut usize) -> Result<Vec<New>, Refusal> {
    let given = given.as_array().ok_or_else(|| invalid(&format!("body failed validation: {place} should be an array.")))?;
    if given.len() > MOST_CHILDREN {
        let length = given.len();
        return Err(invalid(&format!("body failed validation: {place}.length should be ≤ `{MOST_CHILDREN}`, instead was `{length}`.")));
    }
    *count += given.len();
    if *count > MOST_BLOCKS {
        return Err(invalid(&format!("body failed validation: a request holds at most {MOST_BLOCKS} blocks.")));
    }
    let each = given.iter().enumerate();
    each.map(|(at, block)| read_block(&format!("{place}[{at}]"), block, depth, count)).collect()
}

fn read_block(place: &str, block: &Value, depth: usize, count: &mut usize) -> Result<New, Refusal> {
    let known = |key: &&String| TEXTS.contains(&key.as_str()) || ["code", "divider"].contains(&key.as_str());
    let kind = block.as_object().and_then(|map| map.keys().find(known)).cloned();
    let kind = kind.ok_or_else(|| invalid(&format!("body failed validation: {place} should be a block that the emulator keeps.")))?;
    if block.get("type").is_some_and(|told| *told != *kind) {
        return Err(invalid(&format!("body failed validation: {place}.type should be `{kind}`.")));
    }
    let given = &block[&kind];
    let mut content = Map::new();
    if kind != "divider" {
        content.insert("rich_text".into(), values::rich_text(&format!("{place}.{kind}.rich_text"), &given["rich_text"])?);
    }
    match kind.as_str() {
        "code" => {
            let language = given["language"]
                .as_str()
                .ok_or_else(|| invalid(&format!("body failed validation: {place}.code.language should be defined.")))?;
            content.insert("language".into(), json!(language));
            content.insert("caption".into(), json!([]));
        }
        "divider" => {}
        _ => {
            content.insert("color".into(), json!(given["color"].as_str().unwrap_or("default")));
        }
    }
    match kind.as_str() {
        "to_do" => drop(content.insert("checked".into(), json!(given["checked"] == true))),
        "callout" => drop(content.insert("icon".into(), given["icon"].clone())),
        "heading_1" | "heading_2" | "heading_3" => drop(content.insert("is_toggleable".into(), json!(given["is_toggleable"] == true))),
        _ => {}
    }
    let children = match given.get("children") {
        None => Vec::new(),
        Some(_) if depth == DEEPEST || !TEXTS.contains(&kind.as_str()) => {
            return Err(invalid(&format!("body failed validation: {place}.{kind}.children should be not present.")));
        }
        Some(children) => read_level(&format!("{place}.{kind}.children"), children, depth + 1, count)?,
    };
    Ok(New { kind, content: Value::Object(content), children })
}

/// Puts blocks below a page or a block, at the end or after one of its children; answers the ids of the first level.
pub(super) fn place(notion: &Notion, world: &mut World, parent: &str, after: Option<&str>, new: Vec<New>, by: &str) -> Vec<String> {
    let now = notion.kit.clock.now();
    let mut ids = Vec::new();
    for New { kind, content, children } in new {
        let id = notion.kit.uuid().to_string();
        let block = Block { id: id.clone(), parent: parent.to_owned(), kind, content, created: now, edited: now, by: by.to_owned() };
        world.blocks.insert(id.clone(), block);
        place(notion, world, &id, None, children, by);
        ids.push(id);
    }
    let siblings = world.children.entry(parent.to_owned()).or_default();
    let at = after.and_then(|after| siblings.iter().position(|id| id == after)).map_or(siblings.len(), |at| at + 1);
    siblings.splice(at..at, ids.iter().cloned());
    ids
}
