//! What monday.com is told to do: mutations and their inputs, checked against the schema when compiled. No methods.

use super::wire::{Item, Json, schema};

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct NewItem {
    pub board: cynic::Id,
    pub group: Option<String>,
    pub name: String,
    pub cells: Option<Json>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Mutation", variables = "NewItem", rename_all = "snake_case")]
pub(super) struct CreateItem {
    #[arguments(board_id: $board, group_id: $group, item_name: $name, column_values: $cells)]
    pub create_item: Option<Item>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct NewCells {
    pub board: cynic::Id,
    pub item: cynic::Id,
    pub cells: Json,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Mutation", variables = "NewCells", rename_all = "snake_case")]
pub(super) struct ChangeItem {
    #[arguments(board_id: $board, item_id: $item, column_values: $cells)]
    pub change_multiple_column_values: Option<Item>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct NewUpdate {
    pub item: cynic::Id,
    pub body: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Update")]
pub(super) struct UpdateId {
    pub id: cynic::Id,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Mutation", variables = "NewUpdate", rename_all = "snake_case")]
pub(super) struct CreateUpdate {
    #[arguments(item_id: $item, body: $body)]
    pub create_update: Option<UpdateId>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct ById {
    pub id: cynic::Id,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Item")]
pub(super) struct ItemId {
    pub id: cynic::Id,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Mutation", variables = "ById", rename_all = "snake_case")]
pub(super) struct DeleteItem {
    #[arguments(item_id: $id)]
    pub delete_item: Option<ItemId>,
}

#[derive(cynic::Enum, Debug, Clone, Copy)]
#[cynic(schema = "monday", rename_all = "snake_case")]
pub(super) enum WebhookEventType {
    ChangeColumnValue,
    ChangeName,
    ItemArchived,
    ItemDeleted,
}

#[derive(cynic::QueryVariables)]
pub(super) struct NewWebhook {
    pub board: cynic::Id,
    pub event: WebhookEventType,
    pub url: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Webhook")]
pub(super) struct WebhookId {
    pub id: cynic::Id,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Mutation", variables = "NewWebhook", rename_all = "snake_case")]
pub(super) struct CreateWebhook {
    #[arguments(board_id: $board, event: $event, url: $url)]
    pub create_webhook: Option<WebhookId>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(schema = "monday", graphql_type = "Mutation", variables = "ById", rename_all = "snake_case")]
pub(super) struct DeleteWebhook {
    #[arguments(id: $id)]
    pub delete_webhook: Option<WebhookId>,
}
