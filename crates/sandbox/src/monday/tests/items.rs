//! Items: made, changed, found, listed, deleted; what a person does is seen, and the ledger counts.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{CHANGE, CREATE, DELETE, EVERYTHING, POST, probe};

#[tokio::test]
async fn an_item_holds_what_is_written_into_its_cells() {
    let probe = probe().signed_into_monday(EVERYTHING).await;
    let board = probe.monday_board("Product").await;
    let users = probe.told("{ users { id email } me { id account { id name } } }", json!({})).await;
    let me = users["me"]["id"].as_str().unwrap().parse::<u64>().unwrap();
    let cells = json!({
        "status": { "label": "Done" }, "priority_1": { "index": 110 }, "date4": { "date": "2026-02-01" },
        "person": { "personsAndTeams": [{ "id": me, "kind": "person" }] }, "text_mk1": "key-1",
    });
    let made = probe.told(CREATE, json!({ "board": board, "name": "Choose", "cells": cells.to_string(), "group": "group_title" })).await;
    let item = &made["create_item"];
    assert_eq!((&item["group"]["title"], &item["state"], &item["board"]["id"]), (&json!("Next month"), &json!("active"), &json!(board)));
    let cell = |id: &str| item["column_values"].as_array().unwrap().iter().find(|cell| cell["id"] == id).unwrap().clone();
    assert_eq!((&cell("status")["label"], &cell("status")["is_done"]), (&json!("Done"), &json!(true)));
    assert_eq!((&cell("priority_1")["text"], &cell("date4")["date"]), (&json!("High"), &json!("2026-02-01")));
    assert_eq!((&cell("person")["text"], &cell("text_mk1")["text"]), (&json!("Project Manager"), &json!("key-1")));

    let emptied = json!({ "name": "Chosen", "status": {}, "date4": null, "text_mk1": "", "person": { "personsAndTeams": [] } });
    let changed = probe.told(CHANGE, json!({ "board": board, "item": item["id"], "cells": emptied.to_string() })).await;
    let changed = &changed["change_multiple_column_values"];
    assert_eq!(changed["name"], "Chosen");
    for cell in changed["column_values"].as_array().unwrap().iter().filter(|cell| cell["id"] != "priority_1") {
        assert_eq!(cell["text"], "", "{cell}");
    }
    let effects = probe.sandbox.kit().ledger.effects(Some("monday"), None);
    let told: Vec<(&str, Option<&str>)> = effects.iter().map(|effect| (effect.action.as_str(), effect.key.as_deref())).collect();
    assert_eq!(told, [("item.create", Some("key-1")), ("item.update", None)]);
}

#[tokio::test]
async fn an_item_is_found_by_its_cells_once_the_index_has_caught_up() {
    let probe = probe().signed_into_monday(EVERYTHING).await;
    let board = probe.monday_board("Product").await;
    let id = probe.monday_item(&board, "Mine", json!({ "text_mk1": "key-1" })).await;
    probe.monday_item(&board, "Yours", json!({ "text_mk1": "key-2" })).await;
    let find = "query($board: ID!) { items_page_by_column_values(board_id: $board, limit: 5, columns: [{ column_id: \"text_mk1\", column_values: [\"key-1\"] }]) { items { id updates { body } } } }";
    let found = probe.told(find, json!({ "board": board })).await;
    assert_eq!(found["items_page_by_column_values"]["items"], json!([]));
    probe.sandbox.kit().clock.advance(SignedDuration::from_secs(11));
    let said = probe.told(POST, json!({ "item": id, "body": "<p>So &amp; so</p>" })).await;
    assert_eq!(said["create_update"]["text_body"], "So &amp; so");
    let found = probe.told(find, json!({ "board": board })).await;
    assert_eq!(found["items_page_by_column_values"]["items"], json!([{ "id": id, "updates": [{ "body": "<p>So &amp; so</p>" }] }]));
}

const FIRST: &str = "query($board: [ID!], $limit: Int!) { boards(ids: $board) { items_page(limit: $limit, query_params: { order_by: [{ column_id: \"__last_updated__\", direction: desc }] }) { cursor items { id name } } } }";
const NEXT: &str = "query($cursor: String!) { next_items_page(cursor: $cursor, limit: 2) { cursor items { id name } } }";

#[tokio::test]
async fn a_list_is_as_it_was_at_its_first_page_and_its_cursor_dies_after_an_hour() {
    let probe = probe().signed_into_monday(EVERYTHING).await;
    let board = probe.monday_board("Product").await;
    let clock = probe.sandbox.kit().clock.clone();
    let mut ids = Vec::new();
    for name in ["1", "2", "3", "4", "5"] {
        clock.advance(SignedDuration::from_secs(1));
        ids.push(probe.monday_item(&board, name, json!({})).await);
    }
    let names = |items: &Value| items.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let first = probe.told(FIRST, json!({ "board": board, "limit": 2 })).await["boards"][0]["items_page"].take();
    assert_eq!(names(&first["items"]), ["5", "4"]);
    probe.person("/items/edit", json!({ "id": ids[0], "name": "1 edited" })).await;
    let second = probe.told(NEXT, json!({ "cursor": first["cursor"] })).await["next_items_page"].take();
    assert_eq!(names(&second["items"]), ["3", "2"]);
    let third = probe.told(NEXT, json!({ "cursor": second["cursor"] })).await["next_items_page"].take();
    assert_eq!((names(&third["items"]), &third["cursor"]), (vec!["1 edited".to_owned()], &Value::Null));
    clock.advance(SignedDuration::from_mins(61));
    let probe = probe.signed_into_monday(EVERYTHING).await;
    assert_eq!(probe.refusal(NEXT, json!({ "cursor": second["cursor"] })).await.1, "CursorExpiredError");
    assert_eq!(probe.refusal(NEXT, json!({ "cursor": "none" })).await.1, "InvalidArgumentException");
}

#[tokio::test]
async fn what_is_deleted_leaves_the_lists_and_says_so_where_it_is_asked_for() {
    let probe = probe().signed_into_monday(EVERYTHING).await;
    let board = probe.monday_board("Product").await;
    let (kept, gone) = (probe.monday_item(&board, "Kept", json!({})).await, probe.monday_item(&board, "Gone", json!({})).await);
    assert_eq!(probe.told(DELETE, json!({ "item": gone })).await["delete_item"]["state"], "deleted");
    assert_eq!(probe.refusal(DELETE, json!({ "item": gone })).await.1, "InvalidItemIdException");
    let change = json!({ "board": board, "item": gone, "cells": "{\"name\":\"x\"}" });
    assert_eq!(probe.refusal(CHANGE, change).await.1, "InvalidItemIdException");
    let listed = probe.told(FIRST, json!({ "board": board, "limit": 5 })).await;
    assert_eq!(listed["boards"][0]["items_page"]["items"], json!([{ "id": kept, "name": "Kept" }]));
    let asked = probe.told("query($ids: [ID!]) { items(ids: $ids) { id state } }", json!({ "ids": [kept, gone, "1"] })).await;
    assert_eq!(asked["items"], json!([{ "id": kept, "state": "active" }, { "id": gone, "state": "deleted" }]));
    let log = probe
        .told(
            "query($board: [ID!]) { boards(ids: $board) { activity_logs(limit: 10) { event data created_at } } }",
            json!({ "board": board }),
        )
        .await;
    let line = &log["boards"][0]["activity_logs"][0];
    assert_eq!(line["event"], "delete_pulse");
    let data: Value = serde_json::from_str(line["data"].as_str().unwrap()).unwrap();
    assert_eq!(data["pulse_id"].to_string(), gone);
    assert_eq!(line["created_at"].as_str().unwrap().len(), 17);
}
