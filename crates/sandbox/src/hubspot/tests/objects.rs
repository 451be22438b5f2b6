//! Single objects: what is created, read, changed and archived, and what is refused.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{CONTACTS, MEETINGS, contact, ready, refused, with};

#[tokio::test]
async fn a_meeting_is_created_with_its_associations() {
    let (harness, token) = ready().await;
    let person = contact(&harness, &token, "guest@customers.example").await;
    let body = json!({
        "properties": {
            "hs_timestamp": "2026-02-01T09:00:00Z",
            "hs_meeting_title": "Kick-off",
            "hs_meeting_outcome": "COMPLETED",
            "hs_meeting_start_time": "1769936400000",
        },
        "associations": [{ "to": { "id": person }, "types": [{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 200 }] }],
    });
    let answer = harness.post(MEETINGS, &token, body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let made = answer.json();
    assert_eq!(made["properties"]["hs_timestamp"], "2026-02-01T09:00:00.000Z");
    assert_eq!(made["properties"]["hs_meeting_start_time"], "2026-02-01T09:00:00.000Z");
    assert_eq!(made["properties"]["hs_object_id"], made["id"]);
    assert_eq!(made["archived"], false);
    let id = made["id"].as_str().unwrap_or_default();
    let path = format!("{MEETINGS}/{id}?properties=hs_meeting_title,nonsense,hs_meeting_body&associations=contacts");
    let read = harness.get(&path, &token).await.good();
    assert_eq!(read["properties"]["hs_meeting_title"], "Kick-off");
    assert_eq!(read["properties"]["hs_meeting_body"], Value::Null);
    assert!(read["properties"].get("nonsense").is_none(), "unknown properties are left out in silence");
    assert_eq!(read["associations"]["contacts"]["results"], json!([{ "id": person, "type": "meeting_to_contact" }]));
    let actions: Vec<String> = harness.effects().into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["contact.create", "meeting.create"]);
}

#[tokio::test]
async fn bodies_are_held_to_the_schema() {
    let (harness, token) = ready().await;
    for body in [
        json!({ "properties": { "email": "a@b.example" } }),
        json!({ "associations": [] }),
        json!({ "properties": { "email": "a@b.example" }, "associations": [], "extra": 1 }),
        json!({ "properties": { "email": 5 }, "associations": [] }),
        json!({ "properties": { "email": null }, "associations": [] }),
        json!({ "properties": {}, "associations": [{ "to": { "id": 7 }, "types": [] }] }),
        json!([]),
    ] {
        let answer = harness.post(CONTACTS, &token, body.clone()).await;
        let told = refused(&answer, 400, "VALIDATION_ERROR");
        assert!(told["message"].as_str().is_some_and(|text| text.starts_with("Invalid input JSON on line ")), "{body}");
    }
    let plain = harness.form(CONTACTS, &[("email", "a@b.example")]).await;
    assert_eq!(plain.status, StatusCode::UNAUTHORIZED, "a form without a token does not even get so far");
    assert_eq!(harness.get(&format!("{CONTACTS}?pageSize=3"), &token).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(harness.get("/crm/v3/objects/spaceships", &token).await.status, StatusCode::BAD_REQUEST);
    let strange = harness.get("/crm/v9/objects/contacts", &token).await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
    assert_eq!(harness.effects().len(), 0);
    let misfits = harness.sandbox.kit().checks.violations();
    assert_eq!(misfits.len(), 10, "{misfits:#?}");
    let flawed = harness.post(CONTACTS, &token, with(&json!({ "email": "not an address" }))).await;
    assert_eq!(flawed.status, StatusCode::BAD_REQUEST);
    assert_eq!(harness.sandbox.kit().checks.violations().len(), 10, "a wrong value is no misfit of the schema");
}

#[tokio::test]
async fn values_are_held_to_their_properties() {
    let (harness, token) = ready().await;
    for (path, properties, code) in [
        (CONTACTS, json!({ "email": "a@b.example", "shoe_size": "43" }), "PROPERTY_DOESNT_EXIST"),
        (CONTACTS, json!({ "email": "not an address" }), "INVALID_EMAIL"),
        (CONTACTS, json!({ "firstname": "A", "lifecyclestage": "friend" }), "INVALID_OPTION"),
        (CONTACTS, json!({ "firstname": "A", "lastmodifieddate": "2026-01-01T00:00:00Z" }), "READ_ONLY_VALUE"),
        (CONTACTS, json!({ "firstname": "A", "hubspot_owner_id": "7" }), "INVALID_OWNER_ID"),
        (MEETINGS, json!({ "hs_timestamp": "tomorrow" }), "INVALID_DATE"),
        (MEETINGS, json!({ "hs_timestamp": " 2026-02-01T09:00:00Z" }), "INVALID_WHITESPACE"),
        ("/crm/v3/objects/deals", json!({ "dealname": "D", "dealstage": "nowhere" }), "INVALID_OPTION"),
        ("/crm/v3/objects/deals", json!({ "dealname": "D", "dealstage": "51001", "pipeline": "default" }), "INVALID_OPTION"),
        ("/crm/v3/objects/deals", json!({ "dealname": "D", "dealstage": "51001", "pipeline": "51000", "amount": "much" }), "INVALID_FLOAT"),
    ] {
        let body = refused(&harness.post(path, &token, with(&properties)).await, 400, "VALIDATION_ERROR");
        assert_eq!(body["errors"][0]["code"], code);
        assert!(body["message"].as_str().is_some_and(|text| text.starts_with("Property values were not valid: [{")));
        assert!(body["errors"][0]["context"]["propertyName"].is_array());
    }
    let long = "x".repeat(65_537);
    let body = json!({ "hs_timestamp": "2026-02-01T09:00:00Z", "hs_meeting_body": long });
    refused(&harness.post(MEETINGS, &token, with(&body)).await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn required_properties_must_be_there() {
    let (harness, token) = ready().await;
    for (path, properties, missing) in [
        (MEETINGS, json!({ "hs_meeting_title": "T" }), json!(["hs_timestamp"])),
        ("/crm/v3/objects/deals", json!({ "dealname": "D" }), json!(["dealstage"])),
        (CONTACTS, json!({ "phone": "1" }), json!(["email", "firstname", "lastname"])),
    ] {
        let body = refused(&harness.post(path, &token, with(&properties)).await, 400, "VALIDATION_ERROR");
        assert_eq!(body["context"]["properties"], missing);
    }
}

#[tokio::test]
async fn an_address_belongs_to_one_contact() {
    let (harness, token) = ready().await;
    let id = contact(&harness, &token, "one@customers.example").await;
    let again = harness.post(CONTACTS, &token, with(&json!({ "email": "ONE@customers.example" }))).await;
    let body = refused(&again, 409, "CONFLICT");
    assert_eq!(body["message"], format!("Contact already exists. Existing ID: {id}"));
    let found = harness.get(&format!("{CONTACTS}/One%40customers.example?idProperty=email"), &token).await.good();
    assert_eq!(found["id"], json!(id));
    refused(&harness.get(&format!("{CONTACTS}/x?idProperty=firstname"), &token).await, 400, "VALIDATION_ERROR");
    let other = contact(&harness, &token, "two@customers.example").await;
    let same = json!({ "properties": { "email": "one@customers.example" } });
    refused(&harness.call("PATCH", &format!("{CONTACTS}/{other}"), &token, Some(&same)).await, 409, "CONFLICT");
}

#[tokio::test]
async fn a_change_is_seen_and_an_empty_text_clears() {
    let (harness, token) = ready().await;
    let id = contact(&harness, &token, "one@customers.example").await;
    let path = format!("{CONTACTS}/{id}");
    harness.advance(60);
    let change = json!({ "properties": { "firstname": "Professor", "jobtitle": "Chair" } });
    let changed = harness.call("PATCH", &path, &token, Some(&change)).await.good();
    assert_eq!(changed["properties"]["firstname"], "Professor");
    assert!(changed["updatedAt"].as_str() > changed["createdAt"].as_str());
    let clear = json!({ "properties": { "jobtitle": "" } });
    harness.call("PATCH", &path, &token, Some(&clear)).await.good();
    let read = harness.get(&format!("{path}?properties=jobtitle,firstname"), &token).await.good();
    assert_eq!((&read["properties"]["jobtitle"], &read["properties"]["firstname"]), (&Value::Null, &json!("Professor")));
    refused(&harness.call("PATCH", &format!("{CONTACTS}/999999"), &token, Some(&clear)).await, 404, "OBJECT_NOT_FOUND");
}

#[tokio::test]
async fn the_archived_are_elsewhere_and_their_address_is_free() {
    let (harness, token) = ready().await;
    let id = contact(&harness, &token, "one@customers.example").await;
    let path = format!("{CONTACTS}/{id}");
    assert_eq!(harness.call("DELETE", &path, &token, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(harness.call("DELETE", &path, &token, None).await.status, StatusCode::NO_CONTENT);
    refused(&harness.get(&path, &token).await, 404, "OBJECT_NOT_FOUND");
    let kept = harness.get(&format!("{path}?archived=true"), &token).await.good();
    assert_eq!(kept["archived"], true);
    assert!(kept["archivedAt"].is_string());
    contact(&harness, &token, "one@customers.example").await;
    let archived: Vec<(String, Value)> = harness.effects().into_iter().filter(|(action, _)| action == "contact.archive").collect();
    assert_eq!(archived.len(), 1, "archiving twice is one effect");
}

#[tokio::test]
async fn a_hundred_thousand_contacts_are_paged() {
    let (harness, token) = ready().await;
    let filled = harness.control("POST", "/contacts/fill", json!({ "count": 100_000 })).await.good();
    assert_eq!(filled["contacts"], 100_003);
    harness.control("PUT", "/limits", json!({ "calls": 10_000 })).await;
    let mut after = String::new();
    let mut seen = 0;
    let last = loop {
        let page = harness.get(&format!("{CONTACTS}?limit=100&after={after}"), &token).await.good();
        seen += page["results"].as_array().map_or(0, Vec::len);
        let Some(next) = page["paging"]["next"]["after"].as_str() else { break page };
        after = next.to_owned();
    };
    assert_eq!(seen, 100_003);
    assert!(last.get("paging").is_none());
    assert_eq!(harness.get(&format!("{CONTACTS}?limit=101"), &token).await.status, StatusCode::BAD_REQUEST);
}
