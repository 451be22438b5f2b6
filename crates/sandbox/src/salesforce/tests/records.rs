//! Writing records: upserts by the external id, the rules of activities, what is refused and how, and what the ledger then holds.

use serde_json::{Value, json};

use super::{API, code, collect, harness, make, token};
use crate::harness::Harness;

fn event(more: &Value) -> Value {
    let mut record = json!({
        "attributes": { "type": "Event" }, "Subject": "Kick-off", "StartDateTime": "2026-01-05T09:00:00Z", "EndDateTime": "2026-01-05T09:45:00Z",
    });
    for (name, value) in more.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn effects(harness: &Harness, action: &str) -> usize {
    harness.sandbox.kit().ledger.effects(Some("salesforce"), Some(action)).len()
}

fn problem(answer: &Value) -> &str {
    assert_eq!(answer["success"], false, "{answer}");
    answer["errors"][0]["statusCode"].as_str().unwrap()
}

#[tokio::test]
async fn an_upsert_makes_a_record_once() {
    let harness = harness();
    let token = token(&harness).await;
    let record = event(&json!({ "Harmony_Id__c": "mtg_1" }));
    let upsert = async |record: Value| collect(&harness, &token, "PATCH", "/Event/Harmony_Id__c", record).await;
    let first = upsert(record.clone()).await;
    let again = upsert(record).await;
    assert_eq!((&first["created"], &again["created"], &first["id"]), (&json!(true), &json!(false), &again["id"]));
    assert_eq!((effects(&harness, "event.create"), effects(&harness, "event.update")), (1, 0), "nothing changed the second time");
    upsert(event(&json!({ "Harmony_Id__c": "mtg_1", "Subject": "Moved" }))).await;
    assert_eq!(effects(&harness, "event.update"), 1);
    let other = collect(&harness, &token, "POST", "", event(&json!({ "Harmony_Id__c": "mtg_1" }))).await;
    assert_eq!(problem(&other), "DUPLICATE_VALUE");
    harness.control("PUT", "/external-ids", json!({ "objects": [] })).await;
    let body = json!({ "allOrNone": false, "records": [event(&json!({ "Harmony_Id__c": "mtg_2" }))] });
    let got = harness.call("PATCH", &format!("{API}/composite/sobjects/Event/Harmony_Id__c"), &token, Some(&body)).await;
    assert_eq!(code(&got), (404, "NOT_FOUND".into()));
}

#[tokio::test]
async fn activities_keep_salesforces_rules() {
    let harness = harness();
    let token = token(&harness).await;
    let lead = make(&harness, "Lead", json!({ "LastName": "Guide", "Company": "Museum" })).await;
    let contact = make(&harness, "Contact", json!({ "LastName": "Clerk" })).await;
    let account = make(&harness, "Account", json!({ "Name": "Council" })).await;
    for (more, why) in [
        (json!({ "WhoId": lead, "WhatId": account }), "FIELD_INTEGRITY_EXCEPTION"),
        (json!({ "WhoId": account }), "INVALID_CROSS_REFERENCE_KEY"),
        (json!({ "EndDateTime": "2026-01-05T08:00:00Z" }), "FIELD_INTEGRITY_EXCEPTION"),
        (json!({ "EndDateTime": "2026-02-05T08:00:00Z" }), "FIELD_INTEGRITY_EXCEPTION"),
        (json!({ "EndDateTime": null }), "REQUIRED_FIELD_MISSING"),
        (json!({ "StartDateTime": "1582-10-15T09:00:00Z" }), "FIELD_INTEGRITY_EXCEPTION"),
        (json!({ "Subject": "x".repeat(256) }), "STRING_TOO_LONG"),
        (json!({ "Description": "x".repeat(32_001) }), "STRING_TOO_LONG"),
    ] {
        let answer = collect(&harness, &token, "POST", "", event(&more)).await;
        assert_eq!(problem(&answer), why, "{more}");
    }
    let good = collect(&harness, &token, "POST", "", event(&json!({ "WhoId": contact, "WhatId": account }))).await;
    assert_eq!(good["success"], true, "{good}");
    let relation = json!({ "attributes": { "type": "EventRelation" }, "EventId": good["id"], "RelationId": lead });
    assert_eq!(collect(&harness, &token, "POST", "", relation.clone()).await["success"], true);
    assert_eq!(problem(&collect(&harness, &token, "POST", "", relation).await), "DUPLICATE_VALUE");
}

#[tokio::test]
async fn people_need_names_and_addresses_that_are_some() {
    let harness = harness();
    let token = token(&harness).await;
    for (record, why) in [
        (json!({ "attributes": { "type": "Contact" }, "FirstName": "Only" }), "REQUIRED_FIELD_MISSING"),
        (json!({ "attributes": { "type": "Lead" }, "LastName": "Guide" }), "REQUIRED_FIELD_MISSING"),
        (json!({ "attributes": { "type": "Contact" }, "LastName": "Clerk", "Email": "not an address" }), "INVALID_EMAIL_ADDRESS"),
        (json!({ "attributes": { "type": "Contact" }, "LastName": "Clerk", "Name": "Clerk" }), "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ] {
        assert_eq!(problem(&collect(&harness, &token, "POST", "", record.clone()).await), why, "{record}");
    }
    let id = make(&harness, "Lead", json!({ "LastName": "Guide", "Company": "Museum" })).await;
    harness.control("POST", &format!("/leads/{id}/convert"), json!({})).await;
    let change = json!({ "attributes": { "type": "Lead" }, "id": id, "Phone": "1" });
    assert_eq!(problem(&collect(&harness, &token, "PATCH", "", change).await), "CANNOT_UPDATE_CONVERTED_LEAD");
}

#[tokio::test]
async fn bodies_of_another_shape_are_refused_and_recorded() {
    let harness = harness();
    let token = token(&harness).await;
    let post = async |body: Value| harness.call("POST", &format!("{API}/composite/sobjects"), &token, Some(&body)).await;
    let one = |record: Value| json!({ "allOrNone": false, "records": [record] });
    for (body, why) in [
        (one(event(&json!({ "Colour": "red" }))), "INVALID_FIELD"),
        (one(event(&json!({ "IsAllDayEvent": "no" }))), "JSON_PARSER_ERROR"),
        (one(json!({ "Subject": "Of no type" })), "INVALID_TYPE"),
        (one(json!({ "attributes": { "type": "User" }, "Email": "a@b.example" })), "METHOD_NOT_ALLOWED"),
        (json!({ "allOrNone": false, "records": [] }), "LIMIT_EXCEEDED"),
        (json!({ "allOrNone": false, "records": vec![event(&json!({})); 201] }), "LIMIT_EXCEEDED"),
    ] {
        assert_eq!(code(&post(body).await).1, why);
    }
    assert_eq!(harness.sandbox.kit().checks.violations().len(), 6, "each is a misfit");
    assert_eq!(effects(&harness, "event.create"), 0);
}

#[tokio::test]
async fn a_record_that_was_deleted_is_not_found_again() {
    let harness = harness();
    let token = token(&harness).await;
    let made =
        harness.post(&format!("{API}/sobjects/ContentNote"), &token, json!({ "Title": "Decisions", "Content": "PGI+eDwvYj4=" })).await;
    assert_eq!(made.status.as_u16(), 201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let content = harness.get(&format!("{API}/sobjects/ContentNote/{id}/Content"), &token).await;
    assert_eq!(content.text(), "<b>x</b>");
    let patched = harness.call("PATCH", &format!("{API}/sobjects/ContentNote/{id}"), &token, Some(&json!({ "Title": "Agreed" }))).await;
    assert_eq!(patched.status.as_u16(), 204);
    let delete = async || harness.call("DELETE", &format!("{API}/sobjects/ContentNote/{id}"), &token, None).await;
    assert_eq!(delete().await.status.as_u16(), 204);
    assert_eq!(code(&delete().await), (404, "ENTITY_IS_DELETED".into()));
    assert_eq!(effects(&harness, "content_note.delete"), 1);
}
