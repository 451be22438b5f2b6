//! Where the file says less than Notion does: amended after the types of Notion's own SDK (makenotion/notion-sdk-js 9060802,
//! `src/api-endpoints`), in which every block, value and answer is described.

use serde_json::{Map, Value, json};

/// Amends the document.
pub(super) fn amend(document: &mut Value) {
    for (name, schema) in requests().into_iter().chain(answers()) {
        document["components"]["schemas"][name] = schema;
    }
    let whole = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let body =
        |path: &str, method: &str| format!("/paths/{}/{method}/requestBody/content/application~1json/schema", path.replace('/', "~1"));
    for (path, method, name) in [
        ("/v1/pages", "post", "createPage"),
        ("/v1/pages/{page_id}", "patch", "updatePage"),
        ("/v1/blocks/{block_id}/children", "patch", "appendChildren"),
        ("/v1/data_sources/{data_source_id}/query", "post", "query"),
        ("/v1/data_sources/{data_source_id}", "patch", "updateSource"),
        ("/v1/search", "post", "search"),
    ] {
        if let Some(schema) = document.pointer_mut(&body(path, method)) {
            *schema = whole(name);
        }
    }
    for (path, method, name) in [
        ("/v1/users", "get", "userList"),
        ("/v1/users/me", "get", "bot"),
        ("/v1/users/{user_id}", "get", "user"),
        ("/v1/search", "post", "objectList"),
        ("/v1/pages", "post", "page"),
        ("/v1/pages/{page_id}", "get", "page"),
        ("/v1/pages/{page_id}", "patch", "page"),
        ("/v1/blocks/{block_id}", "get", "block"),
        ("/v1/blocks/{block_id}", "delete", "block"),
        ("/v1/blocks/{block_id}/children", "get", "blockList"),
        ("/v1/blocks/{block_id}/children", "patch", "blockList"),
        ("/v1/data_sources/{data_source_id}", "get", "source"),
        ("/v1/data_sources/{data_source_id}", "patch", "source"),
        ("/v1/data_sources/{data_source_id}/query", "post", "objectList"),
    ] {
        let answer = |name: &str| json!({ "description": name, "content": { "application/json": { "schema": whole(name) } } });
        document["paths"][path][method]["responses"] = json!({ "200": answer(name), "default": answer("error") });
    }
}

/// Rich text, blocks three levels deep, values, and the bodies that hold them.
fn requests() -> Map<String, Value> {
    let text = |most: usize| json!({ "type": "string", "maxLength": most });
    let rich = json!({ "type": "array", "maxItems": 100, "items": { "$ref": "#/components/schemas/richText" } });
    let flags = ["bold", "italic", "strikethrough", "underline", "code"].map(|name| (name.to_owned(), json!({ "type": "boolean" })));
    let mut annotations: Map<String, Value> = flags.into_iter().collect();
    annotations.insert("color".into(), json!({ "type": "string" }));
    let link = json!({ "type": ["object", "null"], "required": ["url"], "properties": { "url": text(2_000) } });
    let mut all = Map::new();
    all.insert(
        "richText".into(),
        json!({
            "type": "object", "required": ["text"],
            "properties": {
                "type": { "enum": ["text"] },
                "text": { "type": "object", "required": ["content"], "properties": { "content": text(2_000), "link": link } },
                "annotations": { "type": "object", "properties": annotations },
            },
        }),
    );
    for (name, below) in [("block", Some("blockBelow")), ("blockBelow", Some("blockLast")), ("blockLast", None)] {
        all.insert(name.replace("block", "newBlock"), block(&rich, below));
    }
    let new_blocks = json!({ "type": "array", "maxItems": 100, "items": { "$ref": "#/components/schemas/newBlock" } });
    let values = json!({ "type": "object", "additionalProperties": { "type": "object" } });
    let id = json!({ "type": "string", "format": "uuid" });
    all.insert("createPage".into(), json!({
        "type": "object", "required": ["parent", "properties"],
        "properties": {
            "parent": { "type": "object", "required": ["data_source_id"], "properties": { "type": { "enum": ["data_source_id"] }, "data_source_id": id } },
            "properties": values, "children": new_blocks,
        },
    }));
    let flag = json!({ "type": "boolean" });
    all.insert(
        "updatePage".into(),
        json!({ "type": "object", "properties": { "properties": values, "in_trash": flag, "archived": flag } }),
    );
    all.insert(
        "appendChildren".into(),
        json!({
            "type": "object", "required": ["children"], "properties": { "children": new_blocks, "after": id },
        }),
    );
    all.insert(
        "updateSource".into(),
        json!({
            "type": "object", "properties": { "properties": { "type": "object", "additionalProperties": { "type": ["object", "null"] } } },
        }),
    );
    all.extend(lists());
    all
}

/// The bodies by which lists are asked for.
fn lists() -> Map<String, Value> {
    let cursor = json!({ "type": ["string", "null"] });
    let size = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
    let direction = json!({ "enum": ["ascending", "descending"] });
    let sort = json!({
        "type": "object", "required": ["direction"],
        "properties": { "property": { "type": "string" }, "timestamp": { "enum": ["created_time", "last_edited_time"] }, "direction": direction },
    });
    let mut all = Map::new();
    all.insert(
        "query".into(),
        json!({
            "type": "object",
            "properties": {
                "filter": { "type": "object", "additionalProperties": true },
                "sorts": { "type": "array", "items": sort },
                "start_cursor": cursor, "page_size": size, "in_trash": { "type": "boolean" }, "archived": { "type": "boolean" },
                "result_type": { "enum": ["page", "data_source"] },
            },
        }),
    );
    all.insert("search".into(), json!({
        "type": "object",
        "properties": {
            "query": { "type": "string" },
            "filter": { "type": "object", "properties": { "property": { "enum": ["object"] }, "value": { "enum": ["page", "data_source"] } } },
            "sort": { "type": "object", "properties": { "timestamp": { "enum": ["last_edited_time"] }, "direction": direction } },
            "start_cursor": cursor, "page_size": size,
        },
    }));
    all
}

/// One of the blocks that are kept here; `below` names what its children may be.
fn block(rich: &Value, below: Option<&str>) -> Value {
    let branch = |kind: &str, more: &[(&str, Value)], parent: bool| {
        let mut content = Map::from_iter([("rich_text".to_owned(), rich.clone()), ("color".to_owned(), json!({ "type": "string" }))]);
        content.extend(more.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())));
        if let Some(below) = below.filter(|_| parent) {
            let children = json!({ "$ref": format!("#/components/schemas/{}", below.replace("block", "newBlock")) });
            content.insert("children".into(), json!({ "type": "array", "maxItems": 100, "items": children }));
        }
        let content = json!({ "type": "object", "required": ["rich_text"], "properties": content, "additionalProperties": false });
        json!({
            "type": "object", "required": [kind], "additionalProperties": false,
            "properties": { "object": { "enum": ["block"] }, "type": { "enum": [kind] }, kind: content },
        })
    };
    let flag = || json!({ "type": "boolean" });
    let icon = json!({ "type": "object", "properties": { "type": { "enum": ["emoji"] }, "emoji": { "type": "string" } } });
    let mut branches: Vec<Value> =
        ["paragraph", "bulleted_list_item", "numbered_list_item", "quote", "toggle"].iter().map(|kind| branch(kind, &[], true)).collect();
    branches.extend(["heading_1", "heading_2", "heading_3"].iter().map(|kind| branch(kind, &[("is_toggleable", flag())], true)));
    branches.push(branch("to_do", &[("checked", flag())], true));
    branches.push(branch("callout", &[("icon", icon)], true));
    branches.push(branch("code", &[("language", json!({ "type": "string" }))], false));
    branches.push(json!({
        "type": "object", "required": ["divider"], "additionalProperties": false,
        "properties": { "object": { "enum": ["block"] }, "type": { "enum": ["divider"] }, "divider": { "type": "object" } },
    }));
    json!({ "oneOf": branches })
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn maybe() -> Value {
    json!({ "type": ["string", "null"] })
}

fn flag() -> Value {
    json!({ "type": "boolean" })
}

fn any() -> Value {
    json!({ "type": "object", "additionalProperties": true })
}

/// Errors, people and the bot as they are answered.
fn people() -> Map<String, Value> {
    let error = json!({
        "object": { "enum": ["error"] }, "status": { "type": "integer" }, "code": text(), "message": text(), "request_id": text(),
        "additional_data": any(),
    });
    let user = json!({
        "object": { "enum": ["user"] }, "id": text(), "name": maybe(), "avatar_url": maybe(), "type": { "enum": ["person"] },
        "person": object(&[], &json!({ "email": text() })),
    });
    let facts = json!({ "owner": any(), "workspace_id": text(), "workspace_name": maybe(), "workspace_limits": any() });
    let bot = json!({
        "object": { "enum": ["user"] }, "id": text(), "name": maybe(), "avatar_url": maybe(), "type": { "enum": ["bot"] },
        "bot": object(&["owner", "workspace_id", "workspace_name"], &facts),
    });
    Map::from_iter([
        ("error".to_owned(), object(&["object", "status", "code", "message"], &error)),
        ("user".to_owned(), object(&["object", "id"], &user)),
        ("bot".to_owned(), object(&["object", "id", "type", "bot"], &bot)),
    ])
}

/// Pages, data sources and blocks as they are answered, and the lists of all.
fn answers() -> Map<String, Value> {
    let mut all = people();
    let by = object(&["object", "id"], &json!({ "object": { "enum": ["user"] }, "id": text() }));
    let common = json!({
        "object": text(), "id": text(), "created_time": text(), "last_edited_time": text(), "created_by": by, "last_edited_by": by,
        "in_trash": flag(), "archived": flag(), "is_archived": flag(), "is_locked": flag(), "url": text(), "public_url": maybe(),
        "parent": any(), "icon": { "type": ["object", "null"] }, "cover": { "type": ["object", "null"] },
    });
    let of = |required: &[&str], more: Value| {
        let mut properties = common.clone();
        if let (Some(properties), Value::Object(more)) = (properties.as_object_mut(), more) {
            properties.extend(more);
        }
        object(required, &properties)
    };
    let value = json!({ "type": "object", "required": ["id", "type"], "additionalProperties": true });
    let typed = json!({ "type": "object", "additionalProperties": value });
    let columns = json!({
        "properties": typed, "title": { "type": "array" }, "description": { "type": "array" }, "database_parent": any(), "is_inline": flag(),
    });
    let block = json!({
        "type": "object", "required": ["object", "id", "type", "has_children", "in_trash", "parent"], "additionalProperties": true,
        "properties": { "object": { "enum": ["block"] }, "id": text(), "type": text(), "has_children": flag(), "in_trash": flag() },
    });
    let row = ["object", "id", "properties", "parent", "last_edited_time", "in_trash", "url"];
    all.insert("page".into(), of(&row, json!({ "properties": typed })));
    all.insert("source".into(), of(&["object", "id", "properties", "title", "parent"], columns));
    all.insert("block".into(), block);
    for (name, element) in [("userList", "user"), ("blockList", "block")] {
        all.insert(name.into(), list(&json!({ "$ref": format!("#/components/schemas/{element}") })));
    }
    let either = json!({ "anyOf": [{ "$ref": "#/components/schemas/page" }, { "$ref": "#/components/schemas/source" }] });
    all.insert("objectList".into(), list(&either));
    all
}

fn list(element: &Value) -> Value {
    let mark = json!({ "type": "object", "additionalProperties": true });
    json!({
        "type": "object", "required": ["object", "results", "has_more", "next_cursor", "type"],
        "properties": {
            "object": { "enum": ["list"] }, "results": { "type": "array", "items": element }, "has_more": { "type": "boolean" },
            "next_cursor": { "type": ["string", "null"] }, "type": { "type": "string" }, "user": mark, "block": mark,
            "page_or_data_source": mark, "request_status": mark, "request_id": { "type": "string" },
        },
    })
}
