//! Batches: sizes, partial failures, upserts by a property with unique values.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{CONTACTS, contact, ready, refused};
use crate::harness::Harness;

async fn batch(harness: &Harness, token: &str, what: &str, body: Value) -> crate::probe::Got {
    harness.post(&format!("{CONTACTS}/batch/{what}"), token, body).await
}

async fn unique_property(harness: &Harness, token: &str) {
    let body = json!({
        "name": "harmony_id", "label": "Harmony id", "type": "string", "fieldType": "text",
        "groupName": "contactinformation", "hasUniqueValue": true,
    });
    harness.post("/crm/v3/properties/contacts", token, body).await.good();
}

#[tokio::test]
async fn an_upsert_creates_once_and_then_changes() {
    let (harness, token) = ready().await;
    unique_property(&harness, &token).await;
    let body = |name: &str| {
        json!({ "inputs": [
            { "idProperty": "harmony_id", "id": "h-1", "properties": { "firstname": name } },
            { "idProperty": "harmony_id", "id": "h-2", "properties": { "firstname": "Other" } },
        ] })
    };
    let first = batch(&harness, &token, "upsert", body("One")).await;
    assert_eq!(first.status, StatusCode::OK);
    let first = first.json();
    assert_eq!((&first["status"], &first["results"][0]["new"]), (&json!("COMPLETE"), &json!(true)));
    let second = batch(&harness, &token, "upsert", body("Changed")).await.good();
    assert_eq!(second["results"][0]["new"], false);
    assert_eq!(second["results"][0]["id"], first["results"][0]["id"]);
    let effects = harness.effects();
    let kept: Vec<(&str, &Value)> = effects.iter().map(|(action, key)| (action.as_str(), key)).skip(1).collect();
    assert_eq!(
        kept,
        [("contact.create", &json!("h-1")), ("contact.create", &json!("h-2")), ("contact.update", &json!("h-1"))],
        "what is the same is no effect"
    );
}

#[tokio::test]
async fn an_upsert_needs_one_unique_property_that_exists() {
    let (harness, token) = ready().await;
    unique_property(&harness, &token).await;
    let input = |property: &str, id: &str| json!({ "idProperty": property, "id": id, "properties": { "firstname": "A" } });
    for inputs in [
        json!([{ "id": "h-1", "properties": {} }]),
        json!([input("firstname", "A")]),
        json!([input("no_such_property", "A")]),
        json!([input("harmony_id", "h-1"), input("email", "a@b.example")]),
        json!([input("harmony_id", "h-1"), input("harmony_id", "H-1")]),
        json!([]),
    ] {
        refused(&batch(&harness, &token, "upsert", json!({ "inputs": inputs })).await, 400, "VALIDATION_ERROR");
    }
    let mixed =
        json!({ "inputs": [input("harmony_id", "h-1"), { "idProperty": "harmony_id", "id": "h-2", "properties": { "shoe": "1" } }] });
    let answer = batch(&harness, &token, "upsert", mixed).await;
    assert_eq!(answer.status, StatusCode::MULTI_STATUS);
    let body = answer.json();
    assert_eq!((body["results"].as_array().map(Vec::len), &body["numErrors"]), (Some(1), &json!(1)));
    assert_eq!(body["errors"][0]["errors"][0]["code"], "PROPERTY_DOESNT_EXIST");
    assert_eq!(body["errors"][0]["context"]["ids"], json!(["h-2"]));
}

#[tokio::test]
async fn a_creation_is_all_or_nothing_unless_inputs_are_named() {
    let (harness, token) = ready().await;
    contact(&harness, &token, "one@customers.example").await;
    let input = |email: &str| json!({ "properties": { "email": email }, "associations": [] });
    let body = json!({ "inputs": [input("two@customers.example"), input("one@customers.example")] });
    refused(&batch(&harness, &token, "create", body).await, 409, "CONFLICT");
    assert_eq!(harness.effects().len(), 1, "nothing of the batch was created");
    let named = |email: &str, name: &str| json!({ "properties": { "email": email }, "associations": [], "objectWriteTraceId": name });
    let body = json!({ "inputs": [named("two@customers.example", "a"), named("one@customers.example", "b")] });
    let answer = batch(&harness, &token, "create", body).await;
    assert_eq!(answer.status, StatusCode::MULTI_STATUS);
    assert_eq!(answer.json()["results"][0]["objectWriteTraceId"], "a");
    assert_eq!(answer.json()["errors"][0]["context"]["objectWriteTraceId"], json!(["b"]));
    let twice = json!({ "inputs": [input("three@customers.example"), input("three@customers.example")] });
    refused(&batch(&harness, &token, "create", twice).await, 400, "VALIDATION_ERROR");
    let created = batch(&harness, &token, "create", json!({ "inputs": [input("four@customers.example")] })).await;
    assert_eq!(created.status, StatusCode::CREATED);
}

#[tokio::test]
async fn reading_and_changing_many_tells_who_is_missing() {
    let (harness, token) = ready().await;
    let id = contact(&harness, &token, "one@customers.example").await;
    let read = |inputs: Value| json!({ "inputs": inputs, "properties": ["email"], "propertiesWithHistory": [] });
    let both = batch(&harness, &token, "read", read(json!([{ "id": id }, { "id": "999999" }]))).await;
    assert_eq!(both.status, StatusCode::MULTI_STATUS);
    assert_eq!(both.json()["errors"][0]["category"], "OBJECT_NOT_FOUND");
    assert_eq!(both.json()["errors"][0]["context"]["ids"], json!(["999999"]));
    assert_eq!(batch(&harness, &token, "read", read(json!([{ "id": id }]))).await.status, StatusCode::OK);
    let short = json!({ "inputs": [{ "id": id }] });
    refused(&batch(&harness, &token, "read", short).await, 400, "VALIDATION_ERROR");

    let change = |id: &str| json!({ "id": id, "properties": { "firstname": "New" } });
    let answer = batch(&harness, &token, "update", json!({ "inputs": [change(&id), change("999999")] })).await;
    assert_eq!((answer.status, &answer.json()["numErrors"]), (StatusCode::MULTI_STATUS, &json!(1)));
    assert_eq!(answer.json()["results"][0]["properties"]["firstname"], "New");
    refused(&batch(&harness, &token, "update", json!({ "inputs": [change(&id), change(&id)] })).await, 400, "VALIDATION_ERROR");
    let many: Vec<Value> = (0..101).map(|number| change(&number.to_string())).collect();
    refused(&batch(&harness, &token, "update", json!({ "inputs": many })).await, 400, "VALIDATION_ERROR");
    let archived = batch(&harness, &token, "archive", json!({ "inputs": [{ "id": id }] })).await;
    assert_eq!(archived.status, StatusCode::NO_CONTENT);
}
