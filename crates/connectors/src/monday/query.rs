//! What monday.com is asked: queries, their variables and inputs, checked against the schema when compiled. No methods.

use super::wire::{
    Activity, BoardWithColumns, BoardWithGroups, Complexity, DailyBudget, Instant, ItemWithUpdates, ItemsPage, Me, User, Whereabouts,
    schema,
};

#[derive(cynic::Enum, Debug, Clone, Copy)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) enum ItemsOrderByDirection {
    Asc,
    Desc,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query")]
pub(super) struct WhoseAccount {
    pub me: Option<Me>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct PageNumber {
    pub page: i32,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query", variables = "PageNumber")]
pub(super) struct Users {
    #[arguments(limit: 200, page: $page)]
    pub users: Option<Vec<User>>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct ByIds {
    pub ids: Option<Vec<cynic::Id>>,
    pub limit: i32,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query", variables = "ByIds")]
pub(super) struct UsersById {
    #[arguments(ids: $ids, limit: $limit)]
    pub users: Option<Vec<User>>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query", variables = "PageNumber")]
pub(super) struct Boards {
    #[arguments(limit: 100, page: $page, order_by: used_at)]
    pub boards: Option<Vec<Option<BoardWithGroups>>>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query", variables = "ByIds")]
pub(super) struct ColumnsOfBoards {
    #[arguments(ids: $ids, limit: $limit)]
    pub boards: Option<Vec<Option<BoardWithColumns>>>,
}

#[derive(cynic::InputObject, Debug)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) struct ItemsQueryOrderBy {
    pub column_id: String,
    pub direction: Option<ItemsOrderByDirection>,
}

#[derive(cynic::InputObject, Debug)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) struct ItemsQuery {
    pub order_by: Option<Vec<ItemsQueryOrderBy>>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct Since {
    pub ids: Option<Vec<cynic::Id>>,
    pub limit: i32,
    pub query: ItemsQuery,
    pub from: Instant,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Board", variables = "Since", rename_all = "snake_case")]
pub(super) struct BoardWithItems {
    #[arguments(limit: $limit, query_params: $query)]
    pub items_page: ItemsPage,
    #[arguments(from: $from, limit: 500)]
    pub activity_logs: Option<Vec<Option<Activity>>>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query", variables = "Since")]
pub(super) struct FirstPage {
    #[arguments(ids: $ids)]
    pub boards: Option<Vec<Option<BoardWithItems>>>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct Further {
    pub cursor: String,
    pub limit: i32,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query", variables = "Further", rename_all = "snake_case")]
pub(super) struct NextPage {
    #[arguments(cursor: $cursor, limit: $limit)]
    pub next_items_page: ItemsPage,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query", variables = "ByIds")]
pub(super) struct WhereItemsAre {
    #[arguments(ids: $ids, limit: $limit)]
    pub items: Option<Vec<Option<Whereabouts>>>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query", variables = "ByIds")]
pub(super) struct ItemsById {
    #[arguments(ids: $ids, limit: $limit)]
    pub items: Option<Vec<Option<ItemWithUpdates>>>,
}

#[derive(cynic::InputObject, Debug)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) struct ItemsPageByColumnValuesQuery {
    pub column_id: String,
    pub column_values: Vec<Option<String>>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct ByCells {
    pub board: cynic::Id,
    pub columns: Option<Vec<ItemsPageByColumnValuesQuery>>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "ItemsResponse")]
pub(super) struct FoundItems {
    pub items: Vec<ItemWithUpdates>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query", variables = "ByCells", rename_all = "snake_case")]
pub(super) struct ItemsByCells {
    #[arguments(board_id: $board, columns: $columns, limit: 1)]
    pub items_page_by_column_values: FoundItems,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query", rename_all = "snake_case")]
pub(super) struct Budgets {
    pub complexity: Option<Complexity>,
    pub platform_api: Option<DailyBudget>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Query")]
pub(super) struct MinuteBudget {
    pub complexity: Option<Complexity>,
}
