//! Property definitions, owners and pipelines.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{CONTACTS, MANAGER, contact, ready, refused, with};

const PROPERTIES: &str = "/crm/v3/properties/contacts";

fn property(name: &str, unique: bool) -> Value {
    json!({
        "name": name, "label": "A property", "type": "string", "fieldType": "text",
        "groupName": "contactinformation", "hasUniqueValue": unique,
    })
}

#[tokio::test]
async fn a_defined_property_takes_values_and_unique_ones_only_once() {
    let (harness, token) = ready().await;
    let made = harness.post(PROPERTIES, &token, property("harmony_id", true)).await;
    assert_eq!((made.status, &made.json()["hasUniqueValue"]), (StatusCode::CREATED, &json!(true)));
    let told = harness.get(&format!("{PROPERTIES}/harmony_id"), &token).await.good();
    assert_eq!((&told["hubspotDefined"], &told["type"]), (&json!(false), &json!("string")));
    harness.post(CONTACTS, &token, with(&json!({ "firstname": "A", "harmony_id": "h-1" }))).await.good();
    let again = harness.post(CONTACTS, &token, with(&json!({ "firstname": "B", "harmony_id": "h-1" }))).await;
    assert_eq!(refused(&again, 400, "VALIDATION_ERROR")["errors"][0]["code"], "CONFLICTING_UNIQUE_VALUE");
    let found = harness.get(&format!("{CONTACTS}/h-1?idProperty=harmony_id&properties=firstname"), &token).await.good();
    assert_eq!(found["properties"]["firstname"], "A");
    let all = harness.get(PROPERTIES, &token).await.good();
    assert!(all["results"].as_array().is_some_and(|list| list.iter().any(|one| one["name"] == "harmony_id")));
}

#[tokio::test]
async fn a_property_taken_away_is_unknown() {
    let (harness, token) = ready().await;
    harness.post(PROPERTIES, &token, property("topic", false)).await.good();
    contact(&harness, &token, "one@customers.example").await;
    assert_eq!(harness.control("DELETE", "/properties/contacts/topic", json!({})).await.status, StatusCode::NO_CONTENT);
    let answer = harness.post(CONTACTS, &token, with(&json!({ "firstname": "A", "topic": "x" }))).await;
    assert_eq!(refused(&answer, 400, "VALIDATION_ERROR")["errors"][0]["code"], "PROPERTY_DOESNT_EXIST");
    refused(&harness.get(&format!("{PROPERTIES}/topic"), &token).await, 404, "OBJECT_NOT_FOUND");
    assert_eq!(harness.call("DELETE", &format!("{PROPERTIES}/email"), &token, None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn definitions_are_held_to_the_schema() {
    let (harness, token) = ready().await;
    harness.post(PROPERTIES, &token, property("topic", false)).await.good();
    refused(&harness.post(PROPERTIES, &token, property("topic", false)).await, 409, "CONFLICT");
    let with = |name: &str, value: Value| {
        let mut body = property("another", false);
        body[name] = value;
        body
    };
    for body in [
        with("name", json!("Upper Case")),
        with("name", json!("hs_mine")),
        with("groupName", json!("nowhere")),
        with("fieldType", json!("number")),
        with("type", json!("enumeration")),
        with("options", json!([{ "label": "A", "value": "a", "hidden": false }])),
        with("unknownField", json!(true)),
        json!({ "name": "short" }),
    ] {
        refused(&harness.post(PROPERTIES, &token, body).await, 400, "VALIDATION_ERROR");
    }
    let group = json!({ "name": "harmony", "label": "Harmony" });
    harness.post(&format!("{PROPERTIES}/groups"), &token, group.clone()).await.good();
    refused(&harness.post(&format!("{PROPERTIES}/groups"), &token, group).await, 409, "CONFLICT");
    harness.post(PROPERTIES, &token, with("groupName", json!("harmony"))).await.good();
    refused(&harness.post("/crm/v3/properties/deals", &token, property("topic", false)).await, 403, "MISSING_SCOPES");
}

#[tokio::test]
async fn owners_and_pipelines_are_there_to_be_chosen() {
    let (harness, token) = ready().await;
    let owners = harness.get("/crm/v3/owners?limit=2", &token).await.good();
    assert_eq!((owners["results"].as_array().map(Vec::len), &owners["results"][0]["email"]), (Some(2), &json!(MANAGER)));
    let after = owners["paging"]["next"]["after"].as_str().expect("a second page");
    let rest = harness.get(&format!("/crm/v3/owners?limit=2&after={after}"), &token).await.good();
    assert_eq!((rest["results"].as_array().map(Vec::len), rest.get("paging")), (Some(2), None));
    let one = harness.get(&format!("/crm/v3/owners?email={MANAGER}"), &token).await.good();
    let id = one["results"][0]["id"].as_str().unwrap_or_default();
    harness.post(CONTACTS, &token, with(&json!({ "firstname": "A", "hubspot_owner_id": id }))).await.good();
    assert_eq!(harness.get(&format!("/crm/v3/owners/{id}"), &token).await.good()["id"], json!(id));
    let pipelines = harness.get("/crm/v3/pipelines/deals", &token).await.good();
    assert_eq!(pipelines["results"][0]["stages"][5]["metadata"], json!({ "isClosed": "true", "probability": "1.0" }));
    assert_eq!(harness.get("/crm/v3/pipelines/deals/51000", &token).await.good()["label"], "Renewals");
    refused(&harness.get("/crm/v3/pipelines/deals/none", &token).await, 404, "OBJECT_NOT_FOUND");
}
