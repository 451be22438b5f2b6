//! The fields of `Query`, and which scope each needs.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::failure::Failure;
use super::render;
use super::resolve::{Context, Field};
use super::world::{Item, Listing, World};

/// The most that one page of items may hold.
const LARGEST_PAGE: usize = 500;
/// So many items can be asked for by their ids at once.
const MOST_IDS: usize = 100;
/// From the first page on.
const CURSOR_LIFE: SignedDuration = SignedDuration::from_mins(60);

pub(super) fn field(context: &Context<'_>, name: &str, arguments: &Value) -> Field {
    let world = || context.monday.world();
    match name {
        "me" => {
            context.need("me:read")?;
            let world = world();
            Ok(Some(world.user(&context.caller.account.id).map_or(Value::Null, |user| render::user(&world, user))))
        }
        "account" => account(context).map(Some),
        "users" => {
            context.need("users:read")?;
            let world = world();
            let ids = texts(&arguments["ids"]);
            let wanted = world.users.iter().filter(|user| ids.as_ref().is_none_or(|ids| ids.contains(&user.id)));
            Ok(Some(page(wanted.map(|user| render::user(&world, user)).collect(), arguments)))
        }
        "boards" => {
            context.need("boards:read")?;
            let world = world();
            let ids = texts(&arguments["ids"]);
            let active = matches!(arguments["state"].as_str(), None | Some("active" | "all"));
            let wanted = world.boards.iter().filter(|board| active && ids.as_ref().is_none_or(|ids| ids.contains(&board.id)));
            Ok(Some(page(wanted.map(|board| render::board(&world, board)).collect(), arguments)))
        }
        "items" => {
            context.need("boards:read")?;
            let ids = texts(&arguments["ids"]).unwrap_or_default();
            if ids.len() > MOST_IDS {
                return Err(Failure::argument("At most 100 ids can be asked for at once"));
            }
            let world = world();
            let active = arguments["exclude_nonactive"] == true;
            let wanted = world.items.iter().filter(|item| ids.contains(&item.id) && (!active || item.state == "active"));
            Ok(Some(page(wanted.map(|item| render::item(&world, item)).collect(), arguments)))
        }
        "items_page_by_column_values" => by_column_values(context, arguments).map(Some),
        "next_items_page" => {
            context.need("boards:read")?;
            let mut world = world();
            let cursor = arguments["cursor"].as_str().unwrap_or_default();
            let listing = world.cursors.get(cursor).cloned().ok_or_else(|| Failure::argument("The cursor is not known"))?;
            let limit = limit(arguments)?;
            items_page(context, &mut world, listing, limit).map(Some)
        }
        "complexity" => Ok(Some(complexity(context))),
        "platform_api" => Ok(Some(platform_api(context))),
        "webhooks" => {
            context.need("webhooks:read")?;
            let world = world();
            let board = &world.board(arguments["board_id"].as_str().unwrap_or_default())?.id;
            Ok(Some(world.webhooks.iter().filter(|webhook| webhook.board == *board).map(render::webhook).collect()))
        }
        _ => Ok(None),
    }
}

pub(super) fn account(context: &Context<'_>) -> Result<Value, Failure> {
    context.need("account:read")?;
    let world = context.monday.world();
    Ok(json!({ "__typename": "Account", "id": world.account, "name": world.account_name, "slug": world.slug }))
}

/// Of this minute, by the budget that this request was taken from.
pub(super) fn complexity(context: &Context<'_>) -> Value {
    let quota = &context.quota;
    let reset = (quota.reset_at.as_millisecond() - context.monday.kit.clock.now_ms()).max(0) / 1000 + 1;
    json!({
        "__typename": "Complexity",
        "before": quota.remaining.saturating_add(context.points),
        "query": context.points,
        "after": quota.remaining,
        "reset_in_x_seconds": reset,
    })
}

fn platform_api(context: &Context<'_>) -> Value {
    let daily = &context.monday.limits.daily;
    let by_day = daily.by_day().into_iter();
    let by_day: Vec<Value> = by_day
        .map(|(day, usage)| json!({ "__typename": "PlatformApiDailyAnalyticsByDay", "day": day.to_string(), "usage": usage }))
        .collect();
    json!({
        "__typename": "PlatformApi",
        "daily_limit": { "__typename": "DailyLimit", "base": daily.limit(), "total": daily.limit() },
        "daily_analytics": {
            "__typename": "DailyAnalytics",
            "by_day": by_day,
            "last_updated": render::stamp(context.monday.kit.clock.now()),
        },
    })
}

fn by_column_values(context: &Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    context.need("boards:read")?;
    let mut world = context.monday.world();
    let board = world.board(arguments["board_id"].as_str().unwrap_or_default())?.clone();
    let mut wanted = Vec::new();
    for column in arguments["columns"].as_array().into_iter().flatten() {
        let id = column["column_id"].as_str().unwrap_or_default();
        let known = board.columns.iter().find(|column| column.id == id).ok_or_else(|| Failure::column(id))?;
        wanted.push((known.clone(), texts(&column["column_values"]).unwrap_or_default()));
    }
    let indexed = context.monday.kit.clock.now() - SignedDuration::from_secs(world.index_lag_seconds);
    let fits = |item: &&Item| {
        let by_value = wanted.iter().all(|(column, values)| values.contains(&render::text(&world, column, item)));
        item.board == board.id && item.state == "active" && item.created_at <= indexed && by_value
    };
    let items = world.items.iter().filter(fits).map(|item| item.id.clone()).collect();
    let listing = Listing { items, at: 0, made: context.monday.kit.clock.now() };
    let limit = limit(arguments)?;
    items_page(context, &mut world, listing, limit)
}

/// The items of a board: in no promised order, unless one is asked for.
pub(super) fn of_board(context: &Context<'_>, board: &str, arguments: &Value) -> Result<Value, Failure> {
    let mut world = context.monday.world();
    let limit = limit(arguments)?;
    if let Some(cursor) = arguments["cursor"].as_str() {
        let listing = world.cursors.get(cursor).cloned().ok_or_else(|| Failure::argument("The cursor is not known"))?;
        return items_page(context, &mut world, listing, limit);
    }
    let params = &arguments["query_params"];
    let narrowed = ["rules", "groups", "ids"].into_iter().find(|name| !params[*name].is_null());
    if let Some(name) = narrowed {
        return Err(Failure::not_emulated(&format!("ItemsQuery.{name}")));
    }
    let mut items: Vec<&Item> = world.items.iter().filter(|item| item.board == board && item.state == "active").collect();
    for order in params["order_by"].as_array().into_iter().flatten() {
        match order["column_id"].as_str() {
            Some("__last_updated__") => items.sort_by_key(|item| item.updated_at),
            Some("__creation_log__") => items.sort_by_key(|item| item.created_at),
            Some("name") => items.sort_by(|a, b| a.name.cmp(&b.name)),
            _ => return Err(Failure::not_emulated("this order of items")),
        }
        if order["direction"] == "desc" {
            items.reverse();
        }
    }
    let listing = Listing { items: items.iter().map(|item| item.id.clone()).collect(), at: 0, made: context.monday.kit.clock.now() };
    items_page(context, &mut world, listing, limit)
}

/// One page of a list as it was, and the cursor of the next. Items are shown as they are now.
fn items_page(context: &Context<'_>, world: &mut World, listing: Listing, limit: usize) -> Result<Value, Failure> {
    if context.monday.kit.clock.now().duration_since(listing.made) > CURSOR_LIFE {
        return Err(Failure::cursor_expired());
    }
    let ids = listing.items.iter().skip(listing.at).take(limit);
    let items: Vec<Value> = ids.filter_map(|id| world.item(id).ok()).map(|item| render::item(world, item)).collect();
    let at = listing.at + limit;
    let cursor = (at < listing.items.len()).then(|| context.monday.kit.token("MSw"));
    if let Some(cursor) = &cursor {
        world.cursors.insert(cursor.clone(), Listing { at, ..listing });
    }
    Ok(json!({ "__typename": "ItemsResponse", "cursor": cursor, "items": items }))
}

fn limit(arguments: &Value) -> Result<usize, Failure> {
    let limit = arguments["limit"].as_i64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or_default();
    if (1..=LARGEST_PAGE).contains(&limit) { Ok(limit) } else { Err(Failure::argument("limit must be between 1 and 500")) }
}

/// By `limit` and `page`, from 1 on.
fn page(all: Vec<Value>, arguments: &Value) -> Value {
    let number = |name: &str, default| arguments[name].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(default);
    let (limit, page) = (number("limit", 25), number("page", 1).max(1));
    all.into_iter().skip((page - 1) * limit).take(limit).collect()
}

/// Ids may be written as numbers.
pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(value.as_array()?.iter().map(text).collect())
}
