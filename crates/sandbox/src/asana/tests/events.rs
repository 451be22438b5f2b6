//! Events: tokens, pages, what is told, and when a token dies.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{EVERYTHING, get, harness, project, sign_in, task};
use crate::harness::Harness;

async fn since(harness: &Harness, token: &str, resource: &str, sync: &str) -> (StatusCode, Value) {
    let sync = if sync.is_empty() { String::new() } else { format!("&sync={sync}") };
    let got = get(harness, token, &format!("/events?resource={resource}{sync}")).await;
    (got.status, got.json())
}

fn told(answer: &Value) -> Vec<(String, String, Value)> {
    let text = |event: &Value, path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let one = |event: &Value| (text(event, "/resource/resource_type"), text(event, "/action"), event["change"]["field"].clone());
    answer["data"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn the_first_call_brings_a_token_and_the_next_what_happened_since() {
    let harness = harness();
    let token = sign_in(&harness, EVERYTHING).await;
    let product = project(&harness, &token, "Product").await;
    let (status, first) = since(&harness, &token, &product, "").await;
    assert_eq!((status, first["data"].is_null()), (StatusCode::PRECONDITION_FAILED, true));
    let sync = first["sync"].as_str().unwrap();
    assert_eq!(since(&harness, &token, &product, sync).await.1["data"], json!([]));

    let id = task(&harness, &token, "New").await;
    harness.control("PATCH", &format!("/tasks/{id}"), json!({ "completed": true })).await;
    harness.control("DELETE", &format!("/tasks/{id}"), json!({})).await;
    harness.control("POST", &format!("/tasks/{id}/restore"), json!({})).await;
    harness.control("POST", &format!("/tasks/{id}/move"), json!({ "project": "Research" })).await;
    harness.control("PATCH", &format!("/tasks/{id}"), json!({ "name": "Elsewhere" })).await;
    let (status, new) = since(&harness, &token, &product, sync).await;
    let event = |kind: &str, action: &str, field: Value| (kind.to_owned(), action.to_owned(), field);
    let expected = [
        event("task", "added", Value::Null),
        event("task", "changed", json!("completed")),
        event("story", "added", Value::Null),
        event("task", "deleted", Value::Null),
        event("task", "undeleted", Value::Null),
        event("task", "removed", Value::Null),
    ];
    assert_eq!((status, told(&new)), (StatusCode::OK, expected.to_vec()));
    assert_eq!(new["data"][0]["parent"]["gid"], product.as_str());
    assert_eq!(since(&harness, &token, &product, sync).await.1["data"], new["data"], "a token can be used again");
    assert_eq!(since(&harness, &token, &product, new["sync"].as_str().unwrap()).await.1["data"], json!([]));
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_hundred_events_are_a_page() {
    let harness = harness();
    let token = sign_in(&harness, EVERYTHING).await;
    let product = project(&harness, &token, "Product").await;
    let mut sync = since(&harness, &token, &product, "").await.1["sync"].as_str().unwrap().to_owned();
    for number in 0..230 {
        harness.control("POST", "/tasks", json!({ "project": "Product", "name": format!("Task {number}") })).await;
    }
    let mut pages = Vec::new();
    loop {
        let (_, page) = since(&harness, &token, &product, &sync).await;
        pages.push(page["data"].as_array().unwrap().len());
        sync = page["sync"].as_str().unwrap().to_owned();
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(pages, [100, 100, 30]);
}

#[tokio::test]
async fn a_token_is_of_one_resource_and_dies_after_a_day() {
    let harness = harness();
    let token = sign_in(&harness, EVERYTHING).await;
    let (product, research) = (project(&harness, &token, "Product").await, project(&harness, &token, "Research").await);
    let sync = since(&harness, &token, &product, "").await.1["sync"].as_str().unwrap().to_owned();
    assert_eq!(since(&harness, &token, &research, &sync).await.0, StatusCode::PRECONDITION_FAILED);
    assert_eq!(since(&harness, &token, &product, "made-up").await.0, StatusCode::PRECONDITION_FAILED);
    assert_eq!(since(&harness, &token, "1", "").await.0, StatusCode::NOT_FOUND);
    harness.advance(24 * 3_600 + 1);
    let token = sign_in(&harness, EVERYTHING).await;
    let (status, dead) = since(&harness, &token, &product, &sync).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED);
    let fresh = dead["sync"].as_str().unwrap();
    assert_eq!(since(&harness, &token, &product, fresh).await.0, StatusCode::OK, "the answer holds a new one");
}
