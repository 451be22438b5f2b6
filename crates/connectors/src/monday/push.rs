//! What is written to boards: items under a marker of ours, updates of what changed, where it was agreed, deletions.

use std::collections::BTreeMap;

use connector_kit::{Error, ErrorKind, Link, Outbound, Receipt, Result, Session, Sink, async_trait};
use cynic::{MutationBuilder, QueryBuilder};
use model::Fields;
use model::action_item::Task;
use model::settings::Destination;

use super::columns::{self, MARKER};
use super::graphql::{ask, make};
use super::mutation::{ById, ChangeItem, CreateItem, CreateUpdate, DeleteItem, NewCells, NewItem, NewUpdate};
use super::query::{ByCells, ByIds, ItemsByCells, ItemsById, ItemsPageByColumnValuesQuery};
use super::wire::{Column, Item, ItemWithUpdates, State};
use super::{Monday, map, people, places, pull};

/// Items of one push share the reading of their board's columns and of where they are.
const TOGETHER: usize = 25;

/// The columns of the boards met in one push.
type Boards = BTreeMap<String, Result<Vec<Column>>>;

#[async_trait]
impl Sink<Task> for Monday {
    fn batch(&self) -> usize {
        TOGETHER
    }

    /// A new item is a call, and its update another; an update of a known one is one. Before them, each push reads the columns, and
    /// where the known ones are.
    fn calls(&self, new: usize, known: usize) -> usize {
        let pushes = (new + known).div_ceil(TOGETHER);
        pushes + 2 * new + known + if known > 0 { pushes } else { 0 }
    }

    async fn push(&self, session: &Session, items: &[Outbound<Task>]) -> Vec<Result<Receipt>> {
        let mut boards = Boards::new();
        let homes = homes(session, items).await;
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            results.push(match takeable(item) {
                Err(error) => Err(error),
                Ok(()) => match (&item.link, &homes) {
                    (None, _) => create(session, item, &mut boards).await,
                    (Some(_), Err(error)) => Err(error.clone()),
                    (Some(link), Ok(homes)) => change(session, item, link, homes, &mut boards).await,
                },
            });
        }
        results
    }

    /// By the marker. Completes what the lost answer may have cut off: the update that says where it was agreed.
    async fn find(&self, session: &Session, item: &Outbound<Task>) -> Result<Option<Receipt>> {
        let found = match &item.link {
            Some(link) => by_id(session, &link.id).await?,
            None => by_marker(session, item).await?,
        };
        let Some(found) = found else { return Ok(None) };
        let said = map::is_said(&item.item, found.updates.iter().flatten().map(|update| update.body.as_str()));
        if item.link.is_none() && !said {
            say_where_it_was_agreed(session, &item.item, found.item.id.inner()).await?;
        }
        receipt(session, &found.item, |theirs| map::seen_later(theirs, &item.item)).await.map(Some)
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        match ask(session, DeleteItem::build(ById { id: cynic::Id::new(id) })).await {
            Ok(answer) => done(answer.delete_item.is_some_and(|item| item.id.inner() == id)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn destinations(&self, session: &Session) -> Result<Vec<Destination>> {
        places::groups(session).await
    }
}

fn takeable(item: &Outbound<Task>) -> Result<()> {
    if map::name(&item.item.text).is_empty() {
        return Err(Error::invalid("an item needs a name, and this action item has no text"));
    }
    match item.properties.keys().next() {
        Some(property) => Err(Error::invalid(format!("monday.com's items have no property `{property}` to write to"))),
        None => Ok(()),
    }
}

/// The boards of the linked items, by the items' ids; somebody may have moved them. What is deleted is on none.
async fn homes(session: &Session, items: &[Outbound<Task>]) -> Result<BTreeMap<String, String>> {
    let linked: Vec<&str> = items.iter().filter_map(|item| item.link.as_ref()).map(|link| link.id.as_str()).collect();
    if linked.is_empty() {
        return Ok(BTreeMap::new());
    }
    let items = pull::whereabouts(session, linked.into_iter()).await?.into_iter();
    let there = items.filter(|item| item.state != Some(State::Deleted));
    Ok(there.filter_map(|item| Some((item.id.into_inner(), item.board?.id.into_inner()))).collect())
}

async fn columns_of<'b>(session: &Session, board: &str, boards: &'b mut Boards) -> Result<&'b [Column]> {
    if !boards.contains_key(board) {
        let columns = places::columns(session, board).await;
        boards.insert(board.to_owned(), columns);
    }
    match boards.get(board) {
        Some(Ok(columns)) => Ok(columns),
        Some(Err(error)) => Err(error.clone()),
        None => Err(places::no_such_board()),
    }
}

/// Where our ids are kept. A board without the column takes no item, because an item could then be made twice.
fn no_marker() -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!(
            "the board has no text column “{MARKER}”, by which an item is found again instead of being made twice: \
             in monday.com, open the board, add a column of type Text and call it “{MARKER}”; it may be hidden"
        ),
    )
}

async fn create(session: &Session, item: &Outbound<Task>, boards: &mut Boards) -> Result<Receipt> {
    let place = places::chosen(item.destination.as_ref())?;
    let board = columns_of(session, place.board, boards).await?;
    let chosen = columns::of_board(board);
    let chosen = columns::choose(&chosen);
    let marker = chosen.marker.ok_or_else(no_marker)?;
    let cells = map::creation(item, &chosen, board, marker)?;
    let variables = NewItem {
        board: cynic::Id::new(place.board),
        group: Some(place.group.to_owned()),
        name: map::name(&item.item.text),
        cells: Some(cells),
    };
    let answer = make(session, CreateItem::build(variables)).await?;
    let made = answer.create_item.ok_or_else(|| Error::protocol("monday.com created an item and does not show it").in_doubt())?;
    // From here on the item is there; whatever fails must not lead to a second one.
    let settled = async {
        say_where_it_was_agreed(session, &item.item, made.id.inner()).await?;
        receipt(session, &made, map::seen_at_creation).await
    };
    settled.await.map_err(Error::in_doubt)
}

async fn change(
    session: &Session,
    item: &Outbound<Task>,
    link: &Link,
    homes: &BTreeMap<String, String>,
    boards: &mut Boards,
) -> Result<Receipt> {
    let as_agreed = || Receipt { id: link.id.clone(), version: link.version.clone(), url: link.url.clone(), seen: Some(link.base.clone()) };
    let changed = map::changed(item);
    if changed.is_empty() {
        return Ok(as_agreed());
    }
    let gone = || Error::new(ErrorKind::NotFound, "monday.com does not show this item (any more)");
    let home = homes.get(&link.id).ok_or_else(gone)?;
    let board = columns_of(session, home, boards).await?;
    let chosen = columns::of_board(board);
    let (sent, cells) = map::update(item, &changed, &columns::choose(&chosen), board)?;
    if sent.is_empty() {
        return Ok(as_agreed());
    }
    let variables = NewCells { board: cynic::Id::new(home), item: cynic::Id::new(&link.id), cells };
    let answer = ask(session, ChangeItem::build(variables)).await?;
    let now = answer.change_multiple_column_values.ok_or_else(|| Error::protocol("monday.com changed an item and does not show it"))?;
    receipt(session, &now, |theirs| map::seen_after_update(theirs, &sent, &link.base)).await
}

async fn say_where_it_was_agreed(session: &Session, task: &Task, item: &str) -> Result<()> {
    if let Some(body) = map::update_body(task) {
        let answer = make(session, CreateUpdate::build(NewUpdate { item: cynic::Id::new(item), body })).await?;
        done(answer.create_update.is_some_and(|update| !update.id.inner().is_empty()))?;
    }
    Ok(())
}

/// Whether monday.com shows what it was told to do.
pub(super) fn done(shown: bool) -> Result<()> {
    if shown { Ok(()) } else { Err(Error::protocol("monday.com does not show what it was told to do").in_doubt()) }
}

async fn by_marker(session: &Session, item: &Outbound<Task>) -> Result<Option<ItemWithUpdates>> {
    let place = places::chosen(item.destination.as_ref())?;
    let board = places::columns(session, place.board).await?;
    let chosen = columns::of_board(&board);
    let marker = columns::choose(&chosen).marker.ok_or_else(no_marker)?;
    let query = ItemsPageByColumnValuesQuery { column_id: marker.to_owned(), column_values: vec![Some(item.key.to_string())] };
    let variables = ByCells { board: cynic::Id::new(place.board), columns: Some(vec![query]) };
    Ok(ask(session, ItemsByCells::build(variables)).await?.items_page_by_column_values.items.into_iter().next())
}

async fn by_id(session: &Session, id: &str) -> Result<Option<ItemWithUpdates>> {
    let items = ask(session, ItemsById::build(ByIds { ids: Some(vec![cynic::Id::new(id)]), limit: 1 })).await?.items;
    Ok(items.into_iter().flatten().flatten().next())
}

/// monday.com's word; `seen` says what of it is agreed.
async fn receipt(session: &Session, item: &Item, seen: impl FnOnce(&Task) -> Fields) -> Result<Receipt> {
    let people = people::behind(session, std::iter::once(item)).await?;
    let seen = seen(&map::task(item, &people));
    let version = item.updated_at.map(|at| at.to_string());
    Ok(Receipt { id: item.id.inner().to_owned(), version, url: Some(item.url.clone()), seen: Some(seen) })
}
