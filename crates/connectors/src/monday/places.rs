//! The places to choose from: a group of a board. And the columns of a board, which are asked for when items are written.

use connector_kit::{Error, ErrorKind, Member, Result, Session, TaskBoard, async_trait};
use cynic::QueryBuilder;
use model::settings::Destination;

use super::Monday;
use super::graphql::ask;
use super::query::{Boards, ByIds, ColumnsOfBoards, PageNumber, Users};
use super::wire::{BoardObjectType, Column};

/// Pages of boards or people that are read at most.
const MOST_PAGES: i32 = 50;
const BOARDS_A_PAGE: usize = 100;
const PEOPLE_A_PAGE: usize = 200;

/// A destination: a board, and one of its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub board: &'a str,
    pub group: &'a str,
}

/// Reads a chosen destination's id.
pub(super) fn chosen(destination: Option<&Destination>) -> Result<Place<'_>> {
    let id = &destination.ok_or_else(|| Error::invalid("choose the board and the group that items go to"))?.id;
    let (board, group) = id.split_once('/').ok_or_else(|| Error::invalid("this destination names no board and group"))?;
    Ok(Place { board, group })
}

/// Every group of every board that holds items, the boards used last first.
pub(super) async fn groups(session: &Session) -> Result<Vec<Destination>> {
    let mut found = Vec::new();
    for page in 1..=MOST_PAGES {
        let boards = ask(session, Boards::build(PageNumber { page })).await?.boards.unwrap_or_default();
        let last = boards.len() < BOARDS_A_PAGE;
        for board in boards.into_iter().flatten().filter(|board| matches!(board.kind, None | Some(BoardObjectType::Board))) {
            let groups = board.groups.into_iter().flatten().flatten();
            found.extend(groups.map(|group| Destination {
                id: format!("{}/{}", board.id.inner(), group.id.inner()),
                name: format!("{}: {}", board.name, group.title),
            }));
        }
        if last {
            break;
        }
    }
    Ok(found)
}

/// The columns of a board, as far as they can hold something of ours.
pub(super) async fn columns(session: &Session, board: &str) -> Result<Vec<Column>> {
    let variables = ByIds { ids: Some(vec![cynic::Id::new(board)]), limit: 1 };
    let boards = ask(session, ColumnsOfBoards::build(variables)).await?.boards;
    let board = boards.into_iter().flatten().flatten().find(|one| one.id.inner() == board).ok_or_else(no_such_board)?;
    Ok(board.columns.into_iter().flatten().flatten().collect())
}

pub(super) fn no_such_board() -> Error {
    Error::new(ErrorKind::NotFound, "monday.com does not show this board (any more)")
}

#[async_trait]
impl TaskBoard for Monday {
    async fn members(&self, session: &Session) -> Result<Vec<Member>> {
        let mut found = Vec::new();
        for page in 1..=MOST_PAGES {
            let users = ask(session, Users::build(PageNumber { page })).await?.users.unwrap_or_default();
            let last = users.len() < PEOPLE_A_PAGE;
            found.extend(users.into_iter().map(|user| Member { id: user.id.into_inner(), name: user.name, email: Some(user.email) }));
            if last {
                break;
            }
        }
        Ok(found)
    }
}
