//! Notion's objects as JSON (the SDK's `…ObjectResponse` types).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::values;
use super::world::{Block, Page, Property, Source, User, World};

/// Times are told to the minute.
pub(super) fn minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}

pub(super) fn stamp(at: Timestamp) -> String {
    format!("{:.3}", minute(at))
}

pub(super) fn user(user: &User) -> Value {
    json!({
        "object": "user", "id": user.id, "name": user.name, "avatar_url": null, "type": "person", "person": { "email": user.email },
    })
}

/// Somebody by id alone: a person or the bot.
fn by(id: &str) -> Value {
    json!({ "object": "user", "id": id })
}

pub(super) fn bot(world: &World, owner: &User) -> Value {
    json!({
        "object": "user",
        "id": world.bot,
        "name": "Harmony",
        "avatar_url": null,
        "type": "bot",
        "bot": {
            "owner": { "type": "user", "user": user(owner) },
            "workspace_id": world.workspace,
            "workspace_name": world.workspace_name,
            "workspace_limits": { "max_file_upload_size_in_bytes": 5_242_880 },
        },
    })
}

fn property(property: &Property) -> Value {
    let Property { id, name, kind, config } = property;
    let mut told = Map::new();
    told.insert("id".into(), json!(id));
    told.insert("name".into(), json!(name));
    told.insert("description".into(), Value::Null);
    told.insert("type".into(), json!(kind));
    told.insert(kind.clone(), config.clone());
    Value::Object(told)
}

pub(super) fn source(world: &World, source: &Source) -> Value {
    let properties: Map<String, Value> = source.properties.iter().map(|one| (one.name.clone(), property(one))).collect();
    let owner = world.users.first().map_or("", |user| &user.id);
    json!({
        "object": "data_source",
        "id": source.id,
        "title": values::rich_text_of(&source.title),
        "description": [],
        "parent": { "type": "database_id", "database_id": source.database },
        "database_parent": { "type": "workspace", "workspace": true },
        "is_inline": false,
        "in_trash": source.trashed,
        "archived": source.trashed,
        "created_time": stamp(source.created),
        "last_edited_time": stamp(source.edited),
        "created_by": by(owner),
        "last_edited_by": by(owner),
        "properties": properties,
        "icon": null,
        "cover": null,
        "url": format!("https://www.notion.so/{}", source.database.replace('-', "")),
        "public_url": null,
    })
}

pub(super) fn database(source: &Source) -> Value {
    json!({
        "object": "database",
        "id": source.database,
        "title": values::rich_text_of(&source.title),
        "description": [],
        "parent": { "type": "workspace", "workspace": true },
        "is_inline": false,
        "is_locked": false,
        "in_trash": source.trashed,
        "created_time": stamp(source.created),
        "last_edited_time": stamp(source.edited),
        "data_sources": [{ "id": source.id, "name": source.title }],
        "icon": null,
        "cover": null,
        "url": format!("https://www.notion.so/{}", source.database.replace('-', "")),
        "public_url": null,
    })
}

pub(super) fn page(world: &World, page: &Page) -> Value {
    let source = world.source(&page.source);
    let mut properties = Map::new();
    for property in source.into_iter().flat_map(|source| &source.properties) {
        let value = match property.kind.as_str() {
            "created_time" => json!(stamp(page.created)),
            kind => page.values.get(&property.id).cloned().unwrap_or_else(|| values::empty(kind)),
        };
        let mut told = Map::new();
        told.insert("id".into(), json!(property.id));
        told.insert("type".into(), json!(property.kind));
        told.insert(property.kind.clone(), value);
        properties.insert(property.name.clone(), Value::Object(told));
    }
    json!({
        "object": "page",
        "id": page.id,
        "created_time": stamp(page.created),
        "last_edited_time": stamp(page.edited),
        "in_trash": page.trashed,
        "archived": page.trashed,
        "is_archived": false,
        "is_locked": false,
        "url": format!("https://www.notion.so/{}", page.id.replace('-', "")),
        "public_url": null,
        "parent": {
            "type": "data_source_id",
            "data_source_id": page.source,
            "database_id": source.map_or("", |source| &source.database),
        },
        "properties": properties,
        "icon": null,
        "cover": null,
        "created_by": by(&page.created_by),
        "last_edited_by": by(&page.edited_by),
    })
}

pub(super) fn block(world: &World, block: &Block) -> Value {
    let parent = if world.blocks.contains_key(&block.parent) {
        json!({ "type": "block_id", "block_id": block.parent })
    } else {
        json!({ "type": "page_id", "page_id": block.parent })
    };
    let mut told = json!({
        "object": "block",
        "id": block.id,
        "parent": parent,
        "type": block.kind,
        "created_time": stamp(block.created),
        "created_by": by(&block.by),
        "last_edited_time": stamp(block.edited),
        "last_edited_by": by(&block.by),
        "has_children": world.below(&block.id).next().is_some(),
        "in_trash": false,
        "archived": false,
    });
    told[&block.kind] = block.content.clone();
    told
}
