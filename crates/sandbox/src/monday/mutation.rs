//! The fields of `Mutation`: which scope each needs, what it changes, what the ledger says of it.

use serde_json::{Value, json};

use super::change::{Wanted, item_name, wanted};
use super::failure::Failure;
use super::resolve::{Context, Field};
use super::webhooks::Happened;
use super::world::{Board, Item, Update, Webhook};
use super::{query, render};

pub(super) fn field(context: &Context<'_>, name: &str, arguments: &Value) -> Field {
    let text = |name: &str| arguments[name].as_str().unwrap_or_default();
    match name {
        "create_item" => {
            context.need("boards:write")?;
            create(context, arguments).map(Some)
        }
        "change_multiple_column_values" => {
            context.need("boards:write")?;
            change(context, arguments).map(Some)
        }
        "delete_item" => {
            context.need("boards:write")?;
            put_away(context, text("item_id"), "deleted").map(Some)
        }
        "archive_item" => {
            context.need("boards:write")?;
            put_away(context, text("item_id"), "archived").map(Some)
        }
        "create_update" => {
            context.need("updates:write")?;
            post(context, text("item_id"), text("body")).map(Some)
        }
        "create_webhook" => {
            context.need("webhooks:write")?;
            subscribe(context, arguments).map(Some)
        }
        "delete_webhook" => {
            context.need("webhooks:write")?;
            unsubscribe(context, text("id")).map(Some)
        }
        "complexity" => Ok(Some(query::complexity(context))),
        _ => Ok(None),
    }
}

fn record(context: &Context<'_>, action: &str, object: &str, key: Option<&str>, body: &Value) {
    context.monday.kit.ledger.record(super::ID, action, object, key, body.clone());
}

fn create(context: &Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let now = context.monday.kit.clock.now();
    let actor = &context.caller.account.id;
    let mut world = context.monday.world();
    let board = world.board(arguments["board_id"].as_str().unwrap_or_default())?.clone();
    let name = item_name(&arguments["item_name"])?;
    let group = group(&board, arguments["group_id"].as_str())?;
    let Wanted { values, .. } = wanted(&world, &board, &arguments["column_values"])?;
    let item = Item {
        id: world.new_id(),
        name,
        board: board.id.clone(),
        group,
        state: "active",
        creator: actor.clone(),
        created_at: now,
        updated_at: now,
        values,
        updates: Vec::new(),
    };
    // A text is all that a caller can find its own item by.
    let texts = board.columns.iter().filter(|column| column.kind == "text").map(|column| render::text(&world, column, &item));
    let key = texts.into_iter().find(|text| !text.is_empty());
    let shown = render::item(&world, &item);
    let id = item.id.clone();
    world.items.push(item);
    world.log("create_pulse", &id, actor, now);
    drop(world);
    record(context, "item.create", &id, key.as_deref(), arguments);
    context.monday.tell(&id, actor, &Happened::Created);
    Ok(shown)
}

/// Without one, the board's first.
fn group(board: &Board, wanted: Option<&str>) -> Result<String, Failure> {
    let mut groups = board.groups.iter();
    let found = match wanted {
        Some(id) => groups.find(|group| group.id == id),
        None => groups.next(),
    };
    found.map(|group| group.id.clone()).ok_or_else(|| Failure::not_found("Group"))
}

fn change(context: &Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let id = arguments["item_id"].as_str().unwrap_or_default();
    let board = arguments["board_id"].as_str().unwrap_or_default();
    let wanted = {
        let world = context.monday.world();
        if world.item(id)?.board != board {
            return Err(Failure::item());
        }
        wanted(&world, world.board(board)?, &arguments["column_values"])?
    };
    context.monday.apply(id, &context.caller.account.id, wanted)?;
    record(context, "item.update", id, None, arguments);
    let world = context.monday.world();
    Ok(render::item(&world, world.item(id)?))
}

fn put_away(context: &Context<'_>, id: &str, state: &'static str) -> Result<Value, Failure> {
    context.monday.put_away(id, &context.caller.account.id, state)?;
    record(context, if state == "deleted" { "item.delete" } else { "item.archive" }, id, None, &Value::Null);
    let world = context.monday.world();
    Ok(render::item(&world, world.item(id)?))
}

fn post(context: &Context<'_>, item: &str, body: &str) -> Result<Value, Failure> {
    if body.trim().is_empty() {
        return Err(Failure::argument("An update needs a body"));
    }
    let now = context.monday.kit.clock.now();
    let mut world = context.monday.world();
    let id = world.new_id();
    let update = Update { id: id.clone(), body: body.to_owned(), creator: context.caller.account.id.clone(), at: now };
    let item = world.active(item)?;
    item.updates.insert(0, update.clone());
    item.updated_at = now;
    let shown = render::update(item, &update);
    let item = item.id.clone();
    drop(world);
    record(context, "update.create", &id, None, &json!({ "item_id": item, "body": body }));
    Ok(shown)
}

fn subscribe(context: &Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let (url, event) = (arguments["url"].as_str().unwrap_or_default(), arguments["event"].as_str().unwrap_or_default());
    if url::Url::parse(url).map_or(true, |url| !matches!(url.scheme(), "https" | "http")) {
        return Err(Failure::webhook("the url is none"));
    }
    let mut world = context.monday.world();
    let board = world.board(arguments["board_id"].as_str().unwrap_or_default())?.id.clone();
    let by_app = !world.personal.contains(&context.caller.token);
    let webhook = Webhook {
        id: world.new_id(),
        board,
        event: event.to_owned(),
        url: url.to_owned(),
        creator: context.caller.account.id.clone(),
        by_app,
    };
    let shown = render::webhook(&webhook);
    context.ask_later(&webhook.id);
    world.webhooks.push(webhook);
    Ok(shown)
}

fn unsubscribe(context: &Context<'_>, id: &str) -> Result<Value, Failure> {
    let mut world = context.monday.world();
    let at = world.webhooks.iter().position(|webhook| webhook.id == id).ok_or_else(|| Failure::not_found("Webhook"))?;
    let webhook = world.webhooks.remove(at);
    drop(world);
    record(context, "webhook.delete", id, None, &Value::Null);
    Ok(render::webhook(&webhook))
}
