//! Associations: types, both directions, primary companies, reading many.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{MEETINGS, contact, ready, refused, with};

fn types(answer: &Value) -> Vec<u64> {
    let list = answer["results"][0]["associationTypes"].as_array().cloned().unwrap_or_default();
    list.iter().filter_map(|one| one["typeId"].as_u64()).collect()
}

#[tokio::test]
async fn default_associations_lead_both_ways() {
    let (harness, token) = ready().await;
    let person = contact(&harness, &token, "one@customers.example").await;
    let meeting = harness.post(MEETINGS, &token, with(&json!({ "hs_timestamp": "2026-02-01T09:00:00Z" }))).await.good();
    let meeting = meeting["id"].as_str().unwrap_or_default();
    let path = format!("/crm/v4/objects/meetings/{meeting}/associations/default/contacts/{person}");
    let joined = harness.call("PUT", &path, &token, None).await.good();
    assert_eq!(joined["results"][0]["associationSpec"], json!({ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 200 }));
    let there = harness.get(&format!("/crm/v4/objects/meetings/{meeting}/associations/contacts"), &token).await.good();
    assert_eq!((&there["results"][0]["toObjectId"], types(&there)), (&json!(person), vec![200]));
    let back = harness.get(&format!("/crm/v4/objects/contact/{person}/associations/meeting"), &token).await.good();
    assert_eq!((&back["results"][0]["toObjectId"], types(&back)), (&json!(meeting), vec![199]));
    let body = json!({ "inputs": [{ "id": meeting }, { "id": "999999" }] });
    let many = harness.post("/crm/v4/associations/meetings/contacts/batch/read", &token, body).await;
    assert_eq!(many.status, StatusCode::MULTI_STATUS);
    assert_eq!(many.json()["results"][0]["to"][0]["toObjectId"], json!(person));
    let path = format!("/crm/v4/objects/meetings/{meeting}/associations/contacts/{person}");
    assert_eq!(harness.call("DELETE", &path, &token, None).await.status, StatusCode::NO_CONTENT);
    let none = harness.get(&format!("/crm/v4/objects/meetings/{meeting}/associations/contacts"), &token).await.good();
    assert_eq!(none["results"], json!([]));
}

#[tokio::test]
async fn the_first_company_of_a_contact_is_the_primary_one() {
    let (harness, token) = ready().await;
    let person = contact(&harness, &token, "one@customers.example").await;
    let companies = harness.get("/crm/v3/objects/companies", &token).await.good();
    let id = |number: usize| companies["results"][number]["id"].as_str().unwrap_or_default().to_owned();
    for number in 0..2 {
        let body = json!({ "inputs": [{ "from": { "id": person }, "to": { "id": id(number) } }] });
        harness.post("/crm/v4/associations/contacts/companies/batch/associate/default", &token, body).await.good();
    }
    let list = harness.get(&format!("/crm/v4/objects/contacts/{person}/associations/companies"), &token).await.good();
    assert_eq!(types(&list), [1, 279]);
    assert_eq!(list["results"][0]["associationTypes"][0]["label"], "Primary");
    assert_eq!(list["results"][1]["associationTypes"].as_array().map(Vec::len), Some(1));
    let path = format!("/crm/v4/objects/contacts/{person}/associations/companies/{}", id(1));
    let primary = json!([{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1 }]);
    let answer = harness.call("PUT", &path, &token, Some(&primary)).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let list = harness.get(&format!("/crm/v4/objects/contacts/{person}/associations/companies"), &token).await.good();
    assert_eq!(types(&list), [279], "there is one primary company");
}

#[tokio::test]
async fn types_that_lead_elsewhere_are_refused() {
    let (harness, token) = ready().await;
    let person = contact(&harness, &token, "one@customers.example").await;
    let link = |id: &str, category: &str, type_id: u32| {
        let types = json!([{ "associationCategory": category, "associationTypeId": type_id }]);
        json!({ "properties": { "hs_timestamp": "2026-02-01T09:00:00Z" }, "associations": [{ "to": { "id": id }, "types": types }] })
    };
    for body in [link(&person, "HUBSPOT_DEFINED", 199), link(&person, "USER_DEFINED", 200), link("999999", "HUBSPOT_DEFINED", 200)] {
        refused(&harness.post(MEETINGS, &token, body).await, 400, "VALIDATION_ERROR");
    }
    let unknown = link(&person, "OTHER", 200);
    refused(&harness.post(MEETINGS, &token, unknown).await, 400, "VALIDATION_ERROR");
    assert_eq!(harness.effects().len(), 1, "only the contact was created");
    let notes = json!({ "inputs": [{ "from": { "id": person }, "to": { "id": person } }] });
    refused(&harness.post("/crm/v4/associations/contacts/contacts/batch/associate/default", &token, notes).await, 400, "VALIDATION_ERROR");
    let missing = "/crm/v4/objects/contacts/999999/associations/companies";
    refused(&harness.get(missing, &token).await, 404, "OBJECT_NOT_FOUND");
}
