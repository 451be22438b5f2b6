//! How boards, items, columns, values and people are shown.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::failure::Failure;
use super::query;
use super::resolve::{Context, Field};
use super::world::{Board, Column, Item, Log, User, Webhook, World};

/// Seconds and `Z`.
pub(super) fn stamp(time: Timestamp) -> Value {
    json!(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

pub(super) fn user(world: &World, user: &User) -> Value {
    json!({
        "__typename": "User",
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "account_id": world.account,
        "is_deleted": false,
        "url": format!("https://{}.monday.com/users/{}", world.slug, user.id),
    })
}

pub(super) fn webhook(webhook: &Webhook) -> Value {
    json!({ "__typename": "Webhook", "id": webhook.id, "board_id": webhook.board, "event": webhook.event, "config": null })
}

pub(super) fn board(world: &World, board: &Board) -> Value {
    let items = world.items.iter().filter(|item| item.board == board.id && item.state == "active").count();
    json!({
        "__typename": "Board",
        "id": board.id,
        "name": board.name,
        "type": board.kind,
        "state": "active",
        "board_kind": "public",
        "items_count": items,
        "url": format!("https://{}.monday.com/boards/{}", world.slug, board.id),
    })
}

/// The fields of a board that take arguments.
pub(super) fn of_board(context: &Context<'_>, node: &Value, name: &str, arguments: &Value) -> Field {
    let id = node["id"].as_str().unwrap_or_default();
    if name == "items_page" {
        return query::of_board(context, id, arguments).map(Some);
    }
    let world = context.monday.world();
    let board = world.board(id)?;
    Ok(match name {
        "columns" => {
            let (ids, types) = (query::texts(&arguments["ids"]), query::texts(&arguments["types"]));
            let wanted = board.columns.iter().filter(|column| chosen(column, ids.as_ref(), types.as_ref()));
            Some(wanted.map(column).collect())
        }
        "groups" => {
            let ids = query::texts(&arguments["ids"]);
            let wanted = board.groups.iter().filter(|group| ids.as_ref().is_none_or(|ids| ids.contains(&group.id)));
            Some(wanted.map(|group| self::group(&group.id, &group.title)).collect())
        }
        "activity_logs" => Some(activity(&world, board, arguments)),
        _ => None,
    })
}

fn chosen(column: &Column, ids: Option<&Vec<String>>, types: Option<&Vec<String>>) -> bool {
    ids.is_none_or(|ids| ids.contains(&column.id)) && types.is_none_or(|types| types.iter().any(|kind| kind == column.kind))
}

fn group(id: &str, title: &str) -> Value {
    json!({
        "__typename": "Group", "id": id, "title": title, "color": "#579bfc", "position": "65536.0", "archived": false, "deleted": false,
    })
}

pub(super) fn column(column: &Column) -> Value {
    let labels: Vec<Value> = column
        .labels
        .iter()
        .map(|label| json!({ "id": label.index, "index": label.index, "label": label.text, "color": label.index, "is_done": label.is_done, "is_deactivated": false }))
        .collect();
    let settings = if column.kind == "status" { json!({ "labels": labels }) } else { json!({}) };
    json!({
        "__typename": "Column",
        "id": column.id,
        "title": column.title,
        "type": column.kind,
        "archived": false,
        "description": null,
        "settings": settings,
        "settings_str": settings.to_string(),
    })
}

/// The newest first, between two instants. Times are counted in ten-millionths of a second.
fn activity(world: &World, board: &Board, arguments: &Value) -> Value {
    let bound = |name: &str| arguments[name].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let (from, to) = (bound("from"), bound("to"));
    let items = query::texts(&arguments["item_ids"]);
    let number = |name: &str, default| arguments[name].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(default);
    let (limit, page) = (number("limit", 25), number("page", 1).max(1));
    let within = |log: &&Log| {
        from.is_none_or(|from| log.at >= from)
            && to.is_none_or(|to| log.at <= to)
            && items.as_ref().is_none_or(|ids| ids.contains(&log.item))
    };
    let shown = |log: &Log| {
        let number = |id: &str| id.parse::<u64>().unwrap_or_default();
        let data = json!({
            "board_id": number(&board.id), "item_id": number(&log.item), "pulse_id": number(&log.item), "item_name": log.name,
        });
        json!({
            "__typename": "ActivityLogType",
            "id": log.id,
            "event": log.event,
            "entity": "pulse",
            "data": data.to_string(),
            "created_at": (i128::from(log.at.as_millisecond()) * 10_000).to_string(),
            "user_id": log.user,
            "account_id": world.account,
        })
    };
    board.log.iter().rev().filter(within).skip((page - 1) * limit).take(limit).map(shown).collect()
}

pub(super) fn item(world: &World, item: &Item) -> Value {
    let title = world.board(&item.board).ok().and_then(|board| board.groups.iter().find(|group| group.id == item.group));
    json!({
        "__typename": "Item",
        "id": item.id,
        "name": item.name,
        "state": item.state,
        "group": group(&item.group, title.map_or("", |group| &group.title)),
        "created_at": stamp(item.created_at),
        "updated_at": stamp(item.updated_at),
        "creator_id": item.creator,
        "url": world.url(item),
        "relative_link": format!("/boards/{}/pulses/{}", item.board, item.id),
        "email": format!("pulse-{}@{}.monday.example", item.id, world.slug),
    })
}

/// The fields of an item that take arguments, or a scope of their own.
pub(super) fn of_item(context: &Context<'_>, node: &Value, name: &str, arguments: &Value) -> Field {
    let world = context.monday.world();
    let item = world.item(node["id"].as_str().unwrap_or_default())?;
    Ok(match name {
        "board" => Some(board(&world, world.board(&item.board)?)),
        "column_values" => {
            let (ids, types) = (query::texts(&arguments["ids"]), query::texts(&arguments["types"]));
            let columns = world.board(&item.board)?.columns.iter().filter(|column| column.kind != "name");
            let wanted = columns.filter(|column| chosen(column, ids.as_ref(), types.as_ref()));
            Some(wanted.map(|column| value(&world, column, item)).collect::<Result<Vec<Value>, Failure>>()?.into())
        }
        "updates" => {
            context.need("updates:read")?;
            let limit = arguments["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(25);
            let page = arguments["page"].as_u64().and_then(|page| usize::try_from(page).ok()).unwrap_or(1).max(1);
            let updates = item.updates.iter().skip((page - 1) * limit).take(limit);
            Some(updates.map(|update| self::update(item, update)).collect())
        }
        _ => None,
    })
}

pub(super) fn update(item: &Item, update: &super::world::Update) -> Value {
    json!({
        "__typename": "Update",
        "id": update.id,
        "body": update.body,
        "text_body": plain(&update.body),
        "creator_id": update.creator,
        "created_at": stamp(update.at),
        "item_id": item.id,
    })
}

/// HTML without its tags.
fn plain(html: &str) -> String {
    let mut inside = false;
    let visible = html.chars().filter(|c| {
        inside = (inside || *c == '<') && *c != '>';
        !inside && *c != '>'
    });
    visible.collect()
}

/// What a cell says in words.
pub(super) fn text(world: &World, column: &Column, item: &Item) -> String {
    let value = item.values.get(&column.id).unwrap_or(&Value::Null);
    match column.kind {
        "status" => label(column, value).map_or_else(String::new, |label| label.text.clone()),
        "people" => {
            let names = people(value).into_iter().filter_map(|id| Some(world.user(&id)?.name.clone()));
            names.collect::<Vec<String>>().join(", ")
        }
        _ => value.as_str().unwrap_or_default().to_owned(),
    }
}

fn label<'a>(column: &'a Column, value: &Value) -> Option<&'a super::world::Label> {
    let index = value.as_i64()?;
    column.labels.iter().find(|label| label.index == index)
}

fn people(value: &Value) -> Vec<String> {
    query::texts(value).unwrap_or_default()
}

fn value(world: &World, column: &Column, item: &Item) -> Result<Value, Failure> {
    let held = item.values.get(&column.id).unwrap_or(&Value::Null);
    let mut shown = json!({
        "id": column.id, "type": column.kind, "text": text(world, column, item), "column": self::column(column), "value": null,
        "updated_at": stamp(item.updated_at),
    });
    let own = match column.kind {
        "status" => {
            let label = label(column, held);
            shown["value"] = label.map_or(Value::Null, |label| json!(json!({ "index": label.index }).to_string()));
            json!({ "__typename": "StatusValue", "index": label.map(|one| one.index), "label": label.map(|one| &one.text), "is_done": label.map(|one| one.is_done) })
        }
        "people" => {
            let entities: Vec<Value> =
                people(held).into_iter().map(|id| json!({ "__typename": "PeopleEntity", "id": id, "kind": "person" })).collect();
            json!({ "__typename": "PeopleValue", "persons_and_teams": entities })
        }
        "date" => json!({ "__typename": "DateValue", "date": held.as_str().unwrap_or_default(), "time": "" }),
        "text" => json!({ "__typename": "TextValue" }),
        other => return Err(Failure::not_emulated(&format!("a value of type {other}"))),
    };
    if let (Value::Object(shown), Value::Object(own)) = (&mut shown, own) {
        shown.extend(own);
    }
    Ok(shown)
}
