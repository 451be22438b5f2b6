//! Queries: filters, order, pages, cursors that end, the limit of results, the trash; and the search.

use serde_json::{Value, json};

use super::{call, get, harness, refused, row, sign_in, source, title};
use crate::harness::Harness;
use crate::probe::Got;

async fn query(harness: &Harness, token: &str, body: Value) -> Got {
    let tasks = source(harness, token, "Tasks").await;
    call(harness, token, "POST", &format!("/data_sources/{tasks}/query"), Some(&body)).await
}

fn names(list: &Value) -> Vec<String> {
    let name = |page: &Value| page["properties"]["Name"]["title"][0]["plain_text"].as_str().unwrap().to_owned();
    list["results"].as_array().unwrap().iter().map(name).collect()
}

fn by_edit() -> Value {
    json!([{ "timestamp": "last_edited_time", "direction": "ascending" }])
}

#[tokio::test]
async fn rows_come_in_the_order_of_their_edits_and_only_those_that_are_asked_for() {
    let harness = harness();
    let token = sign_in(&harness).await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(row(&harness, name).await);
        harness.advance(60);
    }
    harness.control("PATCH", &format!("/pages/{}", ids[0]), json!({ "Due": { "date": { "start": "2026-02-01" } } })).await.good();
    let all = query(&harness, &token, json!({ "sorts": by_edit() })).await.good();
    assert_eq!(names(&all), ["B", "C", "A"]);
    let since = all["results"][1]["last_edited_time"].clone();
    let filter = json!({ "timestamp": "last_edited_time", "last_edited_time": { "on_or_after": since } });
    assert_eq!(names(&query(&harness, &token, json!({ "filter": filter, "sorts": by_edit() })).await.good()), ["C", "A"]);
    let titled = json!({ "property": "Name", "title": { "equals": "B" } });
    assert_eq!(
        names(&query(&harness, &token, json!({ "filter": { "or": [titled, filter] }, "sorts": by_edit() })).await.good()),
        ["B", "C", "A"]
    );
    let unknown = json!({ "property": "Colour", "rich_text": { "equals": "x" } });
    refused(&query(&harness, &token, json!({ "filter": unknown })).await, 400, "validation_error");
    harness.control("DELETE", &format!("/pages/{}", ids[1]), json!({})).await.good();
    assert_eq!(names(&query(&harness, &token, json!({})).await.good()), ["A", "C"]);
    assert_eq!(names(&query(&harness, &token, json!({ "in_trash": true })).await.good()), ["B"]);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn f39_a_cursor_is_good_for_its_own_query_and_not_for_ever() {
    let harness = harness();
    let token = sign_in(&harness).await;
    for number in 0..5 {
        row(&harness, &format!("Row {number}")).await;
    }
    let first = query(&harness, &token, json!({ "page_size": 2 })).await.good();
    let cursor = first["next_cursor"].clone();
    let second = query(&harness, &token, json!({ "page_size": 2, "start_cursor": cursor })).await.good();
    assert_eq!((names(&first), names(&second)), (vec!["Row 0".into(), "Row 1".into()], vec!["Row 2".into(), "Row 3".into()]));
    let message = refused(&query(&harness, &token, json!({ "start_cursor": cursor, "sorts": by_edit() })).await, 400, "validation_error");
    assert!(message.contains("start_cursor"), "{message}");
    harness.advance(3_000);
    query(&harness, &token, json!({ "start_cursor": cursor })).await.good();
    harness.advance(601);
    let token = sign_in(&harness).await;
    refused(&query(&harness, &token, json!({ "start_cursor": cursor })).await, 400, "validation_error");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_query_tells_so_many_results_and_says_that_there_are_more() {
    let harness = harness();
    let token = sign_in(&harness).await;
    for number in 0..5 {
        row(&harness, &format!("Row {number}")).await;
    }
    harness.control("PUT", "/limits", json!({ "results": 3 })).await.good();
    let first = query(&harness, &token, json!({ "page_size": 2 })).await.good();
    assert_eq!((&first["has_more"], first.get("request_status")), (&json!(true), None));
    let second = query(&harness, &token, json!({ "page_size": 2, "start_cursor": first["next_cursor"] })).await.good();
    assert_eq!((names(&second), &second["has_more"]), (vec!["Row 2".to_owned()], &json!(false)));
    assert_eq!(second["request_status"], json!({ "type": "incomplete", "incomplete_reason": "query_result_limit_reached" }));
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_search_finds_shared_things_by_their_title_newest_first() {
    let harness = harness();
    let token = sign_in(&harness).await;
    row(&harness, "Tasks of mine").await;
    let search = async |body: Value| call(&harness, &token, "POST", "/search", Some(&body)).await;
    let both = search(json!({ "query": "tasks" })).await.good();
    let kinds: Vec<&Value> = both["results"].as_array().unwrap().iter().map(|one| &one["object"]).collect();
    assert_eq!(kinds, ["page", "data_source"]);
    let sources = search(json!({ "filter": { "property": "object", "value": "data_source" } })).await.good();
    assert_eq!(sources["results"].as_array().unwrap().len(), 2);
    let page = sources["results"][0]["id"].as_str().unwrap();
    refused(&get(&harness, &token, &format!("/pages/{page}")).await, 404, "object_not_found");
    harness.control("POST", "/pages", json!({ "source": "Salaries", "properties": { "Name": title("Secret") } })).await.good();
    assert_eq!(search(json!({ "query": "Secret" })).await.good()["results"], json!([]));
    harness.assert_answers_fit();
}
